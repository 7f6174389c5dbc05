// Every refusal this endpoint can give. In: a code from the catalogue and what the client should know. Out: an error that
// carries S3's own code and status, so that clients branch on it as they would against AWS. Codes and statuses follow
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the sentences are ours.

const catalogue = {
  AccessDenied: [403, 'access denied'],
  AuthorizationHeaderMalformed: [400, 'the authorization header is malformed'],
  AuthorizationQueryParametersError: [400, 'the X-Amz-* query parameters of this presigned URL are wrong'],
  BadDigest: [400, 'the checksum you specified does not match what was received'],
  BucketAlreadyExists: [409, 'a bucket of that name exists already'],
  BucketAlreadyOwnedByYou: [409, 'you own a bucket of that name already'],
  BucketNotEmpty: [409, 'the bucket still holds objects; delete them first'],
  ConditionalRequestConflict: [409, 'the object changed while this request was running; try again'],
  EntityTooLarge: [400, 'the upload is larger than allowed'],
  EntityTooSmall: [400, 'the upload is smaller than allowed'],
  ExpiredPresignRequest: [403, 'request has expired'],
  ExpiresOutOfRange: [403, 'the presigned URL holds for a time that is not allowed'],
  IllegalLocationConstraintException: [400, 'the location constraint does not fit this endpoint'],
  IncompleteBody: [400, 'the body is shorter than its announced length'],
  InsufficientStorage: [507, 'the disk behind this endpoint is full; nothing was changed'],
  InternalError: [500, 'the endpoint failed; its log tells why'],
  InvalidAccessKeyId: [403, 'the access key is not one this endpoint was started with'],
  InvalidArgument: [400, 'an argument is invalid'],
  InvalidBucketName: [400, 'a bucket name has 3 to 63 lower-case letters, digits, dots and hyphens'],
  InvalidDigest: [400, 'the Content-MD5 you specified is not a base64 MD5'],
  InvalidEncryptionAlgorithmError: [400, 'the encryption algorithm is not AES256, aws:kms or aws:kms:dsse'],
  InvalidPart: [400, 'a part was not found, or its ETag or checksum differs from the uploaded one'],
  InvalidPartOrder: [400, 'the parts are not in ascending order'],
  InvalidPolicyDocument: [400, 'the form holds fields or a policy that do not fit each other'],
  InvalidRange: [416, 'the range lies outside the object'],
  InvalidRequest: [400, 'the request is invalid'],
  InvalidStorageClass: [400, 'the storage class is not one of S3'],
  InvalidTag: [400, 'a tag is invalid'],
  InvalidURI: [400, 'the path is not valid percent-encoded UTF-8'],
  KeyTooLongError: [400, 'a key has at most 1024 bytes of UTF-8'],
  MalformedACLError: [400, 'the access control list is not well-formed'],
  MalformedPOSTRequest: [400, 'the form is not well-formed multipart/form-data'],
  MalformedXML: [400, 'the XML is not well-formed or not of the shape S3 documents'],
  MetadataTooLarge: [400, 'user metadata holds at most 2048 bytes'],
  MethodNotAllowed: [405, 'this resource does not take that method'],
  MissingContentLength: [411, 'the request needs a Content-Length'],
  MissingRequestBodyError: [400, 'the request needs a body'],
  MissingSecurityHeader: [400, 'a required header is missing'],
  NoSuchBucket: [404, 'the bucket does not exist'],
  NoSuchBucketPolicy: [404, 'the bucket has no policy'],
  NoSuchCORSConfiguration: [404, 'the bucket has no CORS configuration'],
  NoSuchKey: [404, 'the object does not exist'],
  NoSuchLifecycleConfiguration: [404, 'the bucket has no lifecycle configuration'],
  NoSuchPublicAccessBlockConfiguration: [404, 'the bucket has no public access block'],
  NoSuchTagSet: [404, 'the bucket has no tags'],
  NoSuchUpload: [404, 'the multipart upload does not exist; it may have been completed or aborted'],
  NoSuchVersion: [404, 'the version does not exist; this endpoint keeps only the current one'],
  NoSuchWebsiteConfiguration: [404, 'the bucket is no website'],
  NotImplemented: [501, 'this endpoint does not support that'],
  NotModified: [304, 'not modified'],
  ObjectLockConfigurationNotFoundError: [404, 'the bucket has no object lock'],
  OwnershipControlsNotFoundError: [404, 'the bucket has no ownership controls'],
  PermanentRedirect: [301, 'the bucket lives elsewhere'],
  PreconditionFailed: [412, 'a precondition of this request does not hold'],
  ReplicationConfigurationNotFoundError: [404, 'the bucket has no replication'],
  RequestTimeTooSkewed: [403, 'the request time differs from this machine’s clock by more than 15 minutes'],
  SignatureDoesNotMatch: [403, 'the signature does not fit the request and the secret key'],
  UnexpectedContent: [400, 'this request takes no body'],
  UserKeyMustBeSpecified: [400, 'the form needs a field named key'],
  XAmzContentSHA256Mismatch: [400, 'the x-amz-content-sha256 you specified does not match what was received'],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof catalogue;

/** A refusal in S3's words. `details` become further elements of the error document. */
export class S3Error extends Error {
  readonly status: number;

  constructor(
    readonly code: S3ErrorCode,
    message?: string,
    readonly details: Readonly<Record<string, string>> = {},
  ) {
    super(message ?? catalogue[code][1]);
    this.name = 'S3Error';
    this.status = catalogue[code][0];
  }

  /** The code as the client reads it. */
  get wireCode(): string {
    if (this.code === 'ExpiresOutOfRange') return 'AuthorizationQueryParametersError';
    return this.code === 'ExpiredPresignRequest' ? 'AccessDenied' : this.code;
  }
}

/** What a failed file system call means to the client; anything unknown stays what it was. */
export function fromFileSystem(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new S3Error('InsufficientStorage');
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new S3Error('AccessDenied', `the folder behind this endpoint refuses the access (${code})`);
  }
  return error;
}
