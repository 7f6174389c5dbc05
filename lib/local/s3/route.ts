// Which operation a request means: its method, what it addresses, and the sub-resource in its query. In: a request. Out:
// the operation. Always: a sub-resource of S3 that is not listed here ends in NotImplemented, never in the operation
// without it (a lifecycle document must not become an object).
import type { Operation } from './context';
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from './operations/bucket';
import { completeMultipartUpload } from './operations/complete-upload';
import { listObjects, listObjectsV2, listObjectVersions } from './operations/list-objects';
import { listMultipartUploads } from './operations/list-uploads';
import {
  abortMultipartUpload,
  createMultipartUpload,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './operations/multipart';
import { postObject } from './operations/post-object';
import { getObject, getObjectAttributes, headObject } from './operations/read-object';
import {
  deleteBucketCors,
  deleteBucketTagging,
  deleteObjectTagging,
  getBucketAcl,
  getBucketCors,
  getBucketRequestPayment,
  getBucketTagging,
  getBucketVersioning,
  getObjectAcl,
  getObjectTagging,
  putBucketAcl,
  putBucketCors,
  putBucketTagging,
  putObjectAcl,
  putObjectTagging,
} from './operations/settings';
import { unconfiguredBucket, unconfiguredObject } from './operations/unconfigured';
import { copyObject, deleteObject, deleteObjects, putObject } from './operations/write-object';
import type { S3Request } from './request';
import { S3Error } from './s3-error';

type Routes = Readonly<Record<string, Operation>>;

const service: Routes = { GET: listBuckets };

const bucket: Routes = {
  ...unconfiguredBucket,
  GET: listObjects,
  'GET list-type': listObjectsV2,
  'GET location': getBucketLocation,
  'GET versioning': getBucketVersioning,
  'GET versions': listObjectVersions,
  'GET requestPayment': getBucketRequestPayment,
  'GET acl': getBucketAcl,
  'GET cors': getBucketCors,
  'GET tagging': getBucketTagging,
  'GET uploads': listMultipartUploads,
  HEAD: headBucket,
  PUT: createBucket,
  'PUT acl': putBucketAcl,
  'PUT cors': putBucketCors,
  'PUT tagging': putBucketTagging,
  DELETE: deleteBucket,
  'DELETE cors': deleteBucketCors,
  'DELETE tagging': deleteBucketTagging,
  POST: postObject,
  'POST delete': deleteObjects,
};

const object: Routes = {
  ...unconfiguredObject,
  GET: getObject,
  'GET acl': getObjectAcl,
  'GET attributes': getObjectAttributes,
  'GET tagging': getObjectTagging,
  'GET uploadId': listParts,
  HEAD: headObject,
  PUT: (context) => (context.request.header('x-amz-copy-source') === undefined ? putObject : copyObject)(context),
  'PUT acl': putObjectAcl,
  'PUT tagging': putObjectTagging,
  'PUT uploadId': (context) =>
    (context.request.header('x-amz-copy-source') === undefined ? uploadPart : uploadPartCopy)(context),
  DELETE: deleteObject,
  'DELETE tagging': deleteObjectTagging,
  'DELETE uploadId': abortMultipartUpload,
  'POST uploads': createMultipartUpload,
  'POST uploadId': completeMultipartUpload,
};

const subresources =
  `list-type abac accelerate acl analytics append attributes cors delete encryption intelligent-tiering
  inventory legal-hold lifecycle location logging metadataConfiguration metadataTable metrics notification object-lock
  ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment restore retention select
  session tagging torrent uploadId uploads versioning versions website`.split(/\s+/);

export function route(request: S3Request): Operation {
  const [routes, what] = addressed(request);
  const sub = subresources.find((name) => request.query.has(name));
  const name = sub === undefined ? request.method : `${request.method} ${sub}`;
  const operation = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (operation !== undefined) return operation;
  if (sub !== undefined) {
    throw new S3Error('NotImplemented', `${request.method} ?${sub} of ${what} is not supported by this endpoint`);
  }
  throw new S3Error('MethodNotAllowed', `${request.method} is not possible on ${what}`, { Method: request.method });
}

function addressed(request: S3Request): [Routes, string] {
  if (request.bucket === undefined) return [service, 'the list of buckets'];
  return request.key === undefined ? [bucket, 'a bucket'] : [object, 'an object'];
}
