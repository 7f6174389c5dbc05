import { describe, expect, it } from 'vitest';
import { AthenaQueryTask, type AthenaQueryTaskProps, CustomTask, Retry, Sql } from '../../lib';
import { allowed, fails, innerStates, mistakes, pipeline, play, template } from './run-task';

const done = {
  QueryExecution: {
    QueryExecutionId: 'q-1',
    Query: 'SELECT 1',
    ResultConfiguration: { OutputLocation: 's3://b/q-1.csv' },
    Statistics: { DataScannedInBytes: 1024, TotalExecutionTimeInMillis: 1500 },
    Status: { State: 'SUCCEEDED' },
  },
};

function query(props: Partial<AthenaQueryTaskProps> = {}, reads: string[] = []) {
  const sales = pipeline();
  const ask = new AthenaQueryTask(sales, 'Ask', { sql: Sql.fromString('SELECT 1'), database: 'lake', ...props });
  if (reads.length > 0) {
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: Object.fromEntries(reads.map((name) => [name, ask.output(name)])),
      permissions: [],
    });
  }
  return sales;
}

describe('a query', () => {
  it('is waited for by Step Functions and tells what it cost', async () => {
    const run = await play(query({}, ['queryExecutionId', 'dataScannedInBytes', 'seconds']), (call) =>
      call.action === 'startQueryExecution' ? done : {},
    );
    expect(run.arguments[0]).toMatchObject({
      QueryString: 'SELECT 1',
      QueryExecutionContext: { Database: 'lake', Catalog: 'AwsDataCatalog' },
      WorkGroup: 'primary',
    });
    expect(run.arguments.at(-1)).toEqual({ queryExecutionId: 'q-1', dataScannedInBytes: 1024, seconds: 1.5 });
    expect(Object.keys(innerStates(query(), 'Ask'))).toEqual(['Ask run', 'Ask failed']);
  });

  it('has a token of its own for every attempt, and the same one when a call is repeated', async () => {
    const sales = query({ retry: Retry.times(1) });
    const run = await play(sales, (_, nth) =>
      nth === 0 ? fails('Athena.TooManyRequestsException') : nth === 1 ? fails('States.TaskFailed', '{}') : done,
    );
    const [lost, failed, again] = run.arguments.map((given) => given['ClientRequestToken'] as string);
    expect(lost).toBe(failed);
    expect(again).not.toBe(failed);
    expect(lost).toMatch(/^[0-9a-f]{64}$/);
  });

  it('binds values as texts, whatever they hold', async () => {
    const sales = pipeline();
    const first = new CustomTask(sales, 'First', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      permissions: [],
      outputs: String.raw`{'name':"O'Neil; DROP TABLE x --\\"}`,
    });
    new AthenaQueryTask(sales, 'Ask', {
      sql: Sql.fromString("SELECT * FROM t WHERE name = :name AND day = :day AND x = ':name'"),
      database: 'lake',
      parameters: { name: first.output('name'), day: "a'b" },
    });
    const run = await play(sales, () => done);
    expect(run.arguments[1]).toMatchObject({
      QueryString: "SELECT * FROM t WHERE name = ? AND day = ? AND x = ':name'",
      ExecutionParameters: [String.raw`'O''Neil; DROP TABLE x --\'`, "'a''b'"],
    });
  });

  it('hands over rows, the first one by its columns', async () => {
    const row = (...values: (string | undefined)[]) => ({ Data: values.map((VarCharValue) => ({ VarCharValue })) });
    const run = await play(query({ resultRows: 2 }, ['rows', 'n', 'queryExecutionId']), (call) =>
      call.action === 'startQueryExecution'
        ? done
        : {
            ResultSet: {
              ResultSetMetadata: { ColumnInfo: [{ Name: 'n' }, { Name: 'day' }] },
              Rows: [row('n', 'day'), row('7', undefined)],
            },
          },
    );
    expect(run.arguments[1]).toEqual({ QueryExecutionId: 'q-1', MaxResults: 3 });
    expect(run.arguments.at(-1)).toEqual({ rows: [{ n: '7', day: null }], n: '7', queryExecutionId: 'q-1' });
  });

  it('that failed tells the reason of Athena, its position and the statement', async () => {
    const cause = {
      QueryExecution: {
        ...done.QueryExecution,
        Query: 'SELECT x FROM t',
        Status: { State: 'FAILED', StateChangeReason: "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved" },
      },
    };
    for (const description of [cause, cause.QueryExecution]) {
      const run = await play(query(), () => fails('States.TaskFailed', JSON.stringify(description)));
      expect(run.failure).toEqual({
        Error: 'Athena.QueryFailed',
        Cause:
          "query q-1 ended as FAILED: COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved in: SELECT x FROM t",
      });
    }
  });

  it('that was cancelled by somebody fails', async () => {
    const cause = { Status: { State: 'CANCELLED' }, QueryExecutionId: 'q-1' };
    const run = await play(query(), () => fails('States.TaskFailed', JSON.stringify(cause)));
    expect(run.failure).toEqual({ Error: 'Athena.QueryFailed', Cause: 'query q-1 ended as CANCELLED' });
  });
});

describe('what it may', () => {
  it('is its workgroup, its database, and the places that are named: S3 is never allowed as a whole', () => {
    const sales = query({ sources: ['s3://lake/orders/'], targets: ['s3://lake/out/'] });
    const rights = allowed(sales);
    const head = 'arn:<AWS::Partition>';
    expect(rights['athena:StartQueryExecution']).toEqual([`${head}:athena:eu-west-1:111122223333:workgroup/primary`]);
    expect(rights['athena:StopQueryExecution']).toEqual(rights['athena:StartQueryExecution']);
    expect(rights['s3:GetObject']).toContain(`${head}:s3:::lake/orders/*`);
    expect(rights['s3:PutObject']).toContain(`${head}:s3:::lake/out/*`);
    expect(rights['s3:PutObject']).not.toContain(`${head}:s3:::lake/orders/*`);
    for (const [action, resources] of Object.entries(rights)) {
      if (/^(s3|athena|glue):/.test(action)) expect(resources).not.toContain('*');
    }
  });

  it('writes results of the primary workgroup to a bucket of the pipeline', () => {
    template(query()).resourceCountIs('AWS::S3::Bucket', 1);
    template(query({ workGroup: 'analysts' })).resourceCountIs('AWS::S3::Bucket', 0);
  });
});

describe('fails', () => {
  it.each([
    ['with two statements', { sql: Sql.fromString('SELECT 1; SELECT 2') }, 'sql holds 2 statements'],
    ['with a parameter that does nothing', { parameters: { a: '1' } }, 'the parameter a does nothing'],
    ['without a parameter', { sql: Sql.fromString('SELECT :a') }, 'sql has :a, which parameters do not give'],
    [
      'with a parameter where Athena binds none',
      { sql: Sql.fromString('ALTER TABLE t ADD PARTITION (day = :a)'), parameters: { a: '1' } },
      'the statement begins with "ALTER", in which Athena binds no parameters',
    ],
    ['with too many rows', { resultRows: 1000 }, 'resultRows is 1000: expected a whole number from 1 to 999'],
    ['with a place that is not in S3', { sources: ['/data'] }, 'sources is "/data": expected a place in S3'],
  ])('%s', (_, props, message) => {
    expect(mistakes(query(props))).toContain(`[Demo/Sales/Ask] ${message}`);
  });

  it('with an output of rows that nobody reads', () => {
    expect(mistakes(query({}, ['n']))).toContain('the output n is a part of the result, which is not read');
  });
});
