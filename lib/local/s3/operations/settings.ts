// Tags, canned ACLs, CORS rules and the few other settings of buckets and objects that are answered here.
import { describeAcl, requestedAcl } from '../canned-acl';
import { bucketAndKey, bucketOf, checkVersion, type Context } from '../context';
import { describeCors, readCorsDocument } from '../cors';
import { readSmallBody } from '../incoming-body';
import { emptyReply, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import { describeTags, readTagDocument } from '../tag-set';

export async function getObjectTagging(context: Context): Promise<Reply> {
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  return xmlReply('Tagging', describeTags((await context.store.head(bucket.name, key)).tags ?? {}));
}

export async function putObjectTagging(context: Context): Promise<Reply> {
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  const tags = readTagDocument(await readSmallBody(context.request, context.identity), 10);
  await context.store.change(bucket.name, key, (record) => ({ ...record, tags }));
  context.store.emit('ObjectTagging:Put', bucket.name, await context.store.head(bucket.name, key));
  return emptyReply(200);
}

export async function deleteObjectTagging(context: Context): Promise<Reply> {
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  await context.store.change(bucket.name, key, ({ tags: _, ...record }) => record);
  context.store.emit('ObjectTagging:Delete', bucket.name, await context.store.head(bucket.name, key));
  return emptyReply(204);
}

export function getBucketTagging(context: Context): Reply {
  const { tags } = bucketOf(context, 'OWN').settings;
  if (tags === undefined || Object.keys(tags).length === 0) throw new S3Error('NoSuchTagSet');
  return xmlReply('Tagging', describeTags(tags));
}

export async function putBucketTagging(context: Context): Promise<Reply> {
  const bucket = bucketOf(context, 'OWN');
  const tags = readTagDocument(await readSmallBody(context.request, context.identity), 50);
  context.store.buckets.change(bucket, { tags });
  return emptyReply(204);
}

export function deleteBucketTagging(context: Context): Reply {
  context.store.buckets.change(bucketOf(context, 'OWN'), { tags: {} });
  return emptyReply(204);
}

export function getBucketAcl(context: Context): Reply {
  return xmlReply('AccessControlPolicy', describeAcl(bucketOf(context, 'OWN').settings.acl));
}

export async function putBucketAcl(context: Context): Promise<Reply> {
  const bucket = bucketOf(context, 'OWN');
  context.store.buckets.change(bucket, { acl: cannedOnly(context) });
  return emptyReply(200);
}

export async function getObjectAcl(context: Context): Promise<Reply> {
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  return xmlReply('AccessControlPolicy', describeAcl((await context.store.head(bucket.name, key)).acl));
}

export async function putObjectAcl(context: Context): Promise<Reply> {
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  const acl = cannedOnly(context);
  await context.store.change(bucket.name, key, (record) => ({ ...record, acl }));
  return emptyReply(200);
}

function cannedOnly({ request }: Context): string {
  const acl = requestedAcl(request);
  if (acl !== undefined) return acl;
  throw new S3Error('NotImplemented', 'lists of grants are not supported: send a canned list in x-amz-acl');
}

export function getBucketCors(context: Context): Reply {
  const { cors } = bucketOf(context, 'OWN').settings;
  if (cors === undefined || cors.length === 0) throw new S3Error('NoSuchCORSConfiguration');
  return xmlReply('CORSConfiguration', describeCors(cors));
}

export async function putBucketCors(context: Context): Promise<Reply> {
  const bucket = bucketOf(context, 'OWN');
  const cors = readCorsDocument(await readSmallBody(context.request, context.identity));
  context.store.buckets.change(bucket, { cors });
  return emptyReply(200);
}

export function deleteBucketCors(context: Context): Reply {
  context.store.buckets.change(bucketOf(context, 'OWN'), { cors: [] });
  return emptyReply(204);
}

/** Never versioned: the empty configuration. */
export function getBucketVersioning(context: Context): Reply {
  bucketOf(context, 'OWN');
  return xmlReply('VersioningConfiguration', {});
}

export function getBucketRequestPayment(context: Context): Reply {
  bucketOf(context, 'OWN');
  return xmlReply('RequestPaymentConfiguration', { Payer: 'BucketOwner' });
}
