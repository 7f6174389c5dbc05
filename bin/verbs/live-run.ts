// A run as it goes on: one line whenever a task changes, the table at the end. In: the run's state after each event. Out: lines.
// Always: a task's line is printed once for each change; kept tasks are left to the table.

import type { Manifest } from '../../lib/compile/manifest';
import type { LocalResult } from '../../lib/local/local-run';
import { escapeText } from '../../lib/view/escape-text';
import type { RunState } from '../../lib/view/run-state';
import { RunText } from '../../lib/view/text';
import { print, wantsColour } from './columns';
import { shellWord } from './shell-word';

export class LiveRun {
  private text = new RunText([], false);
  private readonly shown = new Map<string, string>();

  started(manifest: Manifest, runId: string): void {
    this.text = new RunText(
      manifest.tasks.map((task) => task.id),
      wantsColour(),
    );
    print(`\n${escapeText(manifest.name)}  run ${escapeText(runId)}`);
  }

  show(state: RunState): void {
    for (const view of state.tasks()) {
      const key = `${view.status} ${view.start ?? ''}`;
      if (view.status === 'waiting' || view.kept || this.shown.get(view.id) === key) continue;
      this.shown.set(view.id, key);
      const at = (view.status === 'running' ? view.start : view.end) ?? 0;
      print(this.text.change(view, at - (state.start ?? at)));
    }
  }

  notice(kind: 'note' | 'alert', task: string | undefined, text: string): void {
    print(kind === 'alert' ? this.text.alert(text) : this.text.note(task, text));
  }

  finished({ status, error, cause, tasks, manifest, runId }: LocalResult): void {
    const failed = tasks.filter((task) => task.status === 'failed');
    const why = status === 'SUCCEEDED' || failed.length > 0 ? '' : `: ${escapeText(cause ?? error ?? '')}`;
    print(`\nrun ${status.toLowerCase().replace('_', ' ')}${why}\n${this.text.table(tasks)}`);
    const words = `${shellWord(manifest.name)} ${shellWord(runId)}`;
    if (failed.length > 0) print(`\nlog     headrace logs ${words}`);
    if (status !== 'SUCCEEDED') print(`again   headrace rerun ${words} --failed`);
  }
}
