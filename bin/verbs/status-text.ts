// How a run stands, as lines. In: the run, and the words that lead to where it is. Out: text: what failed and why first, then all tasks,
// then what to do. Always: text from outside is escaped.

import type { SiteRun } from '../../lib/ops/site';
import { escapeText } from '../../lib/view/escape-text';
import type { TaskStatus, TaskView } from '../../lib/view/run-state';
import { duration, RunText } from '../../lib/view/text';
import { waitsFor } from '../../lib/view/waits-for';
import { shellWord } from './shell-word';

export interface StatusWords {
  readonly link?: string | undefined;
  /** As `siteWords` gives them. */
  readonly words: string;
  readonly colours: boolean;
}

const FIRST: readonly TaskStatus[] = ['failed', 'aborted', 'running'];

export function statusText(found: SiteRun, shown: StatusWords): string {
  const { head, run } = found;
  const { views } = run;
  const text = new RunText(
    views.map((view) => view.id),
    shown.colours,
  );
  const rank = (view: TaskView) => (FIRST.includes(view.status) ? FIRST.indexOf(view.status) : FIRST.length);
  const sorted = [...views].sort((a, b) => rank(a) - rank(b));
  const reasons = views
    .filter((view) => view.status === 'failed' && !view.kept)
    .map((view) => `  ${escapeText(view.id)}\n${text.reason(view)}`);
  const took = head.end === undefined ? '' : ` after ${duration(Date.parse(head.end) - Date.parse(head.start))}`;
  const own = reasons.length > 0 || head.error === undefined ? '' : `: ${escapeText(head.cause ?? head.error)}`;
  const waits = head.status === 'RUNNING' ? waitsFor(run.manifest, views) : new Map<string, string>();
  return [
    `${escapeText(head.pipeline)}  run ${escapeText(head.run)}  ${head.status.toLowerCase().replace('_', ' ')}${took}${own}`,
    `logical date ${escapeText(head.input.logicalDate ?? head.start)}${head.input.rerunOf === undefined ? '' : `, repeats ${escapeText(head.input.rerunOf)}`}`,
    ...reasons,
    text.table(sorted, waits),
    ...nextSteps(found, shown),
  ].join('\n');
}

/** What an operator would do now. */
export function nextSteps({ head, run }: SiteRun, { words, link }: StatusWords): string[] {
  const name = `${shellWord(head.pipeline)} ${shellWord(head.run)}`;
  const console = link === undefined ? [] : [`page    ${link}`];
  if (head.status === 'SUCCEEDED') return console;
  if (head.status === 'RUNNING') return [...console, `watch   headrace watch ${name}${words}`];
  const failed = run.views.find((view) => view.status === 'failed' && !view.kept);
  const log = failed === undefined ? [] : [`log     headrace logs ${name} --task ${shellWord(failed.id)}${words}`];
  return [...console, ...log, `again   headrace rerun ${name} --failed${words}`];
}
