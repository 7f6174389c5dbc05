// EventBridge's event patterns and target inputs. In: a pattern or an input rule, and an event. Out: whether it matches; what
// the target gets. Always: a matcher that is not known is an error that names it, never a silent no.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html

import type { Json } from '../engine';
import { notLocal } from '../world';
import { type Fields, fieldsOf, listOf } from './service';

export function matchesPattern(pattern: Fields, event: Json): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    if (key === '$or') return listOf(expected).some((each) => matchesPattern(fieldsOf(each), event));
    const fields = fieldsOf(event);
    const actual = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!Array.isArray(expected)) return matchesPattern(fieldsOf(expected), actual ?? {});
    const values = Array.isArray(actual) ? actual : [actual];
    return expected.some((each) => values.some((value) => matchesValue(each, value)));
  });
}

function matchesValue(expected: Json, actual: Json | undefined): boolean {
  if (expected === null || typeof expected !== 'object') return expected === actual;
  const [name, argument] = Object.entries(expected)[0] ?? ['', null];
  const text = typeof actual === 'string' ? actual : undefined;
  switch (name) {
    case 'exists':
      return (actual !== undefined) === argument;
    case 'prefix':
      return text?.startsWith(String(argument)) ?? false;
    case 'suffix':
      return text?.endsWith(String(argument)) ?? false;
    case 'equals-ignore-case':
      return text?.toLowerCase() === String(argument).toLowerCase();
    case 'wildcard':
      return (
        text !== undefined &&
        new RegExp(
          `^${String(argument)
            .replace(/[.+^${}()|[\]\\?]/g, '\\$&')
            .replaceAll('*', '.*')}$`,
          's',
        ).test(text)
      );
    case 'anything-but': {
      if (actual === undefined) return false;
      const unwanted = Array.isArray(argument) ? argument : [argument as Json];
      return !unwanted.some((each) => matchesValue(each, actual));
    }
    case 'numeric':
      return typeof actual === 'number' && matchesNumber(listOf(argument as Json), actual);
    default:
      throw notLocal(`the event pattern matcher ${name}`);
  }
}

function matchesNumber(conditions: Json[], actual: number): boolean {
  for (let i = 0; i < conditions.length; i += 2) {
    const limit = Number(conditions[i + 1]);
    const holds = {
      '=': actual === limit,
      '<': actual < limit,
      '<=': actual <= limit,
      '>': actual > limit,
      '>=': actual >= limit,
    }[String(conditions[i])];
    if (!holds) return false;
  }
  return true;
}

/** What a rule's target receives: Input, InputPath, InputTransformer, or the event. */
export function targetInput(target: Fields, event: Json): Json {
  if (typeof target['Input'] === 'string') return JSON.parse(target['Input']) as Json;
  if (typeof target['InputPath'] === 'string') return valueAt(event, target['InputPath']) ?? null;
  const transformer = fieldsOf(target['InputTransformer']);
  const template = transformer['InputTemplate'];
  if (typeof template !== 'string') return event;
  const values = Object.fromEntries(
    Object.entries(fieldsOf(transformer['InputPathsMap'])).map(([name, path]) => [name, valueAt(event, String(path))]),
  );
  const text = fillTemplate(template, (name) => (Object.hasOwn(values, name) ? values[name] : undefined));
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Inside a text a value stands as it is, elsewhere as JSON. */
function fillTemplate(template: string, find: (name: string) => Json | undefined): string {
  let quoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/g, (whole, name?: string) => {
    if (whole === '"') quoted = !quoted;
    if (name === undefined) return whole;
    const value = find(name);
    if (!quoted) return JSON.stringify(value ?? '');
    return JSON.stringify(typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)).slice(
      1,
      -1,
    );
  });
}

function valueAt(event: Json, path: string): Json | undefined {
  let value: Json | undefined = event;
  for (const [, name, index] of path.matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    value =
      index !== undefined
        ? listOf(value)[Number(index)]
        : Object.hasOwn(fieldsOf(value), name!)
          ? fieldsOf(value)[name!]
          : undefined;
  }
  return value;
}
