// AWS Signature Version 4: reads the parts of a signed header or presigned URL, and computes what the signature should be.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { S3Request } from './request';
import { S3Error } from './s3-error';

export interface SignatureV4 {
  readonly accessKey: string;
  /** date/region/service/aws4_request */
  readonly scope: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As sent: 20260131T235959Z. */
  readonly timestamp: string;
  readonly presigned: boolean;
  /** Seconds a presigned URL holds. */
  readonly expires?: number;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** Reads an Authorization header of version 4. */
export function readSignedHeader(request: S3Request): SignatureV4 {
  const text = request.header('authorization') ?? '';
  const fields = new Map(
    text
      .slice(algorithm.length)
      .split(',')
      .map((field) => {
        const equals = field.indexOf('=');
        return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()] as const;
      }),
  );
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders');
  const signature = fields.get('Signature');
  if (!credential || !signedHeaders || !signature) {
    throw new S3Error(
      'AuthorizationHeaderMalformed',
      'the authorization header needs Credential, SignedHeaders and Signature',
    );
  }
  const timestamp = request.header('x-amz-date') ?? compactDate(request.header('date'));
  if (timestamp === undefined || parseTimestamp(timestamp) === undefined) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  return {
    ...readCredential(credential, 'AuthorizationHeaderMalformed'),
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    timestamp,
    presigned: false,
  };
}

/** Reads the X-Amz-* query of a presigned URL. */
export function readPresigned(request: S3Request): SignatureV4 {
  const need = (name: string): string => {
    const value = request.query.get(name);
    if (!value) throw new S3Error('AuthorizationQueryParametersError', `the presigned URL lacks ${name}`);
    return value;
  };
  if (need('X-Amz-Algorithm') !== algorithm) {
    throw new S3Error('AuthorizationQueryParametersError', `X-Amz-Algorithm only supports ${algorithm}`);
  }
  const expires = Number(need('X-Amz-Expires'));
  if (!Number.isInteger(expires) || expires < 0 || expires > 604_800) {
    throw new S3Error('ExpiresOutOfRange', 'X-Amz-Expires must be a number of seconds from 0 to 604800 (a week)');
  }
  const timestamp = need('X-Amz-Date');
  if (parseTimestamp(timestamp) === undefined) {
    throw new S3Error(
      'AuthorizationQueryParametersError',
      `X-Amz-Date must look like 20260131T235959Z, got '${timestamp}'`,
    );
  }
  return {
    ...readCredential(need('X-Amz-Credential'), 'AuthorizationQueryParametersError'),
    signedHeaders: need('X-Amz-SignedHeaders').toLowerCase().split(';'),
    signature: need('X-Amz-Signature'),
    timestamp,
    presigned: true,
    expires,
  };
}

function readCredential(
  credential: string,
  code: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError',
) {
  const parts = credential.split('/');
  const [date, region, service, end] = parts.slice(-4);
  const accessKey = parts.slice(0, -4).join('/');
  if (!accessKey || !date || !region || !service || end !== 'aws4_request') {
    throw new S3Error(
      code,
      `the credential must look like ACCESS_KEY/YYYYMMDD/REGION/s3/aws4_request, got '${credential}'`,
    );
  }
  return { accessKey, scope: `${date}/${region}/${service}/aws4_request`, region, service };
}

/** Milliseconds since the epoch of 20260131T235959Z. */
export function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function compactDate(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

export function signingKey(secret: string, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
}

/** Whether the signature fits the request. */
export function fitsV4(request: S3Request, signature: SignatureV4, secret: string, payloadHash: string): boolean {
  const key = signingKey(secret, signature.scope);
  // Clients differ in how they escape a path (`~`, `(`, `//`); S3 takes the path as sent, most sign its canonical form.
  const paths = new Set([request.rawPath, canonicalPath(request.rawPath)]);
  return [...paths].some((path) => {
    const canonical = [
      request.method,
      path,
      canonicalQuery(request.rawQuery),
      ...signature.signedHeaders.map((name) => `${name}:${headerValue(request, name)}`),
      '',
      signature.signedHeaders.join(';'),
      payloadHash,
    ].join('\n');
    const text = [algorithm, signature.timestamp, signature.scope, sha256(Buffer.from(canonical, 'latin1'))].join('\n');
    return isEqual(hmac(key, text).toString('hex'), signature.signature);
  });
}

function headerValue(request: S3Request, name: string): string {
  const values = request.headers.filter(([each]) => each === name).map(([, value]) => value.trim().replace(/ +/g, ' '));
  return values.join(',');
}

function canonicalPath(rawPath: string): string {
  try {
    return rawPath
      .split('/')
      .map((part) => uriEncode(decodeURIComponent(part)))
      .join('/');
  } catch {
    return rawPath;
  }
}

function canonicalQuery(rawQuery: string): string {
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '' && !/^X-Amz-Signature=/i.test(pair))
    .map((pair) => {
      const equals = pair.indexOf('=');
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [reencode(name), reencode(value)] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function reencode(text: string): string {
  try {
    return uriEncode(decodeURIComponent(text.replaceAll('+', ' ')));
  } catch {
    return text;
  }
}

/** Percent-encodes all but A-Z a-z 0-9 - _ . ~ */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
