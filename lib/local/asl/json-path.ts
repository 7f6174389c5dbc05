// Evaluates parsed JSONPaths over JSON values. A definite path finds one value or says why not, in the words of the
// service's own library; an indefinite one always finds an array. Nothing is changed; depth costs no stack.

import type { Json } from '../engine';
import { matchesFilter } from './json-path-filter';
import { type ParsedPath, parseSteps, type Step } from './json-path-parser';
import { isObject, type JsonObject, put } from './json-value';

export type Found = { readonly value: Json } | { readonly missing: string };

/** Where a path starts: the state's data (`$`), the context object (`$$`) or a variable (`$name`). */
export interface PathExpression {
  readonly text: string;
  readonly source: 'data' | 'context' | 'variable';
  readonly variable: string;
  readonly path: ParsedPath;
}

export interface PathRoots {
  readonly data: Json;
  context(): Json;
  variable(name: string): Json | undefined;
}

const VARIABLE = /^\$([A-Za-z_][A-Za-z0-9_]*)/;
const cache = new Map<string, PathExpression>();

/** Parses `$.a`, `$$.a` or `$a.b`. Throws a SyntaxError. */
export function parsePath(text: string): PathExpression {
  const known = cache.get(text);
  if (known) {
    return known;
  }
  let parsed: PathExpression;
  const variable = VARIABLE.exec(text);
  if (text.startsWith('$$')) {
    parsed = { text, source: 'context', variable: '', path: parseSteps(text, 2) };
  } else if (variable) {
    parsed = { text, source: 'variable', variable: variable[1]!, path: parseSteps(text, variable[0].length) };
  } else if (text.startsWith('$')) {
    parsed = { text, source: 'data', variable: '', path: parseSteps(text, 1) };
  } else {
    throw new SyntaxError(`a JSONPath starts with $, not ${text}`);
  }
  if (cache.size > 10_000) {
    cache.clear();
  }
  cache.set(text, parsed);
  return parsed;
}

export function isPath(text: string): boolean {
  try {
    parsePath(text);
    return true;
  } catch {
    return false;
  }
}

export function findPath(expression: PathExpression, roots: PathRoots): Found {
  if (expression.source === 'data') {
    return find(expression.path, roots.data);
  }
  if (expression.source === 'context') {
    return find(expression.path, roots.context());
  }
  const value = roots.variable(expression.variable);
  return value === undefined
    ? { missing: `No results for path: $['${expression.variable}']` }
    : find(expression.path, value);
}

export function find(path: ParsedPath, root: Json): Found {
  const found = path.definite ? findOne(path.steps, root) : { value: findMany(path.steps, root) };
  return path.call === undefined || 'missing' in found ? found : applied(path.call, found.value);
}

/** The functions of the service's library; it is old, and finds nothing where a newer one would know `sum()` or `keys()`. */
function applied(call: string, value: Json): Found {
  const missing: Found = { missing: `No results for path: ${call}()` };
  if (call === 'length') {
    if (Array.isArray(value) || typeof value === 'string') {
      return { value: value.length };
    }
    return isObject(value) ? { value: Object.keys(value).length } : missing;
  }
  const numbers = Array.isArray(value) ? value.filter((item): item is number => typeof item === 'number') : [];
  const aggregate = Object.hasOwn(AGGREGATES, call) ? AGGREGATES[call] : undefined;
  return numbers.length > 0 && aggregate ? { value: aggregate(numbers) } : missing;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, item) => sum + item, 0) / numbers.length;

const AGGREGATES: { readonly [name: string]: (numbers: readonly number[]) => number } = {
  min: (numbers) => numbers.reduce((least, item) => Math.min(least, item)),
  max: (numbers) => numbers.reduce((most, item) => Math.max(most, item)),
  avg: mean,
  stddev: (numbers) => Math.sqrt(mean(numbers.map((item) => item * item)) - mean(numbers) ** 2),
};

