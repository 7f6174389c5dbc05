// Validates one state: type, transitions, required fields, fields that the other query language owns, and the syntax of
// everything that is parsed later. Answers the machines nested in it (branches, item processor) for the caller to visit.

import type { Json } from '../engine';
import { isComparison } from './choice';
import { type Findings, pointer } from './diagnostics';
import { isObject, type JsonObject } from './json-value';
import { parseResource } from './resource';
import { parseTimestamp } from './timestamp';
import { checkPathField, checkQueries, checkReferencePath, checkTemplate } from './validate-fields';

export interface StateContext {
  readonly states: JsonObject;
  readonly state: JsonObject;
  readonly name: string;
  readonly location: string;
  readonly jsonata: boolean;
  readonly express: boolean;
  readonly findings: Findings;
}

export interface InnerMachine {
  readonly machine: JsonObject;
  readonly location: string;
}

const TYPES = ['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'];
const MOVES_ON = new Set(['Task', 'Pass', 'Wait', 'Parallel', 'Map']);

const PATH_ONLY = [
  'InputPath',
  'OutputPath',
  'ResultPath',
  'Parameters',
  'ResultSelector',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
  'ErrorPath',
  'CausePath',
  'Result',
];
const QUERY_ONLY = ['Arguments', 'Output', 'Items'];

/** Exactly one of these fields says how long a Wait waits. */
const WAITS = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'];

export function validateState(context: StateContext): InnerMachine[] {
  const { state, location, findings } = context;
  const type = state['Type'];
  if (type === undefined) {
    findings.schema(location, 'These fields are required: [Type]');
    return [];
  }
  if (typeof type !== 'string' || !TYPES.includes(type)) {
    findings.schema(`${location}/Type`, `Value is not one of [${TYPES.join(', ')}]`);
    return [];
  }
  const jsonata = queryLanguage(context);
  checkLanguage(context, jsonata);
  if (MOVES_ON.has(type)) {
    checkMove(context);
  }
  checkRules(context, jsonata);
  if (jsonata) {
    checkQueries(state, location, findings);
  } else {
    checkPaths(context);
  }
  switch (type) {
    case 'Task':
      checkTask(context);
      return [];
    case 'Choice':
      checkChoice(context, jsonata);
      return [];
    case 'Wait':
      checkWait(context, jsonata);
      return [];
    case 'Parallel':
      return branches(context);
    case 'Map':
      return processor(context);
    default:
      return [];
  }
}

