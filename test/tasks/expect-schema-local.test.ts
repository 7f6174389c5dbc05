// Checks of data in a local run: the definition that is deployed, real files, the local Athena and the function that judges.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  ExpectedData,
  ExpectedFormat,
  ExpectSchemaTask,
  type ExpectSchemaTaskProps,
  SchemaPolicy,
  Sql,
} from '../../lib';
import { openDuckDb } from '../../lib/local/duckdb';
import { newStore, runHere } from './run-local';
import { pipeline } from './run-task';

const COLUMNS = [
  { name: 'id', type: 'bigint', nullable: false },
  { name: 'amount', type: 'double' },
];

function lake(columns: readonly { name: string; type: string }[]) {
  const sales = pipeline();
  const stack = Stack.of(sales);
  new s3.Bucket(stack, 'Lake', { bucketName: 'lake' });
  new CfnDatabase(stack, 'Database', { catalogId: stack.account, databaseInput: { name: 'sales' } });
  new CfnTable(stack, 'Orders', {
    catalogId: stack.account,
    databaseName: 'sales',
    tableInput: {
      name: 'orders',
      tableType: 'EXTERNAL_TABLE',
      parameters: { classification: 'csv', 'skip.header.line.count': '1' },
      storageDescriptor: {
        columns: [...columns],
        location: 's3://lake/orders/',
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
          parameters: { 'field.delim': ';' },
        },
      },
    },
  });
  return sales;
}

const files = (format: ExpectedFormat) => ExpectedData.files({ path: 's3://lake/orders/', format, database: 'sales' });
const table = ExpectedData.table({ database: 'sales', table: 'orders', sources: ['s3://lake/orders/'] });
const STRINGS = [
  { name: 'id', type: 'string' },
  { name: 'amount', type: 'string' },
];

interface Given {
  readonly objects?: { readonly [key: string]: string };
  readonly columns?: readonly { name: string; type: string }[];
  readonly store?: string;
  readonly props?: Partial<ExpectSchemaTaskProps>;
}

async function checked({ objects = {}, columns = STRINGS, store = newStore(), props = {} }: Given) {
  const sales = lake(columns);
  const check = new ExpectSchemaTask(sales, 'Check', {
    data: files(ExpectedFormat.CSV),
    columns: COLUMNS,
    ...props,
  });
  new CustomTask(sales, 'Tell', {
    resource: 'arn:aws:states:::aws-sdk:s3:putObject',
    arguments: {
      Bucket: 'lake',
      Key: 'told.json',
      Body: Object.fromEntries(
        ['ok', 'rows', 'problems', 'brokenRows', ...(props.policy?._places ? ['clean'] : [])].map((name) => [
          name,
          check.output(name),
        ]),
      ),
    },
    permissions: [],
  });
  const stored = Object.fromEntries(Object.entries(objects).map(([key, body]) => [`lake/${key}`, body]));
  const result = await runHere(sales, { objects: stored, store });
  const task = result.tasks[0]!;
  const folder = join(store, 'eu-west-1', 's3', 'lake');
  const told = task.status === 'succeeded' ? JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8')) : undefined;
  return { status: task.status, error: task.error, reason: task.reason, told, folder };
}

/** What was found, as lines. */
async function broken(given: Given): Promise<string[]> {
  const { error, reason, status } = await checked(given);
  expect({ status, error }).toEqual({ status: 'failed', error: 'Headrace.SchemaBroken' });
  const text = reason!.slice(reason!.indexOf(' is not as expected: ') + ' is not as expected: '.length);
  return text.split('\n- ').filter((line) => line !== '');
}

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

/** Rows of a SELECT over files that a run has left. */
async function read(sql: string) {
  const database = await openDuckDb();
  try {
    return await database.objects(sql);
  } finally {
    database.close();
  }
}

/** Writes Parquet where the local bucket is. */
async function parquet(store: string, name: string, select: string): Promise<void> {
  const folder = join(store, 'eu-west-1', 's3', 'lake', 'orders');
  mkdirSync(folder, { recursive: true });
  const database = await openDuckDb();
  await database.run(`COPY (${select}) TO '${join(folder, name)}' (FORMAT parquet)`);
  database.close();
}

