// Runs a machine's states one after the other in one flow. A loop, not recursion: a chain of any length costs no stack.
// When the flow fails or is stopped it leaves behind where it stood, for a redrive.

import { Cancelled, inState, Problem } from './failure';
import type { Payload } from './history';
import type { MaybePromise } from './jsonata';
import type { Machine, StateType } from './machine';
import { visitMap } from './map-state';
import { visitParallel } from './parallel-state';
import type { ChildPosition, Flow, Outcome, Resume } from './run';
import { visitChoice, visitFail, visitPass, visitSucceed, visitWait } from './simple-states';
import { visitTask } from './task-state';
import { Visit } from './visit';

const HANDLERS: { readonly [type in StateType]: (visit: Visit) => MaybePromise<Outcome> } = {
  Pass: visitPass,
  Succeed: visitSucceed,
  Fail: visitFail,
  Choice: visitChoice,
  Wait: visitWait,
  Task: visitTask,
  Parallel: visitParallel,
  Map: visitMap,
};

/** States that note in the history that they were stopped. */
const NOTES_ABORT = new Set<StateType>(['Task', 'Wait', 'Parallel', 'Map']);

/** Transitions after which a flow that never waits lets others run. */
const BREATH = 200;

export async function runMachine(flow: Flow, machine: Machine, input: Payload, resume?: Resume): Promise<Payload> {
  let name = resume?.state ?? machine.startAt;
  let payload = resume?.input ?? input;
  let resumed = resume;
  if (resume) {
    flow.scope.restore(resume.variables);
  }
  for (let transitions = 1; ; transitions += 1) {
    const outcome = await visitState(flow, machine, name, payload, resumed);
    if (outcome.next === undefined) {
      return outcome.output;
    }
    ({ next: name, output: payload } = outcome as { next: string; output: Payload });
    resumed = undefined;
    if (transitions % BREATH === 0) {
      await flow.run.host.hold(new Promise<void>((resolve) => setImmediate(resolve)));
    }
  }
}

function visitState(
  flow: Flow,
  machine: Machine,
  name: string,
  input: Payload,
  resume: Resume | undefined,
): MaybePromise<Outcome> {
  flow.cancellation.throwIfCancelled();
  const state = machine.states.get(name);
  if (!state || !Object.hasOwn(HANDLERS, state.type)) {
    throw new Problem(`There is no state '${name}' of a known type.`);
  }
  flow.children = undefined;
  const visit = new Visit(flow, state, input, resume);
  const failed = (error: unknown): never => {
    flow.resume = {
      state: name,
      enteredId: visit.enteredId,
      input,
      variables: flow.scope.snapshot(),
      children: flow.children as ChildPosition[] | undefined,
    };
    if (error instanceof Cancelled) {
      if (NOTES_ABORT.has(state.type)) {
        flow.run.history.note(`${state.type}StateAborted`, flow.cursor);
      }
      throw error;
    }
    throw error instanceof Problem ? visit.failure(error) : inState(error, name, visit.enteredId);
  };
  try {
    const outcome = HANDLERS[state.type](visit);
    return outcome instanceof Promise ? outcome.catch(failed) : outcome;
  } catch (error) {
    return failed(error);
  }
}
