// Edges of an acyclic graph in, its transitive reduction out: the fewest edges with the same order. Descendant sets are
// bitsets filled in reverse topological order, n * m / 32 word operations; tasks are numbers in topological order.

export type Edge = readonly [number, number];

/** The edges that no longer path implies, grouped by source from the last task to the first. `a < b` must hold in every edge. */
export function reduceEdges(count: number, edges: readonly Edge[]): Edge[] {
  const successors: number[][] = Array.from({ length: count }, () => []);
  for (const [a, b] of edges) successors[a]!.push(b);
  const words = (count + 31) >>> 5;
  const below = new Uint32Array(count * words);
  const kept: Edge[] = [];
  for (let task = count - 1; task >= 0; task--) {
    const row = task * words;
    for (const next of successors[task]!.sort((x, y) => x - y)) {
      if ((below[row + (next >>> 5)]! >>> (next & 31)) & 1) continue;
      kept.push([task, next]);
      const other = next * words;
      for (let i = next >>> 5; i < words; i++) below[row + i]! |= below[other + i]!;
      below[row + (next >>> 5)]! |= 1 << (next & 31);
    }
  }
  return kept;
}
