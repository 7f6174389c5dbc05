// A run as it goes on: one line whenever a task changes, the table at the end. In: the tasks after each change. Out: lines. Always: a
// task's line is printed once for each change; kept tasks are left to the table.

import { escapeText } from '../../lib/view/escape-text';
import type { RunStatus, TaskView } from '../../lib/view/run-state';
import { RunText } from '../../lib/view/text';
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

  /** @param words what leads to the place of the run, for the commands that are shown */
  constructor(private readonly words = '') {}

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
    }
  }

  notice(kind: 'note' | 'alert', task: string | undefined, text: string): void {
    print(kind === 'alert' ? this.text.alert(text) : this.text.note(task, text));
  }

  finished({ pipeline, run, status, error, cause, tasks }: EndedRun): void {
    const failed = tasks.filter((task) => task.status === 'failed');
    const why = status === 'SUCCEEDED' || failed.length > 0 ? '' : `: ${escapeText(cause ?? error ?? '')}`;
    print(`\nrun ${status.toLowerCase().replace('_', ' ')}${why}\n${this.text.table(tasks)}`);
    const name = `${shellWord(pipeline)} ${shellWord(run)}`;
    if (failed.length > 0) print(`\nlog     headrace logs ${name}${this.words}`);
    if (status !== 'SUCCEEDED') print(`again   headrace rerun ${name} --failed${this.words}`);
  }
}
