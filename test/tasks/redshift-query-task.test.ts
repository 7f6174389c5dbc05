import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, Param, RedshiftQueryTask, Retry, Sql, Warehouse } from '../../lib';
import { allowed, fails, innerStates, mistakes, pipeline, play, template } from './run-task';

const warehouse = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });
const finished = { Status: 'FINISHED', ResultRows: 3, Duration: 1_500_000_000, HasResultSet: true };

function query(props: object = {}) {
  const sales = pipeline();
  new RedshiftQueryTask(sales, 'Load', { warehouse, sql: Sql.fromString('select 1'), ...props });
  return sales;
}

describe('a statement', () => {
  it('is looked at after one second, so that a short one costs two at most', async () => {
    const run = await play(query(), (call, nth) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : nth === 0 ? { Status: 'STARTED' } : finished,
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.seconds).toBe(3);
    expect(run.arguments[0]).toMatchObject({
      WorkgroupName: 'analytics',
      Database: 'dev',
      Sql: 'select 1',
      StatementName: 'run-1 Load',
    });
    expect(run.arguments[0]!['ClientToken']).toMatch(/^[0-9a-f]{64}$/);
    expect(run.arguments[1]).toEqual({ Id: 'abc' });
  });

  it.each([
    ['FAILED', 'Redshift.StatementFailed', 'relation "x" does not exist (statement abc); SQL: select 1'],
    ['ABORTED', 'Redshift.StatementAborted', 'relation "x" does not exist (statement abc); SQL: select 1'],
  ])('that is %s fails the task with the database text', async (Status, error, cause) => {
    const run = await play(query(), (call) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : { Status, Error: 'relation "x" does not exist' },
    );
    expect(run.failure).toEqual({ Error: error, Cause: cause });
  });

  it('has a token of its own in every attempt, and the same in repeated calls', async () => {
    const tokens: string[] = [];
    await play(query({ retry: Retry.times(1) }), (call, nth) => {
      if (call.action !== 'executeStatement') return { Status: 'FAILED', Error: 'no' };
      tokens.push((call.arguments as { ClientToken: string }).ClientToken);
      return nth === 0 ? fails('RedshiftData.InternalServerException') : { Id: 'abc' };
    });
    expect(tokens).toHaveLength(3);
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[2]).not.toBe(tokens[1]);
  });

  it('is cancelled at the time limit', async () => {
    const run = await play(query({ timeout: Duration.minutes(2) }), (call) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : { Status: 'STARTED' },
    );
    expect(run.calls.at(-1)).toBe('redshiftdata:cancelStatement');
    expect(run.failure?.Error).toBe('Headrace.Timeout');
  });
});

describe('several statements', () => {
  const sql = Sql.fromString(
    "delete from a where d = :day::date; -- a comment; with a semicolon\ninsert into a values ('x;y', :day);\n",
  );

  it('run as one transaction, each value a literal that nothing can leave', async () => {
    const sales = pipeline({ params: { name: Param.string() } });
    new RedshiftQueryTask(sales, 'Load', {
      warehouse,
      sql: Sql.fromString(
        "delete from a where d = :day::date; -- a comment; with a semicolon\ninsert into a values ('x;y', :name);\n",
      ),
      parameters: { day: sales.run.date, name: sales.run.param('name') },
    });
    const input = { logicalDate: '2026-03-29T01:00:00Z', params: { name: "a'b\\'; drop table a; --" } };
    const run = await play(
      sales,
      (call) => (call.action === 'batchExecuteStatement' ? { Id: 'abc' } : finished),
      input,
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments[0]!['Sqls']).toEqual([
      "delete from a where d = '2026-03-29'::date",
      "-- a comment; with a semicolon\ninsert into a values ('x;y', 'a''b\\\\''; drop table a; --')",
    ]);
  });

  it('of one statement the service binds the values', async () => {
    const sales = pipeline();
    new RedshiftQueryTask(sales, 'Load', {
      warehouse,
      sql: Sql.fromString('delete from a where d = :day::date'),
      parameters: { day: sales.run.date },
    });
    const run = await play(sales, (call) => (call.action === 'executeStatement' ? { Id: 'abc' } : finished), {
      logicalDate: '2026-03-29T01:00:00Z',
    });
    expect(run.arguments[0]).toMatchObject({
      Sql: 'delete from a where d = :day::date',
      Parameters: [{ Name: 'day', Value: '2026-03-29' }],
    });
  });

  it('name the one that failed', async () => {
    const sales = pipeline();
    new RedshiftQueryTask(sales, 'Load', { warehouse, sql, parameters: { day: '2026-01-01' } });
    const run = await play(sales, (call) =>
      call.action === 'batchExecuteStatement'
        ? { Id: 'abc' }
        : {
            Status: 'FAILED',
            Error: 'bad column',
            SubStatements: [
              { Id: 'abc:1', Status: 'FINISHED' },
              { Id: 'abc:2', Status: 'FAILED', Error: 'bad column' },
            ],
          },
    );
    expect(run.failure?.Cause).toBe(
      "statement 2 of 2: bad column (statement abc); SQL: -- a comment; with a semicolon\ninsert into a values ('x;y', :day)",
    );
  });
});

