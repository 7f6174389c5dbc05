// A transitive reduction in, a tree of sequences and parallels out whose order lies inside the graph's. Series-parallel
// parts are contracted exactly (a single edge between two blocks makes a sequence, equal neighbours make a parallel); where
// no rule applies, the cheapest set of edges that makes one apply is cut. Cut edges are what the tree does not say: they
// become rendezvous. Weights steer which edges are cheap to cut; ties differ by weighting, so callers try several.

import { Heap } from './heap';
import type { Edge } from './reduce';
import type { Leaf, Parallel, Sequence, Tree } from './tree';

type Block = Leaf | Sequence | Parallel;

/** What it would cost to make a rule apply to blocks u and v: `cost` of the edges to cut, `gain` of those that stay. */
interface Candidate {
  readonly series: boolean;
  readonly u: number;
  readonly v: number;
  cost: number;
  gain: number;
}

/** Neighbours looked at per block while many blocks are left, and how many blocks are "few". */
const NARROW = 12;
const WIDE = 64;
const FEW = 60;

export function nest(count: number, edges: readonly Edge[], weight: (from: number, to: number) => number): Tree {
  return new Contraction(count, edges, weight).run();
}

class Contraction {
  private readonly before: Map<number, number>[];
  private readonly after: Map<number, number>[];
  private readonly tree: Block[];
  private readonly alive: Uint8Array;
  private blocks: number;
  private edges: number;
  private readonly weightIn: Float64Array;
  private readonly weightOut: Float64Array;
  // Two 32-bit XOR hashes of each neighbour set: equal sets have equal hashes, kept up to date in O(1) per change.
  private readonly idA: Uint32Array;
  private readonly idB: Uint32Array;
  private readonly beforeA: Uint32Array;
  private readonly beforeB: Uint32Array;
  private readonly afterA: Uint32Array;
  private readonly afterB: Uint32Array;
  private readonly twins = new Map<string, number>();
  private readonly twinKey: (string | undefined)[];
  private readonly work: number[];
  private readonly queued: Uint8Array;
  private changed: Set<number>;
  private heap = new Heap<Candidate>(cheaper);

