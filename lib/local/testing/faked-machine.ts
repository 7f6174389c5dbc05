// Definitions with the work of faked tasks taken out. In: a machine as it would be deployed. Out: the same machine where each faked
// task is one call of resource FAKE that answers the task's outputs. Always: guards, conditions (`runIf`), retries, catches and
// time limits stay as they are; only what the task itself does goes.

import type { ManifestTask } from '../../compile/manifest';
import type { Json } from '../engine';

export const FAKE = 'arn:aws:states:::headrace:fake';

type State = { [field: string]: Json };

/** What makes a state work; everything else of it stays. */
const WORK = [
  'Branches',
  'ItemProcessor',
  'Iterator',
  'Items',
  'ItemsPath',
  'ItemReader',
  'ItemSelector',
  'ItemBatcher',
  'ResultWriter',
  'MaxConcurrency',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'Label',
  'HeartbeatSeconds',
  'Credentials',
];

export function withFakes(definition: Json, faked: ReadonlyMap<string, ManifestTask>): Json {
  const machine = definition as { [field: string]: Json };
  const states = Object.entries(machine['States'] as { [name: string]: State }).map(([name, state]): [string, Json] => {
    const task = faked.get(name);
    if (task !== undefined) return [name, fakedState(state, task)];
    if (!Array.isArray(state['Branches'])) return [name, state];
    return [name, { ...state, Branches: state['Branches'].map((branch) => withFakes(branch, faked)) }];
  });
  return { ...machine, States: Object.fromEntries(states) };
}

function fakedState(state: State, task: ManifestTask): State {
  const { Output, Assign, ...rest } = state;
  const branches = rest['Branches'];
  const inner = Array.isArray(branches) ? fakedBranch(branches[0] as State, task.id) : undefined;
  const result = inner ? '$states.result[0]' : '$states.result';
  const own = inner ? { ...rest, Branches: [inner] } : fakeCall(rest);
  return {
    ...own,
    ...(Output !== undefined && { Output: answering(Output, task, result) }),
    ...(Assign !== undefined && { Assign: answering(Assign, task, result) }),
  };
}

function fakeCall(state: State): State {
  const kept = Object.entries(state).filter(([field]) => !WORK.includes(field));
  return { Arguments: {}, ...Object.fromEntries(kept), Type: 'Task', Resource: FAKE };
}

/** A task of several states: its condition stays, the rest becomes one call with the arguments of its first. */
function fakedBranch(branch: State, id: string): State {
  const states = branch['States'] as { [name: string]: State };
  const [condition, skipped, call] = [`${id} if`, `${id} skip`, `${id} fake`];
  const start = String(branch['StartAt']);
  const guard = start === condition ? states[condition] : undefined;
  const first = states[guard ? String(guard['Default']) : start];
  const given = first?.['Type'] === 'Task' ? first['Arguments'] : undefined;
  const fake: State = { Type: 'Task', Resource: FAKE, Arguments: given ?? {}, End: true };
  if (!guard) return { StartAt: call, States: { [call]: fake } };
  return {
    StartAt: condition,
    States: { [condition]: { ...guard, Default: call }, [skipped]: states[skipped]!, [call]: fake },
  };
}

/** Expressions that dig the outputs out of the service's answer read them from the fake's instead. */
function answering(value: Json, task: ManifestTask, result: string): Json {
  if (typeof value === 'string') return answeringText(value, task, result);
  if (Array.isArray(value)) return value.map((item) => answering(item, task, result));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, answering(item, task, result)]));
}

const BINDING = '($xo:=';

function answeringText(text: string, task: ManifestTask, result: string): string {
  const bound = text.indexOf(BINDING);
  if (bound >= 0) {
    const from = bound + BINDING.length;
    return text.slice(0, from) + result + text.slice(endOfStatement(text, from));
  }
  const source = sourceOf(text, task.index);
  return source === undefined ? text : text.replaceAll(source, result);
}

/** `$states.result.Payload` in `{'v3':{'rows':$states.result.Payload.rows}}`. */
function sourceOf(text: string, index: number): string | undefined {
  const value = new RegExp(
    `'v${index}':\\{'(?:[^'\\\\]|\\\\.)*':(?:\\$lookup\\(([$\\w.[\\]]+),|([$\\w.[\\]]+)\\.\\w+)`,
  ).exec(text);
  if (value) return value[1] ?? value[2];
  return /\[(\$states\.result[$\w.[\]]*?)\.branch\]/.exec(text)?.[1];
}

/** Position of the `;` that ends the JSONata statement that starts at `from`. */
function endOfStatement(text: string, from: number): number {
  let depth = 0;
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const char = text[at]!;
    if (quote !== '') {
      if (char === '\\') at += 1;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"' || char === '`') quote = char;
    else if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (char === ';' && depth === 0) return at;
  }
  throw new Error(`the outputs of a task cannot be found in ${text.slice(0, 200)}: synthesize the app again`);
}
