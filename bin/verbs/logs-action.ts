// `headrace logs`: finds the file of an attempt and prints its end. Out: the exit code. A task that the run kept wrote its log in an
// earlier run of the chain: that one is shown, and named. JSON: a list of TaskLog.

import { basename } from 'node:path';
import { taskLogs } from '../../lib/local/record';
import { findName } from '../../lib/ops/find-name';
import { OperatorError } from '../../lib/ops/operator-error';
import { escapeText } from '../../lib/view/escape-text';
import type { TaskStatus } from '../../lib/view/run-state';
import { print, printJson } from './columns';
import { lastLines } from './last-lines';
import { type ArchivedRun, RunArchive } from './run-archive';

export interface LogsOptions {
  readonly task?: string;
  readonly attempt?: string;
  readonly lines: string;
  readonly all?: boolean;
  readonly store: string;
  readonly json?: boolean;
}

export interface TaskLog {
  readonly pipeline: string;
  /** The run that wrote it. */
  readonly run: string;
  readonly task: string;
  readonly status: TaskStatus;
  /** Counted from 1; absent if the task wrote no log. */
  readonly attempt?: number;
  readonly file?: string;
  readonly lines: readonly string[];
  readonly error?: string;
  readonly reason?: string;
}

export function logsVerb(pipeline: string, run: string, options: LogsOptions): number {
  const count = options.all ? Number.POSITIVE_INFINITY : wholeNumber('--lines', options.lines);
  const attempt = options.attempt === undefined ? undefined : wholeNumber('--attempt', options.attempt);
  const archive = new RunArchive(options.store);
  const archived = archive.open(archive.pipeline(pipeline), run);
  const logs = tasksOf(archived, options.task).map((task) => taskLog(archive, archived, task, attempt, count));
  if (options.json) printJson(logs);
  else for (const log of logs) print(logText(log));
  return 0;
}

function tasksOf({ run }: ArchivedRun, word: string | undefined): string[] {
  const names = run.views.map((view) => view.id);
  if (word !== undefined) {
    return [findName({ what: 'task', word, names, where: `run ${run.runId} of ${run.manifest.name}` })];
  }
  const failed = run.views.filter((view) => view.status === 'failed' || view.status === 'aborted');
  if (failed.length > 0) return failed.map((view) => view.id);
  throw new OperatorError(`no task of run ${run.runId} failed: say whose log with --task: ${names.join(', ')}`);
}

function taskLog(
  archive: RunArchive,
  archived: ArchivedRun,
  task: string,
  attempt: number | undefined,
  count: number,
): TaskLog {
  const wrote = writerOf(archive, archived, task);
  const view = wrote.run.views.find((each) => each.id === task)!;
  const files = new Map(taskLogs(wrote.folder, task).map((file) => [Number.parseInt(basename(file), 10), file]));
  const number = attempt ?? (files.size === 0 ? undefined : Math.max(...files.keys()));
  const file = number === undefined ? undefined : files.get(number);
  if (attempt !== undefined && file === undefined) {
    const known = [...files.keys()].sort((a, b) => a - b).join(', ') || 'none';
    throw new OperatorError(
      `task ${task} has no log of attempt ${attempt} in run ${wrote.run.runId}: there is ${known}`,
    );
  }
  const { error, reason } = view;
  return {
    pipeline: wrote.run.manifest.name,
    run: wrote.run.runId,
    task,
    status: view.status,
    ...(file !== undefined && { attempt: number!, file }),
    lines: file === undefined ? [] : lastLines(file, count),
    ...(error !== undefined && { error }),
    ...(reason !== undefined && { reason }),
  };
}

/** The run of the chain that really ran the task. */
function writerOf(archive: RunArchive, archived: ArchivedRun, task: string): ArchivedRun {
  let at = archived;
  const seen = new Set([at.folder]);
  while (at.run.views.find((view) => view.id === task)?.kept) {
    const before = archive.before(at);
    if (!before || seen.has(before.folder) || !before.run.tasks.has(task)) break;
    seen.add(before.folder);
    at = before;
  }
  return at;
}

function logText(log: TaskLog): string {
  const attempt = log.attempt === undefined ? 'wrote no log' : `attempt ${log.attempt}`;
  const why = log.status === 'failed' ? `: ${escapeText(log.reason ?? log.error ?? '')}`.slice(0, 600) : '';
  const head = `${escapeText(log.task)}  run ${escapeText(log.run)}  ${attempt}  ${log.status.replace('_', ' ')}${why}`;
  return [
    head,
    ...log.lines.map((line) => escapeText(line)),
    ...(log.file ? [`log: ${escapeText(log.file)}`] : []),
  ].join('\n');
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new OperatorError(`${option} ${text}: expected 1 or more`);
  return value;
}
