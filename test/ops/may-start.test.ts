import { describe, expect, it } from 'vitest';
import { guardOf } from '../../lib/compile/guard';
import { TRIGGER_RULES } from '../../lib/compile/model';
import { mayStart } from '../../lib/ops/may-start';

// The guard that the compiler emits is the law: a task runs unless its condition holds.
const LETTERS = ['', 'f', 'u', 's'] as const;

async function runs(rule: (typeof TRIGGER_RULES)[number], letters: readonly string[]): Promise<boolean> {
  const { default: jsonata } = await import('jsonata');
  const { condition } = guardOf(
    rule,
    '$k',
    letters.map((_, i) => `$a.t${i}`),
    letters.length,
  );
  const a = Object.fromEntries(letters.flatMap((letter, i) => (letter === '' ? [] : [[`t${i}`, letter]])));
  return (await jsonata(condition).evaluate({}, { a })) !== true;
}

function count(letters: readonly string[], letter: string): number {
  return letters.filter((each) => each === letter).length;
}

describe.each(TRIGGER_RULES)('rule %s', (rule) => {
  it('agrees with the emitted guard, and is open where some outcome of the open ones is', async () => {
    for (const first of LETTERS) {
      for (const open of [false, true]) {
        const ends = LETTERS.map((last) => [first, last]);
        const answers = await Promise.all(ends.map((letters) => runs(rule, letters)));
        const known = (letters: readonly string[]) => ({
          succeeded: count(letters, ''),
          failed: count(letters, 'f'),
          upstreamFailed: count(letters, 'u'),
          skipped: count(letters, 's'),
          open: open ? 1 : 0,
        });
        if (open) expect(mayStart(rule, known([first])), `${first}?`).toBe(answers.includes(true));
        else expect(ends.map((letters) => mayStart(rule, known(letters)))).toEqual(answers);
      }
    }
  });
});
