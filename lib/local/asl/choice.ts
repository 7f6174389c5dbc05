// Choice rules of JSONPath states. In: a rule and the data. Out: whether it holds. A comparison between values of
// different kinds is false; a Variable that is not there is a Problem, except for IsPresent.

import type { Json } from '../engine';
import { Problem } from './failure';
import type { IntrinsicEnvironment } from './intrinsics';
import { findPath, parsePath } from './json-path';
import { isObject, type JsonObject } from './json-value';
import { parseTimestamp } from './timestamp';

type Comparison = (actual: Json, wanted: Json) => boolean;

const ORDERINGS: { readonly [name: string]: (order: number) => boolean } = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThan: (order) => order > 0,
  GreaterThanEquals: (order) => order >= 0,
};

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ...Object.entries(ORDERINGS).flatMap(([name, holds]): [string, Comparison][] => [
    [`String${name}`, (a, b) => typeof a === 'string' && typeof b === 'string' && holds(a < b ? -1 : a > b ? 1 : 0)],
    [`Numeric${name}`, (a, b) => typeof a === 'number' && typeof b === 'number' && holds(a - b)],
    [`Timestamp${name}`, (a, b) => compareTimes(a, b, holds)],
  ]),
  ['BooleanEquals', (a, b) => typeof a === 'boolean' && a === b],
  ['StringMatches', (a, b) => typeof a === 'string' && typeof b === 'string' && matchesWildcard(a, b)],
  ['IsNull', (a, b) => (a === null) === b],
  ['IsString', (a, b) => (typeof a === 'string') === b],
  ['IsNumeric', (a, b) => (typeof a === 'number') === b],
  ['IsBoolean', (a, b) => (typeof a === 'boolean') === b],
  ['IsTimestamp', (a, b) => (typeof a === 'string' && parseTimestamp(a) !== undefined) === b],
]);

export function isComparison(name: string): boolean {
  return (
    name === 'IsPresent' ||
    COMPARISONS.has(name) ||
    (name.endsWith('Path') && !/^(Is|StringMatches)/.test(name) && COMPARISONS.has(name.slice(0, -4)))
  );
}

export function ruleHolds(rule: JsonObject, environment: IntrinsicEnvironment): boolean {
  const { And: and, Or: or, Not: not } = rule;
  if (Array.isArray(and)) {
    return and.filter(isObject).every((part) => ruleHolds(part, environment));
  }
  if (Array.isArray(or)) {
    return or.filter(isObject).some((part) => ruleHolds(part, environment));
  }
  if (isObject(not)) {
    return !ruleHolds(not, environment);
  }
  const operator = Object.keys(rule).find(isComparison);
  const variable = rule['Variable'];
  if (!operator || typeof variable !== 'string') {
    throw new Problem('The choice rule has no Variable or no comparison.');
  }
  if (operator === 'IsPresent') {
    return 'value' in findPath(parsePath(variable), environment) === rule[operator];
  }
  const actual = operand(variable, environment);
  const comparison = COMPARISONS.get(operator);
  if (comparison) {
    return comparison(actual, rule[operator]!);
  }
  return COMPARISONS.get(operator.slice(0, -4))!(actual, operand(rule[operator] as string, environment));
}

function operand(path: string, environment: IntrinsicEnvironment): Json {
  const found = findPath(parsePath(path), environment);
  if ('missing' in found) {
    throw new Problem(`Invalid path '${path}': The choice state's condition path references an invalid value.`);
  }
  return found.value;
}

function compareTimes(a: Json, b: Json, holds: (order: number) => boolean): boolean {
  const left = typeof a === 'string' ? parseTimestamp(a) : undefined;
  const right = typeof b === 'string' ? parseTimestamp(b) : undefined;
  return left !== undefined && right !== undefined && holds(left - right);
}

/** `*` matches any run of characters, `\*` and `\\` are literal. Linear in the text for each star, without backtracking. */
export function matchesWildcard(text: string, pattern: string): boolean {
  const pieces: string[] = [];
  let current = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index]!;
    if (char === '\\' && (pattern[index + 1] === '*' || pattern[index + 1] === '\\')) {
      index += 1;
      current += pattern[index]!;
    } else if (char === '*') {
      pieces.push(current);
      current = '';
    } else {
      current += char;
    }
  }
  pieces.push(current);
  const first = pieces[0]!;
  const last = pieces[pieces.length - 1]!;
  if (pieces.length === 1) {
    return text === first;
  }
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) {
    return false;
  }
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) {
      return false;
    }
    at = found + piece.length;
  }
  return true;
}
