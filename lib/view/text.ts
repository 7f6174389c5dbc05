// A run as lines of text. In: views of tasks. Out: the line of a task that began or ended, the table at the end. Always: text from
// outside is escaped; colours only where asked for; a pure function of what it is given.

import { escapeText } from './escape-text';
import type { TaskStatus, TaskView } from './run-state';

const COLOURS: { readonly [status: string]: number } = {
  succeeded: 32,
  failed: 31,
  upstream_failed: 33,
  skipped: 90,
  running: 36,
  aborted: 35,
  waiting: 90,
};
const MARKS: { readonly [status in TaskStatus]: string } = {
  succeeded: '+',
  failed: 'x',
  upstream_failed: '!',
  skipped: '-',
  running: '>',
  aborted: 'x',
  waiting: '.',
};
const WORDS: { readonly [status in TaskStatus]: string } = {
  succeeded: 'succeeded',
  failed: 'failed',
  upstream_failed: 'not run, an upstream task failed',
  skipped: 'skipped',
  running: 'running',
  aborted: 'stopped',
  waiting: 'not started',
};
const LONGEST_REASON = 600;

export class RunText {
  private readonly width: number;

  constructor(
    ids: readonly string[],
    private readonly colours: boolean,
  ) {
    this.width = Math.min(40, Math.max(4, ...ids.map((id) => escapeText(id).length)));
  }

  /** `12.3 s  > Load` / `14.0 s  + Load  succeeded in 1.7 s` */
  change(view: TaskView, sinceStart: number): string {
    const took =
      view.status !== 'running' && view.start !== undefined && view.end !== undefined
        ? ` in ${duration(view.end - view.start)}`
        : '';
    const tries = view.attempts > 1 ? ` (attempt ${view.attempts})` : '';
    const started = view.queuedFor === undefined ? 'started' : `waits for ${escapeText(view.queuedFor)}`;
    const word = view.status === 'running' ? started : WORDS[view.status];
    const line = `${duration(sinceStart).padStart(8)}  ${this.mark(view.status)} ${this.name(view.id)}  ${word}${took}${tries}`;
    return view.status === 'failed' ? `${line}\n${this.reason(view)}` : line;
  }

  /** Error and reason, indented under the task's line. */
  reason(view: TaskView): string {
    const text = escapeText(view.reason ?? view.error ?? '', { lines: true }).slice(0, LONGEST_REASON);
    const name = escapeText(view.error ?? 'failed');
    const shown = text === name || text.startsWith(`${name}: `) ? text : `${name}: ${text}`;
    return shown
      .split('\n')
      .map((line) => `            ${this.paint(line, 31)}`)
      .join('\n');
  }

  /** All tasks with their outcome, time and attempts. @param waits what tasks wait for, by id */
  table(views: readonly TaskView[], waits: ReadonlyMap<string, string> = new Map()): string {
    const lines = views.map((view) => {
      const took =
        view.start !== undefined && view.end !== undefined && !view.kept ? duration(view.end - view.start) : '';
      const wait = waits.get(view.id);
      const notes = [
        view.kept ? 'kept from an earlier run' : '',
        view.attempts > 1 ? `${view.attempts} attempts` : '',
        wait === undefined ? '' : `waits for ${escapeText(wait)}`,
      ]
        .filter(Boolean)
        .join(', ');
      return `  ${this.mark(view.status)} ${this.name(view.id)}  ${this.paint(WORDS[view.status], COLOURS[view.status]!)}${took ? `  ${took}` : ''}${notes ? `  (${notes})` : ''}`;
    });
    return lines.join('\n');
  }

  /** A remark about a task, under its line. */
  note(task: string | undefined, text: string): string {
    return `            ${this.paint(`${task === undefined ? '' : `${escapeText(task)}: `}${escapeText(text)}`, 90)}`;
  }

  alert(text: string): string {
    const [first, ...rest] = escapeText(text, { lines: true }).split('\n');
    return [`            ${this.paint(`alert: ${first}`, 33)}`, ...rest.map((line) => `              ${line}`)].join(
      '\n',
    );
  }

  private name(id: string): string {
    return escapeText(id).padEnd(this.width);
  }

  private mark(status: TaskStatus): string {
    return this.paint(MARKS[status], COLOURS[status]!);
  }

  private paint(text: string, colour: number): string {
    return this.colours ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }
}

/** `340 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min` */
export function duration(milliseconds: number): string {
  const value = Math.max(0, milliseconds);
  if (value < 1_000) return `${Math.round(value)} ms`;
  if (value < 59_950) return `${(value / 1000).toFixed(1)} s`;
  const minutes = Math.floor(Math.round(value / 1000) / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.round(value / 1000) % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
