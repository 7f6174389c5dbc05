// Undoes S3's own chunked encoding (`aws-chunked`), by which the SDKs send bodies whose hash they do not know beforehand.
// In: the raw bytes. Out: the payload as it comes, then the trailers. Always: a chunk or trailer whose signature does not
// fit ends in an error before the object is accepted.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
import { createHash } from 'node:crypto';
import type { ChunkSigning } from './authenticate';
import { S3Error } from './s3-error';
import { hmac, isEqual, sha256 } from './signature-v4';

export interface AwsChunkedOptions {
  /** Trailers are put here, names lower case. */
  readonly trailers: Map<string, string>;
  /** Given when chunks are signed and the secret is known. */
  readonly signing?: ChunkSigning;
}

const emptyHash = sha256('');
const longestLine = 8192;

export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  options: AwsChunkedOptions,
): AsyncGenerator<Buffer> {
  const reader = new LineReader(source);
  let previous = options.signing?.seed ?? '';
  for (;;) {
    const line = await reader.line();
    const match = /^([0-9a-f]{1,12})(?:;(.*))?$/i.exec(line ?? '');
    if (match === null)
      throw new S3Error(
        'IncompleteBody',
        `an aws-chunked body has a line with the size of each chunk, got '${line ?? ''}'`,
      );
    const size = Number.parseInt(match[1]!, 16);
    const hash = options.signing === undefined ? undefined : createHash('sha256');
    for (let left = size; left > 0; ) {
      const piece = await reader.bytes(left);
      left -= piece.length;
      hash?.update(piece);
      yield piece;
    }
    if (hash !== undefined) previous = checkChunk(options.signing!, previous, hash.digest('hex'), match[2] ?? '');
    if (size === 0) break;
    if ((await reader.line()) !== '') throw new S3Error('IncompleteBody', 'a chunk is longer than its announced size');
  }
  await readTrailers(reader, previous, options);
}

function checkChunk(signing: ChunkSigning, previous: string, hash: string, extension: string): string {
  const given = /(?:^|;)chunk-signature=([0-9a-f]+)/i.exec(extension)?.[1] ?? '';
  const text = ['AWS4-HMAC-SHA256-PAYLOAD', signing.timestamp, signing.scope, previous, emptyHash, hash].join('\n');
  if (!isEqual(hmac(signing.key, text).toString('hex'), given)) {
    throw new S3Error('SignatureDoesNotMatch', 'the signature of a chunk does not fit its bytes');
  }
  return given;
}

async function readTrailers(
  reader: LineReader,
  previous: string,
  { trailers, signing }: AwsChunkedOptions,
): Promise<void> {
  let signedText = '';
  let signature: string | undefined;
  for (let line = await reader.line(); line !== undefined && line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon < 0) throw new S3Error('MalformedXML', `the trailer '${line}' is not of the form name:value`);
    if (name === 'x-amz-trailer-signature') {
      signature = value;
    } else {
      trailers.set(name, value);
      signedText += `${name}:${value}\n`;
    }
  }
  if (signing === undefined || (signature === undefined && trailers.size === 0)) return;
  const text = ['AWS4-HMAC-SHA256-TRAILER', signing.timestamp, signing.scope, previous, sha256(signedText)].join('\n');
  if (!isEqual(hmac(signing.key, text).toString('hex'), signature ?? '')) {
    throw new S3Error('SignatureDoesNotMatch', 'the signature of the trailer does not fit');
  }
}

class LineReader {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** A line without its CR LF; undefined at the end of the body. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.rest.indexOf(10);
      if (end >= 0) {
        const line = this.rest.subarray(0, end).toString('latin1').replace(/\r$/, '');
        this.rest = this.rest.subarray(end + 1);
        return line;
      }
      if (this.rest.length > longestLine)
        throw new S3Error('IncompleteBody', 'the body is not aws-chunked: a line never ends');
      const next = await this.source.next();
      if (next.done === true) {
        const line = this.rest.toString('latin1');
        this.rest = Buffer.alloc(0);
        return line === '' ? undefined : line;
      }
      this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    }
  }

  /** Some bytes, at least one and at most `most`. */
  async bytes(most: number): Promise<Buffer> {
    while (this.rest.length === 0) {
      const next = await this.source.next();
      if (next.done === true) throw new S3Error('IncompleteBody');
      this.rest = next.value;
    }
    const piece = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(piece.length);
    return piece;
  }
}
