// A task per item, run by the same definition that would be deployed: real objects, real processes, records in the store.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, aws_s3 as s3 } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { ForEachTask, Items, LambdaTask, Pipeline } from '../../lib';
import { runLocal } from '../../lib/local/local-run';
import { folderWith } from './assembly-fixture';

const COUNT = 120;
const CODE = `
import { appendFileSync, readFileSync } from 'node:fs';
export const handler = async ({ key, log, day }) => {
  appendFileSync(log, key + ' ' + day + '\\n');
  if (key.endsWith('042.csv') && !readFileSync(log, 'utf8').includes('repaired')) throw new Error('no such column');
  return { rows: 1 };
};`;

it('names the item that failed, and repeats that one alone', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-each-'));
  const log = join(folder, 'log.txt');
  writeFileSync(log, '');
  const app = new App({ outdir: join(folder, 'out'), analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  const sales = new Pipeline(stack, 'Sales');
  const bucket = new s3.Bucket(stack, 'In', { bucketName: 'in-bucket' });
  const perFile = new ForEachTask(sales, 'PerFile', { items: Items.fromS3Objects(bucket, 'day/') });
  new LambdaTask(perFile, 'Load', {
    code: join(folderWith({ 'load.mjs': CODE }), 'load.mjs'),
    payload: { key: perFile.item('Key'), log, day: sales.run.date },
  });
  app.synth();
  const store = join(folder, 'store');
  const day = join(store, 'eu-west-1/s3/in-bucket/day');
  mkdirSync(day, { recursive: true });
  for (let i = 0; i < COUNT; i++) writeFileSync(join(day, `${String(i).padStart(3, '0')}.csv`), 'a,b\n');
  const run = (runId: string, input: object) =>
    runLocal({ store, assembly: join(folder, 'out'), runId, input: { logicalDate: '2026-03-01T00:00:00Z', ...input } });
  const tried = () =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line.endsWith(' 2026-03-01'));

  const first = await run('first', {});
  expect(first.tasks[0]).toMatchObject({
    status: 'failed',
    error: 'Headrace.ItemsFailed',
    cause: `1 of ${COUNT} items failed: day/042.csv (PerFile.Load); a re-run repeats only these`,
  });
  expect(tried().sort()).toHaveLength(COUNT);
  writeFileSync(log, 'repaired\n');
  const second = await run('second', { run: '1', rerunOf: 'first' });
  expect(second.tasks[0]).toMatchObject({ status: 'succeeded' });
  expect(tried()).toEqual(['day/042.csv 2026-03-01']);
});
