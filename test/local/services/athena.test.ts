// Athena on the laptop: statements as people write them, over real files and a real catalog.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runLocal } from '../../../lib/local/local-run';
import { Athena } from '../../../lib/local/services/athena';
import { Catalog } from '../../../lib/local/services/catalog';
import type { Fields } from '../../../lib/local/services/service';
import type { World } from '../../../lib/local/world';
import { temporaryFolder, writeAssembly } from '../assembly-fixture';
import { type LocalWorld, localWorld } from './local-world';

const region = 'us-east-1';
let local: LocalWorld;
let world: World;
let catalog: Catalog;
let athena: Athena;

beforeAll(async () => {
  local = localWorld({
    Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
    Group: {
      Type: 'AWS::Athena::WorkGroup',
      Properties: {
        Name: 'group',
        WorkGroupConfiguration: { ResultConfiguration: { OutputLocation: 's3://lake/results/' } },
      },
    },
  });
  world = local.world;
  catalog = new Catalog(world, region);
  athena = new Athena(world, () => catalog);
  local.put('lake', 'raw/orders/day=2024-01-01/a.csv', '1,2.5,paris\n2,3.5,oslo\n');
  local.put('lake', 'raw/orders/day=2024-01-02/a.csv', '3,1.25,paris\n');
  await done('CREATE DATABASE IF NOT EXISTS sales');
  await done(
    `CREATE EXTERNAL TABLE sales.orders (id bigint, price double COMMENT 'net', \`city\` string)
     PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
     STORED AS TEXTFILE LOCATION 's3://lake/raw/orders/' TBLPROPERTIES ('classification'='csv')`,
  );
});

const ask = (action: string, input: object) =>
  athena.handle({ action, region, input: input as Fields }) as Promise<any>;

