import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3Server, startS3Server } from '../../../lib/local/s3/server';
import type { S3Event } from '../../../lib/local/s3/store';

const credentials = { accessKeyId: 'headrace', secretAccessKey: 'headrace-local-secret' };
const events: S3Event[] = [];
let root: string;
let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(tmpdir(), 'headrace-s3-server-'));
  server = await startS3Server({ root, onEvent: (event) => events.push(event) });
  client = clientWith({});
  await client.send(new CreateBucketCommand({ Bucket: 'data' }));
});
afterAll(async () => {
  client.destroy();
  await server.close();
  fs.rmSync(root, { recursive: true, force: true });
});

function clientWith(options: { secret?: string; key?: string; url?: string }): S3Client {
  const { key = credentials.accessKeyId, secret = credentials.secretAccessKey } = options;
  return new S3Client({
    endpoint: options.url ?? server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: key, secretAccessKey: secret },
  });
}

const put = (Key: string, Body: string | Buffer | Readable, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: 'data', Key, Body, ...more }));
const get = async (Key: string, more: object = {}) => {
  const answer = await client.send(new GetObjectCommand({ Bucket: 'data', Key, ...more }));
  return { ...answer, text: await answer.Body!.transformToString() };
};

describe('objects', () => {
  it('round-trip with metadata, tags and headers', async () => {
    await put('a/b.txt', 'hello', {
      ContentType: 'text/plain',
      Metadata: { by: 'me' },
      Tagging: 'x=1&y=2',
      CacheControl: 'no-store',
    });
    expect(await get('a/b.txt')).toMatchObject({
      text: 'hello',
      ContentType: 'text/plain',
      Metadata: { by: 'me' },
      TagCount: 2,
      CacheControl: 'no-store',
      ContentLength: 5,
    });
    const tags = await client.send(new GetObjectTaggingCommand({ Bucket: 'data', Key: 'a/b.txt' }));
    expect(tags.TagSet).toEqual([
      { Key: 'x', Value: '1' },
      { Key: 'y', Value: '2' },
    ]);
    expect(fs.readFileSync(path.join(root, 'data/a/b.txt'), 'utf8')).toBe('hello');
  });

  it('keys of any characters are kept', async () => {
    for (const key of ['x//y', '../../etc/passwd', 'trailing/', 'ü \u{1f600}+%2F', 'back\\slash', 'x'.repeat(700)]) {
      await put(key, key);
      expect((await get(key)).text).toBe(key);
    }
    expect(fs.readdirSync(path.dirname(root))).not.toContain('etc');
  });

  it.each([
    ['bytes=0-1', 'he', 'bytes 0-1/5'],
    ['bytes=3-', 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 'lo', 'bytes 3-4/5'],
    ['bytes=-99', 'hello', 'bytes 0-4/5'],
    ['bytes=4-99', 'o', 'bytes 4-4/5'],
  ])('range %s', async (Range, text, ContentRange) => {
    await put('range', 'hello');
    expect(await get('range', { Range })).toMatchObject({ text, ContentRange, $metadata: { httpStatusCode: 206 } });
  });

  it('fails: a range beyond the end', async () => {
    await put('range', 'hello');
    await expect(get('range', { Range: 'bytes=5-' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
  });

  it('conditions', async () => {
    const { ETag } = await put('cond', '1');
    await expect(get('cond', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get('cond', { IfMatch: '"no"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('cond', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('cond', '2', { IfMatch: '"no"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await put('cond', '2', { IfMatch: ETag });
    expect((await get('cond')).text).toBe('2');
  });

  it('copies, and deletes many', async () => {
    await put('from', 'x', { Metadata: { a: '1' } });
    await client.send(new CopyObjectCommand({ Bucket: 'data', Key: 'to', CopySource: 'data/from' }));
    expect(await get('to')).toMatchObject({ text: 'x', Metadata: { a: '1' } });
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({
        Bucket: 'data',
        Delete: { Objects: [{ Key: 'from' }, { Key: 'to' }, { Key: 'never' }] },
      }),
    );
    expect(Deleted).toHaveLength(3);
    await expect(get('to')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('checksums', () => {
  it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as ChecksumAlgorithm[])(
    '%s of a string and of a stream (trailer)',
    async (algorithm) => {
      await put(`sum-${algorithm}`, 'hello', { ChecksumAlgorithm: algorithm });
      await put(`stream-${algorithm}`, Readable.from([Buffer.from('hel'), Buffer.from('lo')]), {
        ChecksumAlgorithm: algorithm,
        ContentLength: 5,
      });
      const [one, two] = await Promise.all(
        [`sum-${algorithm}`, `stream-${algorithm}`].map((Key) =>
          client.send(new HeadObjectCommand({ Bucket: 'data', Key, ChecksumMode: 'ENABLED' })),
        ),
      );
      const name = `Checksum${algorithm}` as 'ChecksumCRC32';
      expect(one![name]).toBeDefined();
      expect(two![name]).toBe(one![name]);
      expect((await get(`stream-${algorithm}`)).text).toBe('hello');
    },
  );

  it('fails: bytes that do not fit, and leaves no object', async () => {
    await expect(put('bad', 'x', { ContentMD5: createHash('md5').update('y').digest('base64') })).rejects.toMatchObject(
      { name: 'BadDigest' },
    );
    await expect(put('bad', 'x', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(get('bad')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('multipart uploads', () => {
  it('of a stream by the SDK', async () => {
    const body = randomBytes(12 << 20);
    await new Upload({ client, params: { Bucket: 'data', Key: 'big', Body: Readable.from(chunksOf(body)) } }).done();
    expect(fs.readFileSync(path.join(root, 'data/big')).equals(body)).toBe(true);
    expect(events.at(-1)).toMatchObject({
      name: 'ObjectCreated:CompleteMultipartUpload',
      key: 'big',
      size: body.length,
    });
    expect((await client.send(new HeadObjectCommand({ Bucket: 'data', Key: 'big', PartNumber: 2 }))).PartsCount).toBe(
      3,
    );
  });

  it('parts are listed, copied, checked and joined', async () => {
    const first = Buffer.alloc(5 << 20, 'a');
    await put('source', 'tail');
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket: 'data', Key: 'joined', ChecksumAlgorithm: 'SHA256' }),
    );
    const where = { Bucket: 'data', Key: 'joined', UploadId };
    const one = await client.send(
      new UploadPartCommand({ ...where, PartNumber: 1, Body: first, ChecksumAlgorithm: 'SHA256' }),
    );
    const two = await client.send(new UploadPartCopyCommand({ ...where, PartNumber: 3, CopySource: 'data/source' }));
    expect((await client.send(new ListPartsCommand(where))).Parts?.map((part) => part.PartNumber)).toEqual([1, 3]);
    const complete = (etag: string | undefined) =>
      client.send(
        new CompleteMultipartUploadCommand({
          ...where,
          MultipartUpload: {
            Parts: [
              { PartNumber: 1, ETag: one.ETag },
              { PartNumber: 3, ETag: etag },
            ],
          },
        }),
      );
    await expect(complete('"wrong"')).rejects.toMatchObject({ name: 'InvalidPart' });
    const done = await complete(two.CopyPartResult?.ETag);
    expect(done).toMatchObject({ ChecksumType: 'COMPOSITE', ChecksumSHA256: expect.stringMatching(/-2$/) });
    expect((await complete(two.CopyPartResult?.ETag)).ETag).toBe(done.ETag);
    const attributes = await client.send(
      new GetObjectAttributesCommand({
        Bucket: 'data',
        Key: 'joined',
        ObjectAttributes: ['ObjectParts', 'ObjectSize'],
      }),
    );
    expect(attributes).toMatchObject({ ObjectSize: first.length + 4, ObjectParts: { TotalPartsCount: 2 } });
    expect(fs.readFileSync(path.join(root, 'data/joined')).subarray(-6).toString()).toBe('aatail');
    expect(fs.readdirSync(path.join(root, '.headrace-s3/uploads/data'))).toEqual([]);
  });

  function* chunksOf(body: Buffer): Generator<Buffer> {
    for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000);
  }
});

it('pages with prefixes and a delimiter', async () => {
  await client.send(new CreateBucketCommand({ Bucket: 'listed' }));
  for (const Key of ['a', 'b/1', 'b/2', 'b0', 'c/1/x'])
    await client.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: Key }));
  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: 'listed', Delimiter: '/', MaxKeys: 1, ContinuationToken }),
    );
    seen.push(
      ...(page.Contents ?? []).map((each) => each.Key!),
      ...(page.CommonPrefixes ?? []).map((each) => each.Prefix!),
    );
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(seen).toEqual(['a', 'b/', 'b0', 'c/']);
});

it('lists the versions of a bucket that never had versioning: each object once, as null', async () => {
  await client.send(new CreateBucketCommand({ Bucket: 'unversioned' }));
  for (const Key of ['a', 'b/1', 'b/2', 'c'])
    await client.send(new PutObjectCommand({ Bucket: 'unversioned', Key, Body: Key }));
  const seen: unknown[] = [];
  let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
  do {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: 'unversioned', MaxKeys: 2, ...markers }));
    seen.push(...page.Versions!.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest]));
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  } while (markers.KeyMarker !== undefined);
  expect(seen).toEqual(['a', 'b/1', 'b/2', 'c'].map((key) => [key, 'null', true]));
  const rolled = await client.send(new ListObjectVersionsCommand({ Bucket: 'unversioned', Delimiter: '/' }));
  expect(rolled.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
  const Objects = ['a', 'b/1', 'b/2', 'c'].map((Key) => ({ Key, VersionId: 'null' }));
  const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket: 'unversioned', Delete: { Objects } }));
  expect(Deleted).toHaveLength(4);
});

