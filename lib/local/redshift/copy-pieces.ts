/** Large text files in pieces that end at the end of a record, so that a file of any size is read in bounded memory. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { CopyOptions } from './statement';

const PIECE = 32 * 1024 * 1024;

export interface Piece {
  readonly bytes: Buffer;
  /** Lines of the file before this piece. */
  readonly before: number;
}

export function* readPieces(path: string, options: CopyOptions): Generator<Piece> {
  const handle = openSync(path, 'r');
  try {
    const size = statSync(path).size;
    let carry: Buffer = Buffer.alloc(0);
    let before = 0;
    let at = 0;
    while (at < size) {
      const chunk = Buffer.allocUnsafe(Math.min(PIECE, size - at));
      const read = readSync(handle, chunk, 0, chunk.length, at);
      if (read === 0) break;
      at += read;
      const bytes: Buffer =
        carry.length > 0 ? Buffer.concat([carry, chunk.subarray(0, read)]) : chunk.subarray(0, read);
      const end = at >= size ? bytes.length : recordEnd(bytes, options);
      carry = bytes.subarray(end);
      if (end === 0) continue;
      yield { bytes: bytes.subarray(0, end), before };
      before += countLines(bytes, end);
    }
    if (carry.length > 0) yield { bytes: carry, before };
  } finally {
    closeSync(handle);
  }
}

function countLines(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

/** One past the last line feed that ends a record: not inside quotes, not escaped. 0 when there is none. */
function recordEnd(bytes: Buffer, options: CopyOptions): number {
  if (options.format === 'csv') {
    const quote = (options.quote ?? '"').charCodeAt(0);
    let open = false;
    let end = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) open = !open;
      else if (byte === 10 && !open) end = at + 1;
    }
    return end;
  }
  let at = bytes.lastIndexOf(10);
  while (at > 0 && options.flags.has('escape') && bytes[at - 1] === 92) at = bytes.lastIndexOf(10, at - 1);
  return at + 1;
}
