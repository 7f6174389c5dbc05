// A run as JSON for programs: the shape that `list`, `runs`, `status`, `run`, `rerun`, `local` and `watch` share. In: a run's head. Out: plain data.
// Always: params that the pipeline marks secret are not in it.

import type { Manifest } from '../../lib/compile/manifest';
import type { RunHead } from '../../lib/ops/site';
import { HiddenValues, MASK } from '../../lib/view/hidden-values';
import type { TaskView } from '../../lib/view/run-state';

export interface RunSummary {
  readonly pipeline: string;
  readonly run: string;
  /** RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED */
  readonly status: string;
  readonly logicalDate: string;
  /** ISO 8601 */
  readonly start: string;
  readonly end?: string;
  readonly milliseconds?: number;
  readonly params: { readonly [name: string]: unknown };
  readonly rerunOf?: string;
  readonly error?: string;
  readonly cause?: string;
  /** Ids of the failed tasks. */
  readonly failed: readonly string[];
  /** Folder of the record, or ARN of the execution. */
  readonly place: string;
  /** Page in AWS's console. */
  readonly link?: string;
}

export function runSummary(head: RunHead, manifest: Manifest, link?: string): RunSummary {
  const { pipeline, run, status, input, start, end, error, cause, place } = head;
  const hidden = HiddenValues.ofRun(manifest, input);
  return {
    pipeline,
    run,
    status,
    logicalDate: input.logicalDate ?? start,
    start,
    ...(end !== undefined && { end, milliseconds: Date.parse(end) - Date.parse(start) }),
    params: shownParams(manifest, input.params ?? {}),
    ...(input.rerunOf !== undefined && { rerunOf: input.rerunOf }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause: hidden.json(cause) }),
    failed: failedTasks(head, manifest),
    place,
    ...(link !== undefined && { link }),
  };
}

/** The names in the cause of a failed run; ids may hold the comma that separates them. */
function failedTasks({ error, cause = '' }: RunHead, manifest: Manifest): string[] {
  if (error !== 'Headrace.TasksFailed') return [];
  const inCause = `, ${cause}, `;
  return manifest.tasks.map((task) => task.id).filter((id) => inCause.includes(`, ${id}, `));
}

/** A task as JSON: times as ISO 8601. */
export function taskSummary({ start, end, queuedFor, ...view }: TaskView): object {
  return {
    ...view,
    ...(queuedFor !== undefined && view.status === 'running' && { waitsFor: queuedFor }),
    ...(start !== undefined && { start: new Date(start).toISOString() }),
    ...(end !== undefined && { end: new Date(end).toISOString() }),
    ...(start !== undefined && end !== undefined && { milliseconds: end - start }),
  };
}

export function shownParams(
  manifest: Manifest,
  params: { readonly [name: string]: unknown },
): { readonly [name: string]: unknown } {
  const secret = new Set(manifest.params.filter((param) => param.secret).map((param) => param.name));
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, secret.has(name) ? MASK : value]));
}
