// S3's objects on plain files, without the protocol. In: buckets, keys, bytes and facts. Out: the same, as S3 would answer.
// The key `a/b.csv` of bucket `x` is the file `x/a/b.csv`; files that other tools put there are objects too. Always: an
// object changes by one rename, and the steps around it run without a pause, so within this process no two writers mix.
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BucketFolders, type Bucket, type BucketFoldersOptions, type BucketSettings } from './bucket-folders';
import type { Checksum, ChecksumAlgorithm } from './checksum';
import { checkKey } from './key-path';
import { KeyTree, type Bound } from './key-tree';
import { fileState, type FileState, type ObjectFacts, type ObjectRecord, type PartRecord } from './object-record';
import { findFile, makeRoom, type ObjectFile, pruneEmptyFolders, safeStat } from './object-files';
import { fromFileSystem, S3Error } from './s3-error';
import type { Chunks, StagedFile } from './staging';

/** What a client can know of an object. */
export interface ObjectInfo extends ObjectRecord {
  readonly key: string;
  readonly size: number;
  /** To the second, as S3 tells it. */
  readonly lastModified: Date;
}

export interface S3Event {
  /** As in S3's event notifications, e.g. `ObjectCreated:Put`, `ObjectRemoved:Delete`. */
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes; empty for a removal. */
  readonly etag: string;
}

export interface S3StoreOptions extends BucketFoldersOptions {
  readonly onEvent?: (event: S3Event) => void;
}

export interface PutOptions extends Partial<ObjectFacts> {
  readonly checksum?: ChecksumAlgorithm;
  /** Looks at the bytes received, before anything is changed; throws to refuse them. */
  readonly verify?: (staged: StagedFile) => void;
  readonly precondition?: Precondition;
  /** @default ObjectCreated:Put */
  readonly event?: string;
}

/** Looks at the object in the place to be written; throws to refuse. */
export type Precondition = (current: ObjectInfo | undefined) => void;

export interface ListOptions {
  readonly prefix?: string;
  readonly delimiter?: string;
  readonly from?: Bound;
  /** @default 1000 */
  readonly maxKeys?: number;
}

export interface ObjectPage {
  readonly objects: readonly ObjectInfo[];
  readonly prefixes: readonly string[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next?: Bound;
}

export interface OpenObject {
  readonly info: ObjectInfo;
  readonly handle: fs.promises.FileHandle;
}

const noFacts: ObjectFacts = { headers: {}, metadata: {} };

// Files of other tools have no recorded ETag. Up to the size at which clients begin to upload in parts it is the MD5 that
// an upload would have given; beyond, reading the file for an opaque value is waste, and no client takes `-N` for an MD5.
const largestHashed = 8 << 20;

// A thousand small files are read faster at once than by a round trip through the thread pool for each.
const largestHashedAtOnce = 64 << 10;
const hashWorkers = 4;

export class S3Store {
  readonly buckets: BucketFolders;
  private readonly tree = new KeyTree();

  constructor(private readonly options: S3StoreOptions) {
    this.buckets = new BucketFolders(options);
  }

  createBucket(name: string, settings: BucketSettings = {}): void {
    this.buckets.create(name, { created: Date.now(), ...settings });
  }

  async deleteBucket(name: string): Promise<void> {
    const bucket = this.buckets.get(name);
    const page = await this.list(name, { maxKeys: 1 });
    if (page.objects.length > 0) throw new S3Error('BucketNotEmpty', undefined, { BucketName: name });
    this.buckets.remove(bucket);
  }

  /** Writes a whole object; the earlier one stays until the last byte has come. */
  async put(
    bucketName: string,
    key: string,
    body: Chunks | string | Uint8Array,
    options: PutOptions = {},
  ): Promise<ObjectInfo> {
    const bucket = this.buckets.get(bucketName);
    checkKey(key);
    const chunks = typeof body === 'string' ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body;
    const staged = await bucket.staging.stage(chunks, options.checksum);
    try {
      options.verify?.(staged);
      const { checksum } = staged;
      return await this.commit(bucketName, key, staged, {
        ...options,
        etag: staged.md5.toString('hex'),
        ...(checksum !== undefined && {
          sum: { algorithm: checksum.algorithm, type: 'FULL_OBJECT', value: checksum.digest.toString('base64') },
        }),
      });
    } finally {
      bucket.staging.discard(staged.file);
    }
  }

