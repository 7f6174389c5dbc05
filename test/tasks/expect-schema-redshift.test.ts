// Checks of data in Redshift, in a local run: the definition that is deployed, the local warehouse and the function that judges.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  ExpectedData,
  ExpectSchemaTask,
  type ExpectSchemaTaskProps,
  RedshiftQueryTask,
  SchemaPolicy,
  Sql,
  TriggerRule,
  Warehouse,
} from '../../lib';
import { newStore, runHere } from './run-local';
import { pipeline } from './run-task';

const warehouse = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });
const orders = ExpectedData.redshiftTable(warehouse, 'sales.orders');
const COLUMNS = [
  { name: 'ID', type: 'bigint', nullable: false },
  { name: 'amount', type: 'double' },
];

/** What the check found, and what the tables hold after it. */
async function checked(
  create: string,
  props: Partial<ExpectSchemaTaskProps> = {},
  after = 'SELECT count(*) AS n FROM sales.orders',
) {
  const sales = pipeline();
  new s3.Bucket(Stack.of(sales), 'Told', { bucketName: 'told' });
  const make = new RedshiftQueryTask(sales, 'Make', {
    warehouse,
    sql: Sql.fromString(`CREATE SCHEMA IF NOT EXISTS sales; ${create}`),
  });
  const check = new ExpectSchemaTask(sales, 'Check', { data: orders, columns: COLUMNS, ...props });
  const look = new RedshiftQueryTask(sales, 'Look', {
    warehouse,
    sql: Sql.fromString(after),
    resultRows: 50,
    triggerRule: TriggerRule.ALL_DONE,
  });
  make.next(check);
  check.next(look);
  const tell = (id: string, body: { [name: string]: string }) =>
    new CustomTask(sales, id, {
      resource: 'arn:aws:states:::aws-sdk:s3:putObject',
      arguments: { Bucket: 'told', Key: `${id}.json`, Body: body },
      permissions: [],
    });
  tell('Rows', { rows: look.output('rows') });
  const names = ['ok', 'rows', 'brokenRows', 'problems', 'newest'];
  tell('Found', Object.fromEntries(names.map((name) => [name, check.output(name)])));
  const store = newStore();
  const result = await runHere(sales, { store });
  const task = result.tasks.find(({ id }) => id === 'Check')!;
  const read = (id: string) => JSON.parse(readFileSync(join(store, 'eu-west-1', 's3', 'told', `${id}.json`), 'utf8'));
  return {
    status: task.status,
    error: task.error,
    reason: task.reason,
    rows: read('Rows').rows,
    found: task.status === 'succeeded' ? read('Found') : undefined,
  };
}

const FINE = 'CREATE TABLE sales.orders (id bigint, amount double precision, at timestamp);';

describe('a table of Redshift', () => {
  it('that is as expected lets the run go on', async () => {
    const { found, reason } = await checked(
      `${FINE} INSERT INTO sales.orders VALUES (1, 1.5, '2024-01-01 10:00:00'), (2, NULL, NULL)`,
      {
        columns: [...COLUMNS, { name: 'at', type: 'timestamp' }],
        extraColumns: false,
        key: ['id'],
        minRows: 2,
        freshness: { maxAge: Duration.hours(3), column: 'at', asOf: '2024-01-01T12:00:00Z' },
      },
    );
    expect(reason).toBeUndefined();
    expect(found).toMatchObject({ ok: true, rows: 2, brokenRows: 0, problems: [] });
  });

  it('with everything wrong at once', async () => {
    const { error, reason } = await checked(
      "CREATE TABLE sales.orders (id bigint, amount varchar(20), more int); INSERT INTO sales.orders VALUES (1, '12,50', 1), (1, '2.5', 1), (NULL, '1e3', 1)",
      { extraColumns: false, key: ['id'], maxRows: 2 },
    );
    expect(error).toBe('Headrace.SchemaBroken');
    expect(reason!.split('\n- ')).toEqual([
      'table sales.orders is not as expected: ',
      'column `more` (int) is new: extra columns are not allowed',
      "column `amount` was double, now string: 1 row like '12,50'",
      'column `id` was never NULL, now it is in 1 row of 3',
      "`id` was unique, now 1 value stands in 2 rows, such as '1'",
      'there are 3 rows, at most 2 were expected',
    ]);
  });

  it('that is not there fails with what Redshift says', async () => {
    const { status, error, reason } = await checked('SELECT 1', {}, 'SELECT 1 AS n');
    expect({ status, error }).toEqual({ status: 'failed', error: 'Redshift.StatementFailed' });
    expect(reason).toContain('orders');
  });
});

describe('a quarantine in Redshift', () => {
  const policy = SchemaPolicy.quarantineTable('sales.orders_broken');

  it('moves the rows that break, the rest stays', async () => {
    const { found, rows, reason } = await checked(
      `${FINE} INSERT INTO sales.orders VALUES (1, 1.5, NULL), (NULL, 2, NULL), (3, 3, NULL), (3, 4, NULL)`,
      { policy, key: ['id'] },
      "SELECT 'stays' AS place, id, amount FROM sales.orders UNION ALL SELECT 'aside', id, amount FROM sales.orders_broken ORDER BY 1, 3",
    );
    expect(reason).toBeUndefined();
    expect(found).toMatchObject({ ok: false, rows: 4, brokenRows: 3 });
    expect(rows.map((row: any) => [row.place, row.id, Number(row.amount)])).toEqual([
      ['aside', null, 2],
      ['aside', 3, 3],
      ['aside', 3, 4],
      ['stays', 1, 1.5],
    ]);
  });

  it('with a key of two columns, and nothing to move', async () => {
    const made = `${FINE} INSERT INTO sales.orders VALUES (1, 1, NULL), (1, 2, NULL)`;
    const both = { policy, key: ['id', 'amount'] };
    expect((await checked(made, both)).found).toMatchObject({ ok: true, brokenRows: 0 });
    const { found, rows } = await checked(`${made}, (1, 2, NULL)`, both);
    expect(found).toMatchObject({ brokenRows: 2 });
    expect(rows).toEqual([{ n: 1 }]);
  });
});

describe('a query of Redshift', () => {
  it('is known by its result, and its values never become SQL', async () => {
    const data = ExpectedData.redshiftQuery({
      warehouse,
      sql: Sql.fromString('SELECT id, amount, :text AS text FROM sales.orders WHERE id > :least::int'),
      parameters: { least: '1', text: "it's; DROP TABLE sales.orders" },
    });
    const { reason } = await checked(`${FINE} INSERT INTO sales.orders VALUES (1, 1, NULL), (2, 1, NULL)`, {
      data,
      minRows: 2,
    });
    expect(reason).toBe('the result of the query is not as expected: there is 1 row, at least 2 were expected');
  });
});
