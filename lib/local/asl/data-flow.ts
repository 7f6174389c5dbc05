// How data enters and leaves a state, in both query languages:
//   JSONPath: InputPath -> Parameters -> (the state) -> ResultSelector -> ResultPath -> OutputPath, and Assign
//   JSONata:  Arguments -> (the state) -> Output, and Assign
// Assign and Output both see the variables as they were; nothing is assigned unless everything could be evaluated.

import type { Json } from '../engine';
import { Problem, queryProblem } from './failure';
import type { Payload } from './history';
import type { MaybePromise } from './jsonata';
import { parsePath, setAt } from './json-path';
import { isObject, type JsonObject } from './json-value';
import type { FieldSet } from './machine';
import { evaluatePlainPath } from './payload-template';
import type { Outcome } from './run';
import { payloadOf, continueWith, type Visit } from './visit';

/** The input after InputPath. `null` hides it: `{}`. */
export function inputAfterPath(visit: Visit): Json {
  const { state, input } = visit;
  if (!state.has('InputPath')) {
    return input.value;
  }
  const path = state.fields['InputPath'];
  return typeof path === 'string' ? evaluatePlainPath(path, visit.paths(input.value)) : {};
}

/** What the state works on: Arguments, or InputPath and Parameters. */
export function effectiveInput(visit: Visit): MaybePromise<Json> {
  const { state } = visit;
  if (state.jsonata) {
    return state.has('Arguments') ? state.query('Arguments').evaluate(visit.queries()) : visit.input.value;
  }
  const input = inputAfterPath(visit);
  return state.has('Parameters') ? state.template('Parameters')(visit.paths(input)) : input;
}

/** Leaves the state with the result it produced. */
export function leave(visit: Visit, result: Json, next = visit.state.next): MaybePromise<Outcome> {
  const { state } = visit;
  if (state.jsonata) {
    return leaveByQuery(visit, state, result, undefined, next);
  }
  const selected = state.has('ResultSelector') ? state.template('ResultSelector')(visit.paths(result)) : result;
  const combined = placeResult(visit.input.value, state.fields['ResultPath'], selected);
  return leaveByPath(visit, state, result, combined, next);
}

/** Leaves a state that makes no result (Choice, Wait, Succeed): its effective input passes through. */
export function passThrough(visit: Visit, rule: FieldSet, next: string | undefined): MaybePromise<Outcome> {
  if (visit.state.jsonata) {
    return leaveByQuery(visit, rule, undefined, undefined, next);
  }
  const input = inputAfterPath(visit);
  return leaveByPath(visit, rule, input, input, next);
}

/** Goes where a Catch rule says, with the error. */
export function leaveCaught(visit: Visit, rule: FieldSet, errorOutput: Json, next: string): MaybePromise<Outcome> {
  if (visit.state.jsonata) {
    return leaveByQuery(visit, rule, undefined, errorOutput, next);
  }
  const output = placeResult(visit.input.value, rule.fields['ResultPath'], errorOutput);
  const assign = rule.has('Assign') ? assigned(rule.template('Assign')(visit.paths(errorOutput))) : undefined;
  return visit.exit(payloadOf(output, visit.input), assign, next);
}

function leaveByPath(
  visit: Visit,
  fields: FieldSet,
  assignData: Json,
  output: Json,
  next: string | undefined,
): Outcome {
  const assign = fields.has('Assign') ? assigned(fields.template('Assign')(visit.paths(assignData))) : undefined;
  const path = visit.state.fields['OutputPath'];
  const chosen =
    path === undefined ? output : typeof path === 'string' ? evaluatePlainPath(path, visit.paths(output)) : {};
  return visit.exit(payloadOf(chosen, visit.input), assign, next);
}

function leaveByQuery(
  visit: Visit,
  fields: FieldSet,
  result: Json | undefined,
  errorOutput: Json | undefined,
  next: string | undefined,
): MaybePromise<Outcome> {
  const environment = visit.queries({ result, errorOutput });
  const fallback = errorOutput ?? result ?? visit.input.value;
  const output = fields.has('Output')
    ? fields.query('Output').evaluate(environment)
    : result === null
      ? null
      : fallback;
  return continueWith(output, (value) =>
    continueWith(fields.has('Assign') ? fields.query('Assign').evaluate(environment) : undefined, (assign) =>
      visit.exit(payloadOf(value, visit.input), assign === undefined ? undefined : assigned(assign, fields), next),
    ),
  );
}

function assigned(value: Json, fields?: FieldSet): JsonObject {
  if (!isObject(value)) {
    throw fields
      ? queryProblem(`The field 'Assign' must be an object, but was: ${JSON.stringify(value)}`, fields.path('Assign'))
      : new Problem(`The field 'Assign' must be an object, but was: ${JSON.stringify(value)}`);
  }
  return value;
}

/** ResultPath: absent or `$` replaces the input, `null` drops the result, a path puts it into the input. */
function placeResult(input: Json, resultPath: Json | undefined, result: Json): Json {
  if (resultPath === null) {
    return input;
  }
  if (typeof resultPath !== 'string' || resultPath === '$') {
    return result;
  }
  const placed = setAt(input, parsePath(resultPath).path, result);
  if ('conflict' in placed) {
    throw new Problem(
      `Unable to apply step "${placed.conflict}" to input ${JSON.stringify(input)}`,
      'States.ReferencePathConflict',
    );
  }
  return placed.value;
}

/** A payload for data that passed through a state. */
export function asPayload(visit: Visit, value: Json): Payload {
  return payloadOf(value, visit.input);
}