describe('CSV files', () => {
  it('that are as expected let the run go on', async () => {
    const { status, told } = await checked({
      objects: { 'orders/a.csv': 'id,amount\n1,12.5\n2,\n', 'orders/b.csv': 'id,amount\n3,"7"\n' },
      props: { key: ['id'], minRows: 3, maxRows: 3, freshness: { maxAge: Duration.hours(1) } },
    });
    expect({ status, told }).toEqual({
      status: 'succeeded',
      told: { ok: true, rows: 3, problems: [], brokenRows: 0 },
    });
  });

  it('whose values are of another type are told with how many and like what', async () => {
    const text = `id,amount\n${lines(412, (i) => `${i},"12,50"`)}${lines(10, (i) => `${i + 412},1.5`)}`;
    expect(await broken({ objects: { 'orders/a.csv': text } })).toEqual([
      "column `amount` was double, now string: 412 rows like '12,50'",
    ]);
  });

  it('with everything wrong at once', async () => {
    const found = await broken({
      objects: { 'orders/a.csv': 'id,amont\n7,1\n7,2\n,3\n' },
      props: {
        columns: [...COLUMNS, { name: 'day', type: 'date' }],
        key: ['id'],
        extraColumns: false,
        minRows: 10,
        freshness: { maxAge: Duration.hours(1), asOf: '2999-01-01' },
      },
    });
    expect(found).toEqual([
      'column `amount` (double) is missing',
      'column `day` (date) is missing',
      'column `amont` is new: extra columns are not allowed',
      'column `id` was never NULL, now it is in 1 row of 3',
      "`id` was unique, now 1 value stands in 2 rows, such as '7'",
      'there are 3 rows, at least 10 were expected',
      expect.stringMatching(/^the newest object is \d{4}-.*Z, [\d.]+ days old: at most 60 minutes were expected$/),
    ]);
  });

  it('of which one is unlike the others', async () => {
    const found = await broken({
      objects: {
        'orders/a.csv': 'id,amount\n1,2\n',
        'orders/b.csv': 'id,amount\n1,2\n',
        'orders/c.csv': 'amount,id\n2,1\n',
      },
    });
    expect(found[0]).toBe('1 of 3 files (`s3://lake/orders/c.csv`) have their columns in another order');
  });

  it('that hold what would deceive a reader', async () => {
    const [found] = await broken({
      objects: { 'orders/a.csv': `id,amount\n1,"\u001b[31m<b>\u202e${'x'.repeat(500)}"\n` },
    });
    expect(found).toBe(
      `column \`amount\` was double, now string: 1 row like '\\x1b[31m<b>\\u202e${'x'.repeat(51)}...'`,
    );
  });

  it('without names and with other signs between fields', async () => {
    const data = ExpectedData.files({
      path: 's3://lake/orders/',
      format: ExpectedFormat.CSV,
      database: 'sales',
      delimiter: '|',
      header: false,
    });
    const found = await broken({
      objects: { 'orders/a.csv': '1|2.5|"a|b"\n2|x|c\n', 'orders/_SUCCESS': '', 'orders/.note': 'not|data' },
      props: { data, extraColumns: false },
    });
    expect(found).toEqual([
      'column `column3` is new: extra columns are not allowed',
      "column `amount` was double, now string: 1 row like 'x'",
    ]);
  });

  it('that are not there', async () => {
    expect(await broken({ props: { minRows: 1, freshness: { maxAge: Duration.hours(1) } } })).toEqual([
      'there are 0 rows, at least 1 were expected',
      'there is no newest object: it should be at most 60 minutes old',
    ]);
  });
});

describe('a warning', () => {
  it('lets the run go on and hands over what was found', async () => {
    const { status, told } = await checked({
      objects: { 'orders/a.csv': 'id,amount\n1,abc\n' },
      props: { policy: SchemaPolicy.warn() },
    });
    expect(status).toBe('succeeded');
    expect(told).toEqual({
      ok: false,
      rows: 1,
      brokenRows: 1,
      problems: ["column `amount` was double, now string: 1 row like 'abc'"],
    });
  });
});

