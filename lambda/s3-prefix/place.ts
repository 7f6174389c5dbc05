// Places in S3. In: `s3://bucket/prefix`. Out: bucket and prefix, clients, listings page by page. Always: a bucket may lie in any
// region: the client follows it there.

import { ListObjectsV2Command, S3Client, type _Object } from '@aws-sdk/client-s3';

export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

export interface Step {
  /** The last key that is done with. */
  readonly after?: string;
  /** A large object that was begun. */
  readonly begun?: Begun;
  readonly total?: Totals;
}

export interface Begun {
  readonly key: string;
  /** Number of the target. */
  readonly target: number;
  readonly uploadId: string;
}

export interface Totals {
  readonly objects: number;
  readonly bytes: number;
  readonly skipped: number;
}

export interface StepResult extends Totals {
  readonly done: boolean;
  readonly after?: string;
  readonly begun?: Begun;
}

export interface Listed {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
}

interface Work {
  readonly source: Place;
  /** What the step before left. */
  readonly step?: Step;
}

export interface CopyCall extends Work {
  readonly action: 'copy';
  readonly targets: readonly Place[];
}

export interface DeleteCall extends Work {
  readonly action: 'delete';
  /** Objects that are younger than this, ISO 8601, are left alone. */
  readonly before: string;
}

export interface LookCall {
  readonly action: 'look';
  readonly source: Place;
  /** Only keys that end so. */
  readonly suffix?: string;
}

const PAGE = 1000;

export const client = new S3Client({ followRegionRedirects: true });

/** The next keys behind one of them, in order; fewer than a page's end the listing. */
export async function page(place: Place, after: string | undefined): Promise<{ listed: Listed[]; more: boolean }> {
  const answer = await client.send(
    new ListObjectsV2Command({
      Bucket: place.bucket,
      Prefix: place.prefix,
      MaxKeys: PAGE,
      ...(after !== undefined && { StartAfter: after }),
    }),
  );
  return { listed: (answer.Contents ?? []).map(facts), more: answer.IsTruncated === true };
}

function facts(object: _Object): Listed {
  return {
    key: object.Key ?? '',
    size: object.Size ?? 0,
    etag: object.ETag ?? '',
    modified: object.LastModified?.getTime() ?? 0,
  };
}

/** Some at a time; the first that fails ends it, when those that have begun are over. */
export async function eachOf<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const failed: unknown[] = [];
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (let item = queue.shift(); item !== undefined && failed.length === 0; item = queue.shift())
        await work(item).catch((error: unknown) => failed.push(error));
    }),
  );
  if (failed.length > 0) throw failed[0];
}

export function keyAt(source: Place, target: Place, key: string): string {
  return target.prefix + key.slice(source.prefix.length);
}

export function copySource(source: Place, key: string): string {
  return `${source.bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

export function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
