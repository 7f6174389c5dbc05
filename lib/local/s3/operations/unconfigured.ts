// What a bucket or an object answers about a setting that it never had. In: a GET of such a setting. Out: what S3 answers
// where nobody has configured it: an empty document, or the error of that setting. Always: true here, because every
// attempt to configure one of them is refused with NotImplemented (route.ts lists none of their PUTs).
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
import { isPublic } from '../canned-acl';
import { bucketAndKey, bucketOf, checkVersion, type Context, type Operation } from '../context';
import { xmlReply } from '../reply';
import { S3Error, type S3ErrorCode } from '../s3-error';

const missing =
  (code: S3ErrorCode): Operation =>
  (context) => {
    throw new S3Error(code, undefined, { BucketName: bucketOf(context, 'OWN').name });
  };

const empty =
  (root: string): Operation =>
  (context) => {
    bucketOf(context, 'OWN');
    return xmlReply(root, {});
  };

/** By the sub-resource of the query. */
export const unconfiguredBucket: Readonly<Record<string, Operation>> = {
  'GET accelerate': empty('AccelerateConfiguration'),
  'GET logging': empty('BucketLoggingStatus'),
  'GET notification': empty('NotificationConfiguration'),
  'GET lifecycle': missing('NoSuchLifecycleConfiguration'),
  'GET policy': missing('NoSuchBucketPolicy'),
  'GET policyStatus': policyStatus,
  'GET replication': missing('ReplicationConfigurationNotFoundError'),
  'GET website': missing('NoSuchWebsiteConfiguration'),
  'GET publicAccessBlock': missing('NoSuchPublicAccessBlockConfiguration'),
  'GET ownershipControls': missing('OwnershipControlsNotFoundError'),
  'GET object-lock': missing('ObjectLockConfigurationNotFoundError'),
};

export const unconfiguredObject: Readonly<Record<string, Operation>> = {
  'GET retention': withoutLock,
  'GET legal-hold': withoutLock,
};

/** Whether everybody, or everybody with an AWS account, may read or write: here only an ACL can say so. */
function policyStatus(context: Context) {
  const { acl } = bucketOf(context, 'OWN').settings;
  return xmlReply('PolicyStatus', { IsPublic: isPublic(acl, 'READ', true) || isPublic(acl, 'WRITE', true) });
}

async function withoutLock(context: Context): Promise<never> {
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  await context.store.head(bucket.name, key);
  throw new S3Error('InvalidRequest', 'bucket is missing object lock configuration');
}
