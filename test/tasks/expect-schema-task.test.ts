// The states of a check of data against scripted answers of the services; the function that judges is the real one.

import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { handler } from '../../lambda/expect-schema';
import {
  ExpectedData,
  ExpectedFormat,
  ExpectSchemaTask,
  type ExpectSchemaTaskProps,
  Retry,
  SchemaPolicy,
  Sql,
  Warehouse,
} from '../../lib';
import type { TaskCall } from '../../lib/local/engine';
import { type Asl, allowed, fails, flat, innerStates, mistakes, pipeline, play, template } from './run-task';

const warehouse = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });
const table = ExpectedData.table({ database: 'lake', table: 'orders', sources: ['s3://data/orders/'] });
const files = ExpectedData.files({ path: 's3://data/orders/', format: ExpectedFormat.CSV, database: 'lake' });
const redshift = ExpectedData.redshiftTable(warehouse, 'orders');
const COLUMNS = [{ name: 'amount', type: 'double' }];

function check(props: Partial<ExpectSchemaTaskProps> = {}) {
  const sales = pipeline();
  new ExpectSchemaTask(sales, 'Check', { data: table, columns: COLUMNS, ...props });
  return sales;
}

type Answers = { readonly [action: string]: (nth: number, call: TaskCall) => unknown };

/** Athena and the catalog, where 412 rows of a text do not fit. */
const AWS: Answers = {
  getTable: () => ({ Table: { StorageDescriptor: { Columns: [{ Name: 'amount', Type: 'string' }] } } }),
  startQueryExecution: () => ({ QueryExecution: { QueryExecutionId: 'q-1', Status: { State: 'SUCCEEDED' } } }),
  getQueryResults: () => ({
    ResultSet: {
      Rows: [{ Data: [] }, { Data: ['500', '412', '12,50', '412'].map((VarCharValue) => ({ VarCharValue })) }],
    },
  }),
  createTable: () => ({}),
  deleteTable: () => ({}),
  batchExecuteStatement: () => ({ Id: 's-1' }),
  describeStatement: () => ({ Status: 'FINISHED' }),
};

const HEADS = {
  progress: {
    stage: 'columns',
    found: [{ name: 'amount', type: 'text' }],
    heads: { files: 1, bytes: 9, newest: '', problems: [], moved: 0 },
  },
  table: { Name: 'headrace_1' },
};

async function played(props: Partial<ExpectSchemaTaskProps> = {}, answers: Answers = {}) {
  const counts = new Map<string, number>();
  return play(check(props), async (call) => {
    const payload = (call.arguments as Asl)['Payload'];
    const action = call.action === 'invoke' ? String(payload.action) : call.action;
    const nth = counts.get(action) ?? 0;
    counts.set(action, nth + 1);
    const answer = answers[action] ?? AWS[action];
    if (answer !== undefined) return answer(nth, call);
    if (action === 'heads') return { Payload: HEADS };
    return { Payload: JSON.parse(JSON.stringify(await handler(payload))) };
  });
}

const SENTENCE = "is not as expected: column `amount` was double, now string: 412 rows like '12,50'";

describe('a table of the catalog', () => {
  it('is looked up, asked once and judged', async () => {
    const run = await played();
    expect(run.calls).toEqual([
      'glue:getTable',
      'lambda:invoke',
      'athena:startQueryExecution',
      'athena:getQueryResults',
      'lambda:invoke',
    ]);
    expect(run.failure).toEqual({ Error: 'Headrace.SchemaBroken', Cause: `table lake.orders ${SENTENCE}` });
    expect(run.arguments[2]).toMatchObject({
      QueryExecutionContext: { Database: 'lake' },
      QueryString: expect.stringContaining('TRY_CAST("amount" AS double) IS NULL'),
    });
  });

  it('is no more than these states', () => {
    expect(Object.keys(innerStates(check(), 'Check')).map((name) => name.replace('Check ', ''))).toEqual(
      'begin columns step more run rows over done broken failed'.split(' '),
    );
  });

  it('of Iceberg has the columns that it has now', async () => {
    const run = await played(
      { extraColumns: false },
      {
        getTable: () => ({
          Table: {
            StorageDescriptor: {
              Columns: [
                { Name: 'amount', Type: 'double', Parameters: { 'iceberg.field.current': 'true' } },
                { Name: 'gone', Type: 'int', Parameters: { 'iceberg.field.current': 'false' } },
              ],
            },
          },
        }),
        getQueryResults: () => ({ ResultSet: { Rows: [{}, { Data: [{ VarCharValue: '5' }] }] } }),
      },
    );
    expect(run.status).toBe('SUCCEEDED');
  });
});

