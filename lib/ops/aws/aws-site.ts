// The pipelines deployed in an account and region. In: clients. Out: what site.ts promises. Always: a run that is over is read once
// and then from disk; a running one is read on from where the last look ended.

import { setTimeout } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Manifest, RunInput } from '../../compile/manifest';
import { HiddenValues } from '../../view/hidden-values';
import type { RunEvent } from '../../view/run-event';
import type { RunStatus } from '../../view/run-state';
import type { KnownRun } from '../backfill';
import { type EarlierRun, earlierRun } from '../earlier-run';
import { findName } from '../../compile/find-name';
import { OperatorError } from '../../compile/operator-error';
import type { LogPiece, LogRequest, RunHead, Site, SiteEvent, SiteRun, Stopped } from '../site';
import { executionArn, machineOfExecution, nameOfExecution, nameOfMachine } from './arn';
import { executionLink } from '../../view/console-link';
import type { Aws } from './aws';
import { currentManifest, manifestOfRun } from './deployed-manifest';
import { ExecutionHistory } from './execution-history';
import { findPipelines } from './find-pipelines';
import { HistoryCache, type KeptHistory } from './history-cache';
import { inTurns } from './in-turns';
import { listExecutions } from './list-executions';

/** How long to wait between two looks at a run that goes on. */
export interface Pace {
  readonly first: number;
  readonly most: number;
}

/** How often a run is asked whether it has really ended. */
const MOST_LOOKS = 40;

const PACE: Pace = { first: 1_000, most: 5_000 };

/** A run as far as it was read. */
interface Going {
  manifest: Manifest;
  /** Executions whose definitions are in the manifest. */
  executions: number;
  readonly history: ExecutionHistory;
  readonly events: SiteEvent[];
}

export class AwsSite implements Site {
  readonly kind = 'aws';
  private roots: Promise<Map<string, string>> | undefined;
  private readonly going = new Map<string, Going>();
  private readonly looks = new Map<string, Promise<KeptHistory>>();

  private constructor(
    readonly aws: Aws,
    readonly client: SFNClient,
    readonly where: string,
    private readonly cache: HistoryCache,
    private readonly pace: Pace,
  ) {}

  static async open(aws: Aws, cache = new HistoryCache(), pace = PACE): Promise<AwsSite> {
    const client = await aws.sfn();
    const at = aws.endpoint === undefined ? '' : ` at ${new URL(aws.endpoint).host}`;
    return new AwsSite(aws, client, `AWS ${await aws.region()}${at}`, cache, pace);
  }

  async pipelines(): Promise<readonly string[]> {
    return [...(await this.found()).keys()].sort();
  }

  async pipeline(word: string): Promise<string> {
    return findName({ what: 'pipeline', word, names: await this.pipelines(), where: this.where, short: true });
  }

  /** ARN of the machine that runs are started on. */
  async rootArn(pipeline: string): Promise<string> {
    const arn = (await this.found()).get(pipeline);
    if (arn === undefined) throw new OperatorError(`no pipeline ${pipeline} in ${this.where}`);
    return arn;
  }

  async manifest(pipeline: string): Promise<Manifest> {
    return currentManifest(this.client, await this.rootArn(pipeline));
  }

  async runs(pipeline: string, limit: number): Promise<readonly RunHead[]> {
    const names = await this.names(await this.rootArn(pipeline), limit);
    return inTurns(names, 5, (arn) => this.head(pipeline, arn));
  }

  async known(pipeline: string, status?: RunStatus): Promise<readonly KnownRun[]> {
    // Names are free again after 90 days, and that is how far back the list goes.
    const all = await listExecutions(this.client, { of: { stateMachineArn: await this.rootArn(pipeline) }, status });
    return all.map((each) => ({ run: each.name!, status: each.status as RunStatus }));
  }

  async read(pipeline: string, word: string): Promise<SiteRun> {
    return this.readHead(await this.named(pipeline, word), new Set());
  }

  async before({ head }: SiteRun): Promise<SiteRun | undefined> {
    const { rerunOf } = head.input;
    return rerunOf === undefined ? undefined : this.earlier(head.pipeline, rerunOf, new Set());
  }

