import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bound } from '../../../lib/local/s3/key-tree';
import { type S3Event, S3Store } from '../../../lib/local/s3/store';

let root: string;
let store: S3Store;
let events: S3Event[];

beforeEach(() => {
  root = fs.mkdtempSync(path.join(tmpdir(), 'headrace-s3-'));
  events = [];
  store = new S3Store({ root, onEvent: (event) => events.push(event) });
  store.createBucket('data');
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const text = async (key: string): Promise<string> => (await store.get('data', key)).body.toString();
const keys = async (bucket = 'data'): Promise<string[]> =>
  (await store.list(bucket)).objects.map((object) => object.key);
const md5 = (body: string): string => createHash('md5').update(body).digest('hex');

describe('objects are files', () => {
  it('an object is the file of its key, and its event tells it', async () => {
    await store.put('data', 'raw/a.csv', 'x,y');
    expect(fs.readFileSync(path.join(root, 'data/raw/a.csv'), 'utf8')).toBe('x,y');
    expect(events).toEqual([
      { name: 'ObjectCreated:Put', bucket: 'data', key: 'raw/a.csv', size: 3, etag: md5('x,y') },
    ]);
  });

  it('a file that another tool puts, changes or removes is seen', async () => {
    fs.mkdirSync(path.join(root, 'data/in'));
    fs.writeFileSync(path.join(root, 'data/in/b.txt'), 'one');
    expect(await keys()).toEqual(['in/b.txt']);
    expect((await store.head('data', 'in/b.txt')).etag).toBe(md5('one'));
    fs.writeFileSync(path.join(root, 'data/in/b.txt'), 'other');
    expect((await store.list('data')).objects[0]).toMatchObject({ size: 5, etag: md5('other') });
    fs.rmSync(path.join(root, 'data/in/b.txt'));
    expect(await keys()).toEqual([]);
  });

  it('what was known of an object is forgotten when another tool replaces its bytes', async () => {
    await store.put('data', 'a', 'mine', { metadata: { by: 'me' }, headers: { 'content-type': 'text/plain' } });
    fs.writeFileSync(path.join(root, 'data/a'), 'theirs!');
    expect(await store.head('data', 'a')).toMatchObject({ etag: md5('theirs!'), metadata: {}, headers: {} });
  });

  it('what is known of objects survives a new process and a copy of the folder', async () => {
    await store.put('data', 'a', 'x', { metadata: { by: 'me' } });
    const copy = `${root}-copy`;
    fs.cpSync(root, copy, { recursive: true, preserveTimestamps: true });
    try {
      // The copy keeps times to the microsecond at best, so its own state is written as the original's.
      const stat = fs.statSync(path.join(root, 'data/a'));
      fs.utimesSync(path.join(copy, 'data/a'), stat.atime, stat.mtime);
      expect((await new S3Store({ root }).head('data', 'a')).metadata).toEqual({ by: 'me' });
      expect((await new S3Store({ root: copy }).head('data', 'a')).etag).toBe(md5('x'));
    } finally {
      fs.rmSync(copy, { recursive: true, force: true });
    }
  });

  it('a failed body leaves the earlier object and no temporary file', async () => {
    await store.put('data', 'a', 'old');
    const broken = (async function* () {
      yield Buffer.from('new');
      throw new Error('connection lost');
    })();
    await expect(store.put('data', 'a', broken)).rejects.toThrow('connection lost');
    expect(await text('a')).toBe('old');
    expect(fs.readdirSync(path.join(root, '.headrace-s3/tmp'))).toEqual([]);
  });

  it('temporary files of a dead process are swept', async () => {
    const tmp = path.join(root, '.headrace-s3/tmp');
    fs.mkdirSync(tmp, { recursive: true });
    fs.writeFileSync(path.join(tmp, '999999999-dead-beef'), 'half');
    await store.put('data', 'a', 'x');
    expect(fs.readdirSync(tmp)).toEqual([]);
  });
});

describe('keys', () => {
  it('a and a/b live together, in any order, and leave nothing behind', async () => {
    await store.put('data', 'a', '1');
    await store.put('data', 'a/b', '2');
    await store.put('data', 'c/d', '3');
    await store.put('data', 'c', '4');
    await store.put('data', 'a', '5');
    expect(await keys()).toEqual(['a', 'a/b', 'c', 'c/d']);
    expect([await text('a'), await text('a/b'), await text('c'), await text('c/d')]).toEqual(['5', '2', '4', '3']);
    for (const key of ['a/b', 'a', 'c', 'c/d']) await store.delete('data', key);
    expect(fs.readdirSync(path.join(root, 'data'))).toEqual([]);
  });

  it('hold anything, as a map would', async () => {
    const part = fc.constantFrom(
      '',
      '.',
      '..',
      'a',
      'b',
      'a!',
      '\uffff',
      '\u{1f600}',
      '.s3~',
      'x'.repeat(260),
      '\\',
      '%',
      ' ',
    );
    const key = fc
      .array(part, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'))
      .filter((each) => each !== '');
    const step = fc.record({ key, body: fc.string(), remove: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.constantFrom('', '/'), async (steps, delimiter) => {
        store.createBucket('model');
        const model = new Map<string, string>();
        for (const { key: at, body, remove } of steps) {
          if (remove) await store.delete('model', at);
          else await store.put('model', at, body);
          if (remove) model.delete(at);
          else model.set(at, body);
        }
        const expected = [...model.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(await keys('model')).toEqual(expected);
        for (const [at, body] of model) expect((await store.get('model', at)).body.toString()).toBe(body);
        expect(await paged(delimiter)).toEqual(rollUp(expected, delimiter));
        for (const at of model.keys()) await store.delete('model', at);
        await store.deleteBucket('model');
      }),
      { numRuns: 60 },
    );
  });

  // All keys and common prefixes by pages of two.
  async function paged(delimiter: string): Promise<string[]> {
    const all: string[] = [];
    for (let from: Bound | undefined = { text: '', mode: 'from' }; from !== undefined; ) {
      const page: Awaited<ReturnType<S3Store['list']>> = await store.list('model', { delimiter, from, maxKeys: 2 });
      all.push(...page.objects.map((object) => object.key), ...page.prefixes);
      from = page.next;
    }
    return all.sort();
  }

  function rollUp(all: string[], delimiter: string): string[] {
    const rolled = all.map((each) =>
      delimiter === '' || !each.includes(delimiter) ? each : each.slice(0, each.indexOf(delimiter) + 1),
    );
    return [...new Set(rolled)].sort();
  }

  it('links that lead outside are neither read, listed nor written through', async () => {
    const outside = fs.mkdtempSync(path.join(tmpdir(), 'headrace-outside-'));
    try {
      fs.writeFileSync(path.join(outside, 'secret'), 's');
      fs.symlinkSync(path.join(outside, 'secret'), path.join(root, 'data/link'));
      fs.symlinkSync(outside, path.join(root, 'data/folder'));
      fs.symlinkSync(outside, path.join(root, 'outside'));
      expect(await keys()).toEqual([]);
      await expect(store.head('data', 'link')).rejects.toThrow(/does not exist/);
      await expect(store.head('data', 'folder/secret')).rejects.toThrow(/does not exist/);
      await expect(store.put('data', 'folder/new', 'x')).rejects.toThrow(/links to folders/);
      await expect(store.list('outside')).rejects.toThrow(/bucket does not exist/);
      expect(fs.readdirSync(outside)).toEqual(['secret']);
    } finally {
      fs.rmSync(outside, { recursive: true });
    }
  });
});

it('of two conditional creations at once one wins', async () => {
  const create = (body: string) =>
    store.put('data', 'lock', body, {
      precondition: (current) => {
        if (current !== undefined) throw new Error('taken');
      },
    });
  const results = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => create(String(index))));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

it('buckets of other regions live where locate says', async () => {
  const located = new S3Store({
    root,
    locate: (bucket) => (bucket === 'far' ? path.join(root, 'regions/far') : undefined),
  });
  located.createBucket('far');
  await located.put('far', 'k', 'v');
  expect(fs.readFileSync(path.join(root, 'regions/far/k'), 'utf8')).toBe('v');
});

it('a disk that is full is told as such, and the object stays', async () => {
  await store.put('data', 'a', 'old');
  const full = (async function* () {
    yield Buffer.from('x');
    // What the file system says when a write finds no room.
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  })();
  await expect(store.put('data', 'a', full)).rejects.toMatchObject({ code: 'InsufficientStorage', status: 507 });
  expect(await text('a')).toBe('old');
});
