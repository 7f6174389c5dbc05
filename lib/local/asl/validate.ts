// Validates a definition as the service does when a state machine is created: a JSON object, states of known types with
// the fields they need and only the fields of their query language, transitions that lead somewhere, paths and
// expressions that parse. Nothing is evaluated. Depth costs no stack beyond the nesting limit.

import type { Json } from '../engine';
import { Findings, pointer, type Validation } from './diagnostics';
import { isObject, type JsonObject, withinDepth } from './json-value';
import { MAX_JSON_DEPTH } from './limits';
import { validateState } from './validate-state';

const LARGEST_DEFINITION = 1_048_576;

export function validateDefinition(
  definition: Json | string,
  machineType: 'STANDARD' | 'EXPRESS' = 'STANDARD',
): Validation {
  const findings = new Findings();
  const value = parse(definition);
  if (!isObject(value)) {
    findings.schema(undefined, 'Definition must be a valid JSON object');
  } else if (typeof definition === 'string' && Buffer.byteLength(definition) > LARGEST_DEFINITION) {
    findings.schema('/', `The definition is larger than ${LARGEST_DEFINITION} bytes`);
  } else if (!withinDepth(value, MAX_JSON_DEPTH / 2)) {
    findings.schema('/', 'The definition is nested too deeply');
  } else {
    const language = value['QueryLanguage'];
    if (language !== undefined && language !== 'JSONPath' && language !== 'JSONata') {
      findings.schema('/QueryLanguage', `The value '${String(language)}' is not one of [JSONPath, JSONata]`);
    }
    checkNumber(value, 'TimeoutSeconds', '', findings);
    validateMachine({
      machine: value,
      location: '',
      jsonata: language === 'JSONata',
      express: machineType === 'EXPRESS',
      findings,
    });
  }
  return findings.result();
}

export interface MachineContext {
  readonly machine: JsonObject;
  /** JSON pointer of the machine; empty for the whole. */
  readonly location: string;
  /** The whole machine's query language is JSONata. */
  readonly jsonata: boolean;
  readonly express: boolean;
  readonly findings: Findings;
}

function parse(definition: Json | string): Json {
  if (typeof definition !== 'string') {
    return definition;
  }
  try {
    return JSON.parse(definition) as Json;
  } catch {
    return null;
  }
}

export function validateMachine(context: MachineContext): void {
  const { machine, location, findings } = context;
  const missing = ['StartAt', 'States'].filter((field) => machine[field] === undefined);
  if (missing.length > 0) {
    findings.schema(location || '/', `These fields are required: [${missing.join(', ')}]`);
    return;
  }
  const states = machine['States'];
  if (!isObject(states) || Object.keys(states).length === 0) {
    findings.schema(`${location}/States`, 'States must be an object with at least one state');
    return;
  }
  const start = machine['StartAt'];
  if (typeof start !== 'string') {
    findings.schema(`${location}/StartAt`, 'Expected value of type String');
  } else if (!Object.hasOwn(states, start)) {
    findings.target(`${location}/StartAt`, `Missing 'StartAt' target: ${start}`);
  }
  for (const [name, state] of Object.entries(states)) {
    const place = `${location}${pointer('States', name)}`;
    if ([...name].length > 80) {
      findings.schema(place, 'The name of a state has at most 80 characters');
    }
    if (!isObject(state)) {
      findings.schema(place, 'Expected value of type Object');
      continue;
    }
    for (const inner of validateState({ ...context, states, state, name, location: place })) {
      validateMachine({ ...context, machine: inner.machine, location: inner.location });
    }
  }
}

function checkNumber(object: JsonObject, field: string, location: string, findings: Findings): void {
  const value = object[field];
  if (value !== undefined && (typeof value !== 'number' || !Number.isInteger(value) || value < 0)) {
    findings.schema(`${location}/${field}`, 'Expected value of type Integer');
  }
}