function findOne(steps: readonly Step[], root: Json): Found {
  let value = root;
  let trail = '$';
  for (const [position, step] of steps.entries()) {
    const last = position === steps.length - 1;
    if (step.kind === 'names') {
      const name = step.names[0]!;
      if (!isObject(value)) {
        return {
          missing: `Expected to find an object with property ['${name}'] in path ${trail} but found '${typeName(value)}'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.`,
        };
      }
      trail += `['${name}']`;
      if (!Object.hasOwn(value, name)) {
        return { missing: `${last ? 'No results for path:' : 'Missing property in path'} ${trail}` };
      }
      value = value[name]!;
    } else if (step.kind === 'indexes') {
      const index = step.indexes[0]!;
      if (!Array.isArray(value)) {
        return {
          missing: `Filter: [${index}] can only be applied to arrays. Current context is: ${JSON.stringify(value)}`,
        };
      }
      const item = value[index < 0 ? value.length + index : index];
      if (item === undefined) {
        return { missing: `No results for path: ${trail}[${index}]` };
      }
      trail += `[${index}]`;
      value = item;
    }
  }
  return { value };
}

function findMany(steps: readonly Step[], root: Json): Json[] {
  let nodes: Json[] = [root];
  for (const step of steps) {
    const next: Json[] = [];
    for (const node of nodes) {
      select(step, node, root, next);
    }
    nodes = next;
  }
  return nodes;
}

function select(step: Step, node: Json, root: Json, into: Json[]): void {
  switch (step.kind) {
    case 'names':
      if (isObject(node)) {
        for (const name of step.names) {
          if (Object.hasOwn(node, name)) {
            into.push(node[name]!);
          }
        }
      }
      return;
    case 'indexes':
      if (Array.isArray(node)) {
        for (const index of step.indexes) {
          const item = node[index < 0 ? node.length + index : index];
          if (item !== undefined) {
            into.push(item);
          }
        }
      }
      return;
    case 'slice':
      if (Array.isArray(node)) {
        const by = Math.max(1, step.by ?? 1);
        for (const [position, item] of node.slice(step.from ?? 0, step.to).entries()) {
          if (position % by === 0) {
            into.push(item);
          }
        }
      }
      return;
    case 'wildcard':
      for (const child of children(node)) {
        into.push(child);
      }
      return;
    case 'descend':
      descend(node, into);
      return;
    case 'filter':
      for (const item of Array.isArray(node) ? node : [node]) {
        if (matchesFilter(step.filter, item, root, find)) {
          into.push(item);
        }
      }
      return;
  }
}

function children(node: Json): readonly Json[] {
  if (Array.isArray(node)) {
    return node;
  }
  return isObject(node) ? Object.values(node) : [];
}

/** The node and everything below it, in document order, without recursion. */
function descend(root: Json, into: Json[]): void {
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    into.push(node);
    const below = children(node);
    for (let index = below.length - 1; index >= 0; index -= 1) {
      stack.push(below[index]!);
    }
  }
}

function typeName(value: Json): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'com.fasterxml.jackson.databind.node.ArrayNode';
  }
  const name = typeof value;
  return name === 'string' ? 'java.lang.String' : name === 'boolean' ? 'java.lang.Boolean' : 'java.lang.Double';
}

/**
 * A copy of `target` with `value` at a reference path (names and indexes only); missing objects on the way are made.
 * Answers undefined with the step that could not be applied when something on the way is no object.
 */
export function setAt(target: Json, path: ParsedPath, value: Json): { value: Json } | { conflict: string } {
  if (path.steps.length === 0) {
    return { value };
  }
  const root: { value: Json } = { value: copy(target) };
  let parent: Json = root.value;
  for (const [position, step] of path.steps.entries()) {
    const last = position === path.steps.length - 1;
    if (step.kind === 'names' && isObject(parent)) {
      const name = step.names[0]!;
      const present: Json | undefined = Object.hasOwn(parent, name) ? parent[name] : undefined;
      if (!last && present !== undefined && (typeof present !== 'object' || present === null)) {
        const following = path.steps[position + 1]!;
        return { conflict: following.kind === 'names' ? following.names[0]! : '[]' };
      }
      const child: Json = last ? value : present === undefined ? {} : copy(present);
      put(parent, name, child);
      parent = child;
    } else if (step.kind === 'indexes' && Array.isArray(parent) && step.indexes[0]! < parent.length) {
      const index = step.indexes[0]!;
      const child: Json = last ? value : copy(parent[index] ?? {});
      parent[index] = child;
      parent = child;
    } else {
      return {
        conflict: step.kind === 'names' ? step.names[0]! : step.kind === 'indexes' ? `${step.indexes[0]}` : '*',
      };
    }
  }
  return root;
}

function copy(value: Json): Json {
  if (Array.isArray(value)) {
    return [...value];
  }
  if (isObject(value)) {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      put(result, key, value[key]!);
    }
    return result;
  }
  return value;
}
