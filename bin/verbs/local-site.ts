// The runs of this machine. In: the store's folder and the cloud assembly. Out: what site.ts promises. Always: reading changes nothing; a
// run whose process died reads as ABORTED; names come from the records and from the assembly.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Manifest, RunInput } from '../../lib/compile/manifest';
import { Assembly } from '../../lib/local/assembly/assembly';
import { isAlive } from '../../lib/local/process-identity';
import { taskLogs } from '../../lib/local/record';
import type { KnownRun } from '../../lib/ops/backfill';
import { findName } from '../../lib/compile/find-name';
import { OperatorError } from '../../lib/compile/operator-error';
import type { LogPiece, LogRequest, RunHead, Site, SiteRun, Stopped } from '../../lib/ops/site';
import type { RunStatus } from '../../lib/view/run-state';
import { lastLines } from './last-lines';
import { type ArchivedRun, RunArchive } from './run-archive';

const LOOK_MS = 300;
/** Containers are given ten seconds to end. */
const STOP_LIMIT_MS = 20_000;

export class LocalSite implements Site {
  readonly kind = 'local';
  readonly where: string;
  private readonly archive: RunArchive;
  /** Processes that were asked to end: a second signal ends them without their work done. */
  private readonly asked = new Set<number>();

  constructor(
    store: string,
    readonly assembly: string,
  ) {
    this.archive = new RunArchive(store);
    this.where = `${store} on this machine`;
  }

  async pipelines(): Promise<readonly string[]> {
    const synthesized = this.manifests().map((manifest) => manifest.name);
    return [...new Set([...this.archive.pipelines(), ...synthesized])].sort();
  }

  async pipeline(word: string): Promise<string> {
    return findName({ what: 'pipeline', word, names: await this.pipelines(), where: this.where, short: true });
  }

  async manifest(pipeline: string): Promise<Manifest> {
    const synthesized = this.manifests().find((manifest) => manifest.name === pipeline);
    return synthesized ?? this.archive.open(pipeline).run.manifest;
  }

  async runs(pipeline: string, limit: number): Promise<readonly RunHead[]> {
    return this.archive
      .runIds(pipeline)
      .slice(0, limit)
      .map((id) => headOf(this.archive.open(pipeline, id)));
  }

  async known(pipeline: string, only?: RunStatus): Promise<readonly KnownRun[]> {
    const all = await this.runs(pipeline, Number.POSITIVE_INFINITY);
    return all
      .filter(({ status }) => only === undefined || status === only)
      .map(({ run, status, input }) => ({
        run,
        status,
        ...(input.logicalDate !== undefined && { logicalDate: input.logicalDate }),
      }));
  }

  async read(pipeline: string, word: string): Promise<SiteRun> {
    return siteRun(this.archive.open(pipeline, word));
  }

  async before({ head }: SiteRun): Promise<SiteRun | undefined> {
    const { rerunOf } = head.input;
    if (rerunOf === undefined || !this.archive.runIds(head.pipeline).includes(rerunOf)) return undefined;
    return this.read(head.pipeline, rerunOf);
  }

  async *follow(pipeline: string, run: string, signal: AbortSignal): AsyncIterable<SiteRun> {
    for (let seen = -1; ; ) {
      const now = await this.read(pipeline, run);
      const over = now.head.status !== 'RUNNING';
      if (now.events.length > seen || over) yield now;
      seen = now.events.length;
      if (over || signal.aborted) return;
      await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async logs({ head }: SiteRun, { task, attempt, lines }: LogRequest): Promise<LogPiece> {
    const files = new Map(taskLogs(head.place, task).map((file) => [Number.parseInt(basename(file), 10), file]));
    const number = attempt ?? (files.size === 0 ? undefined : Math.max(...files.keys()));
    const file = number === undefined ? undefined : files.get(number);
    if (attempt !== undefined && file === undefined) {
      const known = [...files.keys()].sort((a, b) => a - b).join(', ') || 'none';
      throw new OperatorError(`task ${task} has no log of attempt ${attempt} in run ${head.run}: there is ${known}`);
    }
    const base = { run: head.run, task };
    return file === undefined
      ? { ...base, lines: [] }
      : { ...base, attempt: number!, place: file, lines: lastLines(file, lines) };
  }

  /** Asks the process that runs it, which ends its containers and functions; reports what became of it. */
  async stop({ head }: SiteRun): Promise<readonly Stopped[]> {
    const { execution } = this.archive.open(head.pipeline, head.run);
    const { process: owner } = execution;
    const name = `process ${owner.pid}`;
    if (!this.asked.has(owner.pid)) {
      if (!isAlive(owner)) return [{ what: 'run', name, result: 'failed', reason: 'its process has ended already' }];
      process.kill(owner.pid, 'SIGTERM');
      this.asked.add(owner.pid);
    }
    for (const limit = Date.now() + STOP_LIMIT_MS; Date.now() < limit; await setTimeout(LOOK_MS)) {
      const { status } = (await this.read(head.pipeline, head.run)).head;
      if (status !== 'RUNNING') return [{ what: 'run', name, result: 'stopped' }];
    }
    return [{ what: 'run', name, result: 'asked', reason: `it has not ended within ${STOP_LIMIT_MS / 1000} s` }];
  }

  link(): undefined {
    return undefined;
  }

  private manifests(): readonly Manifest[] {
    return existsSync(join(this.assembly, 'manifest.json')) ? Assembly.read(this.assembly).manifests : [];
  }
}

function headOf({ run, execution, folder }: ArchivedRun): RunHead {
  const { stopDate, error, cause } = execution;
  return {
    pipeline: run.manifest.name,
    run: run.runId,
    status: execution.status,
    input: JSON.parse(execution.input) as RunInput,
    start: run.start,
    ...(stopDate !== undefined && { end: stopDate }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    place: folder,
  };
}

function siteRun(archived: ArchivedRun): SiteRun {
  return { head: headOf(archived), run: archived.run, events: archived.events };
}
