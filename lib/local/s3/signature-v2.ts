// AWS Signature Version 2, which S3 has retired but older tools and some clients' presigned URLs still use: reads its header
// or query form and computes what the signature should be.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
import { createHmac } from 'node:crypto';
import type { S3Request } from './request';
import { S3Error } from './s3-error';
import { isEqual, uriEncode } from './signature-v4';

export interface SignatureV2 {
  readonly accessKey: string;
  readonly signature: string;
  /** Milliseconds since the epoch, for signed headers. */
  readonly signedAt?: number;
  /** Seconds since the epoch, for presigned URLs. */
  readonly expires?: number;
}

// The part of the query that is signed.
const signed = new Set(
  `acl accelerate analytics cors defaultObjectAcl delete encryption inventory lifecycle location logging metrics
  notification object-lock partNumber policy publicAccessBlock replication requestPayment restore retention legal-hold
  tagging torrent uploadId uploads versionId versioning versions website response-cache-control
  response-content-disposition response-content-encoding response-content-language response-content-type
  response-expires`.split(/\s+/),
);

export function readSignatureV2(request: S3Request): SignatureV2 {
  const accessKey = request.query.get('AWSAccessKeyId');
  if (accessKey !== undefined) {
    const expires = Number(request.query.get('Expires') ?? Number.NaN);
    const signature = request.query.get('Signature');
    if (!Number.isInteger(expires) || signature === undefined) {
      throw new S3Error(
        'AccessDenied',
        'query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
      );
    }
    return { accessKey, signature, expires };
  }
  const match = /^AWS ([^:]*):(.*)$/.exec(request.header('authorization') ?? '');
  if (match?.[1] === undefined || match[2] === undefined || match[1] === '') {
    throw new S3Error(
      'InvalidArgument',
      "the authorization header is invalid: one and only one ' ' (space) and ':' are required",
    );
  }
  const signedAt = Date.parse(request.header('x-amz-date') ?? request.header('date') ?? '');
  if (!(signedAt >= 0))
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  return { accessKey: match[1], signature: match[2], signedAt };
}

export function fitsV2(request: S3Request, { signature, expires }: SignatureV2, secret: string): boolean {
  const amz = new Map<string, string[]>();
  for (const [name, value] of request.headers) {
    if (name.startsWith('x-amz-')) amz.set(name, [...(amz.get(name) ?? []), value.trim()]);
  }
  const date = expires ?? (amz.has('x-amz-date') ? '' : (request.header('date') ?? ''));
  const query = [...request.query]
    .filter(([name]) => signed.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
  const textOf = (path: string): string =>
    [
      request.method,
      request.header('content-md5') ?? '',
      request.header('content-type') ?? '',
      String(date),
      ...[...amz].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, values]) => `${name}:${values.join(',')}`),
      path + (query === '' ? '' : `?${query}`),
    ].join('\n');
  const sign = (path: string): string => createHmac('sha1', secret).update(textOf(path), 'latin1').digest('base64');
  const path = pathWithBucket(request);
  // Some clients sign the path of a bucket with a slash that they do not send.
  return [path, ...(request.key === undefined && !path.endsWith('/') ? [`${path}/`] : [])].some((each) =>
    isEqual(sign(each), signature),
  );
}

function pathWithBucket(request: S3Request): string {
  const first = request.bucket === undefined ? undefined : `/${uriEncode(request.bucket)}`;
  const isPathStyle = first === undefined || request.rawPath === first || request.rawPath.startsWith(`${first}/`);
  return isPathStyle ? request.rawPath : first + request.rawPath;
}
