// The Map state in inline mode: iterations run in flows of this execution, a limited number at a time, and record their
// events in its history. The first that fails stops the rest. (Distributed mode: distributed-map.ts.)

import type { Json } from '../engine';
import { Cancellation } from './cancellation';
import { leave } from './data-flow';
import { visitDistributedMap } from './distributed-map';
import { Cancelled, type StateFailure } from './failure';
import type { Payload } from './history';
import { MAX_INLINE_CONCURRENCY } from './limits';
import { iterationInput, mapConcurrency, mapItems } from './map-items';
import { resumeOf } from './parallel-state';
import { type ChildPosition, Flow, type MapItem, type Outcome } from './run';
import { Scope } from './scope';
import { withRetries } from './task-state';
import type { Visit } from './visit';

export async function visitMap(visit: Visit): Promise<Outcome> {
  let resumed = visit.resume?.children;
  return withRetries(
    visit,
    async () => {
      if (visit.state.distributed) {
        return visitDistributedMap(visit);
      }
      const items = await mapItems(visit);
      const concurrency = await mapConcurrency(visit, MAX_INLINE_CONCURRENCY);
      if (!resumed) {
        visit.record('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
      }
      const outputs = await iterate(visit, items, concurrency, resumed);
      resumed = undefined;
      visit.flow.run.history.add('MapStateSucceeded', visit.flow.cursor);
      visit.decided();
      return leave(
        visit,
        outputs.map((output) => output.value),
      );
    },
    () => {
      resumed = undefined;
      visit.record('MapStateFailed');
    },
  );
}

async function iterate(
  visit: Visit,
  items: readonly Json[],
  concurrency: number,
  resumed: readonly ChildPosition[] | undefined,
): Promise<Payload[]> {
  const { flow } = visit;
  const cancellation = new Cancellation(flow.cancellation);
  const started = flow.cursor;
  const positions: ChildPosition[] = new Array<ChildPosition>(items.length).fill(undefined);
  flow.children = positions;
  const state: IterationState = { visit, items, positions, cancellation, next: 0, last: started, failed: undefined };
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, () => work(state, started, resumed));
  await Promise.all(workers);
  cancellation.close();
  if (state.failed) {
    flow.cursor = state.failed.cursor;
    throw state.failed.error;
  }
  flow.cursor = state.last;
  return positions.map((position) => (position as { output: Payload }).output);
}

interface IterationState {
  readonly visit: Visit;
  readonly items: readonly Json[];
  readonly positions: ChildPosition[];
  readonly cancellation: Cancellation;
  next: number;
  /** Id of the last event of an iteration that succeeded. */
  last: number;
  failed: { readonly error: unknown; readonly cursor: number } | undefined;
}

/** Takes items one after the other until there are none, or one failed. */
async function work(
  state: IterationState,
  started: number,
  resumed: readonly ChildPosition[] | undefined,
): Promise<void> {
  let cursor = started;
  while (state.next < state.items.length && !state.cancellation.reason) {
    const index = state.next;
    state.next += 1;
    const before = resumed?.[index];
    if (before && 'output' in before) {
      state.positions[index] = before;
      continue;
    }
    cursor = await iteration(state, index, cursor, before);
  }
}

async function iteration(state: IterationState, index: number, after: number, before: ChildPosition): Promise<number> {
  const { visit, positions } = state;
  const { run } = visit.flow;
  const details = { name: visit.state.name, index };
  const mapItem: MapItem = { Index: index, Value: state.items[index]! };
  const child = new Flow(run, new Scope(visit.flow.scope), state.cancellation, after, mapItem);
  try {
    child.cursor = run.history.add('MapIterationStarted', after, { mapIterationStartedEventDetails: details });
    const input = await iterationInput(visit, mapItem);
    const output = await run.runMachine(child, visit.state.branches[0]!, input, resumeOf(before));
    positions[index] = { output };
    state.last = run.history.add('MapIterationSucceeded', child.cursor, { mapIterationSucceededEventDetails: details });
  } catch (error) {
    positions[index] = child.resume && { resume: child.resume };
    if (error instanceof Cancelled) {
      run.history.note('MapIterationAborted', child.cursor, { mapIterationAbortedEventDetails: details });
    } else if (!(error as StateFailure).terminal) {
      run.history.note('MapIterationFailed', child.cursor, { mapIterationFailedEventDetails: details });
    }
    if (!state.failed) {
      state.failed = { error, cursor: child.cursor };
      state.cancellation.cancel(error instanceof Cancelled ? error : new Cancelled('another iteration failed'));
    }
  } finally {
    child.scope.close();
  }
  return child.cursor;
}
