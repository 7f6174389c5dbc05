import { Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  GluePartitionSensor,
  type GluePartitionSensorProps,
  LambdaTask,
  Pipeline,
  PipelineRunSensor,
  type PipelineRunSensorProps,
  Sql,
  SqlSensor,
  type SqlSensorProps,
  RedshiftQueryTask,
  Warehouse,
} from '../../lib';
import { newStore, runHere, told } from './run-local';
import { allowed, fails, file, innerStates, mistakes, pipeline, play } from './run-task';

const day = { logicalDate: '2026-03-29T01:00:00Z' };
const warehouse = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });

function partition(props: Partial<GluePartitionSensorProps> = {}) {
  const sales = pipeline();
  const task = new GluePartitionSensor(sales, 'Wait', {
    database: 'raw',
    table: 'orders',
    partition: { day: sales.run.date, hour: 3 },
    ...props,
  });
  return { sales, task };
}

describe('any sensor', () => {
  it('looks at once and then every poke interval', async () => {
    const run = await play(partition({ pokeInterval: Duration.seconds(20) }).sales, (_, nth) =>
      nth < 3 ? { Partitions: [] } : { Partitions: [{}] },
    );
    expect([run.status, run.calls.length, run.seconds]).toEqual(['SUCCEEDED', 4, 60]);
  });

  it('looks more and more rarely with exponential back-off, up to the longest wait', async () => {
    const times: number[] = [];
    await play(
      partition({
        pokeInterval: Duration.seconds(10),
        exponentialBackoff: true,
        maxWait: Duration.seconds(35),
        timeout: Duration.minutes(3),
      }).sales,
      (_call, _nth, now) => {
        times.push(now);
        return { Partitions: [] };
      },
    );
    expect(times.slice(1).map((time, i) => (time - times[i]!) / 1000)).toEqual([10, 20, 35, 35, 35, 35, 35]);
  });

  it('fails at its time limit, and says what it waited for and what it saw', async () => {
    const run = await play(partition({ timeout: Duration.minutes(5) }).sales, () => ({ Partitions: [] }));
    expect(run.failure).toEqual({
      Error: 'Headrace.SensorTimeout',
      Cause: 'Wait waited 5 minutes for a partition of raw.orders by day, hour; 0 of 1 are there',
    });
    expect(run.seconds).toBe(300);
  });

  it('is skipped at its time limit with soft fail, and what depends on it is too', async () => {
    const { sales, task } = partition({ timeout: Duration.minutes(5), softFail: true });
    task.next(new CustomTask(sales, 'After', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] }));
    const run = await play(sales, () => ({ Partitions: [] }));
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls).not.toContain('sqs:sendMessage');
  });

  it('fails on an error even with soft fail', async () => {
    const run = await play(partition({ softFail: true }).sales, () =>
      fails('Glue.EntityNotFoundException', 'no table'),
    );
    expect(run.failure).toEqual({ Error: 'Glue.EntityNotFoundException', Cause: 'no table' });
  });

  it('that waits twelve hours leaves room in the history of its run', async () => {
    const run = await play(partition({ timeout: Duration.hours(12) }).sales, () => ({ Partitions: [] }));
    expect(run.calls.length * 9).toBeLessThan(25_000 / 3);
  });

  it.each<[string, Partial<GluePartitionSensorProps>, string]>([
    ['with a wait that nobody makes', { maxWait: Duration.hours(1) }, 'maxWait is given without exponentialBackoff'],
    [
      'with a longest wait that is short',
      { exponentialBackoff: true, maxWait: Duration.seconds(5) },
      'maxWait is 5 seconds, shorter than the pokeInterval',
    ],
    ['without a pause', { pokeInterval: Duration.millis(0) }, 'expected at least 1 second'],
    ['without a key', { partition: {} }, 'partition is empty'],
    ['with SQL for a key', { partition: { 'a or b': '1' } }, 'partition has the key "a or b": expected a column'],
    ['with a list for a value', { partition: { a: ['1'] } }, 'partition has ["1"] for a: expected a text or a number'],
  ])('fails %s', (_, props, message) => {
    expect(mistakes(partition(props).sales)).toContain(message);
  });
});

