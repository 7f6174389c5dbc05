// S3's object checksums: which one a request names, how it is computed, and how the checksums of parts become the one of
// the whole object (COMPOSITE: a checksum of checksums with `-N`; FULL_OBJECT: the CRC of the joined bytes).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
import { createHash } from 'node:crypto';
import { combineCrc, startCrc } from './crc';
import { S3Error } from './s3-error';

const digestBytes = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const;
export type ChecksumAlgorithm = keyof typeof digestBytes;
export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';
export const checksumAlgorithms = Object.keys(digestBytes) as ChecksumAlgorithm[];

/** The checksum of a stored object or part; `value` is base64, with `-N` when composite. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** What a request says about its body. `value` undefined: it is computed here, or comes in the trailer. */
export interface RequestedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value?: string;
  readonly inTrailer: boolean;
}

/** The element and header name of an algorithm: ChecksumCRC32, x-amz-checksum-crc32. */
export const checksumElement = (algorithm: ChecksumAlgorithm): string => `Checksum${algorithm}`;
export const checksumHeader = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

export interface RunningChecksum {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm === 'SHA1' || algorithm === 'SHA256') return createHash(algorithm.toLowerCase());
  return startCrc(algorithm);
}

export function readAlgorithm(text: string): ChecksumAlgorithm {
  const name = text.toUpperCase() as ChecksumAlgorithm;
  if (checksumAlgorithms.includes(name)) return name;
  throw new S3Error(
    'InvalidRequest',
    `the checksum algorithm '${text}' is unknown; expected one of ${checksumAlgorithms.join(', ')}`,
  );
}

/** Reads x-amz-checksum-*, x-amz-trailer and x-amz-sdk-checksum-algorithm. At most one checksum may be given. */
export function requestedChecksum(headers: (name: string) => string | undefined): RequestedChecksum | undefined {
  const given = checksumAlgorithms.filter((algorithm) => headers(checksumHeader(algorithm)) !== undefined);
  if (given.length > 1)
    throw new S3Error(
      'InvalidRequest',
      'expecting a single x-amz-checksum- header; multiple checksum types are not allowed',
    );
  const named = headers('x-amz-sdk-checksum-algorithm');
  const [algorithm] = given;
  if (algorithm !== undefined) {
    if (named !== undefined && readAlgorithm(named) !== algorithm) {
      throw new S3Error(
        'InvalidRequest',
        `value for x-amz-sdk-checksum-algorithm header is invalid: it says ${named}, the checksum is ${algorithm}`,
      );
    }
    const value = headers(checksumHeader(algorithm)) ?? '';
    checkDigest(algorithm, value);
    return { algorithm, value, inTrailer: false };
  }
  for (const name of (headers('x-amz-trailer') ?? '').toLowerCase().split(',')) {
    const match = /^x-amz-checksum-(.+)$/.exec(name.trim());
    if (match?.[1] !== undefined) return { algorithm: readAlgorithm(match[1]), inTrailer: true };
  }
  return named === undefined ? undefined : { algorithm: readAlgorithm(named), inTrailer: false };
}

/** Fails when a value cannot be a checksum of that algorithm. */
export function checkDigest(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== digestBytes[algorithm] || bytes.toString('base64') !== value) {
    throw new S3Error('BadDigest', `value for ${checksumHeader(algorithm)} header is invalid`);
  }
}

/** The type an upload gets when it does not say one, and a refusal of pairs S3 does not know. */
export function checksumType(algorithm: ChecksumAlgorithm, asked: string | undefined): ChecksumType {
  const type = asked?.toUpperCase() ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isSha = algorithm === 'SHA1' || algorithm === 'SHA256';
  if ((type === 'FULL_OBJECT' && !isSha) || (type === 'COMPOSITE' && algorithm !== 'CRC64NVME')) return type;
  throw new S3Error(
    'InvalidRequest',
    `the ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm`,
  );
}

export interface PartChecksum {
  readonly value: string;
  readonly size: number;
}

/** The checksum of an object made of parts. */
export function joinChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): Checksum {
  const digests = parts.map((part) => Buffer.from(part.value, 'base64'));
  if (type === 'COMPOSITE') {
    const outer = startChecksum(algorithm);
    for (const digest of digests) outer.update(digest);
    return { algorithm, type, value: `${outer.digest().toString('base64')}-${parts.length}` };
  }
  if (algorithm === 'SHA1' || algorithm === 'SHA256') throw new Error(`${algorithm} has no full-object form for parts`);
  let whole = digests[0] ?? startChecksum(algorithm).digest();
  for (const [index, part] of parts.entries()) {
    if (index > 0) whole = combineCrc(algorithm, whole, digests[index]!, part.size);
  }
  return { algorithm, type, value: whole.toString('base64') };
}
