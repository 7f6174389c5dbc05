// Whether a trigger rule can still let a task start. In: the rule and what is known of its direct upstream tasks; `open` counts those
// that run again and may end in any way. Out: yes or no. Always: no only where no outcome of the open ones could make it a yes.

import type { TriggerRule } from '../compile/model';

export interface UpstreamCounts {
  readonly succeeded: number;
  readonly failed: number;
  readonly upstreamFailed: number;
  readonly skipped: number;
  readonly open: number;
}

export function mayStart(rule: TriggerRule, counts: UpstreamCounts): boolean {
  const { succeeded, failed, upstreamFailed, skipped, open } = counts;
  const bad = failed + upstreamFailed;
  if (succeeded + bad + skipped + open === 0) return true;
  switch (rule) {
    case 'all_success':
      return bad + skipped === 0;
    case 'all_failed':
      return succeeded + skipped === 0;
    case 'all_done':
    case 'always':
      return true;
    case 'all_done_min_one_success':
      return skipped === 0 && succeeded + open > 0;
    case 'one_success':
      return succeeded + open > 0;
    case 'one_failed':
      return bad + open > 0;
    case 'one_done':
      return succeeded + failed + open > 0;
    case 'none_failed':
      return bad === 0;
    case 'none_failed_min_one_success':
      return bad === 0 && succeeded + open > 0;
    case 'none_skipped':
      return skipped === 0;
    case 'all_skipped':
      return succeeded + bad === 0;
  }
}
