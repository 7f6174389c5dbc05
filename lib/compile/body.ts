// What a task does, as one state: a Task state is taken as it is; several states, a condition, or a state that can neither be
// retried nor caught are wrapped in a Parallel of one branch, which can. Names inside become `<id> <suffix>`.

import { expression, isExpression, resolve, resolveText } from './expression';
import type { GraphTask, Json } from './model';
import type { Reference } from './reference';
import { newStates, type State } from './rendezvous';

/** The error that means "count me as skipped, not failed". */
export const SKIP_ERROR = 'Headrace.Skip';

export interface Body {
  readonly state: State;
  /** Its result is a list of one: the branch's output. */
  readonly wrapped: boolean;
  readonly maySkip: boolean;
}

export function bodyOf(
  task: GraphTask,
  name: (suffix: string) => string,
  text: (reference: Reference) => string,
): Body {
  const { body } = task;
  const plain = body.type === 'state' && task.runIf === undefined && catches(body.state);
  const maySkip = task.maySkip === true || task.runIf !== undefined;
  if (plain) return { state: renameInner(resolve(body.state, text) as State, name), wrapped: false, maySkip };
  const states = newStates();
  const start = body.type === 'state' ? 'run' : body.startAt;
  if (task.runIf !== undefined) {
    const condition = isExpression(task.runIf) ? task.runIf.slice(2, -2).trim() : task.runIf;
    states[name('if')] = {
      Type: 'Choice',
      Choices: [{ Condition: expression(`$not(${resolveText(condition, text)})`), Next: name('skip') }],
      Default: name(start),
    };
    states[name('skip')] = { Type: 'Fail', Error: SKIP_ERROR, Cause: 'its condition is false' };
  }
  if (body.type === 'state') {
    const inner = renameInner(resolve(body.state, text) as State, name);
    states[name('run')] = inner['Type'] === 'Succeed' || inner['Type'] === 'Fail' ? inner : { ...inner, End: true };
  } else {
    for (const [suffix, state] of Object.entries(body.states)) {
      states[name(suffix)] = renameState(resolve(state, text) as State, name);
    }
  }
  const StartAt = task.runIf === undefined ? name(start) : name('if');
  return { state: { Type: 'Parallel', Branches: [{ StartAt, States: states }] }, wrapped: true, maySkip };
}

function catches(state: State): boolean {
  return state['Type'] === 'Task' || state['Type'] === 'Parallel' || state['Type'] === 'Map';
}

export type Rename = (suffix: string) => string;

function renameState(state: State, name: Rename): State {
  const next: { [field: string]: Json } = { ...renameInner(state, name) };
  for (const field of ['Next', 'Default']) if (typeof next[field] === 'string') next[field] = name(next[field]);
  for (const field of ['Choices', 'Catch']) {
    const list = next[field];
    if (!Array.isArray(list)) continue;
    next[field] = (list as State[]).map((rule) =>
      typeof rule['Next'] === 'string' ? { ...rule, Next: name(rule['Next']) } : rule,
    );
  }
  return next;
}

/** States inside a Map or Parallel of the body: their names have to be unique in the whole machine too. */
function renameInner(state: State, name: Rename): State {
  let next = state;
  for (const field of ['ItemProcessor', 'Iterator']) {
    if (isMachine(next[field])) next = { ...next, [field]: renameMachine(next[field], name) };
  }
  if (Array.isArray(next['Branches'])) {
    next = {
      ...next,
      Branches: (next['Branches'] as Json[]).map((branch) =>
        isMachine(branch) ? renameMachine(branch, name) : branch,
      ),
    };
  }
  return next;
}

function isMachine(value: Json | undefined): value is State {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'States' in value;
}

/** A machine whose states are all named anew. */
export function renameMachine(machine: State, name: Rename): State {
  const states = Object.entries(machine['States'] as { [name: string]: State });
  return {
    ...machine,
    StartAt: name(String(machine['StartAt'])),
    States: Object.fromEntries(states.map(([suffix, state]) => [name(suffix), renameState(state, name)])),
  };
}