  async *follow(pipeline: string, run: string, signal: AbortSignal): AsyncIterable<SiteRun> {
    let head = await this.named(pipeline, run);
    const before = await this.before({ head } as SiteRun);
    const root = await this.rootArn(pipeline);
    const manifest = await manifestOfRun(this.client, root, [head.place]);
    const history = new ExecutionHistory(this.client, head.place, machineNames(manifest));
    const events: SiteEvent[] = [];
    let pause = this.pace.first;
    for (;;) {
      const fresh = await history.refresh();
      events.push(...fresh);
      const ended = fresh.some(({ executionArn: arn, event }) => arn === head.place && isEnd(event));
      if (ended) head = await this.endedHead(pipeline, head.place, signal);
      if (fresh.length > 0)
        yield { head: shown(head, manifest), events, run: toEarlier(head, manifest, events, before?.run) };
      if (ended || signal.aborted) return;
      pause = fresh.length > 0 ? this.pace.first : Math.min(this.pace.most, pause * 1.5);
      await sleep(pause, signal);
    }
  }

  async logs(run: SiteRun, request: LogRequest): Promise<LogPiece> {
    const { taskLog } = await import('./task-log.js');
    const piece = await taskLog(this.aws, run, request);
    const hidden = HiddenValues.ofRun(run.run.manifest, run.head.input);
    // A line may be JSON, in which the writer may have escaped any character.
    return { ...piece, lines: piece.lines.map((line) => hidden.text(hidden.json(line))) };
  }

  async stop(run: SiteRun, cause: string): Promise<readonly Stopped[]> {
    const { stopRun } = await import('./stop-run.js');
    return stopRun(this.aws, run, cause, (arn) => this.ofExecution(arn));
  }

  /** The run that an execution is, if it is one of a pipeline here. */
  private async ofExecution(arn: string): Promise<SiteRun | undefined> {
    const machine = machineOfExecution(arn);
    const own = [...(await this.found())].find(([, root]) => nameOfMachine(root) === machine);
    return own && this.readHead(await this.head(own[0], arn), new Set());
  }

  link(head: RunHead): string {
    return executionLink(head.place);
  }

  /** @throws OperatorError if a run of that name exists */
  async start(pipeline: string, name: string, input: RunInput): Promise<RunHead> {
    const stateMachineArn = await this.rootArn(pipeline);
    try {
      const started = await this.client.send(
        new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
      );
      const start = started.startDate!.toISOString();
      return { pipeline, run: name, status: 'RUNNING', input, start, place: started.executionArn! };
    } catch (error) {
      if ((error as Error).name !== 'ExecutionAlreadyExists') throw error;
      throw new OperatorError(
        `pipeline ${pipeline} has a run ${name} already: see it with headrace status, repeat it with headrace rerun`,
      );
    }
  }

  private found(): Promise<Map<string, string>> {
    this.roots ??= findPipelines(this.aws);
    return this.roots;
  }

  private async names(stateMachineArn: string, limit: number): Promise<string[]> {
    const listed = await listExecutions(this.client, { of: { stateMachineArn }, limit });
    return listed.map((execution) => execution.executionArn!);
  }

  private async named(pipeline: string, word: string): Promise<RunHead> {
    const root = await this.rootArn(pipeline);
    const name = word.startsWith('arn:') ? nameOfExecution(word) : word;
    if (name !== 'latest') {
      const known = await this.headIfThere(pipeline, executionArn(root, name));
      if (known) return known;
    }
    const arns = await this.names(root, name === 'latest' ? 1 : 500);
    if (arns.length === 0) throw new OperatorError(`pipeline ${pipeline} has no run in ${this.where}`);
    if (name === 'latest') return this.head(pipeline, arns[0]!);
    const names = arns.map(nameOfExecution);
    const found = findName({ what: 'run', word: name, names, where: `pipeline ${pipeline}` });
    return this.head(pipeline, executionArn(root, found));
  }

  private async headIfThere(pipeline: string, arn: string): Promise<RunHead | undefined> {
    try {
      return await this.head(pipeline, arn);
    } catch (error) {
      const { name } = error as Error;
      if (name === 'ExecutionDoesNotExist' || name === 'InvalidArn' || name === 'ValidationException') return undefined;
      throw error;
    }
  }

  private async head(pipeline: string, arn: string): Promise<RunHead> {
    return headOf(pipeline, await this.client.send(new DescribeExecutionCommand({ executionArn: arn })));
  }

