// A checked request in, the graph as numbers out. Tasks are numbered in canonical order: by level (longest path from the
// start), then by id; so every edge goes from a lower to a higher number, and the numbering does not depend on the order in
// which tasks were added. Two relations: `upstream` is what a task judges, `must` is what has to end before it may start.

import type { CompileRequest, GraphTask, TriggerRule } from './model';
import type { Edge } from './reduce';
import type { TaskReferences } from './references';

export interface Graph {
  readonly tasks: readonly GraphTask[];
  readonly ids: readonly string[];
  /** Number of a task by its id. */
  readonly position: ReadonlyMap<string, number>;
  readonly rules: readonly TriggerRule[];
  readonly references: readonly TaskReferences[];
  /** Direct upstream tasks, implied ones included, ascending. */
  readonly upstream: readonly (readonly number[])[];
  readonly downstream: readonly (readonly number[])[];
  /** Edges of the order in which tasks start. */
  readonly must: readonly Edge[];
  /** Tasks without downstream but teardowns: they decide the run's outcome. */
  readonly last: readonly number[];
}

/** Whether the task fires as soon as one upstream task decides it. */
export function firesEarly(graph: Pick<Graph, 'rules' | 'upstream'>, task: number): boolean {
  return graph.rules[task]!.startsWith('one_') && graph.upstream[task]!.length > 1;
}

/** Ids of the direct upstream tasks, said and implied, without repeats. */
export function upstreamIds(task: GraphTask, references: TaskReferences): Set<string> {
  const ids = new Set(task.upstream);
  for (const reference of references.references) if (reference.kind === 'output') ids.add(reference.task);
  return ids;
}

export function orderTasks(request: CompileRequest, references: ReadonlyMap<GraphTask, TaskReferences>): Graph {
  const given = new Map(request.tasks.map((task) => [task.id, task]));
  const level = levels(request.tasks, given, references);
  const tasks = [...request.tasks].sort((a, b) => level.get(a.id)! - level.get(b.id)! || compareText(a.id, b.id));
  const position = new Map(tasks.map((task, i) => [task.id, i]));
  const upstream = tasks.map((task) =>
    [...upstreamIds(task, references.get(task)!)].map((id) => position.get(id)!).sort((a, b) => a - b),
  );
  const downstream: number[][] = tasks.map(() => []);
  upstream.forEach((all, task) => {
    for (const before of all) downstream[before]!.push(task);
  });
  const rules = tasks.map((task) => (task.setups === undefined ? (task.triggerRule ?? 'all_success') : 'all_done'));
  return {
    tasks,
    ids: tasks.map((task) => task.id),
    position,
    rules,
    references: tasks.map((task) => references.get(task)!),
    upstream,
    downstream,
    must: mustPrecede(rules, upstream),
    last: deciding(tasks, downstream),
  };
}

/** Tasks that nothing follows, teardowns and what they alone follow left out: a teardown does not decide how a run ends. */
function deciding(tasks: readonly GraphTask[], downstream: readonly (readonly number[])[]): number[] {
  const ignored = tasks.map(({ setups, failsRun }) => setups !== undefined && failsRun !== true);
  return downstream.flatMap((after, task) => (!ignored[task] && after.every((next) => ignored[next]) ? [task] : []));
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function levels(
  tasks: readonly GraphTask[],
  given: ReadonlyMap<string, GraphTask>,
  references: ReadonlyMap<GraphTask, TaskReferences>,
): Map<string, number> {
  const level = new Map<string, number>();
  const waiting = new Map<string, number>();
  const after = new Map<string, string[]>();
  const ready: string[] = [];
  for (const task of tasks) {
    const before = upstreamIds(task, references.get(task)!);
    level.set(task.id, 0);
    waiting.set(task.id, before.size);
    if (before.size === 0) ready.push(task.id);
    for (const id of before) {
      if (!given.has(id)) throw new Error(`orderTasks needs a checked graph: ${id} is not a task`);
      const list = after.get(id);
      if (list) list.push(task.id);
      else after.set(id, [task.id]);
    }
  }
  for (let i = 0; i < ready.length; i++) {
    const id = ready[i]!;
    for (const next of after.get(id) ?? []) {
      level.set(next, Math.max(level.get(next)!, level.get(id)! + 1));
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  if (ready.length !== tasks.length) throw new Error('orderTasks needs a checked graph: it has a cycle');
  return level;
}

/**
 * What must end before a task may start. Usually its upstream tasks; nothing for `always`; for a rule that fires early only
 * what precedes *all* of its upstream tasks, because none of them alone has to be waited for.
 */
function mustPrecede(rules: readonly TriggerRule[], upstream: readonly (readonly number[])[]): Edge[] {
  const edges: Edge[] = [];
  const graph = { rules, upstream };
  if (!rules.some((_, task) => firesEarly(graph, task))) {
    upstream.forEach((all, task) => {
      if (rules[task] !== 'always') for (const before of all) edges.push([before, task]);
    });
    return edges;
  }
  const words = (rules.length + 31) >>> 5;
  const above = rules.map(() => new Uint32Array(words));
  const has = (set: Uint32Array, task: number): boolean => ((set[task >>> 5]! >>> (task & 31)) & 1) === 1;
  const add = (set: Uint32Array, task: number): void => {
    set[task >>> 5]! |= 1 << (task & 31);
  };
  for (let task = 0; task < rules.length; task++) {
    const mine = above[task]!;
    if (rules[task] === 'always') continue;
    if (!firesEarly(graph, task)) {
      for (const before of upstream[task]!) {
        for (let i = 0; i < words; i++) mine[i]! |= above[before]![i]!;
        add(mine, before);
        edges.push([before, task]);
      }
      continue;
    }
    mine.fill(0xffffffff);
    for (const before of upstream[task]!) {
      const self = before >>> 5;
      for (let i = 0; i < words; i++) mine[i]! &= above[before]![i]! | (i === self ? 1 << (before & 31) : 0);
    }
    // Only the latest of the common predecessors need an edge; they imply the others.
    const implied = new Uint32Array(words);
    for (let before = task - 1; before >= 0; before--) {
      if (!has(mine, before) || has(implied, before)) continue;
      edges.push([before, task]);
      for (let i = 0; i < words; i++) implied[i]! |= above[before]![i]!;
    }
  }
  return edges;
}