describe('one statement after the other', () => {
  const sql = Sql.fromString('vacuum a; delete from b where d = :day; select 1 as n');
  const props = { sql, parameters: { day: "o'clock" }, transaction: false };

  it('is run to its end before the next begins, within one time limit', async () => {
    const run = await play(query({ ...props, resultRows: 1 }), (call, nth) => {
      if (call.action === 'executeStatement') return { Id: `s${nth}` };
      if (call.action === 'getStatementResult')
        return { ColumnMetadata: [{ Name: 'n' }], Records: [[{ LongValue: 1 }]] };
      return { Status: 'FINISHED', ResultRows: nth, Duration: 1e9, HasResultSet: nth === 2 };
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments.flatMap((given) => given['Sql'] ?? [])).toEqual([
      'vacuum a',
      "delete from b where d = 'o''clock'",
      'select 1 as n',
    ]);
    expect(run.arguments.at(-1)).toEqual({ Id: 's2' });
    expect(new Set(run.arguments.flatMap((given) => given['ClientToken'] ?? [])).size).toBe(3);
  });

  it('stops at the first that fails, and says what is committed', async () => {
    const run = await play(query(props), (call, nth) => {
      if (call.action === 'executeStatement') return { Id: `s${nth}` };
      return nth === 0 ? finished : { Status: 'FAILED', Error: 'no table b' };
    });
    expect(run.calls.filter((name) => name.endsWith('executeStatement'))).toHaveLength(2);
    expect(run.failure?.Cause).toBe(
      'statement 2 of 3: no table b (statement s1); SQL: delete from b where d = :day; the 1 before it are committed',
    );
  });

  it('gives the row counts of all', async () => {
    const sales = pipeline();
    const load = new RedshiftQueryTask(sales, 'Load', { warehouse, ...props });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { all: load.output('rowCounts'), last: load.output('resultRows') },
      permissions: [],
    });
    const run = await play(sales, (call, nth) =>
      call.action === 'executeStatement'
        ? { Id: 'a' }
        : call.action === 'describeStatement'
          ? { ...finished, ResultRows: 10 + nth }
          : {},
    );
    expect(run.arguments.at(-1)).toEqual({ all: [10, 11, 12], last: 12 });
  });
});

describe('the end of a statement', () => {
  const endsAfter =
    (seconds: number, started: { at?: number }) => (call: { action: string }, _: number, now: number) => {
      if (call.action === 'executeStatement') {
        started.at = now;
        return { Id: 'abc' };
      }
      return now - started.at! >= seconds * 1000 ? finished : { Status: 'STARTED' };
    };

  it.each([1, 7, 20, 33, 59])('of %i seconds is seen within 2 seconds', async (seconds) => {
    const run = await play(query(), endsAfter(seconds, {}));
    expect(run.status).toBe('SUCCEEDED');
    expect(run.seconds - seconds).toBeLessThanOrEqual(2);
  });

  it('of hours is looked for rarely: 3 hours take less than a fifth of the history that a run may have', async () => {
    const run = await play(query(), endsAfter(3 * 3600, {}));
    expect(run.status).toBe('SUCCEEDED');
    // A look takes 9 events: wait 2, task 5, choice 2.
    expect(run.calls.length * 9).toBeLessThan(25_000 / 5);
  });
});

