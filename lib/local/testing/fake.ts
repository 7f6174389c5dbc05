// What stands in for a task in a test: its outputs, a function that makes them, a failure, or one of these per attempt. In: what
// the author of the test gave. Out: answers to the calls of faked tasks, and what was wrong with a fake. Always: an error
// inside a fake is the test's, never the pipeline's.

import type { Manifest } from '../../compile/manifest';
import { nearest } from '../../compile/nearest';
import { type Json, ServiceError, type TaskCall } from '../engine';

/** Values of a task's outputs by name. */
export interface Outputs {
  readonly [name: string]: Json;
}

/** A failure that a test forces: see `fail` and `skip`. */
export class Failure {
  constructor(
    readonly error: string,
    readonly cause: string,
  ) {}
}

/** What the task was about to do. */
export interface FakeCall {
  readonly task: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Evaluated arguments of the service call, as AWS would get them. */
  readonly arguments: Json;
}

type Answer = Outputs | Failure;

/**
 * Gets what the task was given: the payload of a function, the arguments of any other call. An error thrown in here rejects
 * the whole test; to fail the task return `fail(...)`.
 */
export type FakeFunction = (input: any, call: FakeCall) => Answer | Promise<Answer>;

/** The task runs on its stand-in, where `*` would fake it. */
export const real = Symbol('the task really runs');

/** A list has one entry per attempt; its last one serves all further attempts. */
export type Fake = Answer | FakeFunction | readonly (Answer | FakeFunction)[] | typeof real;

/** Fakes by task id; `*` stands for every task that has none of its own. */
export interface Fakes {
  readonly [task: string]: Fake;
}

/** The task fails, as often as it is tried, with an error that Retry and alerts see as any other. */
export function fail(error = 'States.TaskFailed', cause = 'forced by the test'): Failure {
  return new Failure(error, cause);
}

/** The task asks to be skipped. */
export function skip(cause = 'skipped by the test'): Failure {
  return new Failure('Headrace.Skip', cause);
}

export const EVERY = '*';

/** The fakes of one run. */
export class FakeTasks {
  /** Whole answers of fakes by task: the last attempt's. */
  readonly answers = new Map<string, Outputs>();
  /** Attempts so far by task: a task of several states is tried anew as a whole, so its call cannot tell. */
  private readonly attempts = new Map<string, number>();
  /** The first error that is the test's own. */
  problem: Error | undefined;

  /** @throws Error if a fake is none, or is of a task that the pipeline does not have */
  constructor(
    private readonly fakes: Fakes,
    private readonly manifest: Manifest,
  ) {
    const ids = manifest.tasks.map((task) => task.id);
    for (const [id, fake] of Object.entries(fakes)) {
      if (id !== EVERY && !ids.includes(id)) throw new Error(unknownTask('fakes', id, manifest));
      if (Array.isArray(fake) && fake.length === 0)
        throw new Error(`fakes.${id} is an empty list: give one fake per attempt`);
      for (const each of Array.isArray(fake) ? (fake as readonly unknown[]) : [fake]) checkFake(id, each);
    }
  }

  has(id: string): boolean {
    return this.of(id) !== undefined;
  }

  /** The fake's answer if it needs no call: for a task that the run leaves out. */
  constant(id: string): Answer | undefined {
    const fake = this.of(id);
    const last = Array.isArray(fake) ? (fake as readonly unknown[]).at(-1) : fake;
    return typeof last === 'function' ? undefined : (last as Answer | undefined);
  }

  /** @throws ServiceError as the task's own failure */
  async answer(id: string, call: TaskCall): Promise<Json> {
    const fake = this.of(id)!;
    const attempt = (this.attempts.get(id) ?? 0) + 1;
    this.attempts.set(id, attempt);
    const list = (Array.isArray(fake) ? fake : [fake]) as readonly (Answer | FakeFunction)[];
    const given = list[Math.min(attempt, list.length) - 1]!;
    const { Payload: payload, ...others } = (call.arguments ?? {}) as { [name: string]: Json };
    const input = payload !== undefined && 'FunctionName' in others ? payload : call.arguments;
    const seen: FakeCall = { task: id, attempt, arguments: call.arguments };
    let answer: Answer;
    try {
      answer = typeof given === 'function' ? await given(input, seen) : given;
      if (typeof given === 'function') checkFake(id, answer, 'answered');
      if (!(answer instanceof Failure)) this.checkOutputs(id, answer);
    } catch (error) {
      this.problem ??= error instanceof Error ? error : new Error(String(error));
      throw new ServiceError('Headrace.BrokenFake', (error as Error).message);
    }
    if (answer instanceof Failure) throw new ServiceError(answer.error, answer.cause);
    const value = JSON.parse(JSON.stringify(answer)) as Outputs;
    this.answers.set(id, value);
    return value as Json;
  }

  private of(id: string): Exclude<Fake, typeof real> | undefined {
    const fake = Object.hasOwn(this.fakes, id) ? this.fakes[id] : this.fakes[EVERY];
    return fake === real ? undefined : fake;
  }

  private checkOutputs(id: string, answer: Outputs): void {
    const read = this.manifest.tasks.find((task) => task.id === id)?.outputs ?? [];
    const missing = read.filter((name) => answer[name] === undefined);
    if (missing.length === 0) return;
    throw new Error(
      `the fake of task ${id} answers ${JSON.stringify(answer)}, without ${missing.join(', ')}: other tasks read ${missing.length === 1 ? 'that output' : 'those outputs'}`,
    );
  }
}

/** `X is no task of pipeline Y; did you mean Z?` */
export function unknownTask(where: string, id: string, { name, tasks }: Manifest): string {
  const ids = tasks.map((task) => task.id);
  const near = nearest(id, ids);
  const advice = near === undefined ? `it has ${ids.slice(0, 20).join(', ')}` : `did you mean ${near}?`;
  return `${where} names ${JSON.stringify(id)}, which is no task of pipeline ${name}: ${advice}`;
}

function checkFake(id: string, fake: unknown, verb = 'is'): void {
  if ((typeof fake === 'function' || fake === real) && verb === 'is') return;
  if (typeof fake === 'object' && fake !== null && !Array.isArray(fake)) return;
  const expected = "an object with the task's outputs, fail(...) or skip()";
  throw new Error(`the fake of task ${id} ${verb} ${JSON.stringify(fake) ?? String(fake)}: expected ${expected}`);
}
