// `headrace status`: reads one run and prints it. Out: the exit code: 0 succeeded or going on, 1 failed or stopped.
// JSON: RunSummary and `tasks`, one TaskView each with times as ISO 8601.

import { escapeText } from '../../lib/view/escape-text';
import type { TaskStatus, TaskView } from '../../lib/view/run-state';
import { duration, RunText } from '../../lib/view/text';
import { print, printJson, wantsColour } from './columns';
import { RunArchive } from './run-archive';
import { type RunSummary, runSummary, taskSummary } from './run-summary';
import { shellWord } from './shell-word';

export interface StatusOptions {
  readonly store: string;
  readonly json?: boolean;
}

const FIRST: readonly TaskStatus[] = ['failed', 'aborted', 'running'];

export function statusVerb(pipeline: string, run: string, options: StatusOptions): number {
  const archive = new RunArchive(options.store);
  const archived = archive.open(archive.pipeline(pipeline), run);
  const summary = runSummary(archived);
  const { views } = archived.run;
  if (options.json) printJson({ ...summary, tasks: views.map(taskSummary) });
  else print(statusText(summary, views));
  return summary.status === 'SUCCEEDED' || summary.status === 'RUNNING' ? 0 : 1;
}

function statusText(run: RunSummary, views: readonly TaskView[]): string {
  const text = new RunText(
    views.map((view) => view.id),
    wantsColour(),
  );
  const rank = (view: TaskView) => (FIRST.includes(view.status) ? FIRST.indexOf(view.status) : FIRST.length);
  const sorted = [...views].sort((a, b) => rank(a) - rank(b));
  const reasons = views
    .filter((view) => view.status === 'failed' && !view.kept)
    .map((view) => `  ${escapeText(view.id)}\n${text.reason(view)}`);
  const took = run.milliseconds === undefined ? '' : ` after ${duration(run.milliseconds)}`;
  const own = run.failed.length > 0 || run.error === undefined ? '' : `: ${escapeText(run.cause ?? run.error)}`;
  return [
    `${escapeText(run.pipeline)}  run ${escapeText(run.run)}  ${run.status.toLowerCase().replace('_', ' ')}${took}${own}`,
    `logical date ${escapeText(run.logicalDate)}${run.rerunOf === undefined ? '' : `, repeats ${escapeText(run.rerunOf)}`}`,
    ...reasons,
    text.table(sorted),
    ...nextSteps(run),
  ].join('\n');
}

function nextSteps(run: RunSummary): string[] {
  if (run.status === 'SUCCEEDED' || run.status === 'RUNNING') return [];
  const words = `${shellWord(run.pipeline)} ${shellWord(run.run)}`;
  const log = run.failed[0] === undefined ? [] : [`log     headrace logs ${words} --task ${shellWord(run.failed[0])}`];
  return [...log, `again   headrace rerun ${words} --failed`];
}
