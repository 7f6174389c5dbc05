// Syntax of what stands inside fields: JSONPaths, intrinsic calls, payload templates and JSONata expressions.

import type { Json } from '../engine';
import type { Findings } from './diagnostics';
import { isIntrinsic, parseIntrinsic, type Argument } from './intrinsic-parser';
import { isKnownIntrinsic } from './intrinsics';
import { parsePath } from './json-path';
import { compile } from './jsonata';
import { isObject, type JsonObject } from './json-value';
import { expressionText } from './query';

function isReference(text: string): boolean {
  try {
    if (!isIntrinsic(text)) {
      parsePath(text);
      return true;
    }
    return isKnownCall(parseIntrinsic(text));
  } catch {
    return false;
  }
}

function isKnownCall(argument: Argument): boolean {
  return (
    argument.kind !== 'call' ||
    (isKnownIntrinsic(argument.name, argument.arguments.length) && argument.arguments.every(isKnownCall))
  );
}

/** A field that holds a path (or an intrinsic call), or null. */
export function checkPathField(object: JsonObject, field: string, location: string, findings: Findings): void {
  const value = object[field];
  if (value !== undefined && value !== null && (typeof value !== 'string' || !isReference(value))) {
    findings.schema(`${location}/${field}`, `Value is not a valid JSONPath`);
  }
}

/** ResultPath: names and indexes only. */
export function checkReferencePath(object: JsonObject, field: string, location: string, findings: Findings): void {
  const value = object[field];
  if (value === undefined || value === null) {
    return;
  }
  let valid = false;
  try {
    valid = typeof value === 'string' && isWritable(value);
  } catch {
    valid = false;
  }
  if (!valid) {
    findings.schema(`${location}/${field}`, 'Value is not a Reference Path');
  }
}

/** Every `.$` key of a payload template holds a path or an intrinsic call. */
export function checkTemplate(value: Json | undefined, location: string, findings: Findings): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      checkTemplate(item, `${location}[${index}]`, findings);
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (!key.endsWith('.$')) {
        checkTemplate(item, `${location}/${key}`, findings);
      } else if (typeof item !== 'string' || !isReference(item)) {
        findings.schema(
          location,
          `The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`,
        );
      }
    }
  }
}

/** Fields that hold other states, which are visited for themselves. */
const INNER = new Set(['Branches', 'ItemProcessor', 'Iterator', 'Choices', 'Catch', 'Retry', 'Comment']);

/** Every `{% %}` of a JSONata state parses. */
export function checkQueries(state: JsonObject, location: string, findings: Findings): void {
  for (const [field, value] of Object.entries(state)) {
    if (!INNER.has(field)) {
      checkQuery(value, `${location}/${field}`, findings);
    }
  }
}

function checkQuery(value: Json, location: string, findings: Findings): void {
  const expression = expressionText(value);
  if (expression !== undefined) {
    try {
      compile(expression);
    } catch (error) {
      findings.schema(location, `The JSONata expression '${expression}' is invalid: ${(error as Error).message}`);
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      checkQuery(item, `${location}[${index}]`, findings);
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      checkQuery(item, `${location}/${key}`, findings);
    }
  }
}

/** A path that can be written to: names and numbers only. */
function isWritable(text: string): boolean {
  const { source, path } = parsePath(text);
  return source === 'data' && path.definite && path.call === undefined;
}
