// Machines and forced outcomes in, what a run of them would be out: the real ASL on the real interpreter, on a virtual clock,
// with tasks that take a given time and end as told. Retries, waits across branches and child machines are all real.

import type { Outcome } from '../compile/model';
import { VirtualClock } from './asl/clock';
import type { HistoryEvent } from './asl/history';
import { Interpreter } from './asl/interpreter';
import { DynamoDb } from './dynamodb';
import { type Json, ServiceError, type TaskCall } from './engine';
import { slowed } from './slowed';

export interface SimulatedTask {
  readonly id: string;
  readonly seconds: number;
  /** What each attempt does. */
  readonly outcome: 'success' | 'failed' | 'skipped';
  /** What a successful attempt answers. @default {} */
  readonly result?: Json;
}

export interface SimulationRequest {
  readonly root: string;
  /** Every machine, as deployed, by the ARN (or name) by which machines call each other. */
  readonly machines: ReadonlyMap<string, Json>;
  /** In the order of the run input's characters. */
  readonly tasks: readonly SimulatedTask[];
  /** Which task a call belongs to; undefined refuses the call. */
  readonly taskOf: (call: TaskCall) => string | undefined;
  readonly input?: Json;
  /** Time that entering a state takes. @default 0 */
  readonly transitionMs?: number;
}

export interface Simulation {
  readonly outcome: 'succeeded' | 'failed';
  readonly error?: string;
  readonly cause?: string;
  readonly makespanSeconds: number;
  readonly transitions: number;
  readonly historyEvents: number;
  /** Machine name -> events of its execution. */
  readonly eventsOf: ReadonlyMap<string, number>;
  readonly tasks: ReadonlyMap<string, SimulatedResult>;
}

export interface SimulatedResult {
  readonly outcome: Outcome;
  /** From the start of the run; null for a task that did not run. */
  readonly startSeconds: number | null;
  readonly endSeconds: number | null;
}

const LETTERS: { readonly [letter: string]: Outcome } = { f: 'failed', s: 'skipped', u: 'upstream_failed' };
/** Errors that the services throw for a task forced to fail or to be skipped. */
const FORCED = { failed: 'Headrace.Simulated', skipped: 'Headrace.Skip' } as const;

export async function simulate(request: SimulationRequest): Promise<Simulation> {
  const clock = new VirtualClock();
  const begin = clock.now();
  const tasks = new Map(request.tasks.map((task) => [task.id, task]));
  const table = new DynamoDb();
  const slow = (request.transitionMs ?? 0) > 0;
  const prepared = new Map<string, Json>();
  const times = new Map<string, { start: number; end?: number }>();
  const events = new Map<string, number>();
  let transitions = 0;
  let verdict: string | undefined;

  const onEvent = (execution: string, event: HistoryEvent): void => {
    const { type } = event;
    events.set(execution, (events.get(execution) ?? 0) + 1);
    if (type.endsWith('StateEntered')) {
      const name = event.stateEnteredEventDetails!.name;
      if (slow && type === 'WaitStateEntered' && name.startsWith(slowed.PREFIX)) return;
      transitions++;
      if (tasks.has(name)) times.set(name, { start: clock.now() });
      if (type === 'FailStateEntered') verdict = event.stateEnteredEventDetails!.input;
    } else if (type.endsWith('StateExited')) {
      const known = times.get(event.stateExitedEventDetails!.name);
      if (known) known.end = clock.now();
    }
  };
  const interpreter = new Interpreter({
    clock,
    history: 'none',
    onEvent,
    random: () => 0.5,
    machines: (arn) => {
      let definition = prepared.get(arn) ?? request.machines.get(arn);
      if (definition === undefined) return undefined;
      if (slow && !prepared.has(arn)) definition = slowed(definition, request.transitionMs!);
      prepared.set(arn, definition);
      const name = arn.split(':').at(-1)!;
      return { name, definition, arn: `arn:aws:states:us-east-1:000000000000:stateMachine:${name}` };
    },
    services: {
      call: async (call) => {
        if (call.service === 'dynamodb') return table.call(call.action, call.arguments, 'DynamoDB');
        if (call.service === 'aws-sdk:dynamodb') return table.call(call.action, call.arguments);
        const id = request.taskOf(call);
        const task = id === undefined ? undefined : tasks.get(id);
        if (task === undefined) {
          throw new ServiceError(
            'States.Runtime',
            `simulate does not know which task ${call.stateName} (${call.resource}) belongs to`,
          );
        }
        if (task.seconds > 0) await clock.sleep(task.seconds * 1000, call.signal);
        if (task.outcome !== 'success') throw new ServiceError(FORCED[task.outcome], `forced to be ${task.outcome}`);
        return task.result ?? {};
      },
    },
  });
  const execution = interpreter.start({
    stateMachineArn: request.root,
    name: 'simulation',
    input: request.input ?? {},
  });
  const result = await execution.done;
  const end = clock.now();
  const letters = outcomes(result.status === 'SUCCEEDED' ? result.output : verdict);
  let historyEvents = 0;
  const eventsOf = new Map<string, number>();
  for (const [arn, count] of events) {
    historyEvents += count;
    eventsOf.set(arn.split(':').at(-2)!, count);
  }
  const seconds = (at: number): number => (at - begin) / 1000;
  return {
    outcome: result.status === 'SUCCEEDED' ? 'succeeded' : 'failed',
    ...(result.error === undefined ? {} : { error: result.error }),
    ...(result.cause === undefined ? {} : { cause: result.cause }),
    makespanSeconds: seconds(end),
    transitions,
    historyEvents,
    eventsOf,
    tasks: new Map(
      request.tasks.map((task, i): [string, SimulatedResult] => {
        const time = times.get(task.id);
        return [
          task.id,
          {
            outcome:
              LETTERS[letters[`t${i}`] ?? ''] ??
              (time === undefined && letters['lost'] ? 'upstream_failed' : 'succeeded'),
            startSeconds: time === undefined ? null : seconds(time.start),
            endSeconds: time === undefined ? null : seconds(time.end ?? end),
          },
        ];
      }),
    ),
  };
}

/** The map of letters with which a run ends. A run that died elsewhere has none: what did not run counts as upstream_failed. */
function outcomes(end: Json | string | undefined): { readonly [key: string]: string } {
  let value: unknown = end;
  if (typeof end === 'string') {
    try {
      value = JSON.parse(end);
    } catch {
      value = undefined;
    }
  }
  if (typeof value !== 'object' || value === null || 'Error' in value) return { lost: 'yes' };
  return value as { [key: string]: string };
}
