// Payload templates of JSONPath states (Parameters, ResultSelector, ItemSelector, Assign): keys that end in `.$` hold a
// path or an intrinsic call and lose the suffix, everything else is copied. Compiled once per field.

import type { Json } from '../engine';
import { Problem } from './failure';
import { isIntrinsic, parseIntrinsic } from './intrinsic-parser';
import { callIntrinsic, type IntrinsicEnvironment } from './intrinsics';
import { findPath, parsePath } from './json-path';
import { isObject, type JsonObject, put } from './json-value';

export type PayloadTemplate = (environment: IntrinsicEnvironment) => Json;

export function compileTemplate(value: Json): PayloadTemplate {
  if (Array.isArray(value)) {
    const items = value.map(compileTemplate);
    return (environment) => items.map((item) => item(environment));
  }
  if (!isObject(value)) {
    return () => value;
  }
  const fields = Object.entries(value).map(([key, item]): readonly [string, PayloadTemplate] => {
    if (key.endsWith('.$') && typeof item === 'string') {
      return [key.slice(0, -2), (environment) => evaluateReference(item, key, environment)];
    }
    return [key, compileTemplate(item)];
  });
  return (environment) => {
    const result: JsonObject = {};
    for (const [key, field] of fields) {
      put(result, key, field(environment));
    }
    return result;
  };
}

/** The value of a path or intrinsic call that stands in field `field`. */
export function evaluateReference(text: string, field: string, environment: IntrinsicEnvironment): Json {
  if (isIntrinsic(text)) {
    return callIntrinsic(parseIntrinsic(text), environment);
  }
  const found = findPath(parsePath(text), environment);
  if ('missing' in found) {
    throw new Problem(
      `The JSONPath '${text}' specified for the field '${field}' could not be found in the input '${JSON.stringify(environment.data)}'`,
    );
  }
  return found.value;
}

/** The value of a path in the words used for InputPath, OutputPath and the time-out paths. */
export function evaluatePlainPath(text: string, environment: IntrinsicEnvironment): Json {
  if (isIntrinsic(text)) {
    return callIntrinsic(parseIntrinsic(text), environment);
  }
  const found = findPath(parsePath(text), environment);
  if ('missing' in found) {
    throw new Problem(`Invalid path '${text}' : ${found.missing}`);
  }
  return found.value;
}