async function run(sql: string, parameters?: string[]) {
  const { QueryExecutionId } = await ask('StartQueryExecution', {
    QueryString: sql,
    WorkGroup: 'group',
    QueryExecutionContext: { Database: 'sales' },
    ...(parameters && { ExecutionParameters: parameters }),
  });
  for (;;) {
    const { QueryExecution: query } = await ask('GetQueryExecution', { QueryExecutionId });
    if (query.Status.State !== 'RUNNING') return query;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function done(sql: string, parameters?: string[]) {
  const query = await run(sql, parameters);
  expect(query.Status.StateChangeReason).toBeUndefined();
  return query;
}

async function rows(sql: string, parameters?: string[]): Promise<(string | undefined)[][]> {
  const { QueryExecutionId } = await done(sql, parameters);
  const { ResultSet } = await ask('GetQueryResults', { QueryExecutionId });
  return ResultSet.Rows.map((row: any) => row.Data.map((each: any) => each.VarCharValue));
}

const reason = async (sql: string) => (await run(sql)).Status.StateChangeReason as string;

it('finds the partitions that lie there', async () => {
  expect(await rows('MSCK REPAIR TABLE orders')).toEqual([
    ['Partitions not in metastore:\torders:day=2024-01-01\torders:day=2024-01-02'],
    ['Repair: Added partition to metastore orders:day=2024-01-01'],
    ['Repair: Added partition to metastore orders:day=2024-01-02'],
  ]);
  expect(await rows('SHOW PARTITIONS orders')).toEqual([['day=2024-01-01'], ['day=2024-01-02']]);
  expect(await rows('MSCK REPAIR TABLE orders')).toEqual([]);
});

describe('a query', () => {
  it("has its names in the first row, and Athena's texts of values", async () => {
    expect(
      await rows(
        "SELECT day, count(*) AS n, sum(price) total, 7/2, 1e10, CAST(NULL AS varchar) x, ARRAY_AGG(id ORDER BY id) ids FROM orders WHERE city <> 'rome' GROUP BY 1 ORDER BY day DESC",
      ),
    ).toEqual([
      ['day', 'n', 'total', '_col3', '_col4', 'x', 'ids'],
      ['2024-01-02', '1', '1.25', '3', '1.0E10', undefined, '[3]'],
      ['2024-01-01', '2', '6.0', '3', '1.0E10', undefined, '[1, 2]'],
    ]);
  });

  it('leaves a CSV with its metadata in the output location', async () => {
    const query = await done("SELECT id, city, NULLIF(city, 'oslo') c FROM orders ORDER BY id LIMIT 2");
    const { OutputLocation } = query.ResultConfiguration;
    expect(OutputLocation).toBe(`s3://lake/results/${query.QueryExecutionId}.csv`);
    expect(readFileSync(world.s3Path(OutputLocation), 'utf8')).toBe(
      '"id","city","c"\n"1","paris","paris"\n"2","oslo",\n',
    );
    expect(existsSync(`${world.s3Path(OutputLocation)}.metadata`)).toBe(true);
  });

  it.each([
    ["date_diff('day', DATE '2024-01-31', DATE '2024-02-02')", '2'],
    ["date_diff('hour', TIMESTAMP '2024-01-01 10:59:00', TIMESTAMP '2024-01-01 11:01:00')", '0'],
    ["date_add('month', 1, DATE '2024-01-31')", '2024-02-29'],
    ["date_trunc('month', CAST('2024-02-03' AS date))", '2024-02-01'],
    ["date_parse('03/02/2024 10:05:01', '%d/%m/%Y %H:%i:%s')", '2024-02-03 10:05:01.000'],
    ["date_format(TIMESTAMP '2024-02-03 10:05:01', '%Y-%m-%d %H:%i')", '2024-02-03 10:05'],
    ["regexp_replace('a1b22', '(\\d+)', '<$1>')", 'a<1>b<22>'],
    ["regexp_extract('abc', 'x')", undefined],
    ["concat('a', NULL, 'b')", undefined],
    ['greatest(1, NULL)', undefined],
    ['json_extract_scalar(\'{"a":{"b":1}}\', \'$.a.b\')', '1'],
    ['json_extract_scalar(\'{"a":{"b":1}}\', \'$.a\')', undefined],
    ['CAST(2.5 AS integer)', '3'],
    ["CAST('12' AS bigint) % 5", '2'],
    ['-7 / 2', '-3'],
    ['7e0 / 2', '3.5'],
    ['floor(3)', '3'],
    ['ceil(2.5e0)', '3.0'],
    ['sign(-2e0)', '-1.0'],
    ['mod(7, 4)', '3'],
    ['7 / 2 * 2e0', '6.0'],
    ["split('a,b', ',')", '[a, b]'],
    ['CAST(ROW(1, 2) AS varchar)', null],
  ])('%s', async (expression, expected) => {
    if (expected === null) expect(await reason(`SELECT ${expression}`)).toMatch(/^NOT_SUPPORTED: CAST of struct/);
    else expect((await rows(`SELECT ${expression} AS x`))[1]).toEqual([expected]);
  });

  it('reads JSON whatever the case of its keys, as the SerDe does', async () => {
    local.put('lake', 'raw/json/a.json', '{"orderId":1,"Who":{"firstName":"a"}}\n{"orderId":2}\n');
    await done(
      "CREATE EXTERNAL TABLE events (orderid bigint, who struct<firstname:string>) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/raw/json/'",
    );
    expect(await rows('SELECT orderid, who.firstname FROM events ORDER BY 1')).toEqual([
      ['orderid', 'firstname'],
      ['1', 'a'],
      ['2', undefined],
    ]);
    expect((await rows('SELECT who FROM events WHERE orderid = 1'))[1]).toEqual(['{firstname=a}']);
  });

  it('takes parameters', async () => {
    expect(await rows('SELECT id FROM orders WHERE city = ? AND price > ?', ["'paris'", '2'])).toEqual([['id'], ['1']]);
  });

  it('comes in pages', async () => {
    const { QueryExecutionId } = await done('SELECT id FROM orders ORDER BY 1');
    const first = await ask('GetQueryResults', { QueryExecutionId, MaxResults: 2 });
    const second = await ask('GetQueryResults', { QueryExecutionId, NextToken: first.NextToken });
    expect([first, second].map((page) => page.ResultSet.Rows.length)).toEqual([2, 2]);
    expect(first.ResultSet.ResultSetMetadata.ColumnInfo).toMatchObject([{ Name: 'id', Type: 'bigint', Precision: 19 }]);
  });
});

describe("what is wrong is told in Athena's words", () => {
  it.each([
    ['SELECT id FROM gone', "TABLE_NOT_FOUND: line 1:16: Table 'awsdatacatalog.sales.gone' does not exist"],
    ['SELECT id FROM x.gone', "SCHEMA_NOT_FOUND: line 1:16: Schema 'x' does not exist"],
    [
      'SELECT id,\n  pric FROM orders',
      "COLUMN_NOT_FOUND: line 2:3: Column 'pric' cannot be resolved or requester is not authorized to access requested resources",
    ],
    ["SELECT id FROM orders WHERE id = '1'", 'TYPE_MISMATCH: line 1:29: Cannot apply operator: bigint = varchar(1)'],
    [
      'SELECT id FROM orders WHERE day = 20240101',
      'TYPE_MISMATCH: line 1:29: Cannot apply operator: varchar = integer',
    ],
    [
      'SELECT city FROM orders GROUP BY id',
      "EXPRESSION_NOT_AGGREGATE: line 1:8: 'city' must be an aggregate expression or appear in GROUP BY clause",
    ],
    ['SELECT 1 / (id - id) FROM orders', 'DIVISION_BY_ZERO: Division by zero'],
    ["SELECT CAST('1.5' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast '1.5' to BIGINT"],
    ['DROP TABLE gone', 'FAILED: SemanticException Table not found: sales.gone'],
  ])('%s', async (sql, expected) => {
    expect(await reason(sql)).toBe(expected);
  });

  it.each([
    ['SELEC 1', /^line 1:1: mismatched input 'SELEC'. Expecting: /],
    [
      'SELECT `id` FROM orders',
      /^line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers/,
    ],
    ['SELECT id FROM orders WHERE', /^line 1:\d+: mismatched input '<EOF>'/],
    ['SELECT id FROM orders ORDER id', /^line 1:29: mismatched input 'id'/],
    ['SELECT (1', /^line 1:10: mismatched input '<EOF>'. Expecting: '\)'/],
    ['CREATE EXTERNAL TABLE t (a int)', /^line 1:32: mismatched input '<EOF>'. Expecting: 'LOCATION'/],
  ])('fails at once: %s', async (sql, expected) => {
    await expect(run(sql)).rejects.toMatchObject({
      error: 'Athena.InvalidRequestException',
      causeText: expect.stringMatching(expected) as string,
    });
  });

  it.each([
    ['SELECT approx_percentile(price, 0.5) FROM orders', /the function approx_percentile/],
    ['SELECT transform(ARRAY[1], x -> x + 1)', /the function transform|operator ->|subscript/],
    ['SELECT CAST(id AS json) FROM orders', /CAST to json/],
    ['SELECT CAST(price AS varchar) FROM orders', /CAST of double to varchar/],
    ['SELECT avg(CAST(price AS decimal(10,2))) FROM orders', /decimals take part/],
    ['SELECT 1e0 / 0e0', /division by the double 0/],
    ['CREATE VIEW v AS SELECT 1', /CREATE VIEW/],
    ["UNLOAD (SELECT 1) TO 's3://lake/x/' WITH (format='PARQUET')", /UNLOAD/],
    ['SELECT date_trunc(day, ts) FROM orders', /date_trunc of a value whose type/],
  ])('is refused by name: %s', async (sql, expected) => {
    expect(await reason(sql)).toMatch(/^NOT_SUPPORTED: .*on the laptop's engine/);
    expect(await reason(sql)).toMatch(expected);
  });
});

describe('CREATE TABLE AS', () => {
  it('writes files by partition and registers them', async () => {
    const { QueryExecutionId } = await done(
      "CREATE TABLE sales.by_day WITH (format = 'PARQUET', external_location = 's3://lake/by_day/', partitioned_by = ARRAY['day']) AS SELECT city, sum(price) AS total, day FROM orders GROUP BY city, day",
    );
    expect(readdirSync(join(world.bucketFolder('lake'), 'by_day')).sort()).toEqual([
      'day=2024-01-01',
      'day=2024-01-02',
    ]);
    expect(existsSync(world.s3Path(`s3://lake/results/${QueryExecutionId}-manifest.csv`))).toBe(true);
    expect(await rows('SELECT * FROM by_day ORDER BY day, city')).toEqual([
      ['city', 'total', 'day'],
      ['oslo', '3.5', '2024-01-01'],
      ['paris', '2.5', '2024-01-01'],
      ['paris', '1.25', '2024-01-02'],
    ]);
    await done("INSERT INTO by_day VALUES ('rome', 9e0, '2024-01-03')");
    expect(await rows("SELECT city, total FROM by_day WHERE day = '2024-01-03'")).toEqual([
      ['city', 'total'],
      ['rome', '9.0'],
    ]);
    expect(await reason('CREATE TABLE by_day AS SELECT 1 AS a')).toBe(
      "TABLE_ALREADY_EXISTS: line 1:1: Table 'awsdatacatalog.sales.by_day' already exists",
    );
    expect(await reason("CREATE TABLE other WITH (external_location = 's3://lake/by_day/') AS SELECT 1 AS a")).toMatch(
      /^HIVE_PATH_ALREADY_EXISTS: Target directory for table 'sales.other' already exists: s3:\/\/lake\/by_day\//,
    );
  });

  it('that fails leaves neither files nor table', async () => {
    expect(
      await reason(
        "CREATE TABLE bad WITH (external_location = 's3://lake/bad/') AS SELECT 10 / (id - 3) AS x FROM orders",
      ),
    ).toBe('DIVISION_BY_ZERO: Division by zero');
    expect(existsSync(join(world.bucketFolder('lake'), 'bad'))).toBe(false);
    expect(await rows("SHOW TABLES 'bad'")).toEqual([]);
  });

  it('without a place writes under the output location, in text with its own delimiter', async () => {
    await done(
      "CREATE TABLE t WITH (format = 'TEXTFILE', field_delimiter = '|') AS SELECT id, city FROM orders WHERE id < 3",
    );
    const { StorageDescriptor } = catalog.table('sales', 't') as any;
    expect(StorageDescriptor.Location).toMatch(/^s3:\/\/lake\/results\/tables\/[\w-]+\/$/);
    const folder = world.s3Path(StorageDescriptor.Location);
    expect(
      readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')
        .trim()
        .split('\n')
        .sort(),
    ).toEqual(['1|paris', '2|oslo']);
    expect(await rows('SELECT city FROM t WHERE id = 2')).toEqual([['city'], ['oslo']]);
    await done('DROP TABLE t');
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

it('a query that is stopped is CANCELLED', async () => {
  const { QueryExecutionId } = await ask('StartQueryExecution', {
    QueryString: `SELECT count(*) FROM ${Array.from({ length: 22 }, (_, i) => `orders o${i}`).join(', ')}`,
    ResultConfiguration: { OutputLocation: 's3://lake/results/' },
    QueryExecutionContext: { Database: 'sales' },
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await ask('StopQueryExecution', { QueryExecutionId });
  for (let i = 0; i < 500; i += 1) {
    const { QueryExecution } = await ask('GetQueryExecution', { QueryExecutionId });
    if (QueryExecution.Status.State !== 'RUNNING') {
      expect(QueryExecution.Status).toMatchObject({ State: 'CANCELLED', StateChangeReason: 'Query cancelled by user' });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the query never ended');
});

it('a state machine waits for a query, and a failed one is the error of its task', async () => {
  const query = (QueryString: string) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::athena:startQueryExecution.sync',
    Arguments: { QueryString, ResultConfiguration: { OutputLocation: 's3://lake/results/' } },
  });
  const result = await runLocal({
    store: join(temporaryFolder(), '.headrace'),
    assembly: writeAssembly({
      resources: { Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } } },
      tasks: { Good: query('SELECT 1 AS one'), Bad: query('SELECT 1 / 0 AS one') },
    }),
  });
  expect(result.tasks.map((task) => [task.id, task.status])).toEqual([
    ['Good', 'succeeded'],
    ['Bad', 'failed'],
  ]);
  expect(JSON.parse(result.tasks[1]!.cause!)).toMatchObject({
    QueryExecution: { Status: { State: 'FAILED', StateChangeReason: 'DIVISION_BY_ZERO: Division by zero' } },
  });
});