describe('a quarantine', () => {
  const policy = SchemaPolicy.quarantine({ broken: 's3://lake/broken/', clean: 's3://lake/clean/' });

  it('puts rows aside, and the rest goes on with its types', async () => {
    const given = {
      objects: {
        'orders/a.csv': 'id,amount\n1,1.5\n2,"12,50"\n,4\n5,1\n5,2\n6,\n',
        'orders/b.csv': 'nothing,like,that\n1,2,3\n',
      },
      props: { policy, key: ['id'] },
    };
    const { told, folder } = await checked(given);
    expect(told).toMatchObject({ ok: false, rows: 6, brokenRows: 4 });
    expect(told.problems).toEqual([
      '1 of 2 files (`s3://lake/orders/b.csv`) have no column `id` and have no column `amount` and have a column `nothing` and have a column `like` and have a column `that`',
      'column `id` was never NULL, now it is in 1 row of 6',
      "column `amount` was double, now string: 1 row like '12,50'",
      "`id` was unique, now 1 value stands in 2 rows, such as '5'",
    ]);
    const clean = join(folder, String(told.clean).slice('s3://lake/'.length));
    expect(await read(`SELECT id, amount FROM read_parquet('${clean}/*') ORDER BY id`)).toEqual([
      { id: '1', amount: 1.5 },
      { id: '6', amount: null },
    ]);
    const aside = await read(
      `SELECT id, amount FROM read_parquet('${clean.replace('/clean/', '/broken/')}/*') ORDER BY id, amount`,
    );
    expect(aside.map((row) => `${row['id']}:${row['amount']}`)).toEqual(['2:12,50', '5:1', '5:2', 'null:4']);
    expect(readdirSync(join(folder, 'orders'))).toEqual(['a.csv']);
    expect(readFileSync(join(folder, 'broken', 'b.csv'), 'utf8')).toBe(given.objects['orders/b.csv']);
  });

  it('reads times as people and programs write them', async () => {
    const { told, folder } = await checked({
      objects: { 'orders/a.csv': 'id,at\n1,2024-01-05T10:00:00Z\n2,2024-01-05 11:00:00\n3,zzz\n' },
      props: {
        policy,
        columns: [
          { name: 'id', type: 'bigint' },
          { name: 'at', type: 'timestamp' },
        ],
        freshness: { maxAge: Duration.hours(2), column: 'at', asOf: '2024-01-05T12:00:00Z' },
      },
    });
    expect(told).toMatchObject({
      brokenRows: 1,
      problems: ["column `at` was timestamp, now string: 1 row like 'zzz'"],
    });
    const clean = join(folder, String(told.clean).slice('s3://lake/'.length));
    expect(
      await read(`SELECT strftime(max("at"), '%H:%M') AS last, count(*) AS n FROM read_parquet('${clean}/*')`),
    ).toEqual([{ last: '11:00', n: '2' }]);
  });

  it('of nothing but files that cannot be read leaves no rows', async () => {
    const { told, folder } = await checked({
      objects: { 'orders/a.parquet': 'no Parquet' },
      props: { policy, data: files(ExpectedFormat.PARQUET) },
    });
    expect(told).toMatchObject({ ok: false, rows: 0, clean: expect.stringMatching(/^s3:\/\/lake\/clean\/.+\/$/) });
    expect(readdirSync(join(folder, 'broken'))).toEqual(['a.parquet']);
  });

  it('is no help where a column is missing', async () => {
    expect(await broken({ objects: { 'orders/a.csv': 'id\n1\n' }, props: { policy } })).toEqual([
      'column `amount` (double) is missing',
    ]);
  });
});

describe('lines of JSON', () => {
  it('are told by their keys and values', async () => {
    const found = await broken({
      objects: { 'orders/a.json': '{"id":1,"amount":"abc","new":{"x":1}}\n{"id":2,"amount":3.5}\n{"amount":1}\n' },
      props: { data: files(ExpectedFormat.JSON_LINES), extraColumns: false },
    });
    expect(found).toEqual([
      'column `new` is new: extra columns are not allowed',
      'column `id` was never NULL, now it is in 1 row of 3',
      "column `amount` was double, now string: 1 row like 'abc'",
    ]);
  });

  it('of which the beginning does not show every key', async () => {
    const fill = lines(8000, (i) => `{"id":${i},"note":"${'x'.repeat(30)}"}`);
    const props = { data: files(ExpectedFormat.JSON_LINES) };
    expect(await broken({ objects: { 'orders/a.json': fill }, props })).toEqual([
      'column `amount` (double) is missing; column `note`, which nobody expects, is there',
    ]);
    const late = await checked({ objects: { 'orders/a.json': `${fill}{"id":-1,"amount":1.5}\n` }, props });
    expect(late.told).toMatchObject({ ok: true, rows: 8001 });
  });

  it('that are none', async () => {
    const found = await broken({
      objects: { 'orders/a.json': '[1,2]\n' },
      props: { data: files(ExpectedFormat.JSON_LINES) },
    });
    expect(found[0]).toContain('cannot be read as json: it does not hold one JSON object a line');
  });
});

