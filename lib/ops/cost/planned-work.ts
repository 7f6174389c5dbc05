// What a run would do, before there is any. In: the machines as they would be deployed, how long each task takes, what services would tell of
// the sizes. Out: parts of a bill, of the same shape as those of a run that happened. Always: every task runs and succeeds at once; a task for
// each item is a part of its own, as often as there are items.
//
//   task's state -> the states that it goes through when all is well -> calls; the first that takes time has the task's whole duration

import type { Manifest } from '../../compile/manifest';
import { callOf, type Fields, type StartedWork } from '../aws/started-work';
import type { CostPart } from './cost';
import type { Prices } from './prices';
import { chargesOf, type Request } from './requests';

type State = { readonly [field: string]: unknown };
type Machine = { readonly StartAt?: string; readonly States?: { readonly [name: string]: State } };

export interface PlanRequest {
  readonly manifest: Manifest;
  /** Definitions of its machines. */
  readonly definitions: readonly unknown[];
  /** Transitions of a run in which each task is one call. */
  readonly transitions: number;
  /** When a task starts, in seconds from the begin of the run. */
  readonly startOf: (task: string) => number;
  readonly durations: ReadonlyMap<string, number>;
  /** Executions of a task for each item. @default 1 */
  readonly items: ReadonlyMap<string, number>;
  readonly prices: Prices;
  /** What the service would tell of the size of what a call starts. */
  readonly tell: (call: string, parameters: Fields) => Fields;
}

export function plannedParts(request: PlanRequest): CostPart[] {
  const ids = new Set(request.manifest.tasks.map((task) => task.id));
  const own = new Map<string, State>();
  const outside: State[] = [];
  for (const definition of request.definitions) sort(definition as Machine, ids, own, outside);
  const parts: CostPart[] = [];
  let inner = 0;
  const work: StartedWork[] = [];
  const requests = outside.flatMap(requestOf);
  for (const [task, state] of own) {
    const path = pathOf(state);
    const duration = request.durations.get(task) ?? 0;
    inner += path.length - 1 + laterTransitions(path, duration);
    for (const machine of path.flatMap(itemMachine)) parts.push(itemPart(request, task, machine));
    const calls = path.flatMap(requestOf);
    requests.push(...calls);
    work.push(...workOf(request, task, calls, path.some((one) => itemMachine(one).length > 0) ? 0 : duration));
  }
  return [
    { work, transitions: request.transitions + inner, requests: chargesOf(requests, request.prices), times: 1 },
    ...parts,
  ];
}

/** Tasks that run once for each item of a list. */
export function tasksPerItem(manifest: Manifest, definitions: readonly unknown[]): string[] {
  const own = new Map<string, State>();
  for (const definition of definitions)
    sort(definition as Machine, new Set(manifest.tasks.map((task) => task.id)), own, []);
  return [...own].filter(([, state]) => pathOf(state).some((one) => itemMachine(one).length > 0)).map(([task]) => task);
}

function itemPart(request: PlanRequest, task: string, machine: Machine): CostPart {
  const path = statesOf(machine);
  const calls = path.flatMap(requestOf);
  return {
    work: workOf(request, task, calls, request.durations.get(task) ?? 0),
    transitions: path.length + laterTransitions(path, request.durations.get(task) ?? 0),
    requests: chargesOf(calls, request.prices),
    times: request.items.get(task) ?? 1,
  };
}

/** States of tasks by task, and every other state that calls something. */
function sort(machine: Machine, ids: ReadonlySet<string>, own: Map<string, State>, outside: State[]): void {
  for (const [name, state] of Object.entries(machine.States ?? {})) {
    if (ids.has(name)) own.set(name, state);
    else {
      if (state['Type'] === 'Task' && !FAILURES.test(String(state['Resource']))) outside.push(state);
      for (const branch of branchesOf(state)) sort(branch, ids, own, outside);
    }
  }
}

/** Outside tasks an event tells of a failure. */
const FAILURES = /:events:putEvents$/;

function branchesOf(state: State): readonly Machine[] {
  return Array.isArray(state['Branches']) ? (state['Branches'] as readonly Machine[]) : [];
}

/** The state and those inside it that it goes through when all is well. */
function pathOf(state: State): State[] {
  return [state, ...branchesOf(state).flatMap(statesOf)];
}

const MOST_STEPS = 100_000;

/** From the first state to an end that is no failure. A choice goes back only where it must, and takes each way once. */
function statesOf({ StartAt, States = {} }: Machine): State[] {
  const good = endsWell(States);
  const found: State[] = [];
  const seen = new Set<string>();
  const taken = new Set<string>();
  for (let name = StartAt; name !== undefined; ) {
    const state: State | undefined = States[name];
    if (state === undefined) break;
    found.push(...pathOf(state));
    const from: string = name;
    seen.add(from);
    const ways = waysFrom(from, state).filter((way) => good.has(way) && !taken.has(`${from} ${way}`));
    name = ways.find((way) => !seen.has(way)) ?? ways[0];
    if (state['Type'] === 'Choice') taken.add(`${from} ${name}`);
    // A circle without a choice has no end.
    if (found.length > MOST_STEPS) break;
  }
  return found;
}