  constructor(count: number, edges: readonly Edge[], weight: (from: number, to: number) => number) {
    this.before = Array.from({ length: count }, () => new Map());
    this.after = Array.from({ length: count }, () => new Map());
    this.tree = Array.from({ length: count }, (_, task) => ({ kind: 'task', task }));
    this.alive = new Uint8Array(count).fill(1);
    this.blocks = count;
    this.edges = edges.length;
    this.weightIn = new Float64Array(count);
    this.weightOut = new Float64Array(count);
    let seed = 12345;
    const next = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed;
    };
    this.idA = Uint32Array.from({ length: count }, () => next() ^ (next() >>> 15));
    this.idB = Uint32Array.from({ length: count }, () => next() ^ (next() >>> 13));
    this.beforeA = new Uint32Array(count);
    this.beforeB = new Uint32Array(count);
    this.afterA = new Uint32Array(count);
    this.afterB = new Uint32Array(count);
    for (const [a, b] of edges) {
      const w = weight(a, b);
      this.before[b]!.set(a, w);
      this.after[a]!.set(b, w);
      this.toggleEdge(a, b);
      this.weightOut[a]! += w;
      this.weightIn[b]! += w;
    }
    this.twinKey = new Array<string | undefined>(count).fill(undefined);
    this.work = Array.from({ length: count }, (_, task) => task);
    this.queued = new Uint8Array(count).fill(1);
    this.changed = new Set(this.work);
  }

  run(): Tree {
    this.contractExactly();
    let live = Array.from({ length: this.alive.length }, (_, task) => task);
    while (this.edges > 0) {
      if (live.length > 2 * this.blocks) live = live.filter((u) => this.alive[u]);
      if (this.blocks <= FEW) {
        this.heap = new Heap(cheaper);
        for (const u of live) if (this.alive[u]) this.propose(u, WIDE);
      } else {
        for (const u of this.changed) this.propose(u, NARROW);
      }
      this.changed = new Set();
      if (!this.cutCheapest()) {
        // Every candidate lay outside the capped neighbourhoods: cut any edge and look at all blocks again.
        live = live.filter((u) => this.alive[u]);
        this.changed = new Set(live);
        const u = live.find((block) => this.after[block]!.size > 0)!;
        this.drop(u, firstKey(this.after[u]!));
      }
      this.contractExactly();
    }
    const parts = live.filter((u) => this.alive[u]).map((u) => this.tree[u]!);
    if (parts.length === 1) return parts[0]!;
    return { kind: 'parallel', parts: parts.flatMap((part) => (part.kind === 'parallel' ? part.parts : [part])) };
  }

  private toggleEdge(u: number, v: number): void {
    this.toggleAfter(u, v);
    this.toggleBefore(v, u);
  }

  private toggleAfter(u: number, v: number): void {
    this.afterA[u]! ^= this.idA[v]!;
    this.afterB[u]! ^= this.idB[v]!;
  }

  private toggleBefore(v: number, u: number): void {
    this.beforeA[v]! ^= this.idA[u]!;
    this.beforeB[v]! ^= this.idB[u]!;
  }

  private touch(u: number): void {
    this.changed.add(u);
    if (this.queued[u]) return;
    this.queued[u] = 1;
    this.work.push(u);
  }

  private forgetKey(u: number): void {
    const key = this.twinKey[u];
    if (key !== undefined && this.twins.get(key) === u) this.twins.delete(key);
    this.twinKey[u] = undefined;
  }

  private keyOf(u: number): string {
    return `${this.beforeA[u]},${this.beforeB[u]},${this.afterA[u]},${this.afterB[u]},${this.before[u]!.size},${this.after[u]!.size}`;
  }

  private drop(u: number, v: number): void {
    const w = this.after[u]!.get(v)!;
    this.after[u]!.delete(v);
    this.before[v]!.delete(u);
    this.edges--;
    this.toggleEdge(u, v);
    this.weightOut[u]! -= w;
    this.weightIn[v]! -= w;
    this.touch(u);
    this.touch(v);
  }

  private bury(u: number): void {
    this.forgetKey(u);
    this.alive[u] = 0;
    this.blocks--;
    this.before[u] = new Map();
    this.after[u] = new Map();
    this.changed.delete(u);
  }

  /** u is the only one before v, v the only one after u. The block with the larger remaining neighbourhood survives. */
  private mergeSeries(u: number, v: number): void {
    this.drop(u, v);
    const tree = join('sequence', this.tree[u]!, this.tree[v]!);
    const intoV = this.before[u]!.size <= this.after[v]!.size;
    const [keep, gone] = intoV ? [v, u] : [u, v];
    if (intoV) {
      for (const [p, w] of this.before[gone]!) {
        this.after[p]!.delete(gone);
        this.after[p]!.set(keep, w);
        this.before[keep]!.set(p, w);
        this.toggleAfter(p, gone);
        this.toggleAfter(p, keep);
        this.toggleBefore(keep, p);
        this.weightIn[keep]! += w;
        this.touch(p);
      }
    } else {
      for (const [q, w] of this.after[gone]!) {
        this.before[q]!.delete(gone);
        this.before[q]!.set(keep, w);
        this.after[keep]!.set(q, w);
        this.toggleBefore(q, gone);
        this.toggleBefore(q, keep);
        this.toggleAfter(keep, q);
        this.weightOut[keep]! += w;
        this.touch(q);
      }
    }
    this.bury(gone);
    this.tree[keep] = tree;
    this.touch(keep);
  }

  /** u and v have the same neighbours on both sides: their edges fall together, weights add up. */
  private mergeTwins(u: number, v: number): void {
    const tree = join('parallel', this.tree[u]!, this.tree[v]!);
    for (const [p, w] of this.before[v]!) {
      this.after[p]!.delete(v);
      this.after[p]!.set(u, this.after[p]!.get(u)! + w);
      this.before[u]!.set(p, this.before[u]!.get(p)! + w);
      this.toggleAfter(p, v);
      this.weightIn[u]! += w;
      this.edges--;
      this.touch(p);
    }
    for (const [q, w] of this.after[v]!) {
      this.before[q]!.delete(v);
      this.before[q]!.set(u, this.before[q]!.get(u)! + w);
      this.after[u]!.set(q, this.after[u]!.get(q)! + w);
      this.toggleBefore(q, v);
      this.weightOut[u]! += w;
      this.edges--;
      this.touch(q);
    }
    this.bury(v);
    this.tree[u] = tree;
    this.touch(u);
  }

  private contractExactly(): void {
    for (let u = this.work.pop(); u !== undefined; u = this.work.pop()) {
      this.queued[u] = 0;
      if (!this.alive[u]) continue;
      this.forgetKey(u);
      if (this.after[u]!.size === 1) {
        const v = firstKey(this.after[u]!);
        if (this.before[v]!.size === 1) {
          this.mergeSeries(u, v);
          continue;
        }
      }
      if (this.before[u]!.size === 1) {
        const p = firstKey(this.before[u]!);
        if (this.after[p]!.size === 1) {
          this.mergeSeries(p, u);
          continue;
        }
      }
      const key = this.keyOf(u);
      const v = this.twins.get(key);
      if (v !== undefined && v !== u && this.alive[v] && this.sameNeighbours(u, v)) {
        this.forgetKey(v);
        this.mergeTwins(u, v);
        continue;
      }
      this.twins.set(key, u);
      this.twinKey[u] = key;
    }
  }

  /** Hashes may collide; the sets decide. */
  private sameNeighbours(u: number, v: number): boolean {
    return sameKeys(this.before[u]!, this.before[v]!) && sameKeys(this.after[u]!, this.after[v]!);
  }

  private priceSeries(u: number, v: number): Candidate {
    const w = this.after[u]!.get(v)!;
    return { series: true, u, v, cost: this.weightOut[u]! + this.weightIn[v]! - 2 * w, gain: w };
  }

  private priceTwins(u: number, v: number): Candidate {
    const price = { series: false, u: Math.min(u, v), v: Math.max(u, v), cost: 0, gain: 0 };
    addOverlap(this.before[u]!, this.before[v]!, price);
    addOverlap(this.after[u]!, this.after[v]!, price);
    return price;
  }

  private propose(u: number, limit: number): void {
    let seen = 0;
    for (const v of this.after[u]!.keys()) {
      if (seen++ >= limit) break;
      this.heap.push(this.priceSeries(u, v));
    }
    seen = 0;
    for (const p of this.before[u]!.keys()) {
      if (seen++ >= limit) break;
      this.heap.push(this.priceSeries(p, u));
    }
    if (this.after[u]!.size + this.before[u]!.size > limit) return;
    const met = new Set<number>();
    for (const [near, far] of [
      [this.before, this.after],
      [this.after, this.before],
    ] as const) {
      for (const p of near[u]!.keys()) {
        let looked = 0;
        for (const v of far[p]!.keys()) {
          if (looked++ >= limit) break;
          if (v === u || met.has(v) || this.after[v]!.size + this.before[v]!.size > 4 * limit) continue;
          met.add(v);
          this.heap.push(this.priceTwins(u, v));
        }
      }
    }
  }

  /** Entries are priced when pushed and again when popped; one that became dearer goes back. */
  private cutCheapest(): boolean {
    for (let entry = this.heap.pop(); entry; entry = this.heap.pop()) {
      const { u, v } = entry;
      if (!this.alive[u] || !this.alive[v]) continue;
      if (entry.series && !this.after[u]!.has(v)) continue;
      const now = entry.series ? this.priceSeries(u, v) : this.priceTwins(u, v);
      if (now.gain === 0) continue;
      if (now.cost > entry.cost + 1e-9) {
        this.heap.push(now);
        continue;
      }
      if (entry.series) {
        for (const q of [...this.after[u]!.keys()]) if (q !== v) this.drop(u, q);
        for (const p of [...this.before[v]!.keys()]) if (p !== u) this.drop(p, v);
      } else {
        for (const [x, y] of [
          [u, v],
          [v, u],
        ] as const) {
          for (const p of [...this.before[x]!.keys()]) if (!this.before[y]!.has(p)) this.drop(p, x);
          for (const q of [...this.after[x]!.keys()]) if (!this.after[y]!.has(q)) this.drop(x, q);
        }
      }
      return true;
    }
    return false;
  }
}