  /** The end stands in the history a moment before the execution says so itself. */
  private async endedHead(pipeline: string, arn: string, signal: AbortSignal): Promise<RunHead> {
    for (let look = 1; ; look += 1) {
      const head = await this.head(pipeline, arn);
      if (head.status !== 'RUNNING' || look === MOST_LOOKS || signal.aborted) return head;
      await sleep(this.pace.first / 4, signal);
    }
  }

  private async readHead(head: RunHead, seen: ReadonlySet<string>): Promise<SiteRun> {
    const { rerunOf } = head.input;
    // A run that names itself as its own ancestor was started by hand; the chain ends there.
    const before =
      rerunOf === undefined || seen.has(rerunOf)
        ? undefined
        : await this.earlier(head.pipeline, rerunOf, new Set([...seen, head.run]));
    const { manifest, events } = await this.history(head);
    return { head: shown(head, manifest), events, run: toEarlier(head, manifest, events, before?.run) };
  }

  private async earlier(pipeline: string, run: string, seen: ReadonlySet<string>): Promise<SiteRun | undefined> {
    const head = await this.headIfThere(pipeline, executionArn(await this.rootArn(pipeline), run));
    return head && this.readHead(head, seen);
  }

  /** Two looks at a time are one. */
  private history(head: RunHead): Promise<KeptHistory> {
    const now = this.looks.get(head.place) ?? this.look(head).finally(() => this.looks.delete(head.place));
    this.looks.set(head.place, now);
    return now;
  }

  private async look(head: RunHead): Promise<KeptHistory> {
    const kept = head.end === undefined ? undefined : this.cache.read(head.place, head.end);
    if (kept !== undefined) return kept;
    const root = await this.rootArn(head.pipeline);
    const known = this.going.get(head.place) ?? (await this.begin(root, head.place));
    this.going.set(head.place, known);
    known.events.push(...(await known.history.refresh()));
    const executions = known.history.executions();
    if (executions.length > known.executions) known.manifest = await manifestOfRun(this.client, root, executions);
    known.executions = executions.length;
    const read = { manifest: known.manifest, events: [...known.events] };
    const ended = read.events.some(({ executionArn: arn, event }) => arn === head.place && isEnd(event));
    if (head.status !== 'RUNNING' && head.end !== undefined && ended) {
      this.going.delete(head.place);
      this.cache.write(head.place, head.end, read, HiddenValues.ofRun(read.manifest, head.input));
    }
    return read;
  }

  private async begin(root: string, place: string): Promise<Going> {
    const manifest = await manifestOfRun(this.client, root, [place]);
    const history = new ExecutionHistory(this.client, place, machineNames(manifest));
    return { manifest, executions: 1, history, events: [] };
  }
}

export function headOf(pipeline: string, seen: DescribeExecutionCommandOutput): RunHead {
  return {
    pipeline,
    run: seen.name!,
    status: (seen.status === 'PENDING_REDRIVE' ? 'RUNNING' : seen.status) as RunStatus,
    input: inputOf(seen.input),
    start: seen.startDate!.toISOString(),
    ...(seen.stopDate !== undefined && { end: seen.stopDate.toISOString() }),
    ...(seen.error !== undefined && { error: seen.error }),
    ...(seen.cause !== undefined && { cause: seen.cause }),
    place: seen.executionArn!,
  };
}

/** Whoever started the execution by hand may have written anything. */
function inputOf(text: string | undefined): RunInput {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RunInput) : {};
  } catch {
    return {};
  }
}

function toEarlier(
  { run: runId, status, input, start: startDate }: RunHead,
  manifest: Manifest,
  events: readonly SiteEvent[],
  before: EarlierRun | undefined,
): EarlierRun {
  const read = events as readonly { executionArn: string; event: RunEvent }[];
  return earlierRun({ runId, status, startDate, manifest, input, events: read, ...(before && { before }) });
}

/** What ended the run may hold what it was given; a re-run needs the params themselves. */
function shown(head: RunHead, manifest: Manifest): RunHead {
  const { error, cause } = head;
  if (error === undefined && cause === undefined) return head;
  const hidden = HiddenValues.ofRun(manifest, head.input);
  return {
    ...head,
    ...(error !== undefined && { error: hidden.error(error) }),
    ...(cause !== undefined && { cause: hidden.json(cause) }),
  };
}

function machineNames(manifest: Manifest): Set<string> {
  return new Set(manifest.machines.map((machine) => machine.name));
}

function isEnd(event: object): boolean {
  return /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test((event as RunEvent).type ?? '');
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
