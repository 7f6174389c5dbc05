// Where a task stands between its pipeline and itself. In: its scope. Out: the names that stand before its own (of groups, of a
// task that runs others per item), and that task. Always: the nearest counts; constructs that are neither add nothing.

import type { IConstruct } from 'constructs';
import { isPipeline } from './i-pipeline';
import type { Task } from './task';

const NAMED = Symbol.for('headrace.NamedScope');
const EACH = Symbol.for('headrace.ForEach');

/** Puts the construct's id before those of the tasks inside. */
export function markNamed(scope: IConstruct): void {
  Object.defineProperty(scope, NAMED, { value: true });
}

/** Makes a task known as one whose inner tasks run once per item. */
export function markEach(task: Task): void {
  markNamed(task);
  Object.defineProperty(task, EACH, { value: true });
}

/** From the outermost on. */
export function namesAbove(scope: IConstruct): string[] {
  return between(scope)
    .filter((each) => NAMED in each)
    .map((each) => each.node.id);
}

export function enclosing(scope: IConstruct): Task | undefined {
  return between(scope)
    .reverse()
    .find((each) => EACH in each) as Task | undefined;
}

/** The scopes below the pipeline, the given one last. */
function between(scope: IConstruct): IConstruct[] {
  const inward = scope.node.scopes;
  const below = [...inward].reverse().findIndex(isPipeline);
  return inward.slice(inward.length - below);
}
