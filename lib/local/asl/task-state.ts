// The Task state: evaluates its arguments, makes attempts until one succeeds or Retry gives up, then leaves by its output
// or by a Catch.

import type { Json } from '../engine';
import { effectiveInput, leave, leaveCaught } from './data-flow';
import { Cancelled, Problem, queryProblem, type StateFailure } from './failure';
import { checkParameters } from './integration-parameters';
import type { MaybePromise } from './jsonata';
import { isObject } from './json-value';
import { evaluatePlainPath } from './payload-template';
import { matchesError, RetryCounter } from './retry';
import type { Outcome } from './run';
import { attemptTask } from './task-attempt';
import type { Visit } from './visit';

export async function visitTask(visit: Visit): Promise<Outcome> {
  const { host } = visit.flow.run;
  return withRetries(visit, async (attempt) => {
    const { resource } = visit.state;
    if (!resource) {
      throw new Problem(
        `The resource '${visit.state.text('Resource') ?? ''}' is not an ARN of a service, function or activity.`,
      );
    }
    const needsToken = resource.integration === 'waitForTaskToken' || resource.integration === 'activity';
    visit.taskToken = needsToken ? host.tokens.issue() : undefined;
    const timeoutSeconds = await duration(visit, 'TimeoutSeconds');
    const heartbeatSeconds = await duration(visit, 'HeartbeatSeconds');
    const args = await effectiveInput(visit);
    checkParameters(resource, args);
    const result = await attemptTask({
      visit,
      resource,
      arguments: args,
      number: attempt,
      taskToken: visit.taskToken,
      timeoutSeconds,
      heartbeatSeconds,
      roleArn: await credentials(visit),
    });
    visit.decided();
    return leave(visit, result.value);
  });
}

/** Runs the body until it succeeds, Retry gives up, and Catch has been asked. Parallel and Map share it. */
export async function withRetries(
  visit: Visit,
  body: (attempt: number) => MaybePromise<Outcome>,
  onFinal: (failure: StateFailure) => void = () => undefined,
): Promise<Outcome> {
  const { state, flow } = visit;
  const { host } = flow.run;
  const counter = new RetryCounter(state.retriers, () => host.random());
  for (let attempt = 0; ; attempt += 1) {
    visit.retryCount = counter.count;
    let failure: StateFailure;
    try {
      return await body(attempt);
    } catch (problem) {
      if (problem instanceof Cancelled) {
        throw problem;
      }
      failure = visit.failure(problem);
    }
    const delay = failure.terminal ? undefined : counter.next(failure);
    if (delay === undefined) {
      return giveUp(visit, failure, onFinal);
    }
    if (delay > 0) {
      await host.clock.sleep(delay * 1_000, flow.cancellation.signal);
    }
    flow.cancellation.throwIfCancelled();
    visit.decided();
  }
}

async function giveUp(visit: Visit, failure: StateFailure, onFinal: (failure: StateFailure) => void): Promise<Outcome> {
  if (failure.terminal) {
    throw failure;
  }
  onFinal(failure);
  visit.decided();
  const catcher = visit.state.catchers.find((candidate) => matchesError(candidate.errorEquals, failure));
  if (!catcher) {
    throw failure;
  }
  return leaveCaught(visit, catcher.rule, failure.output, catcher.next);
}

async function duration(visit: Visit, field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> {
  const { state } = visit;
  const path = state.text(`${field}Path`);
  let value: Json;
  if (!state.jsonata && path !== undefined) {
    value = evaluatePlainPath(path, visit.paths(visit.input.value));
  } else if (!state.has(field)) {
    return undefined;
  } else {
    value = state.jsonata ? await state.query(field).evaluate(visit.queries()) : state.fields[field]!;
  }
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number <= 0) {
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    throw state.jsonata
      ? queryProblem(`The ${field} field must be a positive integer, but was: ${shown}`, field)
      : new Problem(
          `The ${field}Path field refers to value "${shown}" which is not a valid positive integer: ${path ?? field}`,
        );
  }
  return number;
}

async function credentials(visit: Visit): Promise<string | undefined> {
  const { state } = visit;
  if (!state.has('Credentials')) {
    return undefined;
  }
  const value = state.jsonata
    ? await state.query('Credentials').evaluate(visit.queries())
    : state.template('Credentials')(visit.paths(visit.input.value));
  return isObject(value) && typeof value['RoleArn'] === 'string' ? value['RoleArn'] : undefined;
}
