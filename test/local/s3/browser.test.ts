// What web pages and old clients do: cross-origin rules, uploads by an HTML form, signatures of version 2.
import { createHmac } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3Server, startS3Server } from '../../../lib/local/s3/server';

const key = 'headrace';
const secret = 'headrace-local-secret';
const page = 'https://app.example.com';
let root: string;
let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(tmpdir(), 'headrace-s3-browser-'));
  server = await startS3Server({ root });
  client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: key, secretAccessKey: secret },
  });
  await client.send(new CreateBucketCommand({ Bucket: 'web' }));
  await client.send(new PutObjectCommand({ Bucket: 'web', Key: 'a.txt', Body: 'hello', ACL: 'public-read' }));
});
afterAll(async () => {
  client.destroy();
  await server.close();
  fs.rmSync(root, { recursive: true, force: true });
});

describe('cross-origin rules', () => {
  beforeAll(async () => {
    const rule = {
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['x-amz-*', 'Content-Type'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    };
    await client.send(new PutBucketCorsCommand({ Bucket: 'web', CORSConfiguration: { CORSRules: [rule] } }));
  });

  const preflight = (origin: string, method: string, headers = 'x-amz-date') =>
    fetch(`${server.url}/web/a.txt`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    });

  it('a page that a rule names may', async () => {
    const answer = await preflight(page, 'PUT');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': page,
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-amz-date',
      'access-control-max-age': '60',
    });
    const got = await fetch(`${server.url}/web/a.txt`, { headers: { origin: page } });
    expect([got.headers.get('access-control-allow-origin'), got.headers.get('access-control-expose-headers')]).toEqual([
      page,
      'ETag',
    ]);
  });

  it.each([
    ['another page', 'https://evil.example.org', 'GET', 'x-amz-date'],
    ['a suffix that only looks alike', 'https://example.com.evil.org', 'GET', 'x-amz-date'],
    ['another method', page, 'DELETE', 'x-amz-date'],
    ['another header', page, 'PUT', 'x-other'],
  ])('fails: %s', async (_, origin, method, headers) => {
    const answer = await preflight(origin, method, headers);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an upload form', () => {
  const conditions = [{ bucket: 'web' }, ['starts-with', '$key', 'in/'], ['content-length-range', 1, 10]];
  const policy = (more: unknown[] = [], expires = Date.now() + 60_000) =>
    Buffer.from(
      JSON.stringify({ expiration: new Date(expires).toISOString(), conditions: [...conditions, ...more] }),
    ).toString('base64');

  const signedV2 = (text: string) => ({
    AWSAccessKeyId: key,
    policy: text,
    signature: createHmac('sha1', secret).update(text).digest('base64'),
  });

  function signedV4(text: string): Record<string, string> {
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
    const signing = scope.reduce<string | Buffer>(
      (last, part) => createHmac('sha256', last).update(part).digest(),
      `AWS4${secret}`,
    );
    return {
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      'x-amz-credential': [key, ...scope].join('/'),
      'x-amz-date': date,
      policy: text,
      'x-amz-signature': createHmac('sha256', signing).update(text).digest('hex'),
    };
  }
  const v4Conditions = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date'].map((name) => [
    'starts-with',
    `$${name}`,
    '',
  ]);

  function post(fields: Record<string, string>, text = 'content'): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([text]), 'report.csv');
    return fetch(`${server.url}/web`, { method: 'POST', body: form, redirect: 'manual' });
  }

  it('signed by version 2 puts the file under its own name', async () => {
    const answer = await post({ key: 'in/${filename}', ...signedV2(policy()) });
    expect(answer.status).toBe(204);
    expect(fs.readFileSync(path.join(root, 'web/in/report.csv'), 'utf8')).toBe('content');
  });

  it('signed by version 4, answered with a document', async () => {
    const status = ['eq', '$success_action_status', '201'];
    const answer = await post({
      key: 'in/four',
      success_action_status: '201',
      ...signedV4(policy([...v4Conditions, status])),
    });
    expect(answer.status).toBe(201);
    expect(await answer.text()).toContain('<Key>in/four</Key>');
  });

  it('answered by leading the browser on', async () => {
    const redirect = 'http://localhost/done';
    const answer = await post({
      key: 'in/led',
      success_action_redirect: redirect,
      ...signedV2(policy([{ success_action_redirect: redirect }])),
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(/^http:\/\/localhost\/done\?bucket=web&key=in%2Fled&etag=/);
  });

  it.each<[string, Record<string, string>, string, number, string]>([
    ['a key that the policy does not allow', { key: 'out/x', ...signedV2(policy()) }, 'x', 403, 'AccessDenied'],
    ['a field that the policy does not name', { key: 'in/x', extra: '1', ...signedV2(policy()) }, 'x', 403, 'extra'],
    ['a policy of yesterday', { key: 'in/x', ...signedV2(policy([], Date.now() - 1000)) }, 'x', 403, 'expired'],
    ['a file longer than allowed', { key: 'in/x', ...signedV2(policy()) }, 'x'.repeat(11), 400, 'EntityTooLarge'],
    ['an empty file', { key: 'in/x', ...signedV2(policy()) }, '', 400, 'EntityTooSmall'],
    ['another signature', { key: 'in/x', ...signedV2(policy()), signature: 'AAAA' }, 'x', 403, 'SignatureDoesNotMatch'],
    ['no key', { ...signedV2(policy()) }, 'x', 400, 'UserKeyMustBeSpecified'],
    ['no signature, on a private bucket', { key: 'in/x' }, 'x', 403, 'AccessDenied'],
  ])('fails: %s', async (_, fields, text, status, code) => {
    const answer = await post(fields, text);
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(code)]);
    expect(fs.existsSync(path.join(root, 'web/in/x'))).toBe(false);
  });
});

