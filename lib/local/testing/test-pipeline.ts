/**
 * `headrace/testing`: a pipeline, or one of its tasks, inside a unit test. In: an app or the folder that synth wrote, fakes for
 * tasks that shall not really run, files that exist beforehand. Out: how the run went and what it wrote. Always: the machine
 * that would be deployed runs; what is not faked runs on the stand-ins; nothing outside a temporary folder changes.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest, RunInput } from '../../compile/manifest';
import { newRun } from '../../compile/new-run';
import { OperatorError } from '../../compile/operator-error';
import type { HistoryEvent } from '../asl/interpreter';
import { Assembly } from '../assembly/assembly';
import type { Json, Services, TaskCall } from '../engine';
import { runLocal, type Substitutes } from '../local-run';
import { Secrets } from '../secrets';
import type { World } from '../world';
import { type AssemblySource, assemblyOf } from './assembly-source';
import { Failure, type Fakes, FakeTasks, type Outputs, unknownTask } from './fake';
import { withFakes } from './faked-machine';
import { FrozenClock } from './frozen-clock';
import { type RecordedCall, TestedRun } from './tested-run';

export type { AssemblySource, InTree, Synthesizable } from './assembly-source';
export {
  type Fake,
  type FakeCall,
  type FakeFunction,
  type Fakes,
  Failure,
  fail,
  type Outputs,
  real,
  skip,
} from './fake';
export { type RecordedCall, type Row, TestedRun } from './tested-run';

export interface PipelineTest {
  /** @default the only pipeline of the app, or the one that was given */
  readonly pipeline?: string;
  /** The logical date: `2024-01-31`, or a time with its zone. @default the moment the run starts */
  readonly date?: string;
  /** @default the pipeline's own defaults */
  readonly params?: { readonly [name: string]: string | number | boolean };
  /** Run these tasks alone; the others count as done, with the outputs or the failure that their fakes tell. @default all tasks */
  readonly only?: string | readonly string[];
  /** Run these tasks and everything downstream of them. @default all tasks */
  readonly from?: string | readonly string[];
  /** What stands in for tasks, by task id; `*` for every task without its own; `real` lets a task run all the same. @default every task runs on its stand-in */
  readonly fakes?: Fakes;
  /** Objects that exist before the run, by `s3://bucket/key`. @default none */
  readonly files?: { readonly [uri: string]: string | Uint8Array };
  /** Values of secrets that containers read and of secret params, by name; or a file of `NAME=value` lines. @default none */
  readonly secrets?: { readonly [name: string]: string } | string;
  /**
   * `frozen`: waits, polls and pauses before retries take no time, and jitter is half its range, so that a test repeats exactly; time
   * stands still while a task really works. A date or a time
   * text freezes it there. `real`: as in `headrace local`.
   * @default 'frozen' at the moment of the call
   */
  readonly clock?: 'frozen' | 'real' | Date | (string & {});
  /** Folder of data and records, kept. @default a temporary folder that goes with the process */
  readonly store?: string;
  /** Stops the run. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a pipeline of an app as it would be deployed.
 * @throws Error if the test itself is wrong: an unknown task, a fake without an output that is read, an error inside a fake
 */
export async function testPipeline(source: AssemblySource, test: PipelineTest = {}): Promise<TestedRun> {
  const { folder, path } = assemblyOf(source);
  const manifest = findPipeline(Assembly.read(folder), test.pipeline, path);
  const fakes = new FakeTasks(test.fakes ?? {}, manifest);
  const secrets = test.secrets === undefined ? undefined : secretsFile(test.secrets);
  const input = inputOf(manifest, test, fakes, secrets);
  const observer = new Observer(manifest, fakes);
  const faked = new Map(manifest.tasks.filter((task) => fakes.has(task.id)).map((task) => [task.id, task]));
  const start = startOf(test.clock);
  let clock: FrozenClock | undefined;
  let world: World | undefined;
  const substitutes: Substitutes = {
    ...(start !== undefined && {
      clock: (activity) => {
        clock = new FrozenClock(start, activity);
        return clock;
      },
      random: () => 0.5,
    }),
    services: (standIns) => {
      const services = observer.around(standIns, () => world!);
      return clock?.around(services) ?? services;
    },
    definition: (definition) => withFakes(definition, faked),
    prepare: async (opened) => {
      world = opened;
      await writeFiles(opened, test.files ?? {});
    },
  };
  const result = await runLocal({
    assembly: folder,
    pipeline: manifest.name,
    store: test.store ?? temporaryFolder(),
    input,
    ...(secrets !== undefined && { secrets }),
    ...(test.signal !== undefined && { signal: test.signal }),
    onEvent: (_arn, event) => observer.see(event),
    substitutes,
  });
  if (fakes.problem) throw fakes.problem;
  return new TestedRun(result, observer, world!);
}

/** Watches a run from both sides: the calls it makes and the events it writes. */
class Observer {
  readonly order: string[] = [];
  readonly calls: RecordedCall[] = [];
  private readonly seen = new Set<string>();
  private readonly read = new Map<string, Outputs>();
  private readonly indexes: ReadonlyMap<string, number>;

