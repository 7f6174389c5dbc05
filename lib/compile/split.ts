// A tree in, the same tree with parts moved into child machines out, so that no machine passes its limits. Cutting is free of
// correctness conditions (outcomes travel in and out, rendezvous reach across), so it only has to fit: bottom up, whatever does
// not fit beside its siblings is moved out in runs of neighbours. Sizes are estimates; compile() measures what was rendered
// and cuts again, smaller, if they were wrong.

import { CALL_COST, PARALLEL_COST, taskCost } from './cost';
import { HISTORY_TARGET, MACHINE_NAME_CHARS, NESTING } from './limits';
import type { Links } from './link';
import { hash } from './names';
import type { Graph } from './order';
import { bottomUp, type Child, type Tree, tasksOf } from './tree';

interface Size {
  readonly chars: number;
  readonly events: number;
  readonly depth: number;
}

/** Characters around a task's body, its id counted apart: what rendering was seen to add. */
const TASK_CHARS = 460;
const IDS_PER_TASK = 9;
const PARALLEL_CHARS = 260;
const WAIT_CHARS = 950;
const SIGNAL_CHARS = 1_150;
const CALL_CHARS = 1_100;

export function splitTree(name: string, graph: Graph, links: Links, root: Tree, target: number): Tree {
  const taken = new Set<string>([name]);
  const sizes = new Map<Tree, Size>();
  const replaced = new Map<Tree, Tree>();
  const names = 200 + graph.ids.reduce((sum, id) => sum + id.length + 3, 0);
  const nodes = bottomUp(root);
  for (const node of nodes) {
    if (node.kind === 'task') {
      sizes.set(node, leafSize(graph, links, node.task));
      continue;
    }
    if (node.kind === 'child') throw new Error('a tree is cut once');
    let parts = node.parts.map((part) => replaced.get(part) ?? part);
    const limit = node === root ? Math.max(target / 4, target - names) : target;
    if (node.kind === 'parallel') parts = flatten(parts);
    for (;;) {
      const size = total(parts);
      if (size.chars <= limit && size.events <= HISTORY_TARGET) break;
      const cut = cutRun(node.kind, parts);
      if (cut === undefined) break;
      parts = cut;
    }
    // A parallel whose branches all moved out together is that one child.
    const next: Tree = parts.length === 1 ? parts[0]! : { kind: node.kind, parts };
    replaced.set(node, next);
    if (!sizes.has(next)) {
      const size = total(parts);
      const parallel = node.kind === 'parallel' ? 1 : 0;
      sizes.set(next, {
        chars: size.chars + parallel * PARALLEL_CHARS,
        events: size.events + parallel * PARALLEL_COST.events,
        depth: size.depth + parallel,
      });
    }
  }
  return replaced.get(root) ?? root;

  function total(parts: readonly Tree[]): Size {
    let [chars, events, depth] = [0, 0, 0];
    for (const part of parts) {
      const size = sizes.get(part)!;
      chars += size.chars;
      events += size.events;
      depth = Math.max(depth, size.depth);
    }
    return { chars, events, depth };
  }

  /** Branches nested too deeply move out one by one. */
  function flatten(parts: readonly Tree[]): Tree[] {
    return parts.map((part) => (sizes.get(part)!.depth >= NESTING - 1 ? moveOut('parallel', [part]) : part));
  }

  /** Moves a run of neighbours that fills one machine out into a child: the last run that has not moved yet. */
  function cutRun(kind: 'sequence' | 'parallel', parts: readonly Tree[]): Tree[] | undefined {
    if (parts.length > 1 && parts.every((part) => part.kind === 'child')) {
      const half = parts.length >> 1;
      return [...parts.slice(0, half), moveOut(kind, parts.slice(half))];
    }
    for (let to = parts.length; to > 0; ) {
      if (parts[to - 1]!.kind === 'child') {
        to--;
        continue;
      }
      let [from, chars, events] = [to, 0, 0];
      while (from > 0 && parts[from - 1]!.kind !== 'child') {
        const size = sizes.get(parts[from - 1]!)!;
        if (from < to && (chars + size.chars > target || events + size.events > HISTORY_TARGET)) break;
        chars += size.chars;
        events += size.events;
        from--;
      }
      if (chars > CALL_CHARS)
        return [...parts.slice(0, from), moveOut(kind, parts.slice(from, to)), ...parts.slice(to)];
      to = from;
    }
    return undefined;
  }

  function moveOut(kind: 'sequence' | 'parallel', run: readonly Tree[]): Child {
    const part: Tree = run.length === 1 ? run[0]! : { kind, parts: [...run] };
    const anchor = tasksOf(part).reduce((least, task) => Math.min(least, task));
    let childName = `${name.slice(0, MACHINE_NAME_CHARS - 16)}-${hash(graph.ids[anchor]!)}`;
    while (taken.has(childName)) childName = `${name.slice(0, MACHINE_NAME_CHARS - 16)}-${hash(childName)}`;
    taken.add(childName);
    const child: Child = { kind: 'child', name: childName, anchor, parts: [part] };
    sizes.set(child, { chars: CALL_CHARS + 8 * tasksOf(part).length, events: CALL_COST.events, depth: 0 });
    return child;
  }
}

function leafSize(graph: Graph, links: Links, task: number): Size {
  const given = graph.tasks[task]!;
  const id = graph.ids[task]!.length;
  let chars =
    JSON.stringify(given.body).length + JSON.stringify(given.retry ?? []).length + TASK_CHARS + IDS_PER_TASK * id;
  chars += 8 * links.near[task]!.length;
  if (links.far[task]!.length > 0) chars += WAIT_CHARS + 4 * id;
  if (links.targets[task]!.length > 0) chars += SIGNAL_CHARS + 10 * id + 10 * links.targets[task]!.length;
  return { chars, events: taskCost(graph, task, links).events, depth: 0 };
}
