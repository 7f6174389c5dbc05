// Where a task stands between its pipeline and itself. In: its scope. Out: the names that stand before its own (of groups, of a
// task that runs others per item), and that task. Always: the nearest counts; constructs that are neither add nothing.

import type { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isPipeline } from './i-pipeline';
import type { Retry } from './retry';
import type { TriggerRule } from './trigger-rule';

const NAMED = Symbol.for('headrace.NamedScope');
const GROUP = Symbol.for('headrace.TaskGroup');
const EACH = Symbol.for('headrace.ForEach');

/** Puts the construct's id before those of the tasks inside. */
export function markNamed(scope: IConstruct): void {
  Object.defineProperty(scope, NAMED, { value: true });
}

/** What a group says for its tasks. */
export interface GroupFacts<Task = unknown> {
  readonly retry?: Retry;
  readonly timeout?: Duration;
  readonly triggerRule?: TriggerRule;
  /** What the group says that a task in it starts after. */
  before(task: Task): readonly Task[];
  /** Tasks that nothing in the group follows. */
  last(): readonly Task[];
}

/** Makes a construct known as a group of tasks. */
export function markGroup<Task>(scope: IConstruct, facts: GroupFacts<Task>): void {
  markNamed(scope);
  Object.defineProperty(scope, GROUP, { value: facts });
}

/** The groups around a scope, the scope itself first. */
export function groupsAbove<Task>(scope: IConstruct): GroupFacts<Task>[] {
  return between(scope)
    .filter((each) => GROUP in each)
    .map((each) => factsOf<Task>(each))
    .reverse();
}

/** Names of the groups around a task, the outermost first, with dots between. */
export function groupName(task: IConstruct): string | undefined {
  const names = between(task)
    .filter((each) => GROUP in each)
    .map((each) => each.node.id);
  return names.length === 0 ? undefined : names.join('.');
}

/** The facts of a construct that is a group. */
export function factsOf<Task>(group: IConstruct): GroupFacts<Task> {
  return (group as unknown as { [GROUP]: GroupFacts<Task> })[GROUP];
}

/** Makes a task known as one whose inner tasks run once per item. */
export function markEach(task: IConstruct): void {
  markNamed(task);
  Object.defineProperty(task, EACH, { value: true });
}

/** From the outermost on. */
export function namesAbove(scope: IConstruct): string[] {
  return between(scope)
    .filter((each) => NAMED in each)
    .map((each) => each.node.id);
}

export function enclosing(scope: IConstruct): IConstruct | undefined {
  return between(scope)
    .reverse()
    .find((each) => EACH in each);
}

/** The scopes below the pipeline, the given one last. */
function between(scope: IConstruct): IConstruct[] {
  const inward = scope.node.scopes;
  const below = [...inward].reverse().findIndex(isPipeline);
  return inward.slice(inward.length - below);
}
