import * as path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathOfKey, readName } from '../../../lib/local/s3/key-path';
import { S3Error } from '../../../lib/local/s3/s3-error';

const part = fc.oneof(
  fc.constantFrom(
    '',
    '.',
    '..',
    'a',
    '.s3~',
    '.s3~=x',
    '.s3~+',
    '%2e',
    '\\',
    'C:',
    ' ',
    'é',
    '\u{1f600}',
    'x'.repeat(300),
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const key = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'))
  .filter((text) => text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= 1024);

/** Reads a whole path back, as the tree does folder by folder. */
function keyOf(stored: string): string | undefined {
  let text = '';
  let before = '';
  const names = stored.split('/');
  for (const [index, name] of names.entries()) {
    const read = readName(name, before);
    if (read === undefined) return undefined;
    before = read.kind === 'begin' ? read.text : '';
    if (read.kind !== 'begin') text += read.text + (index < names.length - 1 ? '/' : '');
  }
  return text;
}

describe('pathOfKey', () => {
  it.each(['a.csv', 'raw/dt=2026-01-01/part-0.parquet', 'a%20b/ü.txt', 'with space/.hidden'])(
    'leaves %s as it is',
    (text) => {
      expect(pathOfKey(text).path).toBe(text);
    },
  );

  it('is read back to the same key, beside a folder too', () => {
    fc.assert(
      fc.property(key, (text) => {
        const at = pathOfKey(text);
        expect(keyOf(at.path)).toBe(text);
        expect(keyOf(at.besideFolder)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('stays inside the folder, and every name fits a file system', () => {
    fc.assert(
      fc.property(key, (text) => {
        for (const stored of Object.values(pathOfKey(text))) {
          expect(path.resolve('/root', stored)).toBe(path.posix.join('/root', stored));
          for (const name of stored.split('/')) {
            expect(name).not.toMatch(/^\.{0,2}$/);
            expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives different keys different files', () => {
    fc.assert(fc.property(key, key, (a, b) => a === b || pathOfKey(a).path !== pathOfKey(b).path));
  });

  it('fails on a NUL and on more than 1024 bytes', () => {
    expect(() => pathOfKey('a\0b')).toThrow(S3Error);
    expect(() => pathOfKey('é'.repeat(513))).toThrow(/1024 bytes/);
  });

  it('shows no name that its key would not get', () => {
    expect(readName('.s3~=plain', '')).toBeUndefined();
    expect(readName('.s3~=%zz', '')).toBeUndefined();
    expect(readName('.s3~', '')).toBeUndefined();
  });
});