/** Names of states from which an end that is no failure can be reached. */
function endsWell(states: { readonly [name: string]: State }): Set<string> {
  const good = new Set<string>();
  for (let found = true; found; ) {
    found = false;
    for (const [name, state] of Object.entries(states)) {
      const ends = state['End'] === true || state['Type'] === 'Succeed';
      if (good.has(name) || !(ends || waysFrom(name, state).some((way) => good.has(way)))) continue;
      good.add(name);
      found = true;
    }
  }
  return good;
}

/** Ways on, the likelier first: a guard (`Load?`) lets its task run, a body goes on by its first choice; a first run repeats none. */
function waysFrom(name: string, state: State): string[] {
  if (state['Type'] !== 'Choice') return typeof state['Next'] === 'string' ? [state['Next']] : [];
  const choices = ((state['Choices'] ?? []) as readonly State[]).filter(
    ({ Condition }) => !String(Condition).includes('rerunOf'),
  );
  const ways = choices.map((choice) => choice['Next']);
  const instead = state['Default'];
  const all = name.endsWith('?') ? [instead, ...ways] : [...ways, instead];
  return all.filter((way): way is string => typeof way === 'string');
}

function itemMachine(state: State): Machine[] {
  return state['Type'] === 'Map' ? [(state['ItemProcessor'] ?? {}) as Machine] : [];
}

function requestOf(state: State): Request[] {
  const resource = state['Resource'];
  if (state['Type'] !== 'Task' || typeof resource !== 'string') return [];
  const given = state['Arguments'];
  const parameters = typeof given === 'object' && given !== null ? (given as Fields) : {};
  if (/^arn:[^:]*:lambda:/.test(resource))
    return [{ service: 'lambda', action: 'invoke', parameters: { FunctionName: resource } }];
  const parts = resource.replace(/^arn:[^:]*:states:[^:]*:[^:]*:/, '').split(':');
  const sdk = parts[0] === 'aws-sdk';
  const service = sdk ? `aws-sdk:${parts[1] ?? ''}` : (parts[0] ?? '');
  return [{ service, action: parts.slice(sdk ? 2 : 1).join(':'), parameters }];
}

function workOf(
  { startOf, tell }: PlanRequest,
  task: string,
  calls: readonly Request[],
  duration: number,
): StartedWork[] {
  let at = startOf(task) * 1000;
  let left = duration;
  return calls.flatMap(passedOn).map((call): StartedWork => {
    const took = TAKES_TIME.test(`${call.service}:${call.action}`) ? left : 0;
    if (took > 0) left = 0;
    const start = new Date(at);
    at += took * 1000;
    const work = { task, attempt: 1, ...call, start, end: new Date(at) };
    return { ...work, result: tell(callOf(work), work.parameters) };
  });
}

/** What a function passes on to another region takes its time there, the function is done at once. */
function passedOn(call: Request): Request[] {
  const passed = call.parameters['Payload'] as Fields | undefined;
  if (call.service !== 'lambda' || typeof passed?.['service'] !== 'string') return [call];
  const { FunctionName } = call.parameters;
  const parameters = (passed['parameters'] ?? {}) as Fields;
  return [
    { service: `aws-sdk:${passed['service']}`, action: String(passed['action']), parameters },
    { ...call, parameters: { FunctionName } },
  ];
}

/** Calls whose bill depends on how long they take. */
const TAKES_TIME =
  /(lambda:invoke|ecs:runTask|glue:start(JobRun|Crawler|DataQuality\w*)|submitJob|(batchE|e)xecuteStatement|startQueryExecution|startJobRun|addStep|createCluster)/;

/** Seconds that a service holds its answer back, if it is asked to. */
const HELD_BACK = 30;

/** Of the looks after the first one, by the waits between them. */
function laterTransitions(path: readonly State[], duration: number): number {
  const text = JSON.stringify(path.map((state) => state['Assign'] ?? {}));
  if (text.includes('"xLong"')) return 2 * Math.floor(duration / HELD_BACK);
  const first = Number(/"xWait":(\d+)/.exec(text)?.[1] ?? Number.NaN);
  const grown = /\$min\(\[(\d+),\$ceil\(\$xWait\*([\d.]+)\)\]\)/.exec(text);
  if (!(first > 0) || grown === null) return 0;
  const [longest, growth] = [Number(grown[1]), Math.max(1, Number(grown[2]))];
  let looks = 0;
  for (let wait = first, at = first; at < duration; at += wait) {
    looks += 1;
    wait = Math.min(longest, Math.ceil(wait * growth));
  }
  return 3 * looks;
}