describe('signature version 2', () => {
  function headers(method: string, resource: string, secretKey = secret, date = new Date()): Record<string, string> {
    const text = `${method}\n\n\n${date.toUTCString()}\n${resource}`;
    const signature = createHmac('sha1', secretKey).update(text).digest('base64');
    return { date: date.toUTCString(), authorization: `AWS ${key}:${signature}` };
  }

  it('in a header', async () => {
    const answer = await fetch(`${server.url}/web/a.txt`, { headers: headers('GET', '/web/a.txt') });
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
  });

  it('counts sub-resources', async () => {
    const answer = await fetch(`${server.url}/web?acl`, { headers: headers('GET', '/web?acl') });
    expect(answer.status).toBe(200);
  });

  it('in a link, until it expires', async () => {
    const link = (expires: number) => {
      const signature = createHmac('sha1', secret).update(`GET\n\n\n${expires}\n/web/a.txt`).digest('base64');
      return `${server.url}/web/a.txt?AWSAccessKeyId=${key}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
    };
    const now = Math.floor(Date.now() / 1000);
    expect((await fetch(link(now + 60))).status).toBe(200);
    expect((await fetch(link(now - 1))).status).toBe(403);
  });

  it.each([
    ['a wrong secret', headers('GET', '/web/a.txt', 'other')],
    ['another resource', headers('GET', '/web/b.txt')],
    ['another method', headers('PUT', '/web/a.txt')],
    ['a date of an hour ago', headers('GET', '/web/a.txt', secret, new Date(Date.now() - 3_600_000))],
  ])('fails: %s', async (_, wrong) => {
    expect((await fetch(`${server.url}/web/a.txt`, { headers: wrong })).status).toBe(403);
  });
});

it('keys that are given are accounts: what one makes is closed to the other, unless an ACL opens it', async () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'headrace-s3-accounts-'));
  fs.mkdirSync(path.join(folder, 'found'));
  fs.writeFileSync(path.join(folder, 'found', 'a'), 'was here before');
  const strict = await startS3Server({ root: folder, credentials: { one: 's1', two: 's2' } });
  const clientOf = (accessKeyId: string, secretAccessKey: string) =>
    new S3Client({
      endpoint: strict.url,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
    });
  const [one, two] = [clientOf('one', 's1'), clientOf('two', 's2')];
  const denied = { name: 'AccessDenied' };
  const read = (Key: string) => two.send(new GetObjectCommand({ Bucket: 'mine', Key }));
  try {
    await one.send(new CreateBucketCommand({ Bucket: 'mine' }));
    await one.send(new PutObjectCommand({ Bucket: 'mine', Key: 'closed', Body: '1' }));
    await one.send(new PutObjectCommand({ Bucket: 'mine', Key: 'open', Body: '2', ACL: 'authenticated-read' }));
    await expect(read('closed')).rejects.toMatchObject(denied);
    expect(await (await read('open')).Body!.transformToString()).toBe('2');
    expect((await fetch(`${strict.url}/mine/open`)).status).toBe(403);
    const write = new PutObjectCommand({ Bucket: 'mine', Key: 'new', Body: '3' });
    await expect(two.send(write)).rejects.toMatchObject(denied);
    const copy = new CopyObjectCommand({ Bucket: 'found', Key: 'b', CopySource: 'mine/closed' });
    await expect(two.send(copy)).rejects.toMatchObject(denied);
    await expect(two.send(new CreateBucketCommand({ Bucket: 'mine' }))).rejects.toMatchObject({
      name: 'BucketAlreadyExists',
    });
    const names = async (client: S3Client) =>
      (await client.send(new ListBucketsCommand({}))).Buckets!.map((each) => each.Name);
    expect([await names(one), await names(two)]).toEqual([['found', 'mine'], ['found']]);
  } finally {
    for (const client of [one, two]) client.destroy();
    await strict.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
