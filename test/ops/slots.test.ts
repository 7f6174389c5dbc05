import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acquire, type Change, EMPTY, type PoolState, release, releaseExecutions } from '../../lib/ops/slots';

const waiter = (lease: string, more: { weight?: number; priority?: number; execution?: string } = {}) => ({
  lease,
  execution: more.execution ?? `run-${lease}`,
  weight: more.weight ?? 1,
  priority: more.priority ?? 0,
});
const done = (...steps: ((state: PoolState) => Change)[]) => {
  let state = EMPTY;
  let granted: readonly string[] = [];
  for (const step of steps) ({ state, granted } = step(state));
  return { state, granted };
};
const take =
  (lease: string, limit = 2, more = {}) =>
  (state: PoolState) =>
    acquire(state, limit, waiter(lease, more));

describe('slots of a pool', () => {
  it('are given until there is none, then in turn', () => {
    const { state, granted } = done(take('a'), take('b'), take('c'), take('d'), (s) => release(s, 'a'));
    expect(granted).toEqual(['c']);
    expect(state.queue.map((each) => each.lease)).toEqual(['d']);
  });

  it('go to the highest priority, and within it to who came first', () => {
    const filled = done(take('a', 1), take('b', 1), take('c', 1, { priority: 5 }), take('d', 1, { priority: 5 }));
    expect(filled.state.queue.map((each) => each.lease)).toEqual(['c', 'd', 'b']);
  });

  it('are not taken by a small one that overtakes a large one', () => {
    const { state } = done(take('a'), take('big', 2, { weight: 2 }), take('small'));
    expect(state.holders.map((each) => each.lease)).toEqual(['a']);
  });

  it('are freed by the end of the execution, held and waited for alike', () => {
    const both = { execution: 'dead' };
    const { state, granted } = done(take('a', 1, both), take('b', 1, both), take('c', 1), (s) =>
      releaseExecutions(s, new Set(['dead'])),
    );
    expect([granted, state.queue]).toEqual([['c'], []]);
  });

  it('are the same when asked for twice', () => {
    const once = done(take('a', 1), take('b', 1));
    expect(done(take('a', 1), take('b', 1), take('a', 1), take('b', 1)).state).toEqual(once.state);
  });

  it('are not waited for by whom does not want to wait', () => {
    const { state } = done(take('a', 1), (s) => acquire(s, 1, waiter('b'), false));
    expect([state.holders.length, state.queue.length]).toEqual([1, 0]);
  });

  it('whatever happens, are never too many, nobody is lost, and nobody waits for ever', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('take' as const),
        lease: fc.nat(12),
        weight: fc.integer({ min: 1, max: 3 }),
        priority: fc.nat(2),
      }),
      fc.record({ kind: fc.constant('release' as const), lease: fc.nat(12) }),
      fc.record({ kind: fc.constant('die' as const), lease: fc.nat(12) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        let state = EMPTY;
        const present = new Set<string>();
        for (const each of steps) {
          const lease = `l${each.lease}`;
          if (each.kind === 'take') {
            present.add(lease);
            state = acquire(state, limit, waiter(lease, each)).state;
          } else {
            present.delete(lease);
            const change =
              each.kind === 'release' ? release(state, lease) : releaseExecutions(state, new Set([`run-${lease}`]));
            state = change.state;
          }
          const used = state.holders.reduce((sum, { weight }) => sum + weight, 0);
          expect(used).toBeLessThanOrEqual(limit);
          const [next] = state.queue;
          if (next) expect(used + next.weight).toBeGreaterThan(limit);
          const all = [...state.holders, ...state.queue].map((lease) => lease.lease);
          expect(new Set(all)).toEqual(present);
          expect(all).toHaveLength(present.size);
        }
      }),
    );
  });
});
