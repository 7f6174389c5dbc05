// The buckets of a run: a folder per region and bucket, served to programs by the S3 endpoint and read in-process by the engine.
// In: the world. Out: the endpoint's address and access to objects. Always: the templates' buckets exist, and so do the files
// that a deployment would have uploaded.

import { copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LOCAL_ACCOUNT } from './assembly/assembly';
import type { StoredObject } from './asl/object-store';
import { ServiceError } from './engine';
import { S3Error } from './s3/s3-error';
import { startS3Server } from './s3/server';
import { S3Store } from './s3/store';
import type { World } from './world';

export interface LocalBuckets {
  readonly url: string;
  readonly read: (bucket: string, key: string) => Promise<Uint8Array>;
  readonly write: (bucket: string, key: string, body: string) => Promise<void>;
  readonly list: (bucket: string, prefix: string) => Promise<readonly StoredObject[]>;
  readonly close: () => Promise<void>;
}

export async function openBuckets(world: World): Promise<LocalBuckets> {
  for (const [bucket] of world.buckets()) mkdirSync(world.bucketFolder(bucket), { recursive: true });
  uploadAssets(world);
  const place = {
    root: world.options.store.buckets(world.region),
    locate: (bucket: string) => (world.bucketRegion(bucket) === world.region ? undefined : world.bucketFolder(bucket)),
  };
  const store = new S3Store(place);
  world.objects = store;
  const server = await startS3Server({ ...place, region: world.region, store });
  return {
    url: server.url,
    read: (bucket, key) => asService(async () => (await store.get(bucket, key)).body),
    write: (bucket, key, body) => asService(async () => void (await store.put(bucket, key, body))),
    list: (bucket, prefix) => asService(() => listAll(store, bucket, prefix)),
    close: () => server.close(),
  };
}

/** Scripts, SQL files and definitions, where a deployment puts them; zipped folders are used where they lie. */
function uploadAssets(world: World): void {
  for (const stack of world.options.assembly.stacks) {
    for (const asset of stack.assets.objects()) {
      const bucket = asset.bucket
        .replaceAll('${AWS::AccountId}', LOCAL_ACCOUNT)
        .replaceAll('${AWS::Region}', stack.region)
        .replaceAll('${AWS::Partition}', 'aws');
      if (bucket === '' || !statSync(asset.path, { throwIfNoEntry: false })?.isFile()) continue;
      const file = join(world.bucketFolder(bucket), asset.key);
      if (existsSync(file)) continue; // Keys of assets are hashes of their content.
      mkdirSync(dirname(file), { recursive: true });
      const aside = `${file}.${process.pid}.tmp`;
      copyFileSync(asset.path, aside);
      renameSync(aside, file);
    }
  }
}

async function listAll(store: S3Store, bucket: string, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  let page = await store.list(bucket, { prefix });
  for (;;) {
    for (const { key, size, etag, lastModified } of page.objects) {
      found.push({ key, size, etag: `"${etag}"`, lastModified: Math.floor(lastModified.getTime() / 1000) });
    }
    if (page.next === undefined) return found;
    page = await store.list(bucket, { prefix, from: page.next });
  }
}

async function asService<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof S3Error) throw new ServiceError(`S3.${error.code}Exception`, error.message);
    throw error;
  }
}
