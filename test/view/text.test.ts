import { describe, expect, it } from 'vitest';
import { escapeText } from '../../lib/view/escape-text';
import type { TaskView } from '../../lib/view/run-state';
import { duration, RunText } from '../../lib/view/text';

const view = (more: Partial<TaskView>): TaskView => ({
  id: 'Load',
  kind: 'X',
  index: 0,
  status: 'succeeded',
  kept: false,
  attempts: 1,
  start: 1_000,
  end: 2_500,
  ...more,
});

describe('escapeText', () => {
  it('writes out what could move the cursor or turn the writing around', () => {
    expect(escapeText('a\u001b[2Jb\u202ec\rd\u0007')).toBe('a\\x1b[2Jb\\u202ec\\x0dd\\x07');
  });
  it('keeps lines only where asked', () => {
    expect(escapeText('a\nb')).toBe('a b');
    expect(escapeText('a\nb', { lines: true })).toBe('a\nb');
  });
});

describe('RunText', () => {
  it('tells how long a task took', () => {
    expect(new RunText(['Load'], false).change(view({}), 2_500)).toBe('   2.5 s  + Load  succeeded in 1.5 s');
  });
  it('never lets an error text reach the terminal raw', () => {
    const shown = new RunText(['Load'], false).change(
      view({ status: 'failed', error: 'E\u001b[31m', reason: 'bad\u001b]0;x\u0007' }),
      0,
    );
    expect(shown).not.toMatch(/[\u001b\u0007]/);
    expect(shown).toContain('bad\\x1b]0;x\\x07');
  });
  it('colours only where asked', () => {
    expect(new RunText(['Load'], true).table([view({})])).toContain('\u001b[32m');
    expect(new RunText(['Load'], false).table([view({})])).not.toContain('\u001b');
  });
  it('does not say the error name twice', () => {
    expect(new RunText(['Load'], false).reason(view({ error: 'TypeError', reason: 'TypeError: nope' })).trim()).toBe(
      'TypeError: nope',
    );
  });
});

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [59_940, '59.9 s'],
  [59_999, '1 min 00 s'],
  [245_000, '4 min 05 s'],
  [7_380_000, '2 h 03 min'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