describe('long polling', () => {
  it('asks the service to hold its answer, and waits no time of its own', async () => {
    const run = await play(query({ longPolling: true }), (call, nth) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : nth === 0 ? finished : fails('unexpected'),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments[1]).toEqual({ Id: 'abc', WaitTimeSeconds: 30 });
  });

  it('that the service ignores becomes looks with waits between, and does not spin', async () => {
    const run = await play(query({ longPolling: true, timeout: Duration.minutes(10) }), (call) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : { Status: 'STARTED' },
    );
    expect(run.failure?.Error).toBe('Headrace.Timeout');
    expect(run.calls.length).toBeLessThan(70);
    expect(run.arguments.slice(2, -1).every((given) => !('WaitTimeSeconds' in given))).toBe(true);
  });

  it('that the service refuses is left out from then on', async () => {
    const run = await play(query({ longPolling: true }), (call, nth) => {
      if (call.action === 'executeStatement') return { Id: 'abc' };
      if ('WaitTimeSeconds' in (call.arguments as object)) return fails('RedshiftData.ValidationException', 'unknown');
      return nth < 3 ? { Status: 'STARTED' } : finished;
    });
    expect(run.status).toBe('SUCCEEDED');
  });

  it('fails where the service refuses the plain question too', async () => {
    const run = await play(query({ longPolling: true }), (call) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : fails('RedshiftData.ValidationException', 'no such id'),
    );
    expect(run.failure).toEqual({ Error: 'RedshiftData.ValidationException', Cause: 'no such id' });
    expect(run.calls).toHaveLength(3);
  });
});

describe('defects of others that this has not', () => {
  it('ABORTED ends the wait: it does not loop until the history is full', async () => {
    const run = await play(query(), (call) =>
      call.action === 'executeStatement' ? { Id: 'abc' } : { Status: 'ABORTED' },
    );
    expect(run.calls).toHaveLength(2);
    expect(run.failure?.Error).toBe('Redshift.StatementAborted');
  });

  it('may not run statements on every warehouse of the account, and the permission is spelled redshift-data', () => {
    const sales = query();
    expect(allowed(sales)['redshift-data:ExecuteStatement']).toEqual([
      'arn:<AWS::Partition>:redshift-serverless:eu-west-1:111122223333:workgroup/*',
    ]);
    expect(Object.keys(allowed(sales)).filter((name) => name.startsWith('redshiftdata:'))).toEqual([]);
  });

  it('a load to Redshift may be the last task of a pipeline, after others', async () => {
    const sales = pipeline();
    const first = new CustomTask(sales, 'First', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    first.next(new RedshiftQueryTask(sales, 'Load', { warehouse, sql: Sql.fromString('select 1') }));
    const run = await play(sales, (call) => (call.action === 'executeStatement' ? { Id: 'a' } : finished));
    expect(run.status).toBe('SUCCEEDED');
  });

  it('two queries in one pipeline do not share names of states', async () => {
    const sales = pipeline();
    for (const id of ['A', 'B']) new RedshiftQueryTask(sales, id, { warehouse, sql: Sql.fromString('select 1') });
    const run = await play(sales, (call) => (call.action === 'executeStatement' ? { Id: 'a' } : finished));
    expect(run.calls).toHaveLength(4);
  });

  it('the client token is made when the run runs: the template is the same at every synth', () => {
    expect(JSON.stringify(template(query()).toJSON())).toBe(JSON.stringify(template(query()).toJSON()));
  });
});

describe('rows', () => {
  const result = (rows: object[][]) => ({
    ColumnMetadata: [
      { Name: 'n', Label: 'n' },
      { Name: 'city', Label: 'city' },
    ],
    Records: rows,
    TotalNumRows: rows.length,
  });

  function told(rows: object[][]) {
    const sales = pipeline();
    const load = new RedshiftQueryTask(sales, 'Load', {
      warehouse,
      sql: Sql.fromString('select n, city from t'),
      resultRows: 2,
    });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { n: load.output('n'), rows: load.output('rows'), text: `got ${load.output('resultRows')}` },
      permissions: [],
    });
    return play(
      sales,
      (call) =>
        ({
          executeStatement: { Id: 'abc' },
          describeStatement: finished,
          getStatementResult: result(rows),
          sendMessage: {},
        })[call.action as 'sendMessage'],
    );
  }

  it('are outputs, the first one by its columns', async () => {
    const run = await told([
      [{ LongValue: 7 }, { StringValue: 'Oslo' }],
      [{ LongValue: 8 }, { IsNull: true }],
      [{ LongValue: 9 }, { StringValue: 'x' }],
    ]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments.at(-1)).toEqual({
      n: 7,
      rows: [
        { n: 7, city: 'Oslo' },
        { n: 8, city: null },
      ],
      text: 'got 3',
    });
  });

  it('of one row are still a list', async () => {
    const run = await told([[{ LongValue: 7 }, { StringValue: 'Oslo' }]]);
    expect(run.arguments.at(-1)!['rows']).toEqual([{ n: 7, city: 'Oslo' }]);
  });
});

