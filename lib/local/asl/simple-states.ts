// The states that call nobody: Pass, Succeed, Fail, Choice, Wait. Each handler takes a visit and answers where to go, or
// throws. All but Wait are synchronous unless a JSONata field is not.

import type { Json } from '../engine';
import { ruleHolds } from './choice';
import { effectiveInput, inputAfterPath, leave, passThrough } from './data-flow';
import { Problem, queryProblem, StateFailure } from './failure';
import { isIntrinsic } from './intrinsic-parser';
import type { MaybePromise } from './jsonata';
import { MAX_EXECUTION_SECONDS } from './limits';
import type { FieldSet } from './machine';
import { evaluateReference } from './payload-template';
import { expectType, expressionText } from './query';
import type { Outcome } from './run';
import { parseTimestamp } from './timestamp';
import { continueWith, type Visit } from './visit';

export function visitPass(visit: Visit): MaybePromise<Outcome> {
  const { state } = visit;
  if (state.jsonata) {
    return passThrough(visit, state, state.next);
  }
  return continueWith(effectiveInput(visit), (input) =>
    leave(visit, state.has('Result') ? state.fields['Result']! : input),
  );
}

export function visitSucceed(visit: Visit): MaybePromise<Outcome> {
  return passThrough(visit, visit.state, undefined);
}

export function visitFail(visit: Visit): MaybePromise<Outcome> {
  return continueWith(failText(visit, 'Error'), (error) =>
    continueWith(failText(visit, 'Cause'), (cause) => {
      throw new StateFailure(error, cause);
    }),
  );
}

function failText(visit: Visit, field: 'Error' | 'Cause'): MaybePromise<string | undefined> {
  const { state, input } = visit;
  if (state.has(field) && state.jsonata) {
    const query = state.query(field);
    return continueWith(
      query.evaluate(visit.queries()),
      (value) => expectType(value, 'string', query.expression, field) as string,
    );
  }
  const path = state.text(`${field}Path`);
  if (path === undefined) {
    return state.text(field);
  }
  const value = evaluateReference(path, `${field}Path`, visit.paths(input.value));
  if (typeof value !== 'string') {
    const shown = isIntrinsic(path) ? 'the function' : path;
    throw new Problem(
      `The ${field}Path field refers to value ${JSON.stringify(value)} which is not a string: ${shown}`,
    );
  }
  return value;
}

export function visitChoice(visit: Visit): MaybePromise<Outcome> {
  const { state } = visit;
  if (state.jsonata) {
    return chooseByQuery(visit, 0);
  }
  const environment = visit.paths(inputAfterPath(visit));
  const chosen = state.choices.find((rule) => ruleHolds(rule.fields, environment));
  return follow(visit, chosen);
}

function chooseByQuery(visit: Visit, index: number): MaybePromise<Outcome> {
  const rule = visit.state.choices[index];
  if (!rule) {
    return follow(visit, undefined);
  }
  const query = rule.query('Condition');
  return continueWith(query.evaluate(visit.queries()), (value) =>
    expectType(value, 'boolean', query.expression, rule.path('Condition')) === true
      ? follow(visit, rule)
      : chooseByQuery(visit, index + 1),
  );
}

/** A matched rule brings its own Output and Assign; Default has the state's. */
function follow(visit: Visit, rule: FieldSet | undefined): MaybePromise<Outcome> {
  const next = rule ? rule.text('Next') : visit.state.text('Default');
  if (next === undefined) {
    throw new Problem('Failed to transition out of the state. The state does not point to a next state.');
  }
  return passThrough(visit, rule ?? visit.state, next);
}

export function visitWait(visit: Visit): MaybePromise<Outcome> {
  return continueWith(waitMilliseconds(visit), (milliseconds) => {
    if (milliseconds <= 0) {
      return passThrough(visit, visit.state, visit.state.next);
    }
    return sleepThenPass(visit, milliseconds);
  });
}

async function sleepThenPass(visit: Visit, milliseconds: number): Promise<Outcome> {
  const { cancellation, run } = visit.flow;
  const longest = MAX_EXECUTION_SECONDS * 1_000;
  await run.host.clock.sleep(Math.min(milliseconds, longest), cancellation.signal);
  visit.decided();
  if (milliseconds > longest)
    throw new StateFailure('States.Timeout', 'an execution takes at most a year', { terminal: true });
  return passThrough(visit, visit.state, visit.state.next);
}

function waitMilliseconds(visit: Visit): MaybePromise<number> {
  const { state, flow } = visit;
  const now = flow.run.host.clock.now();
  if (state.has('Seconds')) {
    return continueWith(waitValue(visit, 'Seconds'), (value) => seconds(visit, value) * 1_000);
  }
  if (state.has('Timestamp')) {
    return continueWith(waitValue(visit, 'Timestamp'), (value) => {
      const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
      if (time === undefined) {
        visit.decided();
        throw queryProblem(
          `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
          'Timestamp',
        );
      }
      return time - now;
    });
  }
  const field = state.has('SecondsPath') ? 'SecondsPath' : 'TimestampPath';
  const path = state.text(field) ?? '$';
  const value = evaluateReference(path, field, visit.paths(inputAfterPath(visit)));
  return field === 'SecondsPath' ? secondsAtPath(path, value) * 1_000 : timeAtPath(path, value) - now;
}

function waitValue(visit: Visit, field: string): MaybePromise<Json> {
  const { state } = visit;
  return state.jsonata ? state.query(field).evaluate(visit.queries()) : state.fields[field]!;
}

function seconds(visit: Visit, value: Json): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    visit.decided();
    const expression = expressionText(visit.state.fields['Seconds']);
    throw queryProblem(
      typeof value === 'number' && value < 0
        ? `The Seconds field has a negative value: ${value}`
        : `The ${expression === undefined ? 'value' : `JSONata expression '${expression}'`} specified for the field 'Seconds' returned an unexpected result type. Expected 'integer', but was: ${JSON.stringify(value)}`,
      'Seconds',
    );
  }
  return value;
}

function secondsAtPath(path: string, value: Json): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw new Problem(`The SecondsPath parameter cannot be parsed as a long value: ${path} == ${shown(value)}`);
  }
  if (number < 0) {
    throw new Problem(`The SecondsPath parameter references a negative value: ${path} == ${shown(value)}`);
  }
  return number;
}

function timeAtPath(path: string, value: Json): number {
  const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (time === undefined) {
    throw new Problem(
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${shown(value)}`,
    );
  }
  return time;
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
