// `headrace logs`: finds what an attempt wrote and prints its end. Out: the exit code. A task that the run kept wrote its log in an
// earlier run of the chain: that one is shown, and named. JSON: a list of TaskLog; with --follow one JSON object a line as lines come.

import { setTimeout } from 'node:timers/promises';
import { findName } from '../../lib/compile/find-name';
import { OperatorError } from '../../lib/compile/operator-error';
import { shortened } from '../../lib/ops/shortened';
import type { LogPiece, Site, SiteRun } from '../../lib/ops/site';
import { escapeText } from '../../lib/view/escape-text';
import type { TaskStatus } from '../../lib/view/run-state';
import { print, printJson } from './columns';
import { openSite } from './open-site';
import type { SiteOptions } from './site-options';

export interface LogsOptions extends SiteOptions {
  readonly task?: string;
  readonly attempt?: string;
  readonly lines: string;
  readonly all?: boolean;
  readonly follow?: boolean;
}

export interface TaskLog extends Omit<LogPiece, 'next'> {
  readonly pipeline: string;
  readonly status: TaskStatus;
  readonly error?: string;
  readonly reason?: string;
}

const FOLLOW_MS = 2_000;
/** Tasks whose logs are shown where none is named: a stopped run may have cut a thousand. */
const MOST_TASKS = 10;

export async function logsVerb(word: string, runWord: string, options: LogsOptions): Promise<number> {
  const lines = options.all ? Number.POSITIVE_INFINITY : wholeNumber('--lines', options.lines);
  const attempt = options.attempt === undefined ? undefined : wholeNumber('--attempt', options.attempt);
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  const found = await site.read(pipeline, runWord);
  const tasks = tasksOf(found, options.task);
  if (options.follow) return followLog(site, found, tasks, lines, options);
  const logs: TaskLog[] = [];
  for (const task of tasks.slice(0, MOST_TASKS)) logs.push(await taskLog(site, found, task, lines, attempt));
  if (options.json) printJson(logs);
  else for (const log of logs) print(logText(log));
  const rest = tasks.slice(MOST_TASKS);
  if (rest.length > 0)
    process.stderr.write(`headrace: not shown: ${escapeText(shortened(rest))}; say whose log with --task\n`);
  return 0;
}

function tasksOf({ run, head }: SiteRun, word: string | undefined): string[] {
  const names = run.views.map((view) => view.id);
  if (word !== undefined)
    return [findName({ what: 'task', word, names, where: `run ${head.run} of ${head.pipeline}` })];
  const those = (status: TaskStatus) => run.views.filter((view) => view.status === status).map(({ id }) => id);
  const ended = [...those('failed'), ...those('aborted')];
  const found = ended.length > 0 ? ended : those('running');
  if (found.length > 0) return found;
  throw new OperatorError(`no task of run ${head.run} failed: say whose log with --task: ${shortened(names)}`);
}

async function taskLog(
  site: Site,
  found: SiteRun,
  task: string,
  lines: number,
  attempt: number | undefined,
): Promise<TaskLog> {
  const wrote = await writerOf(site, found, task);
  const view = wrote.run.views.find((each) => each.id === task)!;
  const { next: _next, ...piece } = await site.logs(wrote, { task, lines, ...(attempt !== undefined && { attempt }) });
  const { error, reason, status } = view;
  return {
    pipeline: wrote.head.pipeline,
    ...piece,
    status,
    ...(error !== undefined && { error }),
    ...(reason !== undefined && { reason }),
  };
}

/** The run of the chain that really ran the task. */
async function writerOf(site: Site, found: SiteRun, task: string): Promise<SiteRun> {
  let at = found;
  const seen = new Set([at.head.run]);
  while (at.run.views.find((view) => view.id === task)?.kept) {
    const before = await site.before(at);
    if (!before || seen.has(before.head.run) || !before.run.tasks.has(task)) break;
    seen.add(before.head.run);
    at = before;
  }
  return at;
}

/** New lines as they come, until the task has ended. */
async function followLog(
  site: Site,
  first: SiteRun,
  tasks: readonly string[],
  lines: number,
  { json }: LogsOptions,
): Promise<number> {
  const [task] = tasks;
  if (tasks.length !== 1) {
    throw new OperatorError(`--follow shows one task: say which with --task: ${shortened(tasks)}`);
  }
  let known: Known = { lines: 0, after: '' };
  for (let found = first; ; found = await site.read(first.head.pipeline, first.head.run)) {
    const status = found.run.views.find((each) => each.id === task)!.status;
    const going = found.head.status === 'RUNNING' && (status === 'running' || status === 'waiting');
    const fresh = await freshLines(site, found, task!, lines, known);
    for (const line of fresh.lines) print(json ? JSON.stringify({ task, line }) : escapeText(line));
    known = fresh.known;
    if (!going) {
      if (fresh.note !== undefined && json) process.stderr.write(`headrace: ${escapeText(fresh.note)}\n`);
      else if (fresh.note !== undefined) print(`note: ${escapeText(fresh.note)}`);
      return 0;
    }
    await setTimeout(FOLLOW_MS);
  }
}

/** What was printed already: how many lines of which attempt, or the site's own mark behind them. */
interface Known {
  readonly lines: number;
  readonly attempt?: number;
  readonly after: string;
}

async function freshLines(site: Site, found: SiteRun, task: string, wanted: number, known: Known) {
  const whole = site.kind === 'local';
  const piece = await site.logs(found, {
    task,
    lines: whole ? Number.POSITIVE_INFINITY : wanted,
    ...(!whole && { after: known.after }),
  });
  const { attempt, note } = piece;
  // Another attempt begins a log of its own.
  const before = attempt === known.attempt ? known.lines : 0;
  const lines = whole ? (known.lines === 0 ? piece.lines.slice(-wanted) : piece.lines.slice(before)) : piece.lines;
  const total = whole ? piece.lines.length : known.lines + lines.length;
  const next: Known = { lines: total, after: piece.next ?? known.after, ...(attempt !== undefined && { attempt }) };
  return { lines, known: next, ...(total === 0 && note !== undefined && { note }) };
}

function logText(log: TaskLog): string {
  const attempt = log.attempt === undefined ? 'wrote no log' : `attempt ${log.attempt}`;
  const why = log.status === 'failed' ? `: ${escapeText(log.reason ?? log.error ?? '')}`.slice(0, 600) : '';
  const head = `${escapeText(log.task)}  run ${escapeText(log.run)}  ${attempt}  ${log.status.replace('_', ' ')}${why}`;
  return [
    head,
    ...log.lines.map((line) => escapeText(line)),
    ...(log.note === undefined ? [] : [`note: ${escapeText(log.note)}`]),
    ...(log.place === undefined ? [] : [`log: ${escapeText(log.place)}`]),
    ...(log.link === undefined ? [] : [`page: ${log.link}`]),
  ].join('\n');
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new OperatorError(`${option} ${text}: expected 1 or more`);
  return value;
}
