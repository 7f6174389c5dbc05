// When a task must NOT run, and what is then recorded: Airflow's trigger rules over the letters of the direct upstream
// tasks (f failed, u upstream_failed, s skipped, nothing = succeeded). Every expression is total: the regular expressions
// never meet an empty string they could match, and what they search is never undefined.

import { concat } from './expression';
import type { TriggerRule } from './model';

export interface Guard {
  /** True when the task does not run: the run keeps it, or its rule says no. */
  readonly condition: string;
  /** The letter to record where the rule says no; absent when no rule can. */
  readonly letter?: string;
}

/**
 * `letters`: expressions that yield the upstream letters; `kept`: yields `k` if the run keeps the task.
 */
export function guardOf(rule: TriggerRule, kept: string, letters: readonly string[], count: number): Guard {
  if (count === 0 || rule === 'all_done' || rule === 'always') return { condition: `${kept}='k'` };
  // One field alone may be undefined, which no function takes.
  const upstream = letters.length === 1 ? `${letters[0]}&''` : concat(letters);
  const both = `${kept}&${letters.length === 1 ? letters[0] : upstream}`;
  const matches = (pattern: string): string => `$contains(${both},/${pattern}/)`;
  const matchesDashed = (pattern: string): string => `$contains('-'&${both},/${pattern}/)`;
  const one = count === 1 ? `${letters[0]}='s'?'s':'u'` : undefined;
  const why = one ?? `$contains(${upstream},/f|u/)?'u':'s'`;
  switch (rule) {
    case 'all_success':
      return { condition: `${both}!=''`, letter: why };
    case 'all_failed':
      return { condition: matchesDashed(`[ks]|^-.{0,${count - 1}}$`), letter: `'s'` };
    case 'all_done_min_one_success':
      return {
        condition: matches(`[ks]|^.{${count}}$`),
        letter: one ?? `$contains(${upstream},/s/)?'s':'u'`,
      };
    case 'one_success':
      return { condition: matches(`k|^.{${count}}$`), letter: why };
    case 'one_failed':
      return { condition: matchesDashed(`k|^-s*$`), letter: `'s'` };
    case 'one_done':
      return { condition: matches(`k|^[us]{${count}}$`), letter: `'s'` };
    case 'none_failed':
      return { condition: matches('[kfu]'), letter: `'u'` };
    case 'none_failed_min_one_success':
      return { condition: matches(`[kfu]|^s{${count}}$`), letter: why };
    case 'none_skipped':
      return { condition: matches('[ks]'), letter: `'s'` };
    case 'all_skipped':
      return { condition: matchesDashed(`[kfu]|^-.{0,${count - 1}}$`), letter: `'s'` };
    default:
      return unknownRule(rule);
  }
}

/** The letter of a setup as its teardown hears it: `o` for a success, so that it differs from what others have to say. */
export function setupLetter(letter: string): string {
  return `($exists(${letter})?$uppercase(${letter}):'o')`;
}

/** A teardown runs if one of its setups succeeded. `letters` yields those of its setups, and may yield others. */
export function teardownGuard(kept: string, letters: readonly string[]): Guard {
  const all = letters.length === 1 ? `${letters[0]}&''` : concat(letters);
  return { condition: `$contains('-'&${kept}&${all},/k|^[^o]*$/)`, letter: `$contains(${all},/[FU]/)?'u':'s'` };
}

function unknownRule(rule: never): never {
  throw new Error(`unknown trigger rule ${String(rule)}`);
}

/** Letters of an upstream task that let a rule say yes at once; empty text stands for a success. */
export const DECIDING: Partial<Record<TriggerRule, readonly string[]>> = {
  one_success: [''],
  one_failed: ['f', 'u'],
  one_done: ['', 'f'],
};
