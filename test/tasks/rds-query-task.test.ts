import { aws_ec2 as ec2, aws_secretsmanager as secretsmanager, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, Database, RdsQueryTask, type RdsQueryTaskProps, Sql } from '../../lib';
import { type PostgresServer, postgresPrograms, startPostgres } from '../lambda/postgres-server';
import { runHere, told } from './run-local';
import { allowed, fails, mistakes, pipeline, play, template } from './run-task';

const day = { logicalDate: '2026-03-29T01:00:00Z' };
const clusterArn = 'arn:aws:rds:eu-west-1:111122223333:cluster:shop';

function query(kind: 'dataApi' | 'postgres' | 'mysql', props: Partial<RdsQueryTaskProps> = {}) {
  const sales = pipeline();
  const stack = Stack.of(sales);
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Login', 'shop');
  const database =
    kind === 'dataApi'
      ? Database.dataApi({ clusterArn, secret, database: 'shop' })
      : Database[kind]({
          secret,
          database: 'shop',
          vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
          host: 'db.local',
        });
  const task = new RdsQueryTask(sales, 'Query', {
    database,
    sql: Sql.fromString('update orders set seen = :day where day < :day and city = :city'),
    parameters: { day: sales.run.date, city: "O'Hare" },
    ...props,
  });
  return { sales, task, database };
}

describe('by the Data API', () => {
  it('binds the values of a statement', async () => {
    const run = await play(query('dataApi').sales, () => ({ NumberOfRecordsUpdated: 4 }), day);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments[0]).toMatchObject({
      ResourceArn: clusterArn,
      Database: 'shop',
      Parameters: [
        { Name: 'day', Value: { StringValue: '2026-03-29' } },
        { Name: 'city', Value: { StringValue: "O'Hare" } },
      ],
    });
  });

  it('runs several statements in one transaction, and gives counts and rows', async () => {
    const { sales, task } = query('dataApi', {
      sql: Sql.fromString('delete from a; select n from b'),
      parameters: undefined,
      resultRows: 2,
    });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { n: task.output('n'), rows: task.output('rows'), counts: task.output('rowCounts') },
      permissions: [],
    });
    const run = await play(sales, (call, nth) =>
      call.action === 'beginTransaction'
        ? { TransactionId: 'tx' }
        : call.action !== 'executeStatement'
          ? {}
          : nth === 0
            ? { NumberOfRecordsUpdated: 9 }
            : { NumberOfRecordsUpdated: 0, FormattedRecords: '[{"n":7},{"n":8},{"n":9}]' },
    );
    expect(run.calls).toEqual([
      'rdsdata:beginTransaction',
      'rdsdata:executeStatement',
      'rdsdata:executeStatement',
      'rdsdata:commitTransaction',
      'sqs:sendMessage',
    ]);
    expect(run.arguments[1]).toMatchObject({ TransactionId: 'tx', Sql: 'delete from a', Parameters: [] });
    expect(run.arguments.at(-1)).toEqual({ n: 7, rows: [{ n: 7 }, { n: 8 }], counts: [9, 3] });
  });

  it('rolls back where a statement fails, and tells which', async () => {
    const { sales } = query('dataApi', { sql: Sql.fromString('delete from a; delete from b'), parameters: undefined });
    const run = await play(sales, (call, nth) => {
      if (call.action === 'executeStatement' && nth === 1) return fails('RdsData.DatabaseErrorException', 'no table b');
      return call.action === 'beginTransaction' ? { TransactionId: 'tx' } : { NumberOfRecordsUpdated: 1 };
    });
    expect(run.calls.at(-1)).toBe('rdsdata:rollbackTransaction');
    expect(run.failure).toEqual({
      Error: 'RdsData.DatabaseErrorException',
      Cause: 'statement 2 of 2: no table b; SQL: delete from b',
    });
  });

  it('waits for a cluster that comes back from its pause', async () => {
    const run = await play(query('dataApi').sales, (_, nth) =>
      nth < 2 ? fails('RdsData.DatabaseResumingException') : { NumberOfRecordsUpdated: 1 },
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED' });
    expect(run.calls).toHaveLength(3);
  });

  it('may use its cluster and its secret', () => {
    expect(allowed(query('dataApi').sales)['rds-data:ExecuteStatement']).toEqual([clusterArn]);
  });
});

