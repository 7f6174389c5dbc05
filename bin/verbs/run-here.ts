// A run on this machine, shown as it goes on. In: what to run; with --json nothing is shown. Out: how it ended. Always: of a task that
// failed the last lines of its log are shown, with the place of the rest.

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type LocalResult, type LocalRunOptions, runLocal } from '../../lib/local/local-run';
import { type ExecutionRecord, taskLogs } from '../../lib/local/record';
import { readJsonFile } from '../../lib/local/store';
import type { RunHead } from '../../lib/ops/site';
import { interruptible } from './interruptible';
import { LiveRun } from './live-run';

const LOG_LINES = 5;
const LINE_CHARS = 300;

export interface RunHere extends Omit<LocalRunOptions, 'signal' | 'onStart' | 'onEvent' | 'onNotice'> {
  readonly json?: boolean | undefined;
  /** What leads to the place of the run, for the commands that are shown. */
  readonly words: string;
}

export interface RanHere {
  readonly head: Omit<RunHead, 'input'>;
  readonly result: LocalResult;
  readonly stopped: boolean;
}

export async function runHere({ json, words, ...options }: RunHere): Promise<RanHere> {
  let folder = '';
  let start = Date.now();
  const live = json ? undefined : new LiveRun(words, (task) => lastLines(folder, task));
  const { value, stopped } = await interruptible({ quiet: json }, (signal) =>
    runLocal({
      ...options,
      signal,
      onStart: (run) => {
        ({ folder } = run);
        live?.started(
          run.manifest.name,
          run.runId,
          run.manifest.tasks.map((task) => task.id),
        );
      },
      onEvent: (_arn, _event, state) => {
        start = state.start ?? start;
        live?.show(state.takeChanges(), state.start);
      },
      onNotice: ({ kind, task, text }) => live?.notice(kind, task, text),
    }),
  );
  const { manifest, runId, ...ended } = value;
  live?.finished({ ...ended, pipeline: manifest.name, run: runId }, [
    `record  ${shorter(value.folder)}`,
    `data    ${shorter(value.store)}`,
  ]);
  const { status, error, cause } = ended;
  const head = {
    pipeline: manifest.name,
    run: runId,
    status,
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    start: new Date(start).toISOString(),
    end: readJsonFile<ExecutionRecord>(join(folder, 'execution.json'))?.stopDate ?? new Date().toISOString(),
    place: value.folder,
  };
  return { head, result: value, stopped };
}

function lastLines(folder: string, task: string): string[] {
  const log = taskLogs(folder, task).at(-1);
  if (log === undefined) return [];
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES);
  const shown = lines.filter((line) => line !== '').map((line) => `| ${line}`.slice(0, LINE_CHARS));
  return [...shown, `log: ${shorter(log)}`];
}

function shorter(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}