describe('what fails beside the data', () => {
  it.each<[string, Partial<ExpectSchemaTaskProps>, Answers, string, string]>([
    [
      'no table',
      {},
      { getTable: () => fails('Glue.EntityNotFoundException', 'Entity Not Found') },
      'Glue.EntityNotFoundException',
      'Entity Not Found',
    ],
    [
      'no permission',
      {},
      { startQueryExecution: () => fails('Athena.AccessDeniedException', 'not authorized') },
      'Athena.AccessDeniedException',
      'not authorized',
    ],
    [
      'a query that fails',
      {},
      {
        startQueryExecution: () =>
          fails(
            'States.TaskFailed',
            JSON.stringify({
              QueryExecutionId: 'q-1',
              Status: { State: 'FAILED', StateChangeReason: 'no such bucket' },
            }),
          ),
      },
      'Athena.QueryFailed',
      'query q-1 ended as FAILED: no such bucket',
    ],
    [
      'a function that crashes',
      {},
      { next: () => fails('Runtime.ExitError', 'exit status 1') },
      'Runtime.ExitError',
      'exit status 1',
    ],
    [
      'a statement of Redshift that fails',
      { data: redshift },
      { describeStatement: () => ({ Status: 'FAILED', Error: 'no relation' }) },
      'Redshift.StatementFailed',
      'no relation (statement s-1)',
    ],
    [
      'a statement of Redshift that is aborted',
      { data: redshift },
      { describeStatement: () => ({ Status: 'ABORTED' }) },
      'Redshift.StatementAborted',
      'it ended as ABORTED (statement s-1)',
    ],
  ])('%s keeps its own name', async (_, props, answers, Error, Cause) => {
    const run = await played(props, answers);
    expect(run.failure).toEqual({ Error, Cause });
  });

  it('faults of the services are tried again', async () => {
    const run = await played(
      {},
      {
        getTable: (nth, call) => (nth === 0 ? fails('Glue.InternalServiceException') : AWS['getTable']!(nth, call)),
        getQueryResults: (nth, call) =>
          nth === 0 ? fails('Athena.TooManyRequestsException') : AWS['getQueryResults']!(nth, call),
      },
    );
    expect(run.failure?.Error).toBe('Headrace.SchemaBroken');
    expect(run.calls.filter((name) => name === 'glue:getTable')).toHaveLength(2);
  });

  it('a statement that runs too long is stopped', async () => {
    const run = await played(
      { data: redshift, timeout: Duration.minutes(2) },
      { describeStatement: () => ({ Status: 'STARTED' }), cancelStatement: () => ({}) },
    );
    expect(run.calls.at(-1)).toBe('redshiftdata:cancelStatement');
    expect(run.failure?.Error).toBe('Headrace.Timeout');
  });

  it('all queries together keep the time limit', () => {
    const { 'Check run': run, 'Check begin': begin } = innerStates(check({ timeout: Duration.minutes(30) }), 'Check');
    expect(begin.Assign.xEnd).toBe('{% $millis()+1800000 %}');
    expect(run.TimeoutSeconds).toContain('$xEnd-$millis()');
  });
});