describe('what is deployed', () => {
  it('may run statements on its workgroup, and look at its own statements only', () => {
    const sales = pipeline();
    new RedshiftQueryTask(sales, 'Load', {
      warehouse: Warehouse.serverless({
        workgroupName: 'a',
        database: 'dev',
        workgroupArn: 'arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/0-1',
      }),
      sql: Sql.fromString('select 1'),
    });
    const rights = allowed(sales);
    expect(rights['redshift-data:ExecuteStatement']).toEqual([
      'arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/0-1',
    ]);
    expect(rights['redshift-serverless:GetCredentials']).toEqual([
      'arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/0-1',
    ]);
    expect(rights).not.toHaveProperty('redshiftdata:ExecuteStatement');
    expect(JSON.stringify(template(sales).toJSON())).toContain(
      '"redshift-data:statement-owner-iam-userid":"${aws:userid}"',
    );
  });

  it('of a cluster asks for credentials of its user', () => {
    const sales = pipeline();
    new RedshiftQueryTask(sales, 'Load', {
      warehouse: Warehouse.provisioned({ clusterIdentifier: 'dw', database: 'dev', dbUser: 'etl' }),
      sql: Sql.fromString('select 1'),
    });
    expect(allowed(sales)['redshift:GetClusterCredentials']).toEqual([
      'arn:<AWS::Partition>:redshift:eu-west-1:111122223333:dbname:dw/dev',
      'arn:<AWS::Partition>:redshift:eu-west-1:111122223333:dbuser:dw/etl',
    ]);
    expect(innerStates(sales, 'Load')['Load start'].Arguments).toMatchObject({
      ClusterIdentifier: 'dw',
      DbUser: 'etl',
    });
  });
});

describe('fails', () => {
  it.each([
    ['with a parameter that no statement has', { parameters: { day: '1' } }, 'the parameter day does nothing'],
    [
      'with a parameter that is not given',
      { sql: Sql.fromString('select :day') },
      'sql has :day, which parameters do not give',
    ],
    ['without a statement', { sql: Sql.fromString(' -- nothing\n;') }, 'sql holds no statement'],
    [
      'with VACUUM in a transaction',
      { sql: Sql.fromString('/* x */ vacuum sort only a; select 1') },
      'sql holds vacuum beside other statements: Redshift refuses it inside a transaction; set transaction to false',
    ],
    ['with half a row', { resultRows: 0.5 }, 'resultRows is 0.5: expected a whole number'],
  ])('%s', (_, props, message) => {
    expect(mistakes(query(props))).toContain(`[Demo/Sales/Load] ${message}`);
  });

  it('where a column is used and the result is not read', () => {
    const sales = pipeline();
    const load = new RedshiftQueryTask(sales, 'Load', { warehouse, sql: Sql.fromString('select 1 as n') });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { n: load.output('n') },
      permissions: [],
    });
    expect(mistakes(sales)).toContain(
      '[Demo/Sales/Load] the output n is a part of the result, which is not read: set resultRows',
    );
  });
});
