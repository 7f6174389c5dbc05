// One run of a pipeline on this machine, from the cloud assembly alone. In: the folder that synth wrote, and what the run should
// do. Out: how every task ended, and the folder of the record. The numbered map:
//   1 read -> 2 record -> 3 world -> 4 addresses (S3, gateway) -> 5 interpreter -> 6 run -> 7 status event -> 8 close
// Always: servers listen on loopback only; whatever was started is ended; the record is whole even when the run is not.

import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, RunInput } from '../compile/manifest';
import { HiddenValues } from '../view/hidden-values';
import { RunState, type RunStatus, type TaskView } from '../view/run-state';
import { type Activity, LocalClock } from './activity';
import { wallClock } from './asl/clock';
import { type Execution, type HistoryEvent, Interpreter } from './asl/interpreter';
import { Assembly, LOCAL_ACCOUNT } from './assembly/assembly';
import { type LocalMachine, Machines } from './assembly/machines';
import type { Clock, Json, Services } from './engine';
import { executionsOf } from './executions';
import { startGateway } from './gateway/gateway';
import { openBuckets } from './local-buckets';
import { RunRecord } from './record';
import { withRetryWait } from './retry-wait';
import { Secrets } from './secrets';
import { findEngine } from './services/container-engine';
import { Registry } from './services/registry';
import { Store, writeAside } from './store';
import { type Notice, World } from './world';

/** In the run's folder while it runs: `{gateway, pid}`. */
export const LIVE_FILE = 'live.json';

export interface LocalRunOptions {
  /** The cloud assembly: the folder that `cdk synth` wrote. */
  readonly assembly: string;
  /** @default the assembly's only pipeline */
  readonly pipeline?: string;
  /** Name of the run; one that is taken gets a number. @default made from the logical date */
  readonly runId?: string;
  /** Folder of data, runs and caches. @default .headrace */
  readonly store?: string;
  /** @default all tasks, now */
  readonly input?: RunInput;
  /** Lines of `NAME=value`. @default secrets.env in the store */
  readonly secrets?: string;
  /** Containers run in Docker or Podman, with their limits. @default as processes */
  readonly docker?: boolean;
  /** A retry waits at most so many seconds. @default as deployed */
  readonly retryWaitSeconds?: number;
  /** Called for every history event as the run has it, secrets included, after it is on disk. */
  readonly onEvent?: (executionArn: string, event: HistoryEvent, state: RunState) => void;
  /** Remarks and alerts while the run goes on. */
  readonly onNotice?: (notice: Notice) => void;
  /** Called once the run has its name and its folder. */
  readonly onStart?: (run: { readonly manifest: Manifest; readonly runId: string; readonly folder: string }) => void;
  /** Stops the run: ABORTED. */
  readonly signal?: AbortSignal;
  /** What a test puts in the place of the run's own parts. */
  readonly substitutes?: Substitutes;
}

export interface Substitutes {
  /** @default the wall clock */
  readonly clock?: (activity: Activity) => Clock;
  /** Numbers in [0, 1) for jitter. @default Math.random */
  readonly random?: () => number;
  /** Answers calls in front of the stand-ins. */
  readonly services?: (standIns: Services) => Services;
  /** A machine's definition as it is to run. */
  readonly definition?: (definition: Json) => Json;
  /** Called when buckets exist, before the first task. */
  readonly prepare?: (world: World) => Promise<void>;
}

export interface LocalResult {
  readonly status: Exclude<RunStatus, 'RUNNING'>;
  readonly runId: string;
  readonly executionArn: string;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  readonly tasks: readonly TaskView[];
  /** Texts of the alerts that were sent. */
  readonly alerts: readonly string[];
  /** Folder of the run's record. */
  readonly folder: string;
  readonly store: string;
  readonly manifest: Manifest;
}

