// How a state fails. Every failure inside the interpreter is a StateFailure: an error name and a cause as the service
// words them, and whether Retry and Catch may see it. Cancelled is the other way out: a branch that somebody stopped.

import type { Json } from '../engine';

export interface FailureOptions {
  /** Ends the execution at once: neither Retry nor Catch sees it (States.Runtime). */
  readonly terminal?: boolean;
  /** A JSONata evaluation failed at this field: history gets an EvaluationFailed event. */
  readonly evaluation?: { readonly location?: string };
  /** The heartbeat ran out: `States.HeartbeatTimeout` matches too. */
  readonly heartbeat?: boolean;
}

export class StateFailure extends Error {
  /** Set by the state that failed, once its events are written: id of the last event of the failing flow. */
  constructor(
    readonly error: string | undefined,
    readonly causeText: string | undefined,
    readonly options: FailureOptions = {},
  ) {
    super(`${error ?? ''}: ${causeText ?? ''}`);
    this.name = 'StateFailure';
  }

  get terminal(): boolean {
    return this.options.terminal === true;
  }

  /** What a Catch sees: `$states.errorOutput`, or the input of ResultPath. */
  get output(): Json {
    return { Error: this.error ?? '', Cause: this.causeText ?? '' };
  }
}

/** The flow was cancelled from outside (stop, time-out, a sibling that failed). */
export class Cancelled extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'Cancelled';
  }
}

/** A problem found while evaluating; the running state turns it into a StateFailure that names itself. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly error = 'States.Runtime',
    readonly options: FailureOptions = { terminal: error === 'States.Runtime' },
  ) {
    super(message);
    this.name = 'Problem';
  }
}

/** A JSONata field could not be evaluated. */
export function queryProblem(message: string, location?: string): Problem {
  return new Problem(message, 'States.QueryEvaluationError', { evaluation: { location } });
}

/** Words a problem as the service does, naming the state and the event at which it was entered. */
export function inState(problem: unknown, state: string, enteredEventId: number): StateFailure {
  if (problem instanceof StateFailure) {
    return problem;
  }
  if (problem instanceof Problem) {
    const cause = `An error occurred while executing the state '${state}' (entered at the event id #${enteredEventId}). ${problem.message}`;
    return new StateFailure(problem.error, cause, problem.options);
  }
  throw problem;
}
