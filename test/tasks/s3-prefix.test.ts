// S3CopyTask, S3DeleteTask, S3KeySensor.

import { existsSync, readdirSync } from 'node:fs';
import { aws_kms as kms, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  S3CopyTask,
  type S3CopyTaskProps,
  S3DeleteTask,
  S3KeySensor,
  type S3KeySensorProps,
} from '../../lib';
import { runHere, told } from './run-local';
import { allowed, flat, mistakes, pipeline, play, template } from './run-task';

const day = { logicalDate: '2026-03-29T01:00:00Z' };

function copy(props: Partial<S3CopyTaskProps> = {}) {
  const sales = pipeline();
  const task = new S3CopyTask(sales, 'Copy', {
    source: `s3://raw/${sales.run.date}/`,
    targets: ['s3://lake/in/', 's3://lake-us/in/'],
    ...props,
  });
  return { sales, task };
}

/** What the roles of functions allow: action -> resources. */
function functionMay(sales: ReturnType<typeof pipeline>): { [action: string]: string[] } {
  const found: { [action: string]: string[] } = {};
  for (const [id, policy] of Object.entries(template(sales).findResources('AWS::IAM::Policy'))) {
    if (!id.includes('s3prefix')) continue;
    for (const { Action, Resource } of policy['Properties'].PolicyDocument.Statement)
      for (const action of [Action].flat()) found[action] = [...(found[action] ?? []), ...[Resource].flat().map(flat)];
  }
  return found;
}

describe('S3CopyTask', () => {
  it('calls the function until it is done, and tells it where it stopped', async () => {
    const { sales, task } = copy();
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { n: task.output('objects'), s: task.output('skipped') },
      permissions: [],
    });
    const run = await play(
      sales,
      (call, nth) =>
        call.service !== 'lambda'
          ? {}
          : {
              Payload:
                nth === 0
                  ? {
                      done: false,
                      objects: 5,
                      bytes: 50,
                      skipped: 1,
                      after: '2026-03-29/k',
                      begun: { key: 'k2', target: 1, uploadId: 'u' },
                    }
                  : { done: true, objects: 9, bytes: 90, skipped: 1 },
            },
      day,
    );
    expect(run.arguments[0]!['Payload']).toMatchObject({
      action: 'copy',
      source: { bucket: 'raw', prefix: '2026-03-29/' },
      targets: [
        { bucket: 'lake', prefix: 'in/' },
        { bucket: 'lake-us', prefix: 'in/' },
      ],
      step: {},
    });
    expect(run.arguments[1]!['Payload'].step).toEqual({
      done: false,
      after: '2026-03-29/k',
      begun: { key: 'k2', target: 1, uploadId: 'u' },
      total: { objects: 5, bytes: 50, skipped: 1 },
    });
    expect(run.arguments[2]).toEqual({ n: 9, s: 1 });
  });

  it('ends at its time limit and says how far it came', async () => {
    const run = await play(copy({ timeout: Duration.minutes(1) }).sales, async (_call, _nth, _now, { clock }) => {
      await clock.sleep(25_000);
      return { Payload: { done: false, objects: 5, bytes: 50, skipped: 1, after: 'k' } };
    });
    expect(run.calls).toHaveLength(3);
    expect(run.failure).toEqual({
      Error: 'Headrace.Timeout',
      Cause: 'Copy was not done within its time limit of 1 minute: 5 objects are done, up to k',
    });
  });

  it('lets the function read there, write here and nothing else', () => {
    const { sales } = copy();
    const may = functionMay(sales);
    expect(may['s3:GetObject']).toEqual(['arn:<AWS::Partition>:s3:::raw/*']);
    expect(may['s3:PutObject']).toEqual([
      'arn:<AWS::Partition>:s3:::lake/in/*',
      'arn:<AWS::Partition>:s3:::lake-us/in/*',
    ]);
    expect(may).not.toHaveProperty('s3:DeleteObject');
    expect(Object.keys(allowed(sales))).not.toContain('s3:GetObject');
  });

  it('may use keys that are given', () => {
    const { sales, task } = copy();
    void task;
    const key = new kms.Key(Stack.of(sales), 'Key');
    new S3CopyTask(sales, 'More', { source: 's3://a/b/', targets: ['s3://c/'], encryptionKeys: [key] });
    expect(functionMay(sales)['kms:Decrypt']).toEqual(['<Key961B73FD.Arn>']);
  });

  it.each<[string, Partial<S3CopyTaskProps>, string]>([
    ['without a target', { targets: [] }, 'targets is empty'],
    [
      'into itself',
      { source: 's3://a/b/', targets: ['s3://a/b/c/'] },
      'which lies inside s3://a/b/: it would be copied',
    ],
    ['from a folder', { source: '/tmp' }, 'source is "/tmp": expected a place in S3'],
  ])('fails %s', (_, props, message) => {
    expect(mistakes(copy(props).sales)).toContain(message);
  });
});