describe('GluePartitionSensor', () => {
  it('asks for the partition of the run, its value one literal', async () => {
    const { sales } = partition();
    const run = await play(sales, () => ({ Partitions: [{}] }), day);
    expect(run.arguments).toEqual([
      {
        DatabaseName: 'raw',
        TableName: 'orders',
        Expression: "day = '2026-03-29' AND hour = 3",
        ExcludeColumnSchema: true,
        MaxResults: 1,
      },
    ]);
    expect(allowed(sales)['glue:GetPartitions']).toContain(
      'arn:<AWS::Partition>:glue:eu-west-1:111122223333:table/raw/*',
    );
  });
});

function sensor(props: Partial<PipelineRunSensorProps> = {}) {
  const sales = pipeline();
  const daily = new Pipeline(Stack.of(sales), 'Daily');
  const code = file('index.mjs', 'export const handler = async () => ({});\n');
  new LambdaTask(daily, 'Work', { code });
  const task = new PipelineRunSensor(sales, 'Wait', { target: daily, timeout: Duration.minutes(5), ...props });
  return { sales, daily, task };
}
const named = (...names: string[]) => ({ Executions: names.map((Name) => ({ Name, ExecutionArn: `arn:${Name}` })) });

describe('PipelineRunSensor', () => {
  it.each([
    ['the scheduled run', ['2026-03-28T01-00-00Z', '2026-03-29T01-00-00Z'], 1],
    ['a repetition', ['2026-03-29T01-00-00Z-2'], 1],
    ['none', [], 6],
    ['another hour', ['2026-03-29T02-00-00Z'], 6],
    ['a name that only begins alike', ['2026-03-29T01-00-00Zebra'], 6],
  ])('takes a successful run for the same logical date: %s', async (_, names, looks) => {
    const run = await play(sensor().sales, () => named(...names), day);
    expect(run.calls).toHaveLength(looks);
    expect(run.arguments[0]).toMatchObject({ StatusFilter: 'SUCCEEDED' });
  });

  it('may wait for an earlier logical date', async () => {
    const { sales, task } = sensor({ executionDelta: Duration.days(1) });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { id: task.output('runId') },
      permissions: [],
    });
    const run = await play(sales, (call) => (call.service === 'sqs' ? {} : named('2026-03-28T01-00-00Z')), day);
    expect(run.arguments[1]).toEqual({ id: '2026-03-28T01-00-00Z' });
  });

  it('may list the runs of that pipeline only', () => {
    const { sales, daily } = sensor();
    expect(allowed(sales)['states:ListExecutions']).toEqual([
      `arn:<AWS::Partition>:states:eu-west-1:111122223333:stateMachine:${daily.prefix}`,
    ]);
  });

  it('on this computer waits for a run that another process has recorded', async () => {
    const store = newStore();
    const { sales, daily } = sensor({ timeout: Duration.seconds(2), pokeInterval: Duration.seconds(1) });
    const input = { logicalDate: '2026-03-29T00:00:00Z' };
    const before = await runHere(sales, { store, input, options: { pipeline: sales.pipelineName } });
    expect(told(before)['Wait']).toMatch(/^failed: Wait waited 2 seconds for a successful run of Demo-Daily/);
    expect(told(await runHere(daily, { store, input }))).toEqual({ Work: 'succeeded' });
    expect(told(await runHere(sales, { store, input }))).toEqual({ Wait: 'succeeded' });
  }, 30_000);

  it('fails where it would wait for itself', () => {
    const sales = pipeline();
    new PipelineRunSensor(sales, 'Self', { target: sales });
    expect(mistakes(sales)).toContain('a run would wait for its own end; set executionDelta');
  });
});

