// A run as JSON for programs: the shape that `runs --json`, `status --json` and `rerun --json` share. In: a run read back. Out: plain
// data. Always: params that the pipeline marks secret are not in it.

import type { Manifest } from '../../lib/compile/manifest';
import type { TaskView } from '../../lib/view/run-state';
import type { ArchivedRun } from './run-archive';

export interface RunSummary {
  readonly pipeline: string;
  readonly run: string;
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
  readonly folder: string;
}

export function runSummary({ run, execution, folder }: ArchivedRun): RunSummary {
  const { stopDate, error, cause } = execution;
  return {
    pipeline: run.manifest.name,
    run: run.runId,
    status: execution.status,
    logicalDate: run.input.logicalDate ?? run.start,
    start: run.start,
    ...(stopDate !== undefined && { end: stopDate, milliseconds: Date.parse(stopDate) - Date.parse(run.start) }),
    params: shownParams(run.manifest, run.input.params ?? {}),
    ...(run.input.rerunOf !== undefined && { rerunOf: run.input.rerunOf }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    failed: run.views.filter((view) => view.status === 'failed').map((view) => view.id),
    folder,
  };
}

/** A task as JSON: times as ISO 8601. */
export function taskSummary({ start, end, ...view }: TaskView): object {
  return {
    ...view,
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
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, secret.has(name) ? '***' : value]));
}
