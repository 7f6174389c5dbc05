// JSONata expressions. In: the text between `{%` and `%}` and an environment. Out: a JSON value, or undefined when the
// expression returned nothing. Bounded in time, stack and sequence length; `$eval` does not exist; a result that JSON
// cannot hold is a Problem. Parsed expressions are kept, and plain ones run synchronously (jsonata-fast.ts).

import jsonata from 'jsonata';
import type { Json } from '../engine';
import { PURE_FUNCTIONS, randomFunction } from './jsonata-functions';
import { type AstNode, BAIL, compileFast, type FastEnvironment, type FastExpression, lean } from './jsonata-fast';
import { canFill, filled, filledText, shapeOf } from './jsonata-shape';
import { type JsonObject, put } from './json-value';
import {
  JSONATA_SEQUENCE,
  JSONATA_STACK,
  JSONATA_STRING,
  JSONATA_TIMEOUT_MILLISECONDS,
  MAX_JSON_DEPTH,
} from './limits';
import { TimedRegExp } from './timed-regexp';

export interface QueryEnvironment extends FastEnvironment {
  now(): number;
  random(): number;
}

export type MaybePromise<T> = T | Promise<T>;

/** The expression threw; `code` is JSONata's. */
export class EvaluationError extends Error {}

/** The expression returned a function, or something else that is no JSON. */
export class UnsupportedResult extends Error {}

interface Compiled {
  readonly fast: FastExpression | undefined;
  readonly variables: readonly string[];
  /** The parsed tree; large, so a plain expression keeps none until it is asked for. */
  expression: jsonata.Expression | undefined;
}

const OPTIONS = {
  timeout: JSONATA_TIMEOUT_MILLISECONDS,
  stack: JSONATA_STACK,
  sequence: JSONATA_SEQUENCE,
  RegexEngine: TimedRegExp,
} as unknown as jsonata.JsonataOptions;

/** The library calls this after evaluating each part of an expression. */
const AFTER_EACH_STEP = Symbol.for('jsonata.__evaluate_exit');

/** Values that could never leave the expression only cost memory: they end it early. */
function refuseHuge(_part: unknown, _input: unknown, _environment: unknown, result: unknown): void {
  const huge =
    typeof result === 'string'
      ? result.length > JSONATA_STRING
      : Array.isArray(result) && result.length > JSONATA_SEQUENCE;
  if (huge) {
    throw new Error(
      `a value became too large (more than ${Array.isArray(result) ? JSONATA_SEQUENCE : JSONATA_STRING})`,
    );
  }
}

/** JSONata's `$pad`, whose own version builds any width in memory. */
function pad(text: string | undefined, width: number, char?: string): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (Math.abs(width) > JSONATA_STRING) {
    throw new Error(`$pad to ${width} characters is too wide`);
  }
  const missing = Math.abs(width) - [...text].length;
  if (missing <= 0) {
    return text;
  }
  const filler = [...(char || ' ')];
  const padding = filler.join('').repeat(Math.ceil(missing / filler.length));
  const cut = [...padding].slice(0, missing).join('');
  return width > 0 ? text + cut : cut + text;
}

const cache = new Map<string, Compiled>();
/** A machine of ten thousand tasks has some hundred thousand expressions, nearly all of them plain. */
const LARGEST_CACHE = 200_000;
const MOST_TREES = 10_000;
let trees = 0;

/** Throws EvaluationError when the text does not parse. */
export function compile(text: string): Compiled {
  const known = cache.get(text);
  if (known) {
    return known;
  }
  const compiled = compileShaped(text) ?? compileWhole(text);
  trees += compiled.expression ? 1 : 0;
  if (cache.size >= LARGEST_CACHE || trees > MOST_TREES) {
    cache.clear();
    trees = compiled.expression ? 1 : 0;
  }
  cache.set(text, compiled);
  return compiled;
}

function compileWhole(text: string): Compiled {
  const expression = parse(text);
  const ast = expression.ast() as unknown as AstNode;
  const variables = variableNames(ast);
  const fast = compileFast(lean(ast));
  return { fast, variables, expression: fast ? undefined : prepared(expression, variables) };
}

interface Shape {
  readonly tree: AstNode;
  readonly variables: readonly string[];
}

/** Parsed shapes; null where the expression has to be parsed itself. */
const shapes = new Map<string, Shape | null>();

function compileShaped(text: string): Compiled | undefined {
  const shaped = shapeOf(text);
  if (!shaped) {
    return undefined;
  }
  let shape = shapes.get(shaped.shape);
  if (shape === undefined) {
    shape = parseShape(shaped.shape);
    if (shapes.size >= MOST_TREES) {
      shapes.clear();
    }
    shapes.set(shaped.shape, shape);
  }
  if (shape === null) {
    return undefined;
  }
  const fast = compileFast(filled(shape.tree, shaped.numbers));
  const variables = shape.variables.map((name) => filledText(name, shaped.numbers));
  return fast && { fast, variables, expression: undefined };
}