function asks(props: Partial<SqlSensorProps> = {}) {
  const sales = pipeline();
  const task = new SqlSensor(sales, 'Wait', {
    sql: Sql.fromString('select count(*) from orders where day = :day'),
    parameters: { day: sales.run.date },
    pokeInterval: Duration.minutes(1),
    timeout: Duration.minutes(10),
    ...props,
  });
  return { sales, task };
}

describe('SqlSensor', () => {
  const answers = (values: object[]) => (call: { action: string }, nth: number) =>
    ({
      executeStatement: { Id: `s${nth}` },
      describeStatement: { Status: 'FINISHED' },
      getStatementResult: { Records: values[nth] === undefined ? [] : [[values[nth]]] },
    })[call.action as 'executeStatement'];

  it('asks Redshift again until the value is something', async () => {
    const { sales } = asks({ warehouse });
    const run = await play(
      sales,
      answers([{ LongValue: 0 }, { IsNull: true }, { StringValue: '' }, { BooleanValue: false }, { LongValue: 7 }]),
      day,
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls.filter((name) => name.endsWith('executeStatement'))).toHaveLength(5);
    expect(run.arguments[0]).toMatchObject({ Parameters: [{ Name: 'day', Value: '2026-03-29' }] });
  });

  it('gives up at its time limit, whatever it has been doing, and says what it saw', async () => {
    const run = await play(asks({ warehouse }).sales, answers(Array(20).fill({ LongValue: 0 })), day);
    expect(run.failure).toEqual({
      Error: 'Headrace.SensorTimeout',
      Cause: 'Wait waited 10 minutes for its SQL condition; it was 0',
    });
    expect(run.seconds).toBeLessThan(700);
  });

  it('fails where the query fails', async () => {
    const run = await play(
      asks({ warehouse, softFail: true }).sales,
      (call) => (call.action === 'executeStatement' ? { Id: 'a' } : { Status: 'FAILED', Error: 'no table' }),
      day,
    );
    expect(run.failure).toEqual({ Error: 'Redshift.StatementFailed', Cause: 'no table' });
  });

  it('asks Athena', async () => {
    const { sales, task } = asks({ athena: { database: 'raw', outputLocation: 's3://results/' } });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { value: task.output('value') },
      permissions: [],
    });
    const row = (value: string) => ({ Data: [{ VarCharValue: value }] });
    const run = await play(
      sales,
      (call, nth) => {
        if (call.action === 'startQueryExecution')
          return {
            QueryExecution: {
              QueryExecutionId: `q${nth}`,
              ResultConfiguration: { OutputLocation: 's3://r' },
              Status: {},
              Statistics: { DataScannedInBytes: 1, TotalExecutionTimeInMillis: 1 },
            },
          };
        if (call.action !== 'getQueryResults') return {};
        return { ResultSet: { Rows: nth === 0 ? [row('_col0')] : [row('_col0'), row('4')] } };
      },
      day,
    );
    expect(run.arguments.at(-1)).toEqual({ value: '4' });
    expect(run.calls).toHaveLength(5);
    expect(innerStates(sales, 'Wait')['Wait over'].Type).toBe('Fail');
  });

  it('on this computer asks the local warehouse', async () => {
    const sales = pipeline();
    const make = new RedshiftQueryTask(sales, 'Make', {
      warehouse,
      sql: Sql.fromString('create table t (a int); insert into t values (1)'),
    });
    make.next(new SqlSensor(sales, 'Wait', { warehouse, sql: Sql.fromString('select count(*) > 0 from t') }));
    expect(told(await runHere(sales))).toEqual({ Make: 'succeeded', Wait: 'succeeded' });
  });

  it.each<[string, Partial<SqlSensorProps>, string]>([
    ['without anybody to ask', {}, 'warehouse and athena are both missing'],
    ['with two statements', { warehouse, sql: Sql.fromString('select :day; select 2') }, 'sql holds 2 statements'],
    ['with a parameter missing', { warehouse, parameters: {} }, 'sql has :day, which parameters do not give'],
  ])('fails %s', (_, props, message) => {
    expect(mistakes(asks(props).sales)).toContain(message);
  });
});