describe('access', () => {
  it('a known key must sign rightly; an unknown key is let in unless keys were given', async () => {
    await expect(
      clientWith({ secret: 'wrong' }).send(new GetObjectCommand({ Bucket: 'data', Key: 'x' })),
    ).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await put('open', '1');
    await expect(
      clientWith({ key: 'dummy', secret: 'dummy' }).send(new HeadObjectCommand({ Bucket: 'data', Key: 'open' })),
    ).resolves.toBeDefined();
    const strict = await startS3Server({ root, credentials: { k: 's' } });
    try {
      await expect(
        clientWith({ url: strict.url }).send(new GetObjectCommand({ Bucket: 'data', Key: 'open' })),
      ).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
      await expect(
        clientWith({ url: strict.url, key: 'k', secret: 's' }).send(
          new HeadObjectCommand({ Bucket: 'data', Key: 'open' }),
        ),
      ).resolves.toBeDefined();
    } finally {
      await strict.close();
    }
  });

  it('without a key only what an ACL makes public', async () => {
    await put('closed', '1');
    await put('public', '2', { ACL: 'public-read' });
    expect((await fetch(`${server.url}/data/closed`)).status).toBe(403);
    expect(await (await fetch(`${server.url}/data/public`)).text()).toBe('2');
    expect((await fetch(`${server.url}/data/public`, { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  it.each([
    ['a name that is not of this machine', { host: 'rebound.example.com' }],
    ['a page of another origin', { origin: 'http://evil.example.com', authorization: unchecked() }],
  ])('fails: %s', async (_, headers) => {
    expect(await rawStatus('/data/new', headers)).toBe(403);
    expect(fs.existsSync(path.join(root, 'data/new'))).toBe(false);
  });

  it('bucket.localhost names a bucket', async () => {
    await put('public', '2', { ACL: 'public-read' });
    expect(await rawStatus('/public', { host: `data.localhost:${server.port}` }, 'GET')).toBe(200);
  });

  it('fails: an address that is not loopback', async () => {
    await expect(startS3Server({ root, host: '0.0.0.0' })).rejects.toThrow(/loopback only/);
  });

  function unchecked(): string {
    return 'AWS4-HMAC-SHA256 Credential=dummy/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00';
  }

  function rawStatus(target: string, headers: Record<string, string>, method = 'PUT'): Promise<number> {
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        port: server.port,
        path: target,
        method,
        headers: { 'x-amz-date': date, 'content-length': 0, ...headers },
      });
      outgoing.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
});

it('what is not supported says so, and changes nothing', async () => {
  await expect(
    client.send(new PutBucketVersioningCommand({ Bucket: 'data', VersioningConfiguration: { Status: 'Enabled' } })),
  ).rejects.toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
  await expect(
    client.send(new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true })),
  ).rejects.toMatchObject({ name: 'NotImplemented' });
  await expect(client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'data' }))).rejects.toMatchObject({
    name: 'NoSuchLifecycleConfiguration',
    $metadata: { httpStatusCode: 404 },
  });
  expect((await client.send(new GetBucketVersioningCommand({ Bucket: 'data' }))).Status).toBeUndefined();
  await expect(
    put('sse', 'x', { SSECustomerAlgorithm: 'AES256', SSECustomerKey: randomBytes(32).toString('base64') }),
  ).rejects.toMatchObject({ name: 'NotImplemented' });
  expect(fs.existsSync(path.join(root, 'data/sse'))).toBe(false);
});
