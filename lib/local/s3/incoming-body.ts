// The body of a request as the client meant it: decoded from aws-chunked, and checked against every length, hash and
// checksum that the client gave. In: the request and who sent it. Out: a stream of payload bytes, and a check to run on
// what was received before it takes effect. Always: nothing is read before it is asked for, so a refused upload that
// waits for `100 Continue` is never sent.
import { createHash } from 'node:crypto';
import type { Identity } from './authenticate';
import { decodeAwsChunked } from './aws-chunked';
import { checkDigest, checksumHeader, requestedChecksum, startChecksum, type RequestedChecksum } from './checksum';
import type { S3Request } from './request';
import { S3Error } from './s3-error';
import type { StagedFile } from './staging';

export interface IncomingBody {
  readonly chunks: AsyncIterable<Buffer>;
  /** What the client wants computed; its value may still be to come in the trailer. */
  readonly requested?: RequestedChecksum;
  /** Payload bytes, when announced. */
  readonly length?: number;
  /** Fails when the bytes received are not those the client meant. */
  readonly verify: (received: Pick<StagedFile, 'md5' | 'checksum' | 'size'>) => void;
}

export function openBody(request: S3Request, identity: Identity): IncomingBody {
  const hash = request.header('x-amz-content-sha256') ?? '';
  const isChunked = hash.startsWith('STREAMING-');
  if (
    hash.startsWith('STREAMING-') &&
    !/^STREAMING-(AWS4-HMAC-SHA256-PAYLOAD|UNSIGNED-PAYLOAD)(-TRAILER)?$/.test(hash)
  ) {
    throw new S3Error('NotImplemented', `x-amz-content-sha256: ${hash} is not supported`);
  }
  const md5 = contentMd5(request);
  // The checksum of a completion is that of the whole object, not of the document sent.
  const isCompletion = request.method === 'POST' && request.query.has('uploadId');
  const requested = isCompletion ? undefined : requestedChecksum((name) => request.header(name));
  const length = announcedLength(request, isChunked);
  const trailers = new Map<string, string>();
  const raw = rawChunks(request);
  const signing = hash.startsWith('STREAMING-AWS4-') ? identity.chunkSigning : undefined;
  const decoded = isChunked ? decodeAwsChunked(raw, { trailers, ...(signing !== undefined && { signing }) }) : raw;
  return {
    chunks: /^[0-9a-f]{64}$/.test(hash) && identity.verified ? hashed(decoded, hash) : decoded,
    ...(requested !== undefined && { requested }),
    ...(length !== undefined && { length }),
    verify: (received) => {
      if (length !== undefined && received.size !== length) throw new S3Error('IncompleteBody');
      if (md5 !== undefined && !md5.equals(received.md5))
        throw new S3Error('BadDigest', 'the Content-MD5 you specified does not match what was received');
      if (requested !== undefined) verifyChecksum(requested, received, trailers);
    },
  };
}

function verifyChecksum(
  requested: RequestedChecksum,
  received: Pick<StagedFile, 'checksum'>,
  trailers: ReadonlyMap<string, string>,
): void {
  const { algorithm, inTrailer } = requested;
  const given = inTrailer ? trailers.get(checksumHeader(algorithm)) : requested.value;
  if (given === undefined) {
    if (inTrailer)
      throw new S3Error('InvalidRequest', `the trailer ${checksumHeader(algorithm)} was announced but did not come`);
    return;
  }
  checkDigest(algorithm, given);
  if (received.checksum?.digest.toString('base64') !== given) {
    throw new S3Error('BadDigest', `the ${algorithm} you specified did not match the calculated checksum`);
  }
}

function contentMd5(request: S3Request): Buffer | undefined {
  const text = request.header('content-md5');
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== text.trim()) throw new S3Error('InvalidDigest');
  return bytes;
}

function announcedLength(request: S3Request, isChunked: boolean): number | undefined {
  const text = request.header(isChunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined) {
    const chunkedTransfer = request.header('transfer-encoding') !== undefined;
    if (isChunked ? !chunkedTransfer : !chunkedTransfer && request.method !== 'POST')
      throw new S3Error('MissingContentLength');
    return undefined;
  }
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('InvalidArgument', `the length '${text}' is not a number of bytes`);
  return Number(text);
}

async function* rawChunks(request: S3Request): AsyncGenerator<Buffer> {
  request.proceed();
  // Leaving the loop early must not cut the connection: the answer still has to go out.
  yield* request.incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

async function* hashed(source: AsyncIterable<Buffer>, expected: string): AsyncGenerator<Buffer> {
  const sum = createHash('sha256');
  for await (const chunk of source) {
    sum.update(chunk);
    yield chunk;
  }
  if (sum.digest('hex') !== expected) throw new S3Error('XAmzContentSHA256Mismatch');
}

/** Reads a small body (an XML document) whole. */
export async function readSmallBody(request: S3Request, identity: Identity, most = 2 << 20): Promise<string> {
  const body = openBody(request, identity);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body.chunks) {
    size += piece.length;
    if (size > most) throw new S3Error('EntityTooLarge', `a document of at most ${most} bytes is expected here`);
    pieces.push(piece);
  }
  const bytes = Buffer.concat(pieces);
  const md5 = createHash('md5').update(bytes).digest();
  const algorithm = body.requested?.algorithm;
  const sum = algorithm === undefined ? undefined : startChecksum(algorithm);
  sum?.update(bytes);
  body.verify({ size, md5, ...(sum !== undefined && { checksum: { algorithm: algorithm!, digest: sum.digest() } }) });
  return bytes.toString('utf8');
}
