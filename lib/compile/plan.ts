// The graph in, the nested tree with the fewest rendezvous out. A tree's rendezvous are the edges of the transitive
// reduction that its own order does not imply; several weightings are tried and the first best is kept. How many are tried
// depends on a count of steps, never on a clock, so the same graph always gives the same plan.

import type { Graph } from './order';
import { nest } from './nest';
import { type Edge, reduceEdges } from './reduce';
import { canonical, orderOf, type Tree } from './tree';

export interface Plan {
  readonly root: Tree;
  readonly reduced: readonly Edge[];
  /** Reduced edges that the tree does not imply. */
  readonly rendezvous: readonly Edge[];
}

/** Edges times weightings that may be spent; above it fewer weightings are tried. */
const BUDGET = 30_000;
/** From so many edges on the first weighting has to do: on such graphs a second was seen to save 2 % of the waits at most. */
const ONE_WEIGHTING = 8_000;

type Weight = (from: number, to: number) => number;

/** Each makes other edges cheap to cut: those into busy tasks, those of idle sources... No one of them is best everywhere. */
const WEIGHTINGS: readonly ((outDegree: Int32Array, inDegree: Int32Array) => Weight)[] = [
  (out) => (a) => 1 + (0.25 * Math.min(out[a]!, 20)) / 20,
  () => (a) => 1 + 0.25 * scatter(a),
  (out) => (a) => 1 + 0.25 / out[a]!,
  (_, into) => (_a, b) => 1 + 1 / into[b]!,
  () => () => 1,
];

export function planTasks(graph: Graph): Plan {
  const count = graph.ids.length;
  const reduced = reduceEdges(count, graph.must);
  const out = new Int32Array(count);
  const into = new Int32Array(count);
  for (const [a, b] of reduced) {
    out[a]!++;
    into[b]!++;
  }
  const tries =
    reduced.length > ONE_WEIGHTING ? 1 : Math.min(WEIGHTINGS.length, Math.floor(BUDGET / Math.max(1, reduced.length)));
  let best: { root: Tree; rendezvous: Edge[] } | undefined;
  for (const weighting of WEIGHTINGS.slice(0, tries)) {
    const root = nest(count, reduced, weighting(out, into));
    const before = orderOf(root, count);
    const rendezvous = reduced.filter(([a, b]) => !before(a, b));
    if (best === undefined || rendezvous.length < best.rendezvous.length) best = { root, rendezvous };
    if (rendezvous.length === 0) break;
  }
  const byTask = (x: Edge, y: Edge): number => x[0] - y[0] || x[1] - y[1];
  return { root: canonical(best!.root), reduced: [...reduced].sort(byTask), rendezvous: best!.rendezvous.sort(byTask) };
}

/** A number in [0, 1) that looks unrelated to its neighbours'. */
function scatter(value: number): number {
  let x = (Math.imul(value, 2654435761) + 40503) >>> 0;
  x ^= x >>> 15;
  x = Math.imul(x, 2246822519) >>> 0;
  x ^= x >>> 13;
  return (x >>> 0) / 4294967296;
}