function cheaper(a: Candidate, b: Candidate): boolean {
  if (a.cost !== b.cost) return a.cost < b.cost;
  if (a.gain !== b.gain) return a.gain > b.gain;
  if (a.series !== b.series) return a.series;
  return a.u !== b.u ? a.u < b.u : a.v < b.v;
}

/** The larger list takes in the smaller: blocks are joined n times, lists are copied O(n log n) times in all. */
function join(kind: 'sequence' | 'parallel', a: Block, b: Block): Block {
  if (kind === 'parallel' && b.kind === 'parallel' && (a.kind !== 'parallel' || b.parts.length > a.parts.length))
    [a, b] = [b, a];
  if (a.kind === kind) {
    if (b.kind !== kind) a.parts.push(b);
    else for (const part of b.parts) a.parts.push(part);
    return a;
  }
  if (b.kind === kind) {
    b.parts.unshift(a);
    return b;
  }
  return { kind, parts: [a, b] };
}

function firstKey(map: Map<number, number>): number {
  return map.keys().next().value!;
}

function sameKeys(a: Map<number, number>, b: Map<number, number>): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) if (!b.has(key)) return false;
  return true;
}

function addOverlap(a: Map<number, number>, b: Map<number, number>, price: { cost: number; gain: number }): void {
  for (const [key, w] of a) {
    const other = b.get(key);
    if (other === undefined) price.cost += w;
    else price.gain += w + other;
  }
  for (const [key, w] of b) if (!a.has(key)) price.cost += w;
}
