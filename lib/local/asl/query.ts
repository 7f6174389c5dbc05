// Fields of JSONata states. A field's JSON is compiled once: strings `{% ... %}` become expressions, everything else stays
// as written. Evaluation names the field in its problems (`Output/total`), and is synchronous as long as it can be.

import type { Json } from '../engine';
import { Problem, queryProblem } from './failure';
import { EvaluationError, evaluate, type MaybePromise, type QueryEnvironment, UnsupportedResult } from './jsonata';
import { isObject, type JsonObject, jsonType, put } from './json-value';

export interface Query {
  evaluate(environment: QueryEnvironment): MaybePromise<Json>;
  /** The expression's text when the whole field is one expression. */
  readonly expression?: string;
}

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** The text inside `{% %}`, or undefined when the string is no expression. */
export function expressionText(value: Json | undefined): string | undefined {
  const match = typeof value === 'string' ? EXPRESSION.exec(value) : null;
  return match ? match[1]!.trim() : undefined;
}

export function compileQuery(value: Json, location: string): Query {
  const expression = expressionText(value);
  if (expression !== undefined) {
    return { expression, evaluate: (environment) => run(expression, location, environment) };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileQuery(item, `${location}[${index}]`));
    return items.every(isConstant) ? constant(value) : { evaluate: (environment) => collect(items, environment) };
  }
  if (isObject(value)) {
    const keys = Object.keys(value);
    const fields = keys.map((key) => compileQuery(value[key]!, `${location}/${key}`));
    if (fields.every(isConstant)) {
      return constant(value);
    }
    return {
      evaluate(environment) {
        const values = collect(fields, environment);
        return values instanceof Promise ? values.then((all) => zip(keys, all)) : zip(keys, values);
      },
    };
  }
  return constant(value);
}

const CONSTANT = Symbol('constant');

function constant(value: Json): Query {
  return Object.assign({ evaluate: () => value }, { [CONSTANT]: true });
}

function isConstant(query: Query): boolean {
  return CONSTANT in query;
}

function zip(keys: readonly string[], values: readonly Json[]): JsonObject {
  const result: JsonObject = {};
  for (const [index, key] of keys.entries()) {
    put(result, key, values[index]!);
  }
  return result;
}

function collect(queries: readonly Query[], environment: QueryEnvironment): MaybePromise<Json[]> {
  const values: Json[] = [];
  for (const [index, query] of queries.entries()) {
    const value = query.evaluate(environment);
    if (value instanceof Promise) {
      return collectRest(queries, environment, values, index, value);
    }
    values.push(value);
  }
  return values;
}

async function collectRest(
  queries: readonly Query[],
  environment: QueryEnvironment,
  values: Json[],
  from: number,
  first: Promise<Json>,
): Promise<Json[]> {
  values.push(await first);
  for (const query of queries.slice(from + 1)) {
    values.push(await query.evaluate(environment));
  }
  return values;
}

function run(expression: string, location: string, environment: QueryEnvironment): MaybePromise<Json> {
  try {
    const value = evaluate(expression, environment);
    return value instanceof Promise
      ? value.then(
          (settled) => present(settled, expression, location),
          (error: unknown) => {
            throw worded(error, expression, location);
          },
        )
      : present(value, expression, location);
  } catch (error) {
    throw worded(error, expression, location);
  }
}

function present(value: Json | undefined, expression: string, location: string): Json {
  if (value === undefined) {
    throw queryProblem(
      `The JSONata expression '${expression}' specified for the field '${location}' returned nothing (undefined).`,
      location,
    );
  }
  return value;
}

function worded(error: unknown, expression: string, location: string): unknown {
  const field = `The JSONata expression '${expression}' specified for the field '${location}'`;
  if (error instanceof EvaluationError) {
    return queryProblem(`${field} threw an error during evaluation. ${error.message}`, location);
  }
  if (error instanceof UnsupportedResult) {
    return queryProblem(`${field} returned an unsupported result type.`, location);
  }
  return error instanceof Problem ? error : new EvaluationError(String(error));
}

export type Expected = 'array' | 'boolean' | 'string' | 'number' | 'object';

/** Checks the kind of value a field needs; the problem says what came instead. */
export function expectType(value: Json, expected: Expected, expression: string | undefined, location: string): Json {
  const actual = jsonType(value);
  if (actual !== expected) {
    const subject =
      expression === undefined
        ? `The value specified for the field '${location}'`
        : `The JSONata expression '${expression}' specified for the field '${location}'`;
    throw queryProblem(
      `${subject} returned an unexpected result type. Expected '${expected}', but was '${actual}' for value: ${JSON.stringify(value)}`,
      location,
    );
  }
  return value;
}