function queryLanguage({ state, location, jsonata, findings }: StateContext): boolean {
  const own = state['QueryLanguage'];
  if (own === undefined) {
    return jsonata;
  }
  if (own !== 'JSONPath' && own !== 'JSONata') {
    findings.schema(`${location}/QueryLanguage`, `The value '${String(own)}' is not one of [JSONPath, JSONata]`);
  } else if (own === 'JSONPath' && jsonata) {
    findings.schema(location, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
  }
  return own === 'JSONata';
}

function checkLanguage({ state, location, findings }: StateContext, jsonata: boolean): void {
  for (const field of jsonata ? PATH_ONLY : QUERY_ONLY) {
    if (state[field] !== undefined) {
      findings.schema(
        location,
        `The field '${field}' is not supported by the QueryLanguage ${jsonata ? 'JSONata' : 'JSONPath'}`,
      );
    }
  }
}

function checkMove({ state, states, location, findings }: StateContext): void {
  const { Next: next, End: end } = state;
  if (next === undefined && end !== true) {
    findings.schema(location, "One of these fields is required: ['Next', 'End']");
  } else if (next !== undefined && end === true) {
    findings.schema(location, "Only one of these fields is allowed: ['Next', 'End']");
  }
  checkTarget(states, next, `${location}/Next`, findings);
}

function checkTarget(states: JsonObject, target: Json | undefined, location: string, findings: Findings): void {
  if (target !== undefined && (typeof target !== 'string' || !Object.hasOwn(states, target))) {
    findings.target(location, `Missing 'Next' target: ${String(target)}`);
  }
}

/** Retry and Catch: errors named, `States.ALL` alone and last, targets that exist. */
function checkRules({ state, states, location, findings }: StateContext, jsonata: boolean): void {
  for (const field of ['Retry', 'Catch']) {
    const rules = state[field];
    if (rules === undefined) {
      continue;
    }
    if (!Array.isArray(rules)) {
      findings.schema(`${location}/${field}`, 'Expected value of type Array');
      continue;
    }
    for (const [index, rule] of rules.entries()) {
      const place = `${location}${pointer(field, index)}`;
      const errors = isObject(rule) ? rule['ErrorEquals'] : undefined;
      if (!isObject(rule) || !Array.isArray(errors) || errors.length === 0) {
        findings.schema(place, "The field 'ErrorEquals' is required but was missing");
        continue;
      }
      if (errors.includes('States.ALL') && (errors.length > 1 || index < rules.length - 1)) {
        findings.schema(place, 'States.ALL can only appear in the last rule, and must appear alone');
      }
      if (field === 'Catch') {
        if (rule['Next'] === undefined) {
          findings.schema(place, "The field 'Next' is required but was missing");
        }
        checkTarget(states, rule['Next'], `${place}/Next`, findings);
        if (jsonata) {
          checkQueries(rule, place, findings);
        } else {
          checkReferencePath(rule, 'ResultPath', place, findings);
          checkTemplate(rule['Assign'], `${place}/Assign`, findings);
        }
      }
    }
  }
}

function checkPaths({ state, location, findings }: StateContext): void {
  for (const field of PATH_ONLY.filter((name) => name.endsWith('Path') && name !== 'ResultPath')) {
    checkPathField(state, field, location, findings);
  }
  checkReferencePath(state, 'ResultPath', location, findings);
  for (const field of ['Parameters', 'ResultSelector', 'ItemSelector', 'Assign', 'Credentials']) {
    checkTemplate(state[field], `${location}/${field}`, findings);
  }
}

function checkTask({ state, location, express, findings }: StateContext): void {
  const text = state['Resource'];
  if (typeof text !== 'string') {
    findings.schema(location, "The field 'Resource' is required but was missing");
    return;
  }
  const resource = parseResource(text);
  const place = `${location}/Resource`;
  if (!resource || (resource.service.startsWith('aws-sdk:') && resource.integration === 'sync')) {
    findings.schema(
      place,
      `The resource provided ${text} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
    );
  } else if (express && resource.kind === 'activity') {
    findings.schema(place, 'Express state machine does not support Activity ARN');
  } else if (express && resource.integration !== 'request') {
    const suffix = text.slice(text.lastIndexOf('.'));
    findings.schema(place, `Express state machine does not support '${suffix}' service integration `);
  }
  const credentials = state['Credentials'];
  if (isObject(credentials) && credentials['RoleArn'] === undefined && credentials['RoleArn.$'] === undefined) {
    findings.schema(`${location}/Credentials`, "The field 'RoleArn' is required but was missing");
  }
}

function checkChoice({ state, states, location, findings }: StateContext, jsonata: boolean): void {
  const choices = state['Choices'];
  if (!Array.isArray(choices) || choices.length === 0) {
    findings.schema(location, "The field 'Choices' is required but was missing");
    return;
  }
  checkTarget(states, state['Default'], `${location}/Default`, findings);
  for (const [index, rule] of choices.entries()) {
    const place = `${location}${pointer('Choices', index)}`;
    if (!isObject(rule) || rule['Next'] === undefined) {
      findings.schema(place, "The field 'Next' is required but was missing");
      continue;
    }
    checkTarget(states, rule['Next'], `${place}/Next`, findings);
    if (jsonata) {
      if (rule['Condition'] === undefined) {
        findings.schema(place, "The field 'Condition' is required but was missing");
      }
      checkQueries(rule, place, findings);
    } else {
      checkComparison(rule, place, findings);
      checkTemplate(rule['Assign'], `${place}/Assign`, findings);
    }
  }
}

function checkComparison(rule: JsonObject, location: string, findings: Findings): void {
  for (const field of ['And', 'Or']) {
    const parts = rule[field];
    if (Array.isArray(parts)) {
      for (const [index, part] of parts.entries()) {
        if (isObject(part)) {
          checkComparison(part, `${location}${pointer(field, index)}`, findings);
        }
      }
      return;
    }
  }
  if (isObject(rule['Not'])) {
    checkComparison(rule['Not'], `${location}/Not`, findings);
    return;
  }
  if (rule['Variable'] === undefined || !Object.keys(rule).some(isComparison)) {
    findings.schema(location, "The fields 'Variable' and a comparison operator are required but were missing");
    return;
  }
  checkPathField(rule, 'Variable', location, findings);
  for (const field of Object.keys(rule).filter((key) => key.endsWith('Path') && isComparison(key))) {
    checkPathField(rule, field, location, findings);
  }
}

function checkWait({ state, location, findings }: StateContext, jsonata: boolean): void {
  const given = WAITS.filter((field) => state[field] !== undefined);
  if (given.length !== 1) {
    findings.schema(
      location,
      `${given.length === 0 ? 'One' : 'Only one'} of these fields is required: [${WAITS.join(', ')}]`,
    );
  }
  const timestamp = state['Timestamp'];
  const expression = jsonata && typeof timestamp === 'string' && timestamp.startsWith('{%');
  if (
    timestamp !== undefined &&
    !expression &&
    (typeof timestamp !== 'string' || parseTimestamp(timestamp) === undefined)
  ) {
    findings.schema(`${location}/Timestamp`, 'String does not match RFC3339 timestamp');
  }
  const seconds = state['Seconds'];
  if (typeof seconds === 'number' && (!Number.isInteger(seconds) || seconds < 0 || seconds > 99_999_999)) {
    findings.schema(`${location}/Seconds`, 'Expected value of type Integer between 0 and 99999999');
  } else if (seconds !== undefined && typeof seconds !== 'number' && !jsonata) {
    findings.schema(`${location}/Seconds`, 'Expected value of type Integer');
  }
}

function branches({ state, location, findings }: StateContext): InnerMachine[] {
  const list = state['Branches'];
  if (!Array.isArray(list)) {
    findings.schema(location, "The field 'Branches' is required but was missing");
    return [];
  }
  return list.flatMap((machine, index) => {
    const place = `${location}${pointer('Branches', index)}`;
    if (!isObject(machine)) {
      findings.schema(place, 'Expected value of type Object');
      return [];
    }
    return [{ machine, location: place }];
  });
}

function processor({ state, location, findings }: StateContext): InnerMachine[] {
  const field = state['ItemProcessor'] === undefined ? 'Iterator' : 'ItemProcessor';
  const machine = state[field];
  if (!isObject(machine)) {
    findings.schema(location, "The field 'ItemProcessor' is required but was missing");
    return [];
  }
  const label = state['Label'];
  if (typeof label === 'string' && (label.length > 40 || /[\s?*<>{}[\]:;,\\|^~$#%&`"]/.test(label))) {
    findings.schema(`${location}/Label`, 'The label has at most 40 characters, none of them special');
  }
  return [{ machine, location: `${location}/${field}` }];
}