describe('Parquet files', () => {
  const data = files(ExpectedFormat.PARQUET);

  it('whose column has another type', async () => {
    const store = newStore();
    await parquet(
      store,
      'a.parquet',
      "SELECT i AS id, CASE WHEN i < 3 THEN '12,50' ELSE '1.5' END AS amount FROM range(5) t(i)",
    );
    expect(await broken({ store, props: { data } })).toEqual([
      "column `amount` was double, now string: 3 rows like '12,50'",
    ]);
  });

  it('of which one has another type', async () => {
    const store = newStore();
    await parquet(store, 'a.parquet', 'SELECT 1::BIGINT AS id, 1.5::DOUBLE AS amount');
    await parquet(store, 'b.parquet', "SELECT 1::BIGINT AS id, 'x' AS amount");
    expect((await broken({ store, props: { data } }))[0]).toBe(
      '1 of 2 files (`s3://lake/orders/b.parquet`) have column `amount` as string, the others as double',
    );
  });

  it('of every type have the types that the catalog calls so', async () => {
    const store = newStore();
    await parquet(
      store,
      'a.parquet',
      "SELECT 1::TINYINT AS a, 1::SMALLINT AS b, 1::INT AS c, 1::BIGINT AS d, 1::FLOAT AS e, 1::DOUBLE AS f, true AS g, DATE '2024-01-01' AS h, " +
        "TIMESTAMP '2024-01-01 10:00:00' AS i, 1.25::DECIMAL(10,2) AS j, 'x' AS k, [1] AS l, {'x': 1, 'y': ['z']} AS m, MAP {'k': 1.5::DOUBLE} AS n, 'y'::BLOB AS o",
    );
    const types =
      'tinyint smallint int bigint float double boolean date timestamp decimal(10,2) string array<int> struct<x:int,y:array<string>> map<string,double> binary'.split(
        ' ',
      );
    const columns = types.map((type, i) => ({ name: String.fromCharCode(97 + i), type }));
    const { reason, told } = await checked({ store, props: { data, columns, extraColumns: false } });
    expect(reason).toBeUndefined();
    expect(told).toMatchObject({ ok: true, rows: 1 });
  });

  it('that is cut', async () => {
    const found = await broken({ objects: { 'orders/a.parquet': 'PAR1 and no more' }, props: { data } });
    expect(found[0]).toContain('cannot be read as parquet: it does not end as Parquet does');
  });
});

describe('a table of the catalog', () => {
  it('whose column has become a text', async () => {
    const objects = { 'orders/a.csv': `id;amount\n${lines(412, (i) => `${i};12,50`)}900;1.5\n` };
    const columns = [
      { name: 'id', type: 'bigint' },
      { name: 'amount', type: 'string' },
    ];
    expect(await broken({ objects, columns, props: { data: table } })).toEqual([
      "column `amount` was double, now string: 412 rows like '12,50'",
    ]);
  });

  it('is told apart by a condition whose values never become SQL', async () => {
    const data = ExpectedData.table({
      database: 'sales',
      table: 'orders',
      where: Sql.fromString('amount = :amount -- only these'),
      parameters: { amount: "x' OR '1'='1" },
    });
    const { told, reason } = await checked({
      objects: { 'orders/a.csv': "id;amount\n1;x' OR '1'='1\n2;2\n" },
      props: { data, columns: STRINGS },
    });
    expect(reason).toBeUndefined();
    expect(told).toMatchObject({ rows: 1 });
  });

  it('that is not there fails with what the catalog says', async () => {
    const data = ExpectedData.table({ database: 'sales', table: 'nobody' });
    expect(await checked({ props: { data } })).toMatchObject({
      status: 'failed',
      error: 'Glue.EntityNotFoundException',
    });
  });
});

describe('a query', () => {
  const asked = (sql: string) => ExpectedData.athenaQuery({ sql: Sql.fromString(sql), database: 'sales' });

  it('is known by its result', async () => {
    const found = await broken({
      objects: { 'orders/a.csv': 'id;amount\n1;2\n' },
      props: {
        data: asked("SELECT CAST(id AS integer) AS id, DATE '2024-01-02' AS day FROM orders -- the end"),
        columns: [
          { name: 'id', type: 'string' },
          { name: 'day', type: 'date' },
        ],
        freshness: { maxAge: Duration.days(2), column: 'day', asOf: '2024-01-05T12:00:00Z' },
      },
    });
    expect(found).toEqual([
      'column `id` was string, now int',
      'the newest value of `day` is 2024-01-02, 3.5 days old: at most 2 days were expected',
    ]);
  });

  it('that cannot be run fails with what Athena says', async () => {
    const result = await checked({ props: { data: asked('SELECT nothing FROM orders') } });
    expect(result).toMatchObject({ status: 'failed', error: 'Athena.QueryFailed' });
    expect(result.reason).toContain('nothing');
  });
});

it('a table that was made for files is gone after the check, also after one that fails', async () => {
  for (const objects of [{ 'orders/a.csv': 'id,amount\n1,abc\n' }, { 'orders/a.csv': 'id,amount\n1,2\n' }]) {
    const store = newStore();
    await checked({ store, objects });
    const catalog = join(store, 'eu-west-1', 'glue', 'catalog.json');
    const text = readFileSync(catalog, 'utf8');
    expect(text).toContain('"orders"');
    expect(text).not.toContain('headrace_');
  }
});
