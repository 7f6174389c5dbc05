// Who sends a request. In: the request and the known credentials. Out: an identity, or a refusal in S3's words. The choice
// made for unknown access keys: with credentials given explicitly they are refused; without, they are let in unchecked,
// because local tools carry dummy keys. Always: a known key's signature must fit, and an unchecked request that a web page
// of another origin may have sent is refused.
import type { S3Request } from './request';
import { S3Error } from './s3-error';
import { fitsV2, readSignatureV2 } from './signature-v2';
import { fitsV4, parseTimestamp, readPresigned, readSignedHeader, signingKey, type SignatureV4 } from './signature-v4';

/** The access key that always works unless others were given. */
export const defaultCredentials: Readonly<Record<string, string>> = { headrace: 'headrace-local-secret' };

export interface Credentials {
  /** Access key to secret. */
  readonly keys: Readonly<Record<string, string>>;
  /** Whether keys that are not listed are let in unchecked. */
  readonly acceptUnknown: boolean;
}

/** What the chunks of a signed stream are checked with. */
export interface ChunkSigning {
  readonly key: Buffer;
  readonly scope: string;
  readonly timestamp: string;
  readonly seed: string;
}

export interface Identity {
  readonly anonymous: boolean;
  /** The signature was computed and fits. */
  readonly verified: boolean;
  readonly accessKey?: string;
  /** The region the client signed for. */
  readonly region?: string;
  readonly chunkSigning?: ChunkSigning;
}

const skew = 15 * 60_000;

export function authenticate(request: S3Request, credentials: Credentials, now: number): Identity {
  const authorization = request.header('authorization');
  if (request.query.has('X-Amz-Algorithm') || request.query.has('X-Amz-Credential')) {
    return verifyV4(request, readPresigned(request), credentials, now);
  }
  if (authorization?.startsWith('AWS4-HMAC-SHA256'))
    return verifyV4(request, readSignedHeader(request), credentials, now);
  if (authorization?.startsWith('AWS4-')) {
    throw new S3Error(
      'NotImplemented',
      `this endpoint checks AWS4-HMAC-SHA256 signatures, not ${authorization.split(' ')[0]}`,
    );
  }
  if (authorization?.startsWith('AWS ') || request.query.has('AWSAccessKeyId'))
    return verifyV2(request, credentials, now);
  if (authorization !== undefined && authorization.trim() !== '') {
    throw new S3Error('InvalidArgument', 'unsupported authorization type', { ArgumentName: 'Authorization' });
  }
  if (authorization !== undefined) throw new S3Error('AccessDenied', 'the authorization header is empty');
  return { anonymous: true, verified: false };
}

function verifyV4(request: S3Request, signature: SignatureV4, credentials: Credentials, now: number): Identity {
  const { accessKey, region, scope, timestamp } = signature;
  const signedAt = parseTimestamp(timestamp)!;
  if (signature.presigned) {
    if (now > signedAt + signature.expires! * 1000) throw new S3Error('ExpiredPresignRequest');
    if (signedAt > now + skew) throw new S3Error('AccessDenied', 'request is not yet valid');
  } else if (Math.abs(now - signedAt) > skew) {
    throw new S3Error('RequestTimeTooSkewed');
  }
  const secret = secretOf(accessKey, credentials);
  if (secret === undefined) return { anonymous: false, verified: false, accessKey, region };
  const payload = payloadHash(request, signature);
  if (!fitsV4(request, signature, secret, payload))
    throw new S3Error('SignatureDoesNotMatch', undefined, { AWSAccessKeyId: accessKey });
  const chunkSigning = { key: signingKey(secret, scope), scope, timestamp, seed: signature.signature };
  return { anonymous: false, verified: true, accessKey, region, chunkSigning };
}

function payloadHash(request: S3Request, signature: SignatureV4): string {
  const given =
    request.header('x-amz-content-sha256') ??
    (signature.presigned ? request.query.get('X-Amz-Content-Sha256') : undefined);
  if (given !== undefined) return given;
  if (signature.presigned) return 'UNSIGNED-PAYLOAD';
  throw new S3Error('InvalidRequest', 'missing required header for this request: x-amz-content-sha256');
}

function verifyV2(request: S3Request, credentials: Credentials, now: number): Identity {
  const signature = readSignatureV2(request);
  const { accessKey, expires, signedAt } = signature;
  if (expires !== undefined) {
    if (now > expires * 1000) throw new S3Error('ExpiredPresignRequest');
  } else if (Math.abs(now - (signedAt ?? now)) > skew) {
    throw new S3Error('RequestTimeTooSkewed');
  }
  const secret = secretOf(accessKey, credentials);
  if (secret !== undefined && !fitsV2(request, signature, secret)) {
    throw new S3Error('SignatureDoesNotMatch', undefined, { AWSAccessKeyId: accessKey });
  }
  return { anonymous: false, verified: secret !== undefined, accessKey };
}

/** The secret of a key; undefined when the key is unknown and unknown keys are let in. */
export function secretOf(accessKey: string, { keys, acceptUnknown }: Credentials): string | undefined {
  if (Object.hasOwn(keys, accessKey)) return keys[accessKey];
  if (acceptUnknown) return undefined;
  throw new S3Error('InvalidAccessKeyId', undefined, { AWSAccessKeyId: accessKey });
}

/** Whether a browser says that a page of another machine sent this. */
export function isForeignOrigin(origin: string | undefined): boolean {
  return (
    origin !== undefined && !/^https?:\/\/(localhost|[\w.-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(origin)
  );
}
