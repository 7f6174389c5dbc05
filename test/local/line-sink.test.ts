import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSink } from '../../lib/local/line-sink';
import { HiddenValues } from '../../lib/view/hidden-values';
import { temporaryFolder } from './assembly-fixture';

const SECRET = 'hunter2-of-ours';

function logOf(chunks: readonly string[]): string {
  const file = join(temporaryFolder(), 'log');
  const descriptor = openSync(file, 'w');
  const sink = new LineSink(descriptor, new HiddenValues([SECRET]));
  for (const chunk of chunks) sink.write('out', Buffer.from(chunk));
  sink.end();
  closeSync(descriptor);
  return readFileSync(file, 'utf8');
}

it('hides a secret wherever a line without end is cut, and loses nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: SECRET.length - 1 }), (offset, split) => {
      const before = 'x'.repeat(256 * 1024 + offset);
      const text = `${before}${SECRET.slice(0, split)}`;
      const log = logOf([text, `${SECRET.slice(split)}tail\n`]);
      expect(log.replaceAll('\n', '')).toBe(`${before}***tail`);
    }),
    { numRuns: 40 },
  );
});

it('cuts a line that never ends', () => {
  const lines = logOf(['y'.repeat(600 * 1024)]).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(256 * 1024);
  expect(lines.join('')).toHaveLength(600 * 1024);
});
