import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { guardOf } from '../../lib/compile/guard';
import { OUTCOMES, type Outcome, TRIGGER_RULES } from '../../lib/compile/model';
import { mayRun, notRun } from './reference-model';

const LETTER: { readonly [outcome in Outcome]: string | undefined } = {
  succeeded: undefined,
  failed: 'f',
  skipped: 's',
  upstream_failed: 'u',
};

function combinations(count: number): Outcome[][] {
  if (count === 0) return [[]];
  return combinations(count - 1).flatMap((rest) => OUTCOMES.map((outcome) => [...rest, outcome]));
}

/** The guard with the first `far` upstream tasks heard of through a rendezvous. */
async function decide(rule: (typeof TRIGGER_RULES)[number], states: readonly Outcome[], far: number, kept: boolean) {
  const near = states.map((_, i) => i).slice(far);
  const letters = [...near.map((i) => `$a.t${i}`), ...(far > 0 ? ['$states.input'] : [])];
  const guard = guardOf(rule, '$k.t9', letters, states.length);
  const bindings = {
    a: Object.fromEntries(
      near.flatMap((i) => (LETTER[states[i]!] === undefined ? [] : [[`t${i}`, LETTER[states[i]!]]])),
    ),
    k: kept ? { t9: 'k' } : {},
    states: {
      input: states
        .slice(0, far)
        .map((state) => LETTER[state] ?? '')
        .join(''),
    },
  };
  const stops: unknown = await jsonata(guard.condition).evaluate({}, bindings);
  const letter: unknown = stops === true && !kept ? await jsonata(guard.letter!).evaluate({}, bindings) : undefined;
  return { stops, letter };
}

describe('every guard, for one to three upstream tasks in every state, near and far', () => {
  it.each(TRIGGER_RULES)('%s', async (rule) => {
    for (const count of [0, 1, 2, 3]) {
      for (const states of combinations(count)) {
        for (const far of new Set([0, Math.min(1, count), count])) {
          const label = `${states.join()} far ${far}`;
          const { stops, letter } = await decide(rule, states, far, false);
          expect(stops, label).toBe(!mayRun(rule, states));
          if (stops) expect(letter, label).toBe(LETTER[notRun(rule, states)]);
          expect((await decide(rule, states, far, true)).stops, `kept ${label}`).toBe(true);
        }
      }
    }
  });
});
