// The intrinsic functions of JSONPath states. In: a parsed call and the roots its paths start from. Out: a JSON value,
// or a Problem worded as the service does. https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html

import { createHash, randomUUID } from 'node:crypto';
import type { Json } from '../engine';
import { Problem } from './failure';
import { type Argument, type Call, ESCAPED_CLOSE, ESCAPED_OPEN } from './intrinsic-parser';
import { findPath, type PathRoots } from './json-path';
import { deepEqual, isObject, type JsonObject, plainText, put } from './json-value';
import { seededRandom } from './seeded-random';

const LONGEST_TEXT = 10_000;
const LONGEST_RANGE = 1_000;

export interface IntrinsicEnvironment extends PathRoots {
  random(): number;
}

type Implementation = (args: readonly Json[], environment: IntrinsicEnvironment, call: Call) => Json;

/** What went wrong inside a function; callIntrinsic names the function. */
class ArgumentProblem extends Error {}

const FUNCTIONS: {
  readonly [name: string]: { readonly arity: readonly [number, number]; readonly run: Implementation };
} = {
  'States.Format': { arity: [1, Number.POSITIVE_INFINITY], run: format },
  'States.StringToJson': { arity: [1, 1], run: ([text]) => stringToJson(asString(text)) },
  'States.JsonToString': { arity: [1, 1], run: ([value]) => JSON.stringify(value) },
  'States.Array': { arity: [0, Number.POSITIVE_INFINITY], run: (args) => [...args] },
  'States.ArrayPartition': { arity: [2, 2], run: ([array, size]) => partition(asArray(array), asInteger(size)) },
  'States.ArrayContains': {
    arity: [2, 2],
    run: ([array, wanted]) => asArray(array).some((item) => deepEqual(item, wanted ?? null)),
  },
  'States.ArrayRange': {
    arity: [3, 3],
    run: ([from, to, step]) => range(asInteger(from), asInteger(to), asInteger(step)),
  },
  'States.ArrayGetItem': {
    arity: [2, 2],
    run: ([array, index]) => {
      const item = asArray(array)[asInteger(index)];
      if (item === undefined) {
        throw new ArgumentProblem(`the index ${asInteger(index)} is outside of the array`);
      }
      return item;
    },
  },
  'States.ArrayLength': { arity: [1, 1], run: ([array]) => asArray(array).length },
  'States.ArrayUnique': { arity: [1, 1], run: ([array]) => unique(asArray(array)) },
  'States.Base64Encode': { arity: [1, 1], run: ([text]) => Buffer.from(bounded(asString(text))).toString('base64') },
  'States.Base64Decode': { arity: [1, 1], run: ([text]) => Buffer.from(bounded(asString(text)), 'base64').toString() },
  'States.Hash': { arity: [2, 2], run: ([data, algorithm]) => hash(data ?? null, asString(algorithm)) },
  'States.JsonMerge': { arity: [3, 3], run: ([left, right, deep]) => merge(left ?? null, right ?? null, deep) },
  'States.MathRandom': { arity: [2, 3], run: random },
  'States.MathAdd': { arity: [2, 2], run: ([a, b]) => asInteger(a) + asInteger(b) },
  'States.StringSplit': { arity: [2, 2], run: ([text, splitter]) => split(asString(text), asString(splitter)) },
  'States.UUID': { arity: [0, 0], run: () => randomUUID() },
};

export function isKnownIntrinsic(name: string, argumentCount: number): boolean {
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  return known !== undefined && argumentCount >= known.arity[0] && argumentCount <= known.arity[1];
}

export function callIntrinsic(call: Call, environment: IntrinsicEnvironment): Json {
  const args = call.arguments.map((argument) => evaluate(argument, environment, call));
  try {
    if (!isKnownIntrinsic(call.name, args.length)) {
      throw new ArgumentProblem(`there is no function ${call.name} with ${args.length} arguments`);
    }
    return FUNCTIONS[call.name]!.run(args, environment, call);
  } catch (error) {
    if (error instanceof ArgumentProblem) {
      throw new Problem(
        `The function '${call.text}' had the following error: ${error.message}`,
        'States.IntrinsicFailure',
      );
    }
    throw error;
  }
}

function evaluate(argument: Argument, environment: IntrinsicEnvironment, call: Call): Json {
  if (argument.kind === 'literal') {
    return argument.value;
  }
  if (argument.kind === 'call') {
    return callIntrinsic(argument, environment);
  }
  const found = findPath(argument.path, environment);
  if ('missing' in found) {
    const data = JSON.stringify(environment.data);
    throw new Problem(
      `The function '${call.text}' had the following error: The JsonPath argument for the field '${argument.path.text}' could not be found in the input '${data}'`,
    );
  }
  return found.value;
}