function parseShape(text: string): Shape | null {
  try {
    const ast = jsonata(text).ast() as unknown as AstNode;
    const tree = lean(ast);
    return compileFast(tree) && canFill(tree) ? { tree, variables: variableNames(ast) } : null;
  } catch {
    return null; // the expression's own error is told when it is parsed itself
  }
}

function parse(text: string): jsonata.Expression {
  try {
    return jsonata(text, OPTIONS);
  } catch (error) {
    throw new EvaluationError(describe(error));
  }
}

/** With the service's own functions, and without what must not be called. */
function prepared(expression: jsonata.Expression, variables: readonly string[]): jsonata.Expression {
  for (const name of variables) {
    if (Object.hasOwn(PURE_FUNCTIONS, name)) {
      expression.assign(name, PURE_FUNCTIONS[name]);
    }
  }
  if (variables.includes('eval')) {
    expression.assign('eval', undefined);
  }
  if (variables.includes('pad')) {
    expression.assign('pad', pad);
  }
  expression.assign(AFTER_EACH_STEP as unknown as string, refuseHuge);
  return expression;
}

export function evaluate(text: string, environment: QueryEnvironment): MaybePromise<Json | undefined> {
  const compiled = compile(text);
  if (compiled.fast) {
    const value = compiled.fast(environment);
    if (value !== BAIL) {
      return value;
    }
  }
  compiled.expression ??= prepared(parse(text), compiled.variables);
  return evaluateFully(compiled.expression, compiled.variables, environment);
}

async function evaluateFully(
  expression: jsonata.Expression,
  variables: readonly string[],
  environment: QueryEnvironment,
): Promise<Json | undefined> {
  const bindings: { [name: string]: unknown } = Object.create(null) as { [name: string]: unknown };
  for (const name of variables) {
    const value = name === 'states' ? states(environment) : (environment.variable(name) ?? builtIn(name, environment));
    if (value !== undefined) {
      bindings[name] = value;
    }
  }
  let result: unknown;
  try {
    result = await alone(() => expression.evaluate(undefined, bindings) as Promise<unknown>);
  } catch (error) {
    throw new EvaluationError(describe(error));
  }
  return result === undefined ? undefined : toJson(result, 0);
}

let busy: Promise<unknown> = Promise.resolve();

/** One after the other: the time limit of an expression is the clock's, and thousands at once would use up each other's. */
function alone(work: () => Promise<unknown>): Promise<unknown> {
  const mine = busy.then(work);
  busy = mine.catch(() => undefined);
  return mine;
}

/** `$states`, with the context object made only when the expression looks at it. */
function states(environment: QueryEnvironment): object {
  const value: { [name: string]: unknown } = {};
  for (const name of ['input', 'result', 'errorOutput'] as const) {
    const part = environment.states(name);
    if (part !== undefined) {
      value[name] = part;
    }
  }
  Object.defineProperty(value, 'context', { enumerable: true, get: () => environment.states('context') });
  return value;
}

function builtIn(name: string, environment: QueryEnvironment): unknown {
  switch (name) {
    case 'random':
      return randomFunction(() => environment.random());
    case 'millis':
      return () => environment.now();
    case 'now':
      return (picture?: string, zone?: string) =>
        jsonata('$fromMillis($m, $p, $z)').evaluate(undefined, { m: environment.now(), p: picture, z: zone });
    default:
      return undefined;
  }
}

/** A plain copy without JSONata's marks on arrays. Absent values inside become absent keys or null items. */
function toJson(value: unknown, depth: number): Json {
  if (depth > MAX_JSON_DEPTH) {
    throw new UnsupportedResult(`nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return value;
  }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown) => (item === undefined ? null : toJson(item, depth + 1)));
  }
  if (typeof value === 'object' && !('_jsonata_lambda' in value) && !('_jsonata_function' in value)) {
    const result: JsonObject = {};
    for (const [key, item] of Object.entries(value as { [key: string]: unknown })) {
      if (item !== undefined) {
        put(result, key, toJson(item, depth + 1));
      }
    }
    return result;
  }
  throw new UnsupportedResult(typeof value);
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ? `${code}: ${message ?? ''}` : (message ?? String(error));
}

/** Names of all variables and functions in the tree. Iterative: the tree may be as deep as the author's text. */
function variableNames(root: AstNode): string[] {
  const names = new Set<string>();
  const seen = new Set<object>();
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const node = stack.pop();
    if (typeof node === 'object' && node !== null && !seen.has(node)) {
      seen.add(node);
      const { type, value } = node as { type?: unknown; value?: unknown };
      if (type === 'variable' && typeof value === 'string' && value !== '' && value !== '$') {
        names.add(value);
      }
      stack.push(...Object.values(node));
    }
  }
  return [...names];
}
