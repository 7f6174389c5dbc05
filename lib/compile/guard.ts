// When a task must NOT run, and what is then recorded: Airflow's trigger rules over the letters of the direct upstream
// tasks (f failed, u upstream_failed, s skipped, nothing = succeeded). Every expression is total: the regular expressions
// never meet an empty string they could match, and no part can be undefined.

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
 * `optional`: whether a letters expression may be undefined (a variable's field) or is always text (a rendezvous).
 */
export function guardOf(
  rule: TriggerRule,
  kept: string,
  letters: readonly string[],
  count: number,
  optional: boolean,
): Guard {
  if (count === 0 || rule === 'all_done' || rule === 'always') return { condition: `$exists(${kept})` };
  const upstream = concat(letters);
  const both = letters.length <= 24 ? `${kept}&${upstream}` : `${kept}&(${upstream})`;
  const matches = (pattern: string): string => `$contains(${both},/${pattern}/)`;
  const matchesDashed = (pattern: string): string => `$contains('-'&${both},/${pattern}/)`;
  const failedOrSkipped =
    letters.length === 1 && optional ? `${upstream}='s'?'s':'u'` : `$contains(${upstream},/f|u/)?'u':'s'`;
  switch (rule) {
    case 'all_success':
      return { condition: `${both}!=''`, letter: failedOrSkipped };
    case 'all_failed':
      return { condition: matchesDashed(`[ks]|^-.{0,${count - 1}}$`), letter: `'s'` };
    case 'all_done_min_one_success':
      return {
        condition: matches(`[ks]|^.{${count}}$`),
        letter: letters.length === 1 && optional ? `${upstream}='s'?'s':'u'` : `$contains(${upstream},/s/)?'s':'u'`,
      };
    case 'one_success':
      return { condition: matches(`k|^.{${count}}$`), letter: failedOrSkipped };
    case 'one_failed':
      return { condition: matchesDashed(`k|^-s*$`), letter: `'s'` };
    case 'one_done':
      return { condition: matches(`k|^[us]{${count}}$`), letter: `'s'` };
    case 'none_failed':
      return { condition: matches('[kfu]'), letter: `'u'` };
    case 'none_failed_min_one_success':
      return { condition: matches(`[kfu]|^s{${count}}$`), letter: failedOrSkipped };
    case 'none_skipped':
      return { condition: matches('[ks]'), letter: `'s'` };
    case 'all_skipped':
      return { condition: matchesDashed(`[kfu]|^-.{0,${count - 1}}$`), letter: `'s'` };
    default:
      return unknownRule(rule);
  }
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
