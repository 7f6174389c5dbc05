// Tasks and who is upstream of whom in, one short cycle per knot of mutually waiting tasks out, downstream order, beginning
// with the knot's first id. Iterative (Tarjan's components, then a breadth-first search inside each), O(V + E).

import type { GraphTask } from './model';

export function findCycles(tasks: readonly GraphTask[], upstream: (task: GraphTask) => Iterable<string>): string[][] {
  const downstream = new Map<string, string[]>(tasks.map((task) => [task.id, []]));
  for (const task of tasks) for (const id of upstream(task)) downstream.get(id)?.push(task.id);
  const knots = components(downstream).filter(
    ([first, ...rest]) => rest.length > 0 || downstream.get(first!)!.includes(first!),
  );
  return knots
    .map((knot) => shortest(knot.sort()[0]!, new Set(knot), downstream))
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

function components(next: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: string[][] = [];
  for (const start of next.keys()) {
    if (index.has(start)) continue;
    const path: { id: string; at: number }[] = [];
    const enter = (id: string): void => {
      index.set(id, index.size);
      low.set(id, index.get(id)!);
      stack.push(id);
      onStack.add(id);
      path.push({ id, at: 0 });
    };
    enter(start);
    while (path.length > 0) {
      const frame = path[path.length - 1]!;
      const targets = next.get(frame.id)!;
      if (frame.at < targets.length) {
        const to = targets[frame.at++]!;
        if (!index.has(to)) enter(to);
        else if (onStack.has(to)) low.set(frame.id, Math.min(low.get(frame.id)!, index.get(to)!));
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent) low.set(parent.id, Math.min(low.get(parent.id)!, low.get(frame.id)!));
      if (low.get(frame.id) !== index.get(frame.id)) continue;
      const component = stack.splice(stack.lastIndexOf(frame.id));
      for (const id of component) onStack.delete(id);
      found.push(component);
    }
  }
  return found;
}

function shortest(start: string, knot: ReadonlySet<string>, next: ReadonlyMap<string, readonly string[]>): string[] {
  const from = new Map<string, string>();
  const queue = [start];
  for (let i = 0; i < queue.length; i++) {
    for (const to of next.get(queue[i]!)!) {
      if (to === start) {
        const path = [queue[i]!];
        while (path[0] !== start) path.unshift(from.get(path[0]!)!);
        return path;
      }
      if (!knot.has(to) || from.has(to)) continue;
      from.set(to, queue[i]!);
      queue.push(to);
    }
  }
  return [start];
}