describe('a table that is made for files', () => {
  const last = (calls: readonly string[]) => calls.at(-1);

  it('is made, asked and taken away', async () => {
    const run = await played({ data: files });
    expect(run.failure).toEqual({
      Error: 'Headrace.SchemaBroken',
      Cause: `the file set s3://data/orders/ ${SENTENCE}`,
    });
    expect(run.calls).toEqual([
      'lambda:invoke',
      'glue:createTable',
      'lambda:invoke',
      'athena:startQueryExecution',
      'athena:getQueryResults',
      'lambda:invoke',
      'glue:deleteTable',
    ]);
    const [heads] = run.arguments;
    expect(heads!['Payload'].expect.files).toMatchObject({
      bucket: 'data',
      prefix: 'orders/',
      table: run.arguments.at(-1)!['Name'],
    });
    expect(run.arguments.at(-1)!['Name']).toMatch(/^headrace_[0-9a-f]{16}$/);
  });

  it.each<[string, Answers, string]>([
    [
      'a query fails',
      { startQueryExecution: () => fails('States.TaskFailed', '{"Status":{"State":"FAILED"}}') },
      'Athena.QueryFailed',
    ],
    ['a time limit is over', { startQueryExecution: () => fails('States.Timeout') }, 'States.Timeout'],
    ['a result cannot be read', { getQueryResults: () => fails('Athena.AccessDenied') }, 'Athena.AccessDenied'],
    ['the function fails', { next: () => fails('TypeError') }, 'TypeError'],
  ])('is taken away when %s', async (_, answers, error) => {
    const run = await played({ data: files }, answers);
    expect(last(run.calls)).toBe('glue:deleteTable');
    expect(run.failure?.Error).toBe(error);
  });

  it('decides nothing by not going away', async () => {
    const run = await played({ data: files }, { deleteTable: () => fails('Glue.EntityNotFoundException') });
    expect(run.failure?.Error).toBe('Headrace.SchemaBroken');
  });

  it('has a name of its own in every attempt', async () => {
    const run = await played({ data: files, retry: Retry.times(1) });
    const names = run.arguments.flatMap((given) => (typeof given['Name'] === 'string' ? [given['Name']] : []));
    expect(new Set(names).size).toBe(2);
  });
});

it('a quarantine runs its statements one after the other', async () => {
  const policy = SchemaPolicy.quarantine({ broken: 's3://lake/broken/', clean: 's3://lake/clean/' });
  const run = await played({ policy });
  expect(run.status).toBe('SUCCEEDED');
  const asked = run.arguments.flatMap(
    (given) => (given['QueryString'] as string | undefined)?.split(/\s+/, 2).join(' ') ?? [],
  );
  expect(asked).toEqual(['SELECT count(*)', 'CREATE TABLE', 'DROP TABLE', 'CREATE TABLE', 'DROP TABLE']);
  const places = run.arguments.flatMap(
    (given) => /external_location = '([^']+)'/.exec(given['QueryString'] ?? '')?.[1] ?? [],
  );
  expect(places).toEqual([
    expect.stringMatching(/^s3:\/\/lake\/broken\/run-1\/Check-[0-9a-f]{8}\/$/),
    expect.stringMatching(/^s3:\/\/lake\/clean\/run-1\/Check-[0-9a-f]{8}\/$/),
  ]);
});

describe('what it is allowed', () => {
  it('is to make and take away tables of its own only', () => {
    const found = allowed(check({ data: files }));
    expect(found['glue:DeleteTable']!.at(-1)).toMatch(/:table\/lake\/headrace_\*$/);
    expect(found['glue:CreateTable']).toEqual(found['glue:DeleteTable']);
    expect(allowed(check())['glue:DeleteTable']).toBeUndefined();
  });

  it('is for the function to read what is checked, and to move it only into a quarantine', () => {
    const statements = (props: Partial<ExpectSchemaTaskProps>) =>
      Object.entries(template(check(props)).findResources('AWS::IAM::Policy'))
        .filter(([id]) => id.startsWith('Headraceexpectschema'))
        .flatMap(([, policy]) => policy['Properties'].PolicyDocument.Statement as Asl[])
        .map(({ Action, Resource }) => `${[Action].flat().join()} ${[Resource].flat().map(flat).join()}`)
        .filter((text) => text.includes('s3:'));
    const bucket = 's3:ListBucket,s3:GetBucketLocation arn:<AWS::Partition>:s3:::data';
    expect(statements({})).toEqual([]);
    expect(statements({ data: files })).toEqual([bucket, 's3:GetObject arn:<AWS::Partition>:s3:::data/orders/*']);
    const policy = SchemaPolicy.quarantine({ broken: 's3://aside/b/', clean: 's3://aside/c/' });
    expect(statements({ data: files, policy })).toEqual([
      bucket,
      's3:GetObject,s3:DeleteObject arn:<AWS::Partition>:s3:::data/orders/*',
      's3:ListBucket,s3:GetBucketLocation arn:<AWS::Partition>:s3:::aside',
      's3:PutObject arn:<AWS::Partition>:s3:::aside/b/*',
    ]);
  });
});