  /** Puts a staged file into the place of a key. */
  async commit(
    bucketName: string,
    key: string,
    staged: StagedFile,
    what: PutOptions & { readonly etag: string; readonly sum?: Checksum; readonly parts?: readonly PartRecord[] },
  ): Promise<ObjectInfo> {
    const { headers, metadata, tags, acl, storageClass } = what;
    const record: ObjectRecord = {
      headers: headers ?? {},
      metadata: metadata ?? {},
      ...(tags !== undefined && { tags }),
      ...(acl !== undefined && { acl }),
      ...(storageClass !== undefined && { storageClass }),
      etag: what.etag,
      ...(what.sum !== undefined && { checksum: what.sum }),
      ...(what.parts !== undefined && { parts: what.parts }),
    };
    // A precondition may need the ETag of somebody else's file, which takes time: it is computed before the steps that
    // must not pause, and the check is repeated until the object is the one that was looked at.
    for (;;) {
      const seen = what.precondition === undefined ? undefined : await this.find(bucketName, key);
      const bucket = this.buckets.get(bucketName);
      const current = findFile(bucket.folder, key);
      if (what.precondition !== undefined) {
        if (current?.state.modified !== seen?.found.state.modified || current?.state.inode !== seen?.found.state.inode)
          continue;
        what.precondition(seen?.info);
      }
      this.place(bucket, key, staged, record, current);
      const info = toInfo(key, staged.state, record);
      this.emit(what.event ?? 'ObjectCreated:Put', bucketName, info);
      return info;
    }
  }

  private place(
    bucket: Bucket,
    key: string,
    staged: StagedFile,
    record: ObjectRecord,
    current: ObjectFile | undefined,
  ): void {
    try {
      bucket.records.write(key, staged.state, record, current?.state);
      const target = makeRoom(bucket.folder, key);
      fs.renameSync(staged.file, target);
      if (current !== undefined && current.file !== target) fs.rmSync(current.file, { force: true });
    } catch (error) {
      throw fromFileSystem(error);
    }
  }

  /** What is known of an object; fails with NoSuchKey. */
  async head(bucketName: string, key: string): Promise<ObjectInfo> {
    const found = await this.find(bucketName, key);
    if (found === undefined) throw new S3Error('NoSuchKey', undefined, { Key: key });
    return found.info;
  }

