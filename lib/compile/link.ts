// Which of a task's upstream tasks it hears of through the tree and which through a rendezvous. That depends on the tree's
// order alone, not on how the tree is later cut into machines.

import { firesEarly, type Graph } from './order';
import { orderOf, type Tree } from './tree';

export interface Links {
  /** Upstream tasks whose outcome stands in a variable when the task is reached. */
  readonly near: readonly (readonly number[])[];
  /** Upstream tasks that signal the task. */
  readonly far: readonly (readonly number[])[];
  /** The tasks that a task signals. */
  readonly targets: readonly (readonly number[])[];
}

export function linkTasks(graph: Graph, root: Tree): Links {
  const count = graph.ids.length;
  const before = orderOf(root, count);
  const near: number[][] = [];
  const far: number[][] = [];
  const targets: number[][] = Array.from({ length: count }, () => []);
  for (let task = 0; task < count; task++) {
    const early = firesEarly(graph, task);
    const heard: number[] = [];
    const signalled: number[] = [];
    if (graph.rules[task] !== 'always') {
      for (const p of graph.upstream[task]!) (early || !before(p, task) ? signalled : heard).push(p);
    }
    for (const p of signalled) targets[p]!.push(task);
    near.push(heard);
    far.push(signalled);
  }
  return { near, far, targets };
}