describe('mistakes are told at synth', () => {
  const sql = Sql.fromString;
  const csv = { path: 's3://data/x/', format: ExpectedFormat.CSV, database: 'lake' };
  const aside = (broken: string) => SchemaPolicy.quarantine({ broken, clean: 's3://lake/clean/' });
  it.each<[string, Partial<ExpectSchemaTaskProps>]>([
    ['columns is empty: name those', { columns: [] }],
    ['column amount has the type "dubble": expected one of', { columns: [{ name: 'amount', type: 'dubble' }] }],
    ['columns names "amount" twice', { columns: [...COLUMNS, { name: 'Amount', type: 'int' }] }],
    ['columns has the name ""', { columns: [{ name: '', type: 'int' }] }],
    ['key has "id", which is none of the columns', { key: ['id'] }],
    ['key is empty', { key: [] }],
    ['minRows is 0.5: expected a whole number', { minRows: 0.5 }],
    ['minRows is 3 and maxRows 2', { minRows: 3, maxRows: 2 }],
    ['freshness names no column, but only files', { freshness: { maxAge: Duration.hours(1) } }],
    ['freshness.column has "day"', { freshness: { maxAge: Duration.hours(1), column: 'day' } }],
    ['freshness.asOf is "today"', { freshness: { maxAge: Duration.hours(1), column: 'amount', asOf: 'today' } }],
    ['path is "data/x": expected a place in S3', { data: ExpectedData.files({ ...csv, path: 'data/x' }) }],
    ['path is s3://data/, a whole bucket', { data: ExpectedData.files({ ...csv, path: 's3://data/' }) }],
    ['delimiter is "||"', { data: ExpectedData.files({ ...csv, delimiter: '||' }) }],
    [
      'header is given with format parquet',
      { data: ExpectedData.files({ ...csv, format: ExpectedFormat.PARQUET, header: true }) },
    ],
    [
      'sql begins with "DELETE FROM x"',
      { data: ExpectedData.athenaQuery({ sql: sql('DELETE FROM x'), database: 'lake' }) },
    ],
    ['holds 2 statements', { data: ExpectedData.redshiftQuery({ sql: sql('SELECT 1; SELECT 2'), warehouse }) }],
    [
      'sql has :day, which parameters do not give',
      { data: ExpectedData.athenaQuery({ sql: sql('SELECT :day'), database: 'lake' }) },
    ],
    ['table is "x; DROP TABLE y"', { data: ExpectedData.redshiftTable(warehouse, 'x; DROP TABLE y') }],
    [
      'which lies in s3://data/orders/, so the next check would read it',
      { data: files, policy: aside('s3://data/orders/bad/') },
    ],
    ['use SchemaPolicy.quarantineTable', { data: redshift, policy: aside('s3://lake/broken/') }],
    ['use SchemaPolicy.quarantine', { policy: SchemaPolicy.quarantineTable('bad') }],
    [
      'has no rows to move',
      {
        data: ExpectedData.redshiftQuery({ sql: sql('SELECT 1'), warehouse }),
        policy: SchemaPolicy.quarantineTable('bad'),
      },
    ],
    [
      'quarantineTable is orders, the checked table itself',
      { data: redshift, policy: SchemaPolicy.quarantineTable('orders') },
    ],
  ])('%s', (message, props) => {
    expect(mistakes(check(props))).toContain(message);
  });

  it('and what is right is none', () => {
    expect(mistakes(check({ data: files, policy: aside('s3://lake/broken/') }))).toBe('');
  });
});
