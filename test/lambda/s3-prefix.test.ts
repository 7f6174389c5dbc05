// The function against a real S3 endpoint: ours, on a folder, through the AWS SDK.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../lambda/s3-prefix';
import { copyStep } from '../../lambda/s3-prefix/copy';
import { client, type Place, type StepResult } from '../../lambda/s3-prefix/place';
import { startS3Server } from '../../lib/local/s3/server';

let close: () => Promise<void>;

beforeAll(async () => {
  const server = await startS3Server({ root: mkdtempSync(join(tmpdir(), 'headrace-s3-')), acceptUnknownKeys: true });
  close = () => server.close();
  process.env['AWS_ENDPOINT_URL_S3'] = server.url;
  process.env['AWS_ACCESS_KEY_ID'] = 'headrace';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'headrace-local-secret';
  process.env['AWS_REGION'] = 'eu-west-1';
  for (const Bucket of ['from', 'into', 'far']) await client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => close());

const at = (bucket: string, prefix: string): Place => ({ bucket, prefix });
const put = (Bucket: string, Key: string, Body: string | Buffer, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async (Bucket: string, Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
const look = (bucket: string, prefix: string, suffix?: string) =>
  handler({ action: 'look', source: at(bucket, prefix), ...(suffix !== undefined && { suffix }) });

async function fill(prefix: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, count - from) }, (_, i) =>
        put('from', `${prefix}${from + i}.txt`, `n${from + i}`),
      ),
    );
}

describe('copy', () => {
  it('takes more objects than one page shows to two places, and skips them when it is repeated', async () => {
    await fill('many/', 1100);
    const call = {
      action: 'copy' as const,
      source: at('from', 'many/'),
      targets: [at('into', 'a/'), at('far', 'b/x-')],
    };
    expect(await handler(call)).toMatchObject({ done: true, objects: 2200, skipped: 0 });
    expect(await text('into', 'a/1099.txt')).toBe('n1099');
    expect(await text('far', 'b/x-7.txt')).toBe('n7');
    expect(await look('into', 'a/')).toMatchObject({ count: 1100 });
    await put('from', 'many/7.txt', 'newer');
    expect(await handler(call)).toMatchObject({ done: true, objects: 2, skipped: 2198 });
    expect(await text('far', 'b/x-7.txt')).toBe('newer');
  }, 60_000);

  it('goes on where a step stopped, and counts all steps together', async () => {
    await fill('steps/', 250);
    const call = { action: 'copy' as const, source: at('from', 'steps/'), targets: [at('into', 'steps/')] };
    let step: object | undefined;
    let answer: StepResult;
    let steps = 0;
    do {
      // No time left: each step does one chunk.
      const one = await copyStep({ ...call, ...(step !== undefined && { step }) }, Date.now() - 1);
      answer = one;
      step = { after: one.after };
      steps += 1;
    } while (!answer.done);
    expect(steps).toBe(3);
    expect(await look('into', 'steps/')).toMatchObject({ count: 250 });
  }, 60_000);

  it('copies a large object in parts with its type and metadata, and goes on in the middle of it', async () => {
    const body = Buffer.alloc(12 * 1024 * 1024, 'headrace ');
    await put('from', 'large/a b+c.bin', body, { ContentType: 'x/y', Metadata: { who: 'me' } });
    await put('from', 'large/z.txt', 'small');
    const sizes = { large: 8 * 1024 * 1024, part: 5 * 1024 * 1024 };
    const call = { action: 'copy' as const, source: at('from', 'large/'), targets: [at('into', 'large/')] };
    const first = await copyStep(call, Date.now() - 1, sizes);
    expect(first).toMatchObject({ done: false, objects: 0, begun: { key: 'large/a b+c.bin', target: 0 } });
    const second = await copyStep({ ...call, step: { begun: first.begun! } }, Date.now() + 60_000, sizes);
    expect(second).toMatchObject({ done: true, objects: 2 });
    const head = await client.send(new HeadObjectCommand({ Bucket: 'into', Key: 'large/a b+c.bin' }));
    expect(head).toMatchObject({ ContentLength: body.length, ContentType: 'x/y', Metadata: { who: 'me' } });
    expect(head.ETag).toContain('-3');
  }, 60_000);

  it('is refused into itself', async () => {
    await expect(
      handler({ action: 'copy', source: at('from', 'a'), targets: [at('from', 'a/b')] }),
    ).rejects.toMatchObject({ name: 'Headrace.Refused' });
  });
});

describe('delete', () => {
  it('takes the listed objects and leaves what is younger or lies elsewhere', async () => {
    await fill('old/', 1005);
    await put('from', 'older.txt', 'stays');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await put('from', 'old/zz-new.txt', 'stays');
    expect(await handler({ action: 'delete', source: at('from', 'old/'), before })).toMatchObject({
      done: true,
      objects: 1005,
      skipped: 1,
    });
    expect(await look('from', 'old')).toMatchObject({ count: 2, keys: ['old/zz-new.txt', 'older.txt'] });
    await client.send(new DeleteObjectCommand({ Bucket: 'from', Key: 'old/zz-new.txt' }));
  }, 60_000);

  it.each([
    ['', '2026-01-01T00:00:00Z'],
    ['a/', ''],
  ])('of the prefix %j before %j is refused', async (prefix, before) => {
    await expect(handler({ action: 'delete', source: at('from', prefix), before })).rejects.toMatchObject({
      name: 'Headrace.Refused',
    });
  });
});

describe('look', () => {
  it('counts what ends so, and pictures of folders not at all', async () => {
    await put('from', 'look/', '');
    await put('from', 'look/a.csv', 'abc');
    await put('from', 'look/b.txt', 'abcd');
    expect(await look('from', 'look/')).toMatchObject({ count: 2, bytes: 7, keys: ['look/a.csv', 'look/b.txt'] });
    expect(await look('from', 'look/', '.csv')).toMatchObject({ count: 1, bytes: 3 });
    expect(await look('from', 'nothing/')).toEqual({ count: 0, bytes: 0, newest: '', keys: [] });
  });
});
