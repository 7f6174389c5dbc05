// What a run must do, in a few lines that know nothing of machines: outcomes, and the moment each task starts and ends when
// nothing but the tasks takes time. Tasks come in a topological order.

import type { Outcome, TriggerRule } from '../../lib/compile/model';

export interface ModelTask {
  readonly id: string;
  readonly upstream: readonly string[];
  readonly rule: TriggerRule;
  readonly seconds: number;
  readonly outcome: 'success' | 'failed' | 'skipped';
  /** Left out of the run, with the outcome it had. */
  readonly kept?: Outcome;
}

export interface ModelResult {
  readonly outcome: Outcome;
  readonly ran: boolean;
  readonly start: number;
  readonly end: number;
}

/** Whether a task runs, given the outcomes of its upstream tasks that are known. */
export function mayRun(rule: TriggerRule, states: readonly Outcome[]): boolean {
  const has = (...wanted: Outcome[]): boolean => states.some((state) => wanted.includes(state));
  const only = (...wanted: Outcome[]): boolean => states.every((state) => wanted.includes(state));
  if (states.length === 0) return true;
  return {
    all_success: only('succeeded'),
    all_failed: only('failed', 'upstream_failed'),
    all_done: true,
    all_done_min_one_success: has('succeeded') && !has('skipped'),
    one_success: has('succeeded'),
    one_failed: has('failed', 'upstream_failed'),
    one_done: has('succeeded', 'failed'),
    none_failed: only('succeeded', 'skipped'),
    none_failed_min_one_success: only('succeeded', 'skipped') && has('succeeded'),
    none_skipped: !has('skipped'),
    all_skipped: only('skipped'),
    always: true,
  }[rule];
}

/** What a task that its rule keeps from running counts as: a failure wins over a skip. */
export function notRun(rule: TriggerRule, states: readonly Outcome[]): Outcome {
  const broken = states.some((state) => state === 'failed' || state === 'upstream_failed');
  if (['all_failed', 'one_failed', 'one_done', 'none_skipped', 'all_skipped'].includes(rule)) return 'skipped';
  if (rule === 'none_failed') return 'upstream_failed';
  if (rule === 'all_done_min_one_success') return states.includes('skipped') ? 'skipped' : 'upstream_failed';
  return broken ? 'upstream_failed' : 'skipped';
}

const DECIDES: Partial<Record<TriggerRule, readonly Outcome[]>> = {
  one_success: ['succeeded'],
  one_failed: ['failed', 'upstream_failed'],
  one_done: ['succeeded', 'failed'],
};

export function model(tasks: readonly ModelTask[]): Map<string, ModelResult> {
  const results = new Map<string, ModelResult>();
  for (const task of tasks) {
    const before = task.upstream.map((id) => results.get(id)!);
    const states = before.map((result) => result.outcome);
    const all = Math.max(0, ...before.map((result) => result.end));
    const deciding = before
      .filter((result) => DECIDES[task.rule]?.includes(result.outcome))
      .map((result) => result.end);
    const ready = task.rule === 'always' ? 0 : deciding.length > 0 ? Math.min(...deciding) : all;
    const runs = task.kept === undefined && mayRun(task.rule, states);
    const did: Outcome = task.outcome === 'success' ? 'succeeded' : task.outcome;
    const outcome = task.kept ?? (runs ? did : notRun(task.rule, states));
    results.set(task.id, { outcome, ran: runs, start: ready, end: ready + (runs ? task.seconds : 0) });
  }
  return results;
}

/** A run fails when some last task is failed or upstream_failed. */
export function runFails(tasks: readonly ModelTask[], results: ReadonlyMap<string, ModelResult>): boolean {
  const used = new Set(tasks.flatMap((task) => task.upstream));
  return tasks.some((task) => !used.has(task.id) && results.get(task.id)!.outcome.endsWith('failed'));
}
