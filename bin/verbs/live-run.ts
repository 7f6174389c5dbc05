// A run as it goes on: one line whenever a task changes, the table at the end. In: the tasks after each change. Out: lines. Always: a
// task's line is printed once for each change; kept tasks are left to the table.

import { escapeText } from '../../lib/view/escape-text';
import type { RunStatus, TaskView } from '../../lib/view/run-state';
import { duration, RunText } from '../../lib/view/text';
import { print, wantsColour } from './columns';
import { shellWord } from './shell-word';

export interface EndedRun {
  readonly pipeline: string;
  readonly run: string;
  readonly status: RunStatus;
  readonly error?: string;
  readonly cause?: string;
  readonly tasks: readonly TaskView[];
}

export class LiveRun {
  private text = new RunText([], false);
  private readonly shown = new Map<string, string>();

  /**
   * @param words what leads to the place of the run, for the commands that are shown
   * @param tail what to show of a task that failed
   */
  constructor(
    private readonly words = '',
    private readonly tail: (task: string) => readonly string[] = () => [],
  ) {}

  started(pipeline: string, runId: string, tasks: readonly string[]): void {
    this.text = new RunText(tasks, wantsColour());
    print(`\n${escapeText(pipeline)}  run ${escapeText(runId)}`);
  }

  /** @param start when the run began, milliseconds since the epoch */
  show(views: readonly TaskView[], start: number | undefined): void {
    for (const view of views) {
      const key = `${view.status} ${view.start ?? ''} ${view.queuedFor ?? ''}`;
      if (view.status === 'waiting' || view.kept || this.shown.get(view.id) === key) continue;
      this.shown.set(view.id, key);
      const at = (view.status === 'running' ? view.start : view.end) ?? 0;
      print(this.text.change(view, at - (start ?? at)));
      if (view.status === 'failed') for (const line of this.tail(view.id)) this.notice('note', undefined, line);
    }
  }

  notice(kind: 'note' | 'alert', task: string | undefined, text: string): void {
    print(kind === 'alert' ? this.text.alert(text) : this.text.note(task, text));
  }

  /** @param places where its parts lie */
  finished({ pipeline, run, status, error, cause, tasks }: EndedRun, places: readonly string[] = []): void {
    const failed = tasks.some((task) => task.status === 'failed');
    const why = status === 'SUCCEEDED' || failed ? '' : `: ${escapeText(cause ?? error ?? '')}`;
    print(`\nrun ${WORDS[status]}${took(tasks)}${why}\n${this.text.table(tasks)}\n`);
    for (const place of places) print(place);
    const name = `${shellWord(pipeline)} ${shellWord(run)}`;
    if (failed) print(`log     headrace logs ${name}${this.words}`);
    if (status !== 'SUCCEEDED') print(`again   headrace rerun ${name} --failed${this.words}`);
  }
}

const WORDS: { readonly [status in RunStatus]: string } = {
  RUNNING: 'goes on',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed out',
  ABORTED: 'stopped',
};

function took(tasks: readonly TaskView[]): string {
  const own = tasks.filter((task) => !task.kept);
  const start = Math.min(...own.flatMap((task) => task.start ?? []));
  const end = Math.max(...own.flatMap((task) => task.end ?? []));
  return Number.isFinite(end - start) ? ` in ${duration(end - start)}` : '';
}
