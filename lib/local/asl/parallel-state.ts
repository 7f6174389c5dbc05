// The Parallel state: every branch runs in a flow of its own; the output is the array of theirs. The first branch that
// fails stops the others, and the state fails with that branch's error.

import { effectiveInput, leave } from './data-flow';
import { Cancellation } from './cancellation';
import { Cancelled } from './failure';
import { Payload } from './history';
import { type ChildPosition, Flow, type Outcome, type Resume } from './run';
import { Scope } from './scope';
import { withRetries } from './task-state';
import type { Visit } from './visit';

export async function visitParallel(visit: Visit): Promise<Outcome> {
  let resumed = visit.resume?.children;
  return withRetries(
    visit,
    async () => {
      const value = await effectiveInput(visit);
      const input = value === visit.input.value ? visit.input : new Payload(value);
      if (!resumed) {
        visit.record('ParallelStateStarted');
      }
      const outputs = await runBranches(visit, input, resumed);
      resumed = undefined;
      visit.flow.run.history.add('ParallelStateSucceeded', visit.flow.cursor);
      visit.decided();
      return leave(
        visit,
        outputs.map((output) => output.value),
      );
    },
    () => {
      resumed = undefined;
      visit.record('ParallelStateFailed');
    },
  );
}

async function runBranches(
  visit: Visit,
  input: Payload,
  resumed: readonly ChildPosition[] | undefined,
): Promise<Payload[]> {
  const { flow, state } = visit;
  const cancellation = new Cancellation(flow.cancellation);
  const started = flow.cursor;
  const positions: ChildPosition[] = new Array<ChildPosition>(state.branches.length).fill(undefined);
  flow.children = positions;
  let failed: { readonly error: unknown; readonly cursor: number } | undefined;
  await Promise.all(
    state.branches.map(async (branch, index) => {
      const before = resumed?.[index];
      if (before && 'output' in before) {
        positions[index] = before;
        return;
      }
      const child = new Flow(flow.run, new Scope(flow.scope), cancellation, started, flow.mapItem);
      try {
        const output = await flow.run.runMachine(child, branch, input, resumeOf(before));
        positions[index] = { output };
        flow.cursor = child.cursor;
      } catch (error) {
        positions[index] = child.resume && { resume: child.resume };
        if (!failed) {
          failed = { error, cursor: child.cursor };
          cancellation.cancel(error instanceof Cancelled ? error : new Cancelled('another branch failed'));
        }
      } finally {
        child.scope.close();
      }
    }),
  );
  cancellation.close();
  if (failed) {
    flow.cursor = failed.cursor;
    throw failed.error;
  }
  return positions.map((position) => (position && 'output' in position ? position.output : input));
}

export function resumeOf(position: ChildPosition): Resume | undefined {
  return position && 'resume' in position ? position.resume : undefined;
}