describe('S3DeleteTask', () => {
  it.each(['s3://raw', 's3://raw/'])('fails for a whole bucket, %s', (path) => {
    const sales = pipeline();
    new S3DeleteTask(sales, 'Delete', { path });
    expect(mistakes(sales)).toContain(`path is "${path}": a whole bucket is not deleted; name a prefix in it`);
  });

  it('may delete behind its prefix only, and says since when', async () => {
    const sales = pipeline();
    new S3DeleteTask(sales, 'Delete', { path: `s3://raw/tmp/${sales.run.date}/` });
    expect(functionMay(sales)['s3:DeleteObject']).toEqual(['arn:<AWS::Partition>:s3:::raw/tmp/*']);
    const run = await play(sales, () => ({ Payload: { done: true, objects: 1, bytes: 1, skipped: 0 } }), day);
    expect(run.arguments[0]!['Payload'].before).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });
});

function keys(props: Partial<S3KeySensorProps> = {}) {
  const sales = pipeline();
  const task = new S3KeySensor(sales, 'Wait', {
    path: `s3://raw/${sales.run.date}/`,
    pokeInterval: Duration.seconds(20),
    timeout: Duration.minutes(10),
    ...props,
  });
  return { sales, task };
}

describe('S3KeySensor', () => {
  const seen = (count: number, newest = 'a') => ({ Payload: { count, bytes: count * 10, newest, keys: [] } });

  it('waits until what is behind a prefix has stopped growing', async () => {
    const run = await play(keys().sales, (_, nth) => seen(Math.min(nth, 4)), day);
    expect(run.status).toBe('SUCCEEDED');
    // Four looks see it grow; a minute after the fourth it has settled.
    expect(run.seconds).toBe(80 + 60);
  });

  it('counts a replaced object as growth', async () => {
    const run = await play(keys().sales, (_, nth) => seen(1, nth < 5 ? `t${nth}` : 'last'), day);
    expect(run.seconds).toBe(100 + 60);
  });

  it('takes a single key at once', async () => {
    const run = await play(keys({ path: 's3://raw/_SUCCESS' }).sales, () => seen(1));
    expect(run.seconds).toBe(0);
  });

  it('waits for as many objects and bytes as are wanted, and says what there was', async () => {
    const run = await play(keys({ minObjects: 3, suffix: '.csv' }).sales, () => seen(2));
    expect(run.failure?.Cause).toBe(
      'Wait waited 10 minutes for 3 objects at its path; 2 objects with 20 bytes are there',
    );
    expect(run.arguments[0]!['Payload']).toMatchObject({ suffix: '.csv' });
    const bytes = await play(keys({ minBytes: 21 }).sales, () => seen(2));
    expect(bytes.failure?.Error).toBe('Headrace.SensorTimeout');
  });

  it('may list and not read', () => {
    const may = functionMay(keys().sales);
    expect(may['s3:ListBucket']).toEqual(['arn:<AWS::Partition>:s3:::raw']);
    expect(may).not.toHaveProperty('s3:GetObject');
  });

  it('fails with half an object', () => {
    expect(mistakes(keys({ minObjects: 0 }).sales)).toContain('minObjects is 0: expected a whole number from 1');
  });
});

it('on this computer objects are waited for, copied to two buckets and deleted', async () => {
  const sales = pipeline();
  const path = `s3://raw/${sales.run.date}/`;
  new S3KeySensor(sales, 'Wait', { path: `${path}a.csv` })
    .next(new S3CopyTask(sales, 'Copy', { source: path, targets: ['s3://lake/x/', 's3://mirror/'] }))
    .next(new S3DeleteTask(sales, 'Delete', { path }));
  const result = await runHere(sales, {
    input: day,
    objects: {
      'raw/2026-03-29/a.csv': 'a',
      'raw/2026-03-29/sub/b.csv': 'b',
      'raw/other.csv': 'c',
      'lake/y': '',
      'mirror/y': '',
    },
  });
  expect(told(result)).toEqual({ Wait: 'succeeded', Copy: 'succeeded', Delete: 'succeeded' });
  const folder = `${result.store}/eu-west-1/s3`;
  expect(readdirSync(`${folder}/lake/x`).sort()).toEqual(['a.csv', 'sub']);
  expect(existsSync(`${folder}/mirror/sub/b.csv`)).toBe(true);
  expect(readdirSync(`${folder}/raw`).filter((name) => !name.startsWith('.'))).toEqual(['other.csv']);
}, 60_000);
