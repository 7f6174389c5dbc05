// The end of a text file, however large the file is. In: a file, how many lines. Out: the lines. Always: reads no more than it needs.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;

export function lastLines(file: string, count: number): string[] {
  const descriptor = openSync(file, 'r');
  try {
    const blocks: Buffer[] = [];
    let newlines = 0;
    // One more newline than lines: the last line ends with one, and the first must be whole.
    for (let end = fstatSync(descriptor).size; end > 0 && newlines <= count; ) {
      const start = Math.max(0, end - BLOCK);
      const block = Buffer.alloc(end - start);
      readSync(descriptor, block, 0, block.length, start);
      for (const byte of block) if (byte === NEWLINE) newlines += 1;
      blocks.unshift(block);
      end = start;
    }
    const text = Buffer.concat(blocks).toString('utf8').replace(/\n$/, '');
    return text === '' ? [] : text.split('\n').slice(Number.isFinite(count) ? -count : 0);
  } finally {
    closeSync(descriptor);
  }
}
