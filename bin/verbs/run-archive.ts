// The runs of this machine, as the operating verbs ask for them. In: the store's folder, and names a person typed. Out: runs with their
// state. Always: read only; what is not there is answered with the names that are; a run whose process died reads as ABORTED.

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunInput } from '../../lib/compile/manifest';
import { type ExecutionRecord, listRuns, type RecordedEvent, readRun } from '../../lib/local/record';
import { readJsonFile, Store } from '../../lib/local/store';
import { type EarlierRun, earlierRun } from '../../lib/ops/earlier-run';
import { findName } from '../../lib/compile/find-name';
import { OperatorError } from '../../lib/compile/operator-error';

/** One run, read back. */
export interface ArchivedRun {
  readonly run: EarlierRun;
  readonly execution: ExecutionRecord;
  readonly events: readonly RecordedEvent[];
  readonly folder: string;
}

export class RunArchive {
  readonly store: Store;

  constructor(folder: string) {
    this.store = new Store(folder);
  }

  /** Names of the pipelines that have runs here. */
  pipelines(): string[] {
    const folder = this.store.runs();
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .flatMap((name) => this.nameOf(join(folder, name)) ?? [])
      .sort();
  }

  /** @throws OperatorError naming the nearest pipelines */
  pipeline(word: string): string {
    return findName({ what: 'pipeline', word, names: this.pipelines(), where: this.store.runs(), short: true });
  }

  /** Run ids of a pipeline, newest first. */
  runIds(pipeline: string): string[] {
    return listRuns(this.store, pipeline).map(runIdOf);
  }

  /** @param word a run id, or `latest` @throws OperatorError naming the nearest runs */
  open(pipeline: string, word = 'latest'): ArchivedRun {
    const folders = listRuns(this.store, pipeline);
    const ids = folders.map(runIdOf);
    if (ids.length === 0) throw new OperatorError(`pipeline ${pipeline} has no run in ${this.store.folder}`);
    const id = word === 'latest' ? ids[0]! : findName({ what: 'run', word, names: ids, where: `pipeline ${pipeline}` });
    return this.read(pipeline, folders[ids.indexOf(id)]!, new Set());
  }

  private read(pipeline: string, folder: string, seen: ReadonlySet<string>): ArchivedRun {
    const { execution, events } = readRun(folder);
    const input = JSON.parse(execution.input) as RunInput;
    const earlier = input.rerunOf === undefined ? undefined : this.folders(pipeline).get(input.rerunOf);
    // A record that names itself as its own ancestor was edited by hand; the chain ends there.
    const before =
      earlier === undefined || seen.has(earlier)
        ? undefined
        : this.read(pipeline, earlier, new Set([...seen, folder])).run;
    const { name: runId, status, startDate, manifest } = execution;
    const run = earlierRun({ runId, status, startDate, manifest, input, events, ...(before && { before }) });
    return { run, execution, events, folder };
  }

  private folders(pipeline: string): Map<string, string> {
    return new Map(listRuns(this.store, pipeline).map((folder) => [runIdOf(folder), folder]));
  }

  /** The name as the manifest has it; a folder's name is an encoding of it. */
  private nameOf(folder: string): string | undefined {
    for (const run of readdirSync(folder)) {
      const name = readJsonFile<ExecutionRecord>(join(folder, run, 'execution.json'))?.manifest?.name;
      if (name !== undefined) return name;
    }
    return undefined;
  }
}

function runIdOf(folder: string): string {
  return readJsonFile<ExecutionRecord>(join(folder, 'execution.json'))?.name ?? basename(folder);
}
