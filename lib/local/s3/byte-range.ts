// The Range header. In: its text and the size of the object. Out: the bytes to send, or undefined for the whole object.
// As S3 does: one range only; several, or a malformed header, mean the whole object.
import { S3Error } from './s3-error';

export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header ?? '');
  if (match === null) return undefined;
  const [first, last] = [match[1]!, match[2]!];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw outside(header!, size);
    return { start: size - length, length };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw outside(header!, size);
  return { start, length: end - start + 1 };
}

const outside = (header: string, size: number): S3Error =>
  new S3Error('InvalidRange', undefined, { RangeRequested: header, ActualObjectSize: String(size) });
