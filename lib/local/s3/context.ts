// What every operation gets: the request, who sent it, and the rooms it works on; and the shared first steps of operations.
import type { Credentials, Identity } from './authenticate';
import type { Bucket } from './bucket-folders';
import { isPublic } from './canned-acl';
import type { MultipartUploads } from './multipart-uploads';
import { accountId } from './owner';
import type { Reply } from './reply';
import type { S3Request } from './request';
import { S3Error } from './s3-error';
import type { S3Store } from './store';

export interface Context {
  readonly request: S3Request;
  readonly identity: Identity;
  readonly store: S3Store;
  readonly uploads: MultipartUploads;
  readonly region: string;
  readonly credentials: Credentials;
}

export type Operation = (context: Context) => Promise<Reply> | Reply;

/** The bucket of the request; a stranger must be allowed to `permission` by its ACL. */
export function bucketOf(context: Context, permission: 'READ' | 'WRITE' | 'OWN'): Bucket {
  const bucket = context.store.buckets.get(context.request.bucket!);
  const expected = context.request.header('x-amz-expected-bucket-owner');
  if (expected !== undefined && expected !== accountId) throw new S3Error('AccessDenied');
  if (isStranger(context, bucket) && (permission === 'OWN' || !isOpen(context, bucket.settings.acl, permission)))
    throw new S3Error('AccessDenied');
  return bucket;
}

/** Somebody without credentials, or with those of another account than the bucket's. */
export function isStranger({ identity, credentials }: Context, { settings: { account } }: Bucket): boolean {
  if (identity.anonymous) return true;
  // A bucket of a key that is not known any more belongs to all who have one.
  const owned = account !== undefined && !credentials.acceptUnknown && Object.hasOwn(credentials.keys, account);
  return owned && identity.accessKey !== account;
}

/** Whether a canned list lets a stranger do that. */
export function isOpen({ identity }: Context, acl: string | undefined, permission: 'READ' | 'WRITE'): boolean {
  return isPublic(acl, permission, !identity.anonymous);
}

/** For operations on one object, whose own ACL decides about reading. */
export function bucketAndKey(
  context: Context,
  permission: 'WRITE' | 'OWN' | 'OBJECT',
): { bucket: Bucket; key: string } {
  const key = context.request.key!;
  if (permission !== 'OBJECT') return { bucket: bucketOf(context, permission), key };
  const expected = context.request.header('x-amz-expected-bucket-owner');
  if (expected !== undefined && expected !== accountId) throw new S3Error('AccessDenied');
  return { bucket: context.store.buckets.get(context.request.bucket!), key };
}

/** Only the current version exists, and its id is `null`. */
export function checkVersion(context: Context): void {
  const version = context.request.query.get('versionId');
  if (version !== undefined && version !== 'null') {
    throw new S3Error('NoSuchVersion', undefined, { VersionId: version });
  }
}