  /** Opens an object: the handle keeps showing these bytes whatever happens to the key. The caller closes it. */
  async open(bucketName: string, key: string): Promise<OpenObject> {
    const bucket = this.buckets.get(bucketName);
    const found = findFile(bucket.folder, key);
    if (found === undefined) throw new S3Error('NoSuchKey', undefined, { Key: key });
    let handle: fs.promises.FileHandle;
    try {
      handle = await fs.promises.open(found.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new S3Error('NoSuchKey', undefined, { Key: key });
      throw fromFileSystem(error);
    }
    try {
      const state = fileState(await handle.stat({ bigint: true }));
      return { info: await this.describe(bucket, key, { file: found.file, state }), handle };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The whole object in memory, for small ones. */
  async get(bucketName: string, key: string): Promise<{ info: ObjectInfo; body: Buffer }> {
    const { info, handle } = await this.open(bucketName, key);
    try {
      return { info, body: await handle.readFile() };
    } finally {
      await handle.close();
    }
  }

  /** Copies the bytes; facts are the source's unless given. */
  async copy(
    from: { bucket: string; key: string },
    to: { bucket: string; key: string },
    options: PutOptions = {},
  ): Promise<ObjectInfo> {
    const { info, handle } = await this.open(from.bucket, from.key);
    try {
      const body = handle.createReadStream({ highWaterMark: 1 << 20, autoClose: false, start: 0 });
      const { headers, metadata, tags, storageClass } = info;
      const checksum = options.checksum ?? info.checksum?.algorithm;
      return await this.put(to.bucket, to.key, body, {
        headers,
        metadata,
        ...(tags !== undefined && { tags }),
        ...(storageClass !== undefined && { storageClass }),
        event: 'ObjectCreated:Copy',
        ...options,
        ...(checksum !== undefined && { checksum }),
      });
    } finally {
      await handle.close();
    }
  }

  /** Changes facts of an object whose bytes stay. */
  async change(bucketName: string, key: string, change: (record: ObjectRecord) => ObjectRecord): Promise<void> {
    await this.head(bucketName, key);
    const bucket = this.buckets.get(bucketName);
    const found = findFile(bucket.folder, key);
    if (found === undefined) throw new S3Error('NoSuchKey', undefined, { Key: key });
    const record = bucket.records.read(key, found.state) ?? {
      ...noFacts,
      etag: (await this.head(bucketName, key)).etag,
    };
    bucket.records.write(key, found.state, change(record), undefined);
  }

  /** Removes an object; one that does not exist is no error. `precondition` sees the object and may refuse. */
  async delete(bucketName: string, key: string, precondition?: Precondition): Promise<void> {
    const seen = precondition === undefined ? undefined : await this.find(bucketName, key);
    precondition?.(seen?.info);
    const bucket = this.buckets.get(bucketName);
    const found = findFile(bucket.folder, key);
    if (found === undefined) return;
    try {
      fs.rmSync(found.file, { force: true });
    } catch (error) {
      throw fromFileSystem(error);
    }
    bucket.records.remove(key);
    pruneEmptyFolders(bucket.folder, path.dirname(found.file));
    this.options.onEvent?.({ name: 'ObjectRemoved:Delete', bucket: bucketName, key, size: 0, etag: '' });
  }

  /** One page of keys and common prefixes, in the order of their UTF-8 bytes. */
  async list(
    bucketName: string,
    { prefix = '', delimiter = '', from, maxKeys = 1000 }: ListOptions = {},
  ): Promise<ObjectPage> {
    const bucket = this.buckets.get(bucketName);
    const found: { key: string; at: ObjectFile }[] = [];
    const prefixes: string[] = [];
    let bound: Bound | undefined = from ?? { text: '', mode: 'from' };
    let last = bound;
    while (bound !== undefined) {
      const start: Bound = bound;
      bound = undefined;
      for (const { key, file } of this.tree.keys(bucket.folder, prefix, start)) {
        const at = safeStat(bucket.folder, file, false);
        if (at === undefined) continue;
        if (found.length + prefixes.length >= maxKeys) {
          return { objects: await this.describeAll(bucket, found), prefixes, ...(maxKeys > 0 && { next: last }) };
        }
        const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
        if (end >= 0) {
          const common = key.slice(0, end + delimiter.length);
          prefixes.push(common);
          bound = last = { text: common, mode: 'past' };
          break;
        }
        found.push({ key, at });
        last = { text: key, mode: 'after' };
      }
    }
    return { objects: await this.describeAll(bucket, found), prefixes };
  }

  emit(name: string, bucket: string, info: ObjectInfo): void {
    this.options.onEvent?.({ name, bucket, key: info.key, size: info.size, etag: info.etag });
  }

  private async find(bucketName: string, key: string): Promise<{ info: ObjectInfo; found: ObjectFile } | undefined> {
    const bucket = this.buckets.get(bucketName);
    const found = findFile(bucket.folder, key);
    return found === undefined ? undefined : { info: await this.describe(bucket, key, found), found };
  }

  private async describeAll(bucket: Bucket, found: readonly { key: string; at: ObjectFile }[]): Promise<ObjectInfo[]> {
    const infos: ObjectInfo[] = [];
    const slow: number[] = [];
    for (const [index, { key, at }] of found.entries()) {
      const record = bucket.records.read(key, at.state) ?? recordOfSmallFile(at);
      if (record === undefined) slow.push(index);
      else bucket.records.remember(key, { state: at.state, record });
      infos.push(toInfo(key, at.state, record ?? { ...noFacts, etag: '' }));
    }
    const next = slow.values();
    const work = async (): Promise<void> => {
      for (const index of next) infos[index] = await this.describe(bucket, found[index]!.key, found[index]!.at);
    };
    await Promise.all(Array.from({ length: Math.min(hashWorkers, slow.length) }, work));
    return infos;
  }

  private async describe(bucket: Bucket, key: string, { file, state }: ObjectFile): Promise<ObjectInfo> {
    let record = bucket.records.read(key, state);
    if (record === undefined) {
      record = { ...noFacts, etag: await etagOfFile(file, state) };
      bucket.records.remember(key, { state, record });
    }
    return toInfo(key, state, record);
  }
}

function toInfo(key: string, state: FileState, record: ObjectRecord): ObjectInfo {
  const seconds = BigInt(state.modified) / 1_000_000_000n;
  return { ...record, key, size: state.size, lastModified: new Date(Number(seconds) * 1000) };
}

function recordOfSmallFile({ file, state }: ObjectFile): ObjectRecord | undefined {
  if (state.size > largestHashedAtOnce) return undefined;
  try {
    return { ...noFacts, etag: createHash('md5').update(fs.readFileSync(file)).digest('hex') };
  } catch (error) {
    throw fromFileSystem(error);
  }
}

async function etagOfFile(file: string, state: FileState): Promise<string> {
  if (state.size > largestHashed) {
    return `${createHash('md5').update(`${state.size} ${state.modified} ${state.inode}`).digest('hex')}-1`;
  }
  try {
    return createHash('md5')
      .update(await fs.promises.readFile(file))
      .digest('hex');
  } catch (error) {
    throw fromFileSystem(error);
  }
}
