// Who may go on where only so many may at once. In: the state of a pool and what happened. Out: the state after it, and whom to wake.
// Always: never more weight held than there are slots, except by what was granted under an earlier, larger number; the highest priority
// first, within it first come first served, and nobody overtakes because it is small. Pure: no clock, no AWS.

export interface Lease {
  readonly lease: string;
  /** ARN of the execution that holds it, or waits for it. */
  readonly execution: string;
  readonly weight: number;
}

export interface Waiter extends Lease {
  readonly priority: number;
}

export interface PoolState {
  readonly limit: number;
  readonly holders: readonly Lease[];
  /** In the order in which they go on. */
  readonly queue: readonly Waiter[];
}

export interface Change {
  readonly state: PoolState;
  /** Leases that were granted by this. */
  readonly granted: readonly string[];
}

export const EMPTY: PoolState = { limit: 0, holders: [], queue: [] };

/** @param wait whether it queues where nothing is free; else it is not granted, and forgotten */
export function acquire(state: PoolState, limit: number, waiter: Waiter, wait = true): Change {
  const { lease } = waiter;
  if (state.holders.some((each) => each.lease === lease)) return { state: { ...state, limit }, granted: [lease] };
  const others = state.queue.filter((each) => each.lease !== lease);
  const at = others.findIndex((each) => each.priority < waiter.priority);
  const place = at === -1 ? others.length : at;
  const queue = [...others.slice(0, place), waiter, ...others.slice(place)];
  const change = grant({ ...state, limit, queue });
  if (wait || change.granted.includes(lease)) return change;
  return { ...change, state: { ...change.state, queue: change.state.queue.filter((each) => each.lease !== lease) } };
}

export function release(state: PoolState, lease: string): Change {
  return without(state, (each) => each.lease === lease);
}

/** Everything that these executions hold or wait for: they have ended. */
export function releaseExecutions(state: PoolState, executions: ReadonlySet<string>): Change {
  return without(state, (each) => executions.has(each.execution));
}

function without(state: PoolState, gone: (lease: Lease) => boolean): Change {
  const stay = (lease: Lease) => !gone(lease);
  return grant({ ...state, holders: state.holders.filter(stay), queue: state.queue.filter(stay) });
}

function grant(state: PoolState): Change {
  let used = state.holders.reduce((sum, { weight }) => sum + weight, 0);
  const going: Lease[] = [];
  for (const { lease, execution, weight } of state.queue) {
    // One that asks for more than there ever is goes on alone, instead of holding up all behind it.
    if (used > 0 && used + weight > state.limit) break;
    used += weight;
    going.push({ lease, execution, weight });
  }
  const queue = state.queue.slice(going.length);
  return {
    state: { ...state, holders: [...state.holders, ...going], queue },
    granted: going.map(({ lease }) => lease),
  };
}
