// Run values in every place of a check of data that takes them.

import { Duration } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import {
  CustomTask,
  ExpectedData,
  ExpectedFormat,
  ExpectSchemaTask,
  type Pipeline,
  SchemaPolicy,
  Sql,
  Warehouse,
} from '../../lib';
import { pipeline, play } from './run-task';

const warehouse = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });
const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'at', type: 'timestamp' },
];

/** One of each, with run values wherever they may stand. */
function checks(sales: Pipeline, day: string): void {
  const { date, intervalEnd } = sales.run;
  const freshness = { maxAge: Duration.hours(26), column: 'at', asOf: intervalEnd };
  const policy = SchemaPolicy.quarantine({ broken: `s3://aside/broken/${date}/`, clean: `s3://aside/clean/${date}/` });
  new ExpectSchemaTask(sales, 'Files', {
    columns,
    freshness,
    policy,
    data: ExpectedData.files({ path: `s3://data/orders/${date}/`, format: ExpectedFormat.CSV, database: 'lake' }),
  });
  new ExpectSchemaTask(sales, 'Table', {
    columns,
    freshness,
    data: ExpectedData.table({
      database: 'lake',
      table: 'orders',
      where: Sql.fromString('day = :day'),
      parameters: { day },
    }),
  });
  new ExpectSchemaTask(sales, 'Query', {
    columns,
    data: ExpectedData.redshiftQuery({
      warehouse,
      sql: Sql.fromString('SELECT * FROM orders WHERE day = :day'),
      parameters: { day },
    }),
  });
}

it('run values stand where they belong, and never as SQL', async () => {
  const sales = pipeline();
  const first = new CustomTask(sales, 'First', {
    resource: 'arn:aws:states:::sqs:sendMessage',
    permissions: [],
    outputs: String.raw`{'day':"x\\' OR 1=1; DROP TABLE t --"}`,
  });
  checks(sales, first.output('day'));
  const seen: { [kind: string]: any } = {};
  await play(
    sales,
    ({ arguments: given }) => {
      const { Payload, Sqls } = given as any;
      if (Payload !== undefined) seen[`${Payload.action} ${Payload.what ?? ''}`.trim()] ??= Payload.expect;
      if (Sqls !== undefined) seen['sql'] = Sqls[0];
      return { Table: { StorageDescriptor: { Columns: [] } }, Id: 's-1', Status: 'FAILED', Payload: { cause: 'no' } };
    },
    { logicalDate: '2024-01-31T00:00:00Z', intervalEnd: '2024-02-01T00:00:00Z' },
  );
  expect(seen['heads']).toMatchObject({
    files: { bucket: 'data', prefix: 'orders/2024-01-31/', table: expect.stringMatching(/^headrace_[0-9a-f]{16}$/) },
    places: { broken: 's3://aside/broken/2024-01-31/', clean: 's3://aside/clean/2024-01-31/' },
    fresh: { asOf: '2024-02-01T00:00:00Z', seconds: 93_600, column: 'at' },
  });
  // A backslash is a letter like others to Athena, and has to be doubled for Redshift.
  expect(seen['next table lake.orders'].source).toBe(
    String.raw`(SELECT * FROM "lake"."orders" WHERE
day = 'x\'' OR 1=1; DROP TABLE t --'
)`,
  );
  expect(seen['sql']).toBe(
    String.raw`SELECT * FROM (
SELECT * FROM orders WHERE day = 'x\\'' OR 1=1; DROP TABLE t --'
) t LIMIT 0`,
  );
});
