// Backfills on this machine: this process runs them, a file in the store says which runs they are. In: the site. Out: what Backfills says.
// Always: the file is written before the first run, so that a backfill whose terminal was closed can go on with --resume; what is done is
// read from the records of the runs, never from the file.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BackfillItem, itemRun } from '../../lib/compile/backfill';
import type { Manifest } from '../../lib/compile/manifest';
import { runLocal } from '../../lib/local/local-run';
import { isAlive, type ProcessIdentity, thisProcess } from '../../lib/local/process-identity';
import { pathPart, readJsonFile, Store, writeAside } from '../../lib/local/store';
import { inTurns } from '../../lib/ops/aws/in-turns';
import { OperatorError } from '../../lib/compile/operator-error';
import { duration } from '../../lib/view/text';
import {
  type Backfills,
  type BackfillOptions,
  type BackfillReport,
  type LatestBackfill,
  statusOf,
} from './backfill-report';
import { print } from './columns';
import { interruptible } from './interruptible';
import type { LocalSite } from './local-site';
import { shownParams } from './run-summary';

interface BackfillFile {
  readonly id: string;
  readonly items: readonly BackfillItem[];
  readonly maxActive: number;
  /** Without the values of secret ones. */
  readonly params?: { readonly [name: string]: unknown };
  readonly process: ProcessIdentity;
}

export class LocalBackfills implements Backfills {
  private readonly file: string;

  constructor(
    private readonly site: LocalSite,
    private readonly manifest: Manifest,
    private readonly options: BackfillOptions,
  ) {
    this.file = join(new Store(options.store).folder, 'backfills', `${pathPart(manifest.name)}.json`);
  }

  async run(
    items: readonly BackfillItem[],
    maxActive: number,
    params: BackfillFile['params'],
  ): Promise<BackfillReport> {
    const current = readJsonFile<BackfillFile>(this.file);
    if (current !== undefined && current.process.pid !== process.pid && isAlive(current.process)) {
      throw new OperatorError(
        `a backfill of ${this.manifest.name} goes on in process ${current.process.pid}: one at a time`,
      );
    }
    const id = `backfill-${Date.now().toString(36)}`;
    const shown = params && { params: shownParams(this.manifest, params) };
    const file: BackfillFile = { id, items, maxActive, ...shown, process: thisProcess() };
    writeAside(this.file, JSON.stringify(file, null, 1));
    const { stopped } = await interruptible({ quiet: this.options.json }, (signal) =>
      inTurns(items, maxActive, (item) => this.runOne(item, params, signal)),
    );
    return this.report(file, stopped ? 'ABORTED' : undefined);
  }

  async latest(): Promise<LatestBackfill | undefined> {
    if (!existsSync(this.file)) return undefined;
    const file = readJsonFile<BackfillFile>(this.file)!;
    const going = file.process.pid !== process.pid && isAlive(file.process);
    return this.report(file, going ? 'RUNNING' : undefined);
  }

  async stop(latest: LatestBackfill): Promise<BackfillReport> {
    const { process: owner } = readJsonFile<BackfillFile>(this.file)!;
    if (latest.status !== 'RUNNING')
      throw new OperatorError(`backfill ${latest.backfill} is over: ${latest.status.toLowerCase()}`);
    process.kill(owner.pid, 'SIGTERM');
    for (const limit = Date.now() + 20_000; Date.now() < limit && isAlive(owner); ) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return (await this.latest())!;
  }

  private async runOne(item: BackfillItem, params: BackfillFile['params'], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const began = Date.now();
    const result = await runLocal({
      assembly: this.options.assembly,
      pipeline: this.manifest.name,
      store: this.options.store,
      runId: itemRun(item),
      input: {
        logicalDate: item.logicalDate,
        intervalStart: item.intervalStart,
        intervalEnd: item.logicalDate,
        ...(params && { params }),
      },
      ...(this.options.secrets !== undefined && { secrets: this.options.secrets }),
      signal,
    });
    if (!this.options.json)
      print(`${result.runId}  ${result.status.toLowerCase()} after ${duration(Date.now() - began)}`);
  }

  private async report(
    { id, items, maxActive, params }: BackfillFile,
    status: string | undefined,
  ): Promise<LatestBackfill> {
    const runs = statusOf(items, await this.site.known(this.manifest.name));
    const over = runs.every((run) => run.status === 'SUCCEEDED')
      ? 'SUCCEEDED'
      : runs.some((run) => run.status === 'WAITING')
        ? 'ABORTED'
        : 'FAILED';
    return {
      pipeline: this.manifest.name,
      backfill: id,
      status: status ?? over,
      runs,
      maxActive,
      ...(params && { params }),
      place: this.file,
    };
  }
}
