// Athena's tasks in a local run: the definition that is deployed, real files, the local Athena.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { expect, it } from 'vitest';
import { AthenaCtasTask, AthenaQueryTask, LambdaTask, Pipeline, Sql } from '../../lib';
import { runLocal } from '../../lib/local/local-run';
import { Store } from '../../lib/local/store';
import { file } from './run-task';

async function run(select: string) {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-athena-'));
  const app = new App({ outdir: join(folder, 'cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  new s3.Bucket(stack, 'Lake', { bucketName: 'lake' });
  new CfnDatabase(stack, 'Database', { catalogId: stack.account, databaseInput: { name: 'sales' } });
  new CfnTable(stack, 'Orders', {
    catalogId: stack.account,
    databaseName: 'sales',
    tableInput: {
      name: 'orders',
      tableType: 'EXTERNAL_TABLE',
      parameters: { classification: 'csv' },
      storageDescriptor: {
        columns: [
          { name: 'id', type: 'bigint' },
          { name: 'city', type: 'string' },
        ],
        location: 's3://lake/raw/',
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
          parameters: { 'field.delim': ',' },
        },
      },
    },
  });
  const sales = new Pipeline(stack, 'Sales');
  const made = new AthenaCtasTask(sales, 'Daily', {
    sql: Sql.fromString(select),
    database: 'sales',
    table: 'daily',
    target: 's3://lake/daily/',
    parameters: { city: "l'Aquila" },
  });
  const count = new AthenaQueryTask(sales, 'Count', {
    sql: Sql.fromString('SELECT count(*) AS n FROM daily'),
    database: 'sales',
    resultRows: 1,
  });
  made.next(count);
  new LambdaTask(sales, 'Use', {
    code: file(
      'use.mjs',
      'export const handler = async ({ n }) => { if (n !== "2") throw new Error(`n is ${n}`); return {}; };',
    ),
    payload: { n: count.output('n') },
  });
  app.synth();
  const bucket = join(new Store(join(folder, '.headrace')).buckets('eu-west-1'), 'lake');
  const put = (key: string, body: string) => {
    mkdirSync(join(bucket, key, '..'), { recursive: true });
    writeFileSync(join(bucket, key), body);
  };
  const store = join(folder, '.headrace');
  const once = async () => {
    const result = await runLocal({ assembly: join(folder, 'cdk.out'), store });
    const target = join(bucket, 'daily');
    return { tasks: result.tasks, files: existsSync(target) ? readdirSync(target).sort() : [] };
  };
  return { put, once, bucket };
}

it('a table is made anew by every run, from bound values', async () => {
  const { put, once } = await run('SELECT id FROM orders WHERE city = :city');
  put('raw/a.csv', "1,paris\n2,l'Aquila\n3,l'Aquila\n");
  put('daily/old.parquet', 'of the run before');
  for (let nth = 0; nth < 2; nth++) {
    const { tasks, files } = await once();
    expect(tasks.map((task) => [task.id, task.status, task.reason])).toEqual(
      ['Daily', 'Count', 'Use'].map((id) => [id, 'succeeded', undefined]),
    );
    expect(files).not.toContain('old.parquet');
    expect(files.length).toBeGreaterThan(0);
  }
});

it('a query that fails leaves nothing, and tells what Athena says', async () => {
  const { put, once } = await run('SELECT nothing FROM orders WHERE city = :city');
  put('raw/a.csv', '1,paris\n');
  const { tasks, files } = await once();
  expect(tasks[0]).toMatchObject({ id: 'Daily', status: 'failed', error: 'Athena.QueryFailed' });
  expect(tasks[0]!.reason).toMatch(/ended as FAILED: .*nothing/s);
  expect(files).toEqual([]);
});
