// Multipart uploads in progress, on disk beside the bucket, so that they survive a restart. In: parts in any order. Out:
// one staged file of the chosen parts, ready to be committed as an object. Always: an upload's parts are invisible as
// objects, a part is replaced by one rename, and a failed completion leaves the upload as it was.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Bucket } from './bucket-folders';
import { compareBytes } from './byte-order';
import type { Checksum, ChecksumAlgorithm, ChecksumType } from './checksum';
import type { ObjectFacts } from './object-record';
import { fromFileSystem, S3Error } from './s3-error';
import type { StagedFile } from './staging';

export interface UploadRecord extends ObjectFacts {
  readonly id: string;
  readonly key: string;
  readonly initiated: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType };
}

export interface UploadedPart {
  readonly number: number;
  readonly size: number;
  /** Hex MD5. */
  readonly etag: string;
  readonly modified: string;
  readonly file: string;
  /** Base64, of the upload's algorithm. */
  readonly checksum?: string;
}

/** The first 10,000 part numbers, all that S3 takes. */
export const largestPartNumber = 10_000;

/** What a completed upload became. */
export interface CompletedUpload {
  readonly key: string;
  readonly etag: string;
  readonly checksum?: Checksum;
  readonly headers: Readonly<Record<string, string>>;
}

export class MultipartUploads {
  // S3 answers a completion that is sent again (its answer was lost) as it did the first time.
  private readonly recent = new Map<string, CompletedUpload>();

  start(bucket: Bucket, what: Omit<UploadRecord, 'id' | 'initiated'>): UploadRecord {
    const upload = { ...what, id: randomBytes(24).toString('base64url'), initiated: new Date().toISOString() };
    const folder = path.join(bucket.uploads, upload.id);
    try {
      fs.mkdirSync(folder, { recursive: true });
      writeAside(path.join(folder, 'upload.json'), upload);
    } catch (error) {
      throw fromFileSystem(error);
    }
    return upload;
  }

  /** Fails with NoSuchUpload, also when the upload is of another key. */
  get(bucket: Bucket, key: string, id: string): UploadRecord {
    const upload = /^[\w-]{1,64}$/.test(id)
      ? readJson<UploadRecord>(path.join(bucket.uploads, id, 'upload.json'))
      : undefined;
    if (upload?.key !== key) throw new S3Error('NoSuchUpload', undefined, { UploadId: id });
    return upload;
  }

  /** All uploads of a bucket, by key and then by the time they began. */
  list(bucket: Bucket): UploadRecord[] {
    return names(bucket.uploads)
      .flatMap((id) => readJson<UploadRecord>(path.join(bucket.uploads, id, 'upload.json')) ?? [])
      .sort((a, b) => compareBytes(a.key, b.key) || compareBytes(a.initiated, b.initiated) || compareBytes(a.id, b.id));
  }

  addPart(bucket: Bucket, upload: UploadRecord, number: number, staged: StagedFile): UploadedPart {
    const folder = path.join(bucket.uploads, upload.id);
    const file = `${String(number).padStart(5, '0')}.${randomBytes(6).toString('hex')}`;
    const part: UploadedPart = {
      number,
      size: staged.size,
      etag: staged.md5.toString('hex'),
      modified: new Date().toISOString(),
      file,
      ...(staged.checksum !== undefined &&
        staged.checksum.algorithm === upload.checksum?.algorithm && {
          checksum: staged.checksum.digest.toString('base64'),
        }),
    };
    const record = path.join(folder, `${String(number).padStart(5, '0')}.json`);
    const earlier = readJson<UploadedPart>(record);
    try {
      fs.renameSync(staged.file, path.join(folder, file));
      writeAside(record, part);
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw isGone ? new S3Error('NoSuchUpload', undefined, { UploadId: upload.id }) : fromFileSystem(error);
    }
    if (earlier !== undefined) fs.rmSync(path.join(folder, earlier.file), { force: true });
    return part;
  }

  /** The parts uploaded so far, by number. */
  parts(bucket: Bucket, upload: UploadRecord): UploadedPart[] {
    const folder = path.join(bucket.uploads, upload.id);
    return names(folder)
      .filter((name) => /^\d{5}\.json$/.test(name))
      .sort()
      .flatMap((name) => readJson<UploadedPart>(path.join(folder, name)) ?? []);
  }

  /** Joins parts into one staged file. The parts stay until `remove`. */
  async join(
    bucket: Bucket,
    upload: UploadRecord,
    parts: readonly UploadedPart[],
  ): Promise<{ staged: StagedFile; etag: string }> {
    const folder = path.join(bucket.uploads, upload.id);
    const staged = await bucket.staging.join(parts.map(({ file, size }) => ({ file: path.join(folder, file), size })));
    const sum = createHash('md5');
    for (const part of parts) sum.update(Buffer.from(part.etag, 'hex'));
    return { staged, etag: `${sum.digest('hex')}-${parts.length}` };
  }

  /** The upload became an object: its parts go, and what it became is remembered for a while. */
  complete(bucket: Bucket, upload: UploadRecord, { etag, checksum, headers }: CompletedUpload): void {
    this.remove(bucket, upload);
    this.recent.set(`${bucket.folder}/${upload.id}`, {
      key: upload.key,
      etag,
      headers,
      ...(checksum !== undefined && { checksum }),
    });
    if (this.recent.size > 1000) this.recent.delete(this.recent.keys().next().value!);
  }

  completed(bucket: Bucket, key: string, id: string): CompletedUpload | undefined {
    const found = this.recent.get(`${bucket.folder}/${id}`);
    return found?.key === key ? found : undefined;
  }

  remove(bucket: Bucket, upload: UploadRecord): void {
    fs.rmSync(path.join(bucket.uploads, upload.id), { recursive: true, force: true });
  }
}

function names(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function writeAside(file: string, value: unknown): void {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  fs.writeFileSync(aside, JSON.stringify(value));
  fs.renameSync(aside, file);
}