  constructor(
    manifest: Manifest,
    private readonly fakes: FakeTasks,
  ) {
    this.indexes = new Map(manifest.tasks.map((task) => [task.id, task.index]));
  }

  get outputs(): { [task: string]: Outputs } {
    return Object.fromEntries([...this.read, ...this.fakes.answers]);
  }

  around(standIns: Services, world: () => World): Services {
    return {
      call: async (call: TaskCall): Promise<Json> => {
        const task = world().taskOf(call.stateName);
        const fake = call.service === 'headrace';
        const resource = fake ? 'fake' : call.resource.split(':::').at(-1)!;
        this.calls.push({ task, attempt: call.attempt + 1, resource, arguments: call.arguments });
        return fake ? this.fakes.answer(task, call) : standIns.call(call);
      },
    };
  }

  see(event: HistoryEvent): void {
    const entered = event.stateEnteredEventDetails?.name;
    if (entered !== undefined && this.indexes.has(entered) && !this.seen.has(entered)) {
      this.seen.add(entered);
      this.order.push(entered);
    }
    const exited = event.stateExitedEventDetails;
    const index = exited && this.indexes.get(exited.name);
    if (exited === undefined || index === undefined) return;
    for (const text of [...Object.values(exited.assignedVariables ?? {}), exited.output]) {
      const value = text?.includes(`"v${index}"`) ? (JSON.parse(text) as { [key: string]: Json }) : undefined;
      const outputs = value?.[`v${index}`];
      if (typeof outputs === 'object' && outputs !== null) this.read.set(exited.name, outputs as unknown as Outputs);
    }
  }
}

function findPipeline(assembly: Assembly, name: string | undefined, path: string | undefined): Manifest {
  const below = assembly.manifests.filter((manifest) => manifest.path === path || manifest.path.startsWith(`${path}/`));
  if (name === undefined && below.length === 1) return below[0]!;
  return assembly.pipeline(name);
}

function inputOf(manifest: Manifest, test: PipelineTest, fakes: FakeTasks, secrets: string | undefined): RunInput {
  const [only, from] = [listOf(test.only), listOf(test.from)];
  for (const [where, ids] of [
    ['only', only],
    ['from', from],
  ] as const) {
    for (const id of ids) {
      if (!manifest.tasks.some((task) => task.id === id)) throw new Error(unknownTask(where, id, manifest));
    }
  }
  const params = Object.entries(test.params ?? {}).map(([name, value]) => `${name}=${String(value)}`);
  let input: RunInput;
  try {
    const kept = secrets !== undefined && { secrets: Secrets.read(secrets) };
    const date = test.date !== undefined && { date: test.date };
    ({ input } = newRun(manifest, { ...date, ...kept, params, only, from }));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new Error(error.message.replaceAll('--param ', 'param ').replaceAll('--date ', 'date '));
  }
  return input.run === undefined ? input : { ...input, ...keptOf(manifest, input.run, fakes) };
}

/** Tasks that the run leaves out count with what their fakes say. */
function keptOf(manifest: Manifest, run: string, fakes: FakeTasks): Pick<RunInput, 'kept' | 'outputs'> {
  const kept: { [index: string]: 'f' | 's' } = {};
  const outputs: { [key: string]: unknown } = {};
  for (const { id, index } of manifest.tasks) {
    const answer = run[index] === '0' ? fakes.constant(id) : undefined;
    if (answer instanceof Failure) kept[index] = answer.error === 'Headrace.Skip' ? 's' : 'f';
    else if (answer !== undefined) outputs[`v${index}`] = answer;
  }
  return { kept, outputs };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** Where the clock is frozen; undefined for the real one. */
function startOf(clock: PipelineTest['clock']): number | undefined {
  if (clock === 'real') return undefined;
  if (clock === undefined || clock === 'frozen') return Date.now();
  const time = new Date(clock).getTime();
  if (Number.isNaN(time)) throw new Error(`clock is ${JSON.stringify(clock)}: expected 'frozen', 'real' or a time`);
  return time;
}

async function writeFiles(world: World, files: NonNullable<PipelineTest['files']>): Promise<void> {
  for (const [uri, content] of Object.entries(files)) {
    const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri);
    if (!match) throw new Error(`files names ${JSON.stringify(uri)}: expected s3://bucket/key`);
    const [, bucket, key] = match as unknown as [string, string, string];
    const known = world.buckets().map(([name]) => name);
    if (!known.includes(bucket)) {
      throw new Error(
        `files names the bucket ${bucket}, which the app does not make: it has ${known.join(', ') || 'none'}`,
      );
    }
    await world.objects!.put(bucket, key, content);
  }
}

const temporary: string[] = [];

function temporaryFolder(): string {
  if (temporary.length === 0) {
    process.once('exit', () => {
      for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'headrace-test-'));
  temporary.push(folder);
  return folder;
}

function secretsFile(secrets: NonNullable<PipelineTest['secrets']>): string {
  if (typeof secrets === 'string') return secrets;
  const file = join(temporaryFolder(), 'secrets.env');
  writeFileSync(
    file,
    Object.entries(secrets)
      .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"\n`)
      .join(''),
    { mode: 0o600 },
  );
  return file;
}
