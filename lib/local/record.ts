// The record of a local run, in files that survive the process: `execution.json` (DescribeExecution's fields and a copy of the
// manifest), `history.jsonl` (GetExecutionHistory's events, one a line, with their execution), `logs/`. In: events as they come.
// Out: the same, read back. Always: each event is on disk before the run goes on; a run whose process is gone reads as ABORTED;
// a line cut by a crash is left out; secrets are hidden before anything is written.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../compile/manifest';
import { HiddenValues } from '../view/hidden-values';
import type { RunStatus } from '../view/run-state';
import type { HistoryEvent } from './asl/history';
import type { Json } from './engine';
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity';
import { isFull, pathPart, readJsonFile, type Store, StoreError, storeProblem, writeAside } from './store';

/** DescribeExecution's fields, and what the laptop adds. */
export interface ExecutionRecord {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly startDate: string;
  readonly stopDate?: string;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly process: ProcessIdentity;
  readonly manifest: Manifest;
}

export interface RecordedEvent {
  readonly executionArn: string;
  readonly event: HistoryEvent;
  /** Something in it is hidden: the run had other values. */
  readonly masked?: true;
}

const RESERVE = 'reserve.tmp';
/** Enough for the last events of a run and its result. */
const RESERVE_BYTES = 256 * 1024;

/** Writes one run. */
export class RunRecord {
  readonly logs: string;
  private readonly history: number;
  private execution: ExecutionRecord | undefined;
  private open = true;

  private constructor(
    readonly folder: string,
    readonly runId: string,
    private readonly hidden: HiddenValues,
  ) {
    this.logs = join(folder, 'logs');
    try {
      mkdirSync(this.logs, { recursive: true });
      this.history = openSync(join(folder, 'history.jsonl'), 'a');
      writeFileSync(join(folder, RESERVE), Buffer.alloc(RESERVE_BYTES));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw storeProblem(error, folder);
    }
  }

  /** Takes a folder of its own: `wanted`, or `wanted-2`, `wanted-3`... where earlier runs have that name. */
  static create(
    store: Store,
    pipeline: string,
    wanted: string,
    hidden: HiddenValues = new HiddenValues([]),
  ): RunRecord {
    try {
      mkdirSync(store.runs(pipeline), { recursive: true });
    } catch (error) {
      throw storeProblem(error, store.folder);
    }
    for (let attempt = 1; ; attempt += 1) {
      const runId = attempt === 1 ? wanted : `${wanted}-${attempt}`;
      const folder = join(store.runs(pipeline), pathPart(runId));
      try {
        mkdirSync(folder);
        return new RunRecord(folder, runId, hidden);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storeProblem(error, store.folder);
      }
    }
  }

  begin(execution: Omit<ExecutionRecord, 'status' | 'process'>): void {
    const { manifest, input } = execution;
    this.execution = {
      ...execution,
      input: this.hidden.input(input),
      manifest: withoutSecretDefaults(manifest),
      status: 'RUNNING',
      process: thisProcess(),
    };
    this.write();
  }

  /** @returns the event as it is written */
  add(executionArn: string, event: HistoryEvent): HistoryEvent {
    const shown = this.hidden.event(event);
    // What a stand-in that is being stopped still says after the end is not part of the run.
    if (this.open) this.append({ executionArn, event: shown, ...(shown !== event && { masked: true }) });
    return shown;
  }

  private append(recorded: RecordedEvent): void {
    const line = Buffer.from(`${JSON.stringify(recorded)}\n`);
    let written = 0;
    this.withReserve(() => {
      while (written < line.length) written += writeSync(this.history, line, written);
    });
  }

  end(result: {
    readonly status: RunStatus;
    readonly output?: Json;
    readonly error?: string;
    readonly cause?: string;
  }): void {
    if (!this.execution || !this.open) return;
    const { output, cause, ...rest } = result;
    this.execution = {
      ...this.execution,
      ...rest,
      ...(cause !== undefined && { cause: this.hidden.json(cause) }),
      ...(output !== undefined && { output: this.hidden.json(JSON.stringify(output)) }),
      stopDate: new Date().toISOString(),
    };
    this.write();
    this.close();
  }

  close(): void {
    if (this.open) closeSync(this.history);
    this.open = false;
    rmSync(join(this.folder, RESERVE), { force: true });
  }

  private write(): void {
    this.withReserve(() => writeAside(join(this.folder, 'execution.json'), JSON.stringify(this.execution, null, 1)));
  }

  /** On a full disk the room that was kept back is given to the record. */
  private withReserve(write: () => void): void {
    try {
      write();
    } catch (error) {
      const full = isFull(error) || (error instanceof StoreError && error.full);
      if (!full || !existsSync(join(this.folder, RESERVE))) throw storeProblem(error, this.folder);
      rmSync(join(this.folder, RESERVE));
      this.withReserve(write);
    }
  }
}

/** A default of a secret would be one more place where it stands. */
function withoutSecretDefaults(manifest: Manifest): Manifest {
  const params = manifest.params.map(({ default: value, ...param }) =>
    param.secret || value === undefined ? param : { ...param, default: value },
  );
  return { ...manifest, params };
}

/** The run in that folder. @throws Error if there is none */
export function readRun(folder: string): { readonly execution: ExecutionRecord; readonly events: RecordedEvent[] } {
  const execution = readJsonFile<ExecutionRecord>(join(folder, 'execution.json'));
  if (!execution) throw new Error(`${folder} holds no run: expected execution.json`);
  const events = readEvents(join(folder, 'history.jsonl'));
  if (execution.status !== 'RUNNING' || isAlive(execution.process)) return { execution, events };
  const last = events.at(-1)?.event.timestamp;
  return {
    execution: {
      ...execution,
      status: 'ABORTED',
      ...(last !== undefined && { stopDate: last }),
      error: 'Headrace.ProcessEnded',
      cause: `process ${execution.process.pid} ended before the run did`,
    },
    events,
  };
}

function readEvents(file: string): RecordedEvent[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as RecordedEvent];
      } catch {
        return []; // The line that a crash cut.
      }
    });
}

/** Folders of a pipeline's runs, newest first. */
export function listRuns(store: Store, pipeline: string): string[] {
  const folder = store.runs(pipeline);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'execution.json')))
    .map((name) => ({
      path: join(folder, name),
      start: readJsonFile<ExecutionRecord>(join(folder, name, 'execution.json'))?.startDate ?? '',
    }))
    .sort((a, b) => (a.start < b.start ? 1 : -1))
    .map(({ path }) => path);
}

/** Folder of a task's logs, one file an attempt. */
export function taskLogs(runFolder: string, task: string): string[] {
  const folder = join(runFolder, 'logs', pathPart(task));
  return existsSync(folder)
    ? readdirSync(folder)
        .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
        .map((name) => join(folder, name))
    : [];
}