/** @throws Error in the user's words if the run cannot begin */
export async function runLocal(options: LocalRunOptions): Promise<LocalResult> {
  const assembly = Assembly.read(options.assembly); // 1
  const manifest = assembly.pipeline(options.pipeline);
  const machines = new Machines(assembly);
  const rootArn = machines.rootOf(manifest);
  const root = machines.get(rootArn)!;
  const region = rootArn.split(':')[3]!;
  const store = new Store(options.store);
  const secrets = Secrets.read(options.secrets ?? join(store.folder, 'secrets.env'));
  const input = (options.input ?? {}) as { [key: string]: Json };
  const hidden = HiddenValues.ofRun(manifest, options.input ?? {}, secrets.hidden());
  if (options.docker) await findEngine();
  const record = RunRecord.create(store, manifest.name, options.runId ?? runName(options.input), hidden); // 2
  const state = new RunState(manifest);
  const alerts: string[] = [];
  const closing: (() => Promise<void>)[] = [];
  try {
    const world = new World({
      assembly,
      manifest,
      store,
      secrets,
      hidden,
      region,
      docker: options.docker,
      logs: record.logs,
      attempts: (task) => state.task(task)?.attempts,
      holder: `run ${record.runId} of ${manifest.name}`,
      notice: (notice) => {
        const text = hidden.text(notice.text);
        if (notice.kind === 'alert') {
          alerts.push(text);
          appendFileSync(
            join(record.folder, 'alerts.jsonl'),
            `${JSON.stringify({ time: new Date().toISOString(), text })}\n`,
          );
        }
        options.onNotice?.({ ...notice, text });
      },
    }); // 3
    const s3 = await openBuckets(world); // 4
    closing.push(() => s3.close());
    const { substitutes = {} } = options;
    await substitutes.prepare?.(world);
    const clock = new LocalClock(substitutes.clock?.(world.activity) ?? wallClock, world.activity);
    const late: { interpreter?: Interpreter } = {};
    const registry = new Registry(
      world,
      executionsOf(() => late.interpreter!, machines),
    );
    const gateway = await startGateway({ dispatch: (request) => registry.dispatch(request) });
    closing.push(
      () => gateway.close(),
      () => registry.close(),
    );
    world.addresses = { gateway: gateway.url, s3: s3.url };
    // Where another process answers this run's task tokens, while it lasts.
    writeAside(join(record.folder, LIVE_FILE), JSON.stringify({ gateway: gateway.url, pid: process.pid }));
    closing.push(async () => rmSync(join(record.folder, LIVE_FILE), { force: true }));

    const interpreter = new Interpreter({
      services: substitutes.services?.(registry) ?? registry,
      clock,
      ...(substitutes.random && { random: substitutes.random }),
      machines: rewritten(machines, definitionChange(substitutes.definition, options.retryWaitSeconds)),
      account: LOCAL_ACCOUNT,
      region,
      onEvent: (executionArn, event) => {
        const shown = record.add(executionArn, event);
        if (event.type === 'WaitStateEntered') expectPoll(clock, world, executionArn, event);
        state.add(executionArn, shown);
        options.onEvent?.(executionArn, event, state);
      },
      readObject: s3.read,
      writeObject: s3.write,
      listObjects: s3.list,
    }); // 5
    late.interpreter = interpreter;
    options.onStart?.({ manifest, runId: record.runId, folder: record.folder });
    record.begin({
      executionArn: rootArn.replace(':stateMachine:', ':execution:') + `:${record.runId}`,
      stateMachineArn: rootArn,
      name: record.runId,
      startDate: new Date().toISOString(),
      input: JSON.stringify(input),
      manifest,
    });
    const execution = interpreter.start({ stateMachineArn: root.arn, name: record.runId, input }); // 6
    const result = await finished(interpreter, execution, options.signal);
    record.end(result);
    await sendStatusEvent(registry, execution, region); // 7
    return {
      ...result,
      ...(result.cause !== undefined && { cause: hidden.json(result.cause) }),
      ...(result.output !== undefined && { output: hidden.data(result.output) }),
      runId: record.runId,
      executionArn: execution.arn,
      tasks: state.tasks(),
      alerts,
      folder: record.folder,
      store: store.folder,
      manifest,
    };
  } finally {
    for (const close of closing.reverse()) await close().catch(() => undefined); // 8
    record.close();
  }
}

/** What a definition goes through before it is run; undefined: it is run as deployed. */
function definitionChange(
  substitute: ((definition: Json) => Json) | undefined,
  retryWaitSeconds: number | undefined,
): ((definition: Json) => Json) | undefined {
  if (retryWaitSeconds === undefined) return substitute;
  return (definition) => withRetryWait(substitute ? substitute(definition) : definition, retryWaitSeconds);
}

/** Machines with their definitions rewritten, each once. */
function rewritten(
  machines: Machines,
  rewrite: ((definition: Json) => Json) | undefined,
): (arn: string) => LocalMachine | undefined {
  if (rewrite === undefined) return (arn) => machines.get(arn);
  const known = new Map<string, LocalMachine>();
  return (arn) => {
    const machine = known.get(arn) ?? machines.get(arn);
    if (machine === undefined || known.has(arn)) return machine;
    const changed = { ...machine, definition: rewrite(machine.definition) };
    known.set(arn, changed);
    return changed;
  };
}

async function finished(interpreter: Interpreter, execution: Execution, signal?: AbortSignal) {
  const onAbort = () => interpreter.stop(execution.arn, 'Headrace.Stopped', 'the run was stopped by a person');
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await execution.done;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** `2001-01-08` of the logical date, else the time of day it was started. */
function runName(input: RunInput | undefined): string {
  const date = input?.logicalDate ?? new Date().toISOString();
  return date
    .replace(/\.\d+Z$/, 'Z')
    .replace('T00:00:00Z', '')
    .replaceAll(':', '-')
    .slice(0, 60);
}

/** The waits of a task's own polling loop: inner states of a task, never a task itself. */
function expectPoll(clock: LocalClock, world: World, executionArn: string, event: HistoryEvent): void {
  const name = event.stateEnteredEventDetails?.name ?? '';
  if (world.taskOf(name) !== name) clock.expectPoll(`${executionArn} ${name}`);
}

/** Best effort, as in AWS: what comes of the event never changes the run's result. */
async function sendStatusEvent(registry: Registry, execution: Execution, region: string): Promise<void> {
  const { status, machineArn } = execution;
  const detail: { [key: string]: Json } = {
    executionArn: execution.arn,
    stateMachineArn: machineArn,
    name: execution.name,
    status,
    startDate: execution.startDate.getTime(),
    stopDate: execution.stopDate?.getTime() ?? null,
    input: JSON.stringify(execution.input),
    output: execution.result?.output === undefined ? null : JSON.stringify(execution.result.output),
    error: execution.result?.error ?? null,
    cause: execution.result?.cause ?? null,
  };
  registry.events.put(
    {
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail,
      resources: [execution.arn],
    },
    region,
  );
  await registry.events.settled();
}
