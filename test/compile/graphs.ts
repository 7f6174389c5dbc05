// Short ways to write graphs in tests, and synthetic ones of any size.

import { compile } from '../../lib/compile/compile';
import type { CompileRequest, Compiled, GraphTask, Json } from '../../lib/compile/model';

export function task(
  id: string,
  upstream: readonly string[] = [],
  more: Partial<GraphTask> & { args?: Json } = {},
): GraphTask {
  const { args, ...rest } = more;
  return {
    id,
    kind: 'LambdaTask',
    upstream,
    body: {
      type: 'state',
      state: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: id, ...(args === undefined ? {} : { Payload: args }) },
      },
    },
    ...rest,
  };
}

export function request(tasks: readonly GraphTask[], more: Partial<CompileRequest> = {}): CompileRequest {
  return { name: 'p', tasks, rendezvousTable: 'rendezvous', machineArn: (name) => name, ...more };
}

export function compiled(tasks: readonly GraphTask[], more: Partial<CompileRequest> = {}): Compiled {
  return compile(request(tasks, more));
}

type State = { readonly [field: string]: Json };

/** Every state of all machines by name. */
export function statesOf(plan: Compiled): Map<string, State> {
  const found = new Map<string, State>();
  const visit = (scope: State): void => {
    for (const [name, state] of Object.entries(scope['States'] as { [name: string]: State })) {
      found.set(name, state);
      for (const branch of (state['Branches'] ?? []) as State[]) visit(branch);
      if (state['ItemProcessor']) visit(state['ItemProcessor'] as State);
    }
  };
  for (const machine of plan.machines) visit(machine.definition);
  return found;
}

export type Shape = 'series-parallel' | 'dbt-like' | 'grid' | 'random layers';

/** Edges of a graph of about `count` tasks; the same every time. */
export function synthetic(shape: Shape, count: number): [number, number][] {
  let seed = count * 7 + shape.length;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 4294967296;
  };
  const edges: [number, number][] = [];
  if (shape === 'dbt-like') {
    for (let i = Math.floor(count / 4); i < count; i++) {
      const parents = 1 + Math.floor(random() * random() * 4);
      for (let j = 0; j < parents; j++) {
        const reach = random() < 0.8 ? Math.min(i, 40 + Math.floor(count / 4)) : i;
        edges.push([i - 1 - Math.floor(random() * reach), i]);
      }
    }
  } else if (shape === 'random layers') {
    const width = Math.ceil(count / Math.max(2, Math.round(Math.sqrt(count) / 2)));
    for (let i = width; i < count; i++) {
      const base = (Math.floor(i / width) - 1) * width;
      for (let j = 0; j < 3; j++) edges.push([base + Math.floor(random() * width), i]);
    }
  } else if (shape === 'grid') {
    const rows = Math.round(Math.sqrt(count));
    const columns = Math.floor(count / rows) - 1;
    let cell = rows + columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns && cell < count; column++, cell++) {
        edges.push([row, cell], [cell, rows + column]);
      }
    }
  } else {
    seriesParallel(0, count, random, edges);
  }
  return edges;
}

/** Splits the range in two, at random in series or in parallel; returns sources and sinks. */
function seriesParallel(
  from: number,
  to: number,
  random: () => number,
  edges: [number, number][],
): [number[], number[]] {
  if (to - from === 1) return [[from], [from]];
  const cut = from + 1 + Math.floor(random() * (to - from - 1));
  const inSeries = random() < 0.5;
  const [left, right] = [seriesParallel(from, cut, random, edges), seriesParallel(cut, to, random, edges)];
  if (inSeries && left[1].length * right[0].length <= 64) {
    for (const a of left[1]) for (const b of right[0]) edges.push([a, b]);
    return [left[0], right[1]];
  }
  return [
    [...left[0], ...right[0]],
    [...left[1], ...right[1]],
  ];
}