function format(args: readonly Json[], _environment: IntrinsicEnvironment, call: Call): Json {
  const first = call.arguments[0];
  const template = first?.kind === 'literal' && first.format !== undefined ? first.format : asString(args[0]);
  const pieces = template.split('{}');
  if (pieces.length !== args.length) {
    throw new ArgumentProblem(`the template has ${pieces.length - 1} places for ${args.length - 1} arguments`);
  }
  const text = pieces.map((piece, index) => (index === 0 ? piece : plainText(args[index] ?? null) + piece)).join('');
  return text.replaceAll(ESCAPED_OPEN, '{').replaceAll(ESCAPED_CLOSE, '}');
}

function stringToJson(text: string): Json {
  if (text.trim() === '') {
    return null;
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new ArgumentProblem('Invalid JSON');
  }
}

function partition(array: readonly Json[], size: number): Json {
  if (size <= 0) {
    throw new ArgumentProblem('the chunk size must be a positive integer');
  }
  const chunks: Json[] = [];
  for (let start = 0; start < array.length; start += size) {
    chunks.push(array.slice(start, start + size));
  }
  return chunks;
}

function range(from: number, to: number, step: number): Json {
  if (step === 0) {
    throw new ArgumentProblem('the step must not be zero');
  }
  if ((to - from) / step + 1 > LONGEST_RANGE) {
    throw new ArgumentProblem(`a range has at most ${LONGEST_RANGE} elements`);
  }
  const items: Json[] = [];
  for (let item = from; step > 0 ? item <= to : item >= to; item += step) {
    items.push(item);
  }
  return items;
}

function unique(array: readonly Json[]): Json {
  const result: Json[] = [];
  const scalars = new Set<Json>();
  for (const item of array) {
    if (typeof item === 'object' && item !== null) {
      if (!result.some((known) => deepEqual(known, item))) {
        result.push(item);
      }
    } else if (!scalars.has(item)) {
      scalars.add(item);
      result.push(item);
    }
  }
  return result;
}

const HASHES: { readonly [name: string]: string } = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

export function hash(data: Json, algorithm: string): string {
  const name = Object.hasOwn(HASHES, algorithm) ? HASHES[algorithm] : undefined;
  if (!name) {
    throw new ArgumentProblem(`unknown algorithm ${algorithm}; expected one of ${Object.keys(HASHES).join(', ')}`);
  }
  return createHash(name)
    .update(bounded(typeof data === 'string' ? data : JSON.stringify(data)))
    .digest('hex');
}

function merge(left: Json, right: Json, deep: Json | undefined): Json {
  if (deep !== false) {
    throw new ArgumentProblem('only the shallow merge (third argument false) is supported');
  }
  if (!isObject(left) || !isObject(right)) {
    throw new ArgumentProblem('both values to merge must be objects');
  }
  const result: JsonObject = {};
  for (const [key, value] of [...Object.entries(left), ...Object.entries(right)]) {
    put(result, key, value);
  }
  return result;
}

function random(args: readonly Json[], environment: IntrinsicEnvironment): Json {
  const from = asInteger(args[0]);
  const to = asInteger(args[1]);
  if (to <= from) {
    throw new ArgumentProblem('the end of the range must be greater than its start');
  }
  const draw = args.length > 2 ? seededRandom(asInteger(args[2])) : environment.random();
  return from + Math.floor(draw * (to - from));
}

/** Every character of the splitter splits, and empty pieces vanish. */
function split(text: string, splitter: string): Json {
  const splitters = new Set(splitter);
  const pieces: string[] = [];
  let piece = '';
  for (const char of text) {
    if (splitters.has(char)) {
      if (piece !== '') {
        pieces.push(piece);
      }
      piece = '';
    } else {
      piece += char;
    }
  }
  return piece === '' ? pieces : [...pieces, piece];
}

function bounded(text: string): string {
  if (text.length > LONGEST_TEXT) {
    throw new ArgumentProblem(`the text has ${text.length} characters, more than ${LONGEST_TEXT}`);
  }
  return text;
}

function asString(value: Json | undefined): string {
  if (typeof value !== 'string') {
    throw new ArgumentProblem(`expected a string, got ${JSON.stringify(value)}`);
  }
  return value;
}

function asArray(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) {
    throw new ArgumentProblem(`expected an array, got ${JSON.stringify(value)}`);
  }
  return value;
}

/** Numbers round half up, as the service does. */
function asInteger(value: Json | undefined): number {
  if (typeof value !== 'number') {
    throw new ArgumentProblem(`expected a number, got ${JSON.stringify(value)}`);
  }
  return Math.round(value) + 0;
}
