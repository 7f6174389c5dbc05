// Which tasks can end as skipped at all. Most pipelines skip nothing, and then a task whose upstream is not a success need not
// ask why: that makes guards a third shorter.

import type { TriggerRule } from './model';
import type { Graph } from './order';

/** Rules that record a skip although no upstream task was skipped. */
const SKIPPING: ReadonlySet<TriggerRule> = new Set([
  'all_failed',
  'one_failed',
  'one_done',
  'none_skipped',
  'all_skipped',
]);
/** Rules under which a task runs, or fails, whatever was skipped before. */
const INDIFFERENT: ReadonlySet<TriggerRule> = new Set(['all_done', 'always', 'none_failed']);

export function skippableTasks(graph: Graph): boolean[] {
  const skippable: boolean[] = [];
  graph.tasks.forEach((task, i) => {
    const rule = graph.rules[i]!;
    const upstream = graph.upstream[i]!;
    const itself = task.maySkip === true || task.runIf !== undefined;
    const chosen = upstream.some((p) => graph.tasks[p]!.branch === true);
    const byRule = upstream.length > 0 && SKIPPING.has(rule);
    const inherited = !INDIFFERENT.has(rule) && upstream.some((p) => skippable[p]!);
    skippable.push(itself || chosen || byRule || inherited);
  });
  return skippable;
}
