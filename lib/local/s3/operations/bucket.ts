// ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation.
import { requestedAcl } from '../canned-acl';
import { bucketOf, type Context, isStranger } from '../context';
import { readSmallBody } from '../incoming-body';
import { owner } from '../owner';
import { emptyReply, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import { checkBucketName } from '../bucket-name';
import { parseXml } from '../xml';

export function listBuckets(context: Context): Reply {
  const { identity, request, store, region } = context;
  if (identity.anonymous) throw new S3Error('AccessDenied');
  const { query } = request;
  const most = query.has('max-buckets') ? Number(query.get('max-buckets')) : 10_000;
  if (!Number.isInteger(most) || most < 1 || most > 10_000)
    throw new S3Error('InvalidArgument', 'max-buckets is a number from 1 to 10000');
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString();
  const inRegion = query.get('bucket-region');
  const all = store.buckets
    .list()
    .filter((bucket) => bucket.name.startsWith(prefix) && bucket.name > after)
    .filter((bucket) => !isStranger(context, bucket))
    .filter((bucket) => inRegion === undefined || (bucket.settings.region ?? region) === inRegion);
  const page = all.slice(0, most);
  return xmlReply('ListAllMyBucketsResult', {
    Owner: owner,
    Buckets: {
      Bucket: page.map((bucket) => ({
        Name: bucket.name,
        CreationDate: bucket.created.toISOString(),
        BucketRegion: bucket.settings.region ?? region,
      })),
    },
    ...(query.has('prefix') && { Prefix: prefix }),
    ...(all.length > page.length && { ContinuationToken: Buffer.from(page.at(-1)!.name).toString('base64url') }),
  });
}

export async function createBucket(context: Context): Promise<Reply> {
  const { identity, request, store, region, credentials } = context;
  const name = request.bucket!;
  if (identity.anonymous) throw new S3Error('AccessDenied');
  checkBucketName(name);
  if (request.header('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
    throw new S3Error(
      'NotImplemented',
      'object lock (x-amz-bucket-object-lock-enabled) is not supported by this endpoint',
    );
  }
  const acl = requestedAcl(request);
  const body =
    Number(request.header('content-length') ?? 0) === 0 && request.header('transfer-encoding') === undefined
      ? ''
      : await readSmallBody(request, identity);
  const configuration = body.trim() === '' ? undefined : parseXml(body, 'CreateBucketConfiguration');
  const wanted = configuration?.textOf('LocationConstraint')?.trim();
  const constraint = wanted === '' ? undefined : wanted;
  if (constraint !== undefined && !/^(EU|[a-z]{2,4}(-[a-z]+)+-\d+)$/.test(constraint)) {
    throw new S3Error('IllegalLocationConstraintException', `'${constraint}' is no region`);
  }
  const existing = store.buckets.find(name);
  if (existing !== undefined) {
    if (isStranger(context, existing)) throw new S3Error('BucketAlreadyExists', undefined, { BucketName: name });
    // In us-east-1 S3 takes the creation of one's own bucket again, elsewhere it does not.
    const isSame = region === 'us-east-1' && constraint === undefined && acl === undefined;
    if (!isSame) throw new S3Error('BucketAlreadyOwnedByYou', undefined, { BucketName: name });
    return emptyReply(200, { location: `/${name}` });
  }
  store.createBucket(name, {
    ...(constraint !== undefined && { region: constraint }),
    ...(acl !== undefined && { acl }),
    ...(!credentials.acceptUnknown && identity.accessKey !== undefined && { account: identity.accessKey }),
  });
  return emptyReply(200, { location: `/${name}` });
}

export function headBucket(context: Context): Reply {
  const bucket = bucketOf(context, 'READ');
  return emptyReply(200, {
    'x-amz-bucket-region': bucket.settings.region ?? context.region,
    'x-amz-access-point-alias': 'false',
  });
}

export async function deleteBucket(context: Context): Promise<Reply> {
  await context.store.deleteBucket(bucketOf(context, 'OWN').name);
  return emptyReply(204);
}

export function getBucketLocation(context: Context): Reply {
  const { region } = bucketOf(context, 'OWN').settings;
  // A bucket of us-east-1 has no constraint, as it is created without one.
  return xmlReply('LocationConstraint', region ?? (context.region === 'us-east-1' ? '' : context.region));
}