describe('through the network', () => {
  it.each([
    ['postgres', 'update orders set seen = $1 where day < $1 and city = $2', ['2026-03-29', "O'Hare"]],
    ['mysql', 'update orders set seen = ? where day < ? and city = ?', ['2026-03-29', '2026-03-29', "O'Hare"]],
  ] as const)('%s gets placeholders of its own, and the values beside them', async (engine, sql, values) => {
    const run = await play(query(engine).sales, () => ({ Payload: { resultRows: 1, rowCounts: [1] } }), day);
    expect(run.arguments[0]!['Payload']).toMatchObject({
      engine,
      host: 'db.local',
      database: 'shop',
      transaction: true,
    });
    expect(run.arguments[0]!['Payload'].statements).toEqual([
      { sql, values, shown: 'update orders set seen = :day where day < :day and city = :city' },
    ]);
  });

  it('is one function for the tasks of one network, which trusts the authority of RDS', () => {
    const { sales, task, database } = query('postgres');
    const second = new RdsQueryTask(sales, 'Second', { database, sql: Sql.fromString('select 1') });
    expect(second.connections.securityGroups[0]).toBe(task.connections.securityGroups[0]);
    const made = template(sales);
    made.resourceCountIs(
      'AWS::Lambda::Function',
      1 + Object.keys(made.findResources('Custom::VpcRestrictDefaultSG')).length,
    );
    made.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 900,
      Environment: { Variables: { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' } },
    });
  });

  it('is not called again once a statement may have run', async () => {
    const lost = await play(query('postgres').sales, () => fails('Lambda.ServiceException'));
    expect(lost.calls).toHaveLength(1);
    const closed = await play(query('postgres').sales, (_, nth) =>
      nth === 0 ? fails('Sql.ConnectionFailed') : { Payload: { resultRows: 0, rowCounts: [] } },
    );
    expect(closed.calls).toHaveLength(2);
  });
});

describe.skipIf(postgresPrograms() === undefined)('on this computer', () => {
  it('the database is the one that the secrets file names', async () => {
    const server: PostgresServer = await startPostgres(postgresPrograms()!, 'pw');
    try {
      const { sales, task } = query('postgres', {
        sql: Sql.fromString(
          'create table t (d date); insert into t values (:day::date); select count(*)::int as n from t',
        ),
        parameters: { day: '2026-03-29' },
        resultRows: 1,
      });
      new RdsQueryTask(sales, 'Check', {
        database: (task as any).query.database,
        sql: Sql.fromString('select 1 / (:n::int - 1 + 1) as one'),
        parameters: { n: task.output('n') },
      });
      const login = { username: 'etl', password: 'pw', host: '127.0.0.1', port: server.port, dbname: 'postgres' };
      const result = await runHere(sales, { input: day, secrets: { shop: JSON.stringify(login) } });
      expect(told(result)).toEqual({ Query: 'succeeded', Check: 'succeeded' });
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('fails', () => {
  it.each<[string, Partial<RdsQueryTaskProps>, string]>([
    ['without a statement', { sql: Sql.fromString(';'), parameters: {} }, 'sql holds no statement'],
    ['with an hour of a function', { timeout: Duration.hours(1) }, 'a function runs for at most 15 minutes'],
    ['with a parameter missing', { parameters: { day: '1' } }, 'sql has :city, which parameters do not give'],
    ['with no rows wanted', { resultRows: 0 }, 'resultRows is 0: expected a whole number from 1'],
  ])('%s', (_, props, message) => {
    expect(mistakes(query('postgres', props).sales)).toContain(message);
  });
});
