// `headrace local`: runs the pipeline and prints what happens as it happens. In: the parsed words. Out: the exit code: 0 succeeded,
// 1 the run failed, 2 usage, 3 the store may not be written, 130 stopped with Ctrl-C. Always: a second Ctrl-C ends at once, and takes the child processes along.

import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Assembly } from '../../lib/local/assembly/assembly';
import { AssemblyError } from '../../lib/local/assembly/assembly-error';
import { killAllPrograms } from '../../lib/local/program-watch';
import { type LocalResult, runLocal } from '../../lib/local/local-run';
import { taskLogs } from '../../lib/local/record';
import { runInput, UsageError } from '../../lib/local/run-request';
import { Secrets } from '../../lib/local/secrets';
import { isFull, StoreError, storeProblem } from '../../lib/local/store';
import { escapeText } from '../../lib/view/escape-text';
import type { RunState, TaskStatus } from '../../lib/view/run-state';
import { duration, RunText } from '../../lib/view/text';

export interface LocalVerbOptions {
  readonly date?: string;
  readonly param: readonly string[];
  readonly only: readonly string[];
  readonly from: readonly string[];
  readonly store: string;
  readonly secrets?: string;
  readonly docker?: boolean;
  readonly retryWait?: string;
  readonly json?: boolean;
}

const LOG_LINES = 5;
const DEFAULT_STORE = '.headrace';

export async function runLocalVerb(
  folder: string,
  pipeline: string | undefined,
  options: LocalVerbOptions,
): Promise<number> {
  const stop = new AbortController();
  let interrupts = 0;
  const onInterrupt = () => {
    interrupts += 1;
    if (interrupts > 1) {
      killAllPrograms();
      process.exit(130);
    }
    if (!options.json) process.stdout.write('\nstopping; press Ctrl-C again to end at once\n');
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    const manifest = Assembly.read(folder).pipeline(pipeline);
    const input = runInput(manifest, {
      date: options.date,
      params: options.param,
      secrets: Secrets.read(options.secrets ?? join(options.store, 'secrets.env')),
      only: options.only,
      from: options.from,
    });
    const live = options.json
      ? undefined
      : new LiveText(
          manifest.tasks.map((task) => task.id),
          options.store,
        );
    const result = await runLocal({
      assembly: folder,
      pipeline: manifest.name,
      store: options.store,
      input,
      secrets: options.secrets,
      docker: options.docker,
      retryWaitSeconds: retryWait(options.retryWait),
      signal: stop.signal,
      onStart: (run) => live?.started(run.manifest.name, run.runId, run.folder),
      onEvent: (_arn, _event, state) => live?.show(state),
      onNotice: (notice) => live?.notice(notice.kind, notice.task, notice.text),
    });
    if (options.json) process.stdout.write(`${JSON.stringify(jsonOf(result), null, 2)}\n`);
    else live!.finished(result);
    return interrupts > 0 ? 130 : result.status === 'SUCCEEDED' ? 0 : 1;
  } catch (thrown) {
    const error = inStore(thrown, options.store) ? storeProblem(thrown, options.store) : thrown;
    if (error instanceof StoreError) {
      process.stderr.write(`headrace local: ${error.message}\n`);
      return error.full ? 1 : 3;
    }
    if (!(error instanceof UsageError) && !(error instanceof AssemblyError)) throw error;
    process.stderr.write(`headrace local: ${error.message}\n`);
    return 2;
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

/** A refusal of the file system that concerns the store, not the assembly. */
function inStore(error: unknown, store: string): boolean {
  const path = (error as NodeJS.ErrnoException | undefined)?.path;
  return isFull(error) || (path !== undefined && resolve(path).startsWith(resolve(store)));
}

function retryWait(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--retry-wait ${text}: expected a whole number of seconds, 1 or more`);
}

/** Prints a line whenever a task changes. */
class LiveText {
  private readonly text: RunText;
  private folder = '';

  constructor(
    ids: readonly string[],
    private readonly store: string,
  ) {
    this.text = new RunText(ids, process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined);
  }

  started(pipeline: string, runId: string, folder: string): void {
    this.folder = folder;
    this.line(`${escapeText(pipeline)}  run ${escapeText(runId)}`);
  }

  show(state: RunState): void {
    for (const view of state.takeChanges()) {
      const at = view.status === 'running' ? view.start : view.end;
      this.line(this.text.change(view, (at ?? 0) - (state.start ?? at ?? 0)));
      if (view.status === 'failed') this.logTail(view.id);
    }
  }

  notice(kind: 'note' | 'alert', task: string | undefined, text: string): void {
    this.line(kind === 'alert' ? this.text.alert(text) : this.text.note(task, text));
  }

  finished(result: LocalResult): void {
    const { tasks, status } = result;
    const start = Math.min(...tasks.flatMap((task) => (task.kept ? [] : (task.start ?? []))));
    const end = Math.max(...tasks.flatMap((task) => (task.kept ? [] : (task.end ?? []))));
    const took = Number.isFinite(start) && Number.isFinite(end) ? ` in ${duration(end - start)}` : '';
    const cause =
      status === 'SUCCEEDED' || tasks.some((task) => task.status === 'failed')
        ? ''
        : `: ${escapeText(result.cause ?? result.error ?? '')}`;
    this.line(`\n${WORDS[status]}${took}${cause}\n${this.text.table(tasks)}\n`);
    this.line(`record  ${shorter(result.folder)}\ndata    ${shorter(result.store)}`);
    const kept = this.store === DEFAULT_STORE ? '' : ` --store ${quoted(this.store)}`;
    const run = `${quoted(result.manifest.name)} ${quoted(result.runId)}`;
    if (status !== 'SUCCEEDED') {
      this.line(`log     headrace logs ${run}${kept}\nagain   headrace rerun ${run} --failed${kept}`);
    } else {
      this.line(`next    headrace local sql${kept}`);
    }
  }

  private logTail(task: string): void {
    const log = taskLogs(this.folder, task).at(-1);
    if (log === undefined) return;
    const lines = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-LOG_LINES)
      .filter((line) => line !== '');
    for (const line of lines) this.line(this.text.note(undefined, `| ${line}`.slice(0, 300)));
    this.line(this.text.note(undefined, `log: ${shorter(log)}`));
  }

  private line(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

const WORDS: { readonly [status in LocalResult['status']]: string } = {
  SUCCEEDED: 'run succeeded',
  FAILED: 'run failed',
  TIMED_OUT: 'run timed out',
  ABORTED: 'run stopped',
};

function quoted(word: string): string {
  return /^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function shorter(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}

function jsonOf(result: LocalResult): object {
  const { manifest, tasks, ...rest } = result;
  const named = Object.fromEntries(tasks.map((task) => [task.id, task.status as TaskStatus]));
  return { pipeline: manifest.name, ...rest, outcomes: named, tasks };
}
