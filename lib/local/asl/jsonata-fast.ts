// A synchronous evaluator for the small, plain part of JSONata that most fields use: paths of names, literals, objects,
// comparisons, conditions and a few functions. It answers exactly what the full evaluator would, or BAIL: then the full
// one is asked. Never throws, never loops; work is bounded by the size of the expression.

import type { Json } from '../engine';
import { get, isObject, type JsonObject, put } from './json-value';

export const BAIL = Symbol('not plain');
type Result = Json | undefined | typeof BAIL;

export interface FastEnvironment {
  states(name: 'input' | 'result' | 'errorOutput' | 'context'): Json | undefined;
  variable(name: string): Json | undefined;
}

export type FastExpression = (environment: FastEnvironment) => Result;

/** One node of the parser's tree; only what is read here. */
export interface AstNode {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly AstNode[];
  readonly expressions?: readonly AstNode[];
  readonly lhs?: AstNode | readonly (readonly [AstNode, AstNode])[];
  readonly rhs?: AstNode;
  readonly condition?: AstNode;
  readonly then?: AstNode;
  readonly else?: AstNode;
  readonly procedure?: AstNode;
  readonly arguments?: readonly AstNode[];
}

const DECORATIONS = [
  'predicate',
  'group',
  'stages',
  'focus',
  'index',
  'tuple',
  'ancestor',
  'seekingParent',
  'keepArray',
  'keepSingletonArray',
  'consarray',
  'nextFunction',
  'thunk',
];

const READ = [
  ...DECORATIONS,
  'type',
  'value',
  'expr',
  'steps',
  'expressions',
  'lhs',
  'rhs',
  'condition',
  'then',
  'else',
];
const CALL = ['procedure', 'arguments'];

/** A copy of what is read here, and nothing else: the parser's own nodes hold on to its whole table of symbols. */
export function lean(node: AstNode): AstNode {
  const copy: { [field: string]: unknown } = {};
  for (const field of node.type === 'function' ? [...READ, ...CALL] : READ) {
    const value = (node as unknown as { [field: string]: unknown })[field];
    if (value !== undefined) {
      copy[field] = leanValue(value);
    }
  }
  return copy as unknown as AstNode;
}

function leanValue(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(leanValue);
  }
  return typeof value === 'object' && value !== null && 'type' in value ? lean(value as AstNode) : value;
}

/** Compiles a lean tree, or answers undefined when any part of it is not plain. */
export function compileFast(node: AstNode | undefined): FastExpression | undefined {
  if (
    !node ||
    DECORATIONS.some(
      (decoration) =>
        (node as unknown as { [key: string]: unknown })[decoration] &&
        !(decoration === 'consarray' && node.type === 'unary'),
    )
  ) {
    return undefined;
  }
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value': {
      const value = node.value as Json;
      return () => value;
    }
    case 'variable':
      return variable(node, []);
    case 'path':
      return path(node) ?? indexed(node);
    case 'block':
      return block(node);
    case 'condition':
      return condition(node);
    case 'binary':
      return binary(node);
    case 'unary':
      return unary(node);
    case 'function':
      return call(node);
    default:
      return undefined;
  }
}

/** `($x := ...; body)`: names first, then one value. */
function block(node: AstNode): FastExpression | undefined {
  const parts = [...(node.expressions ?? [])];
  const last = parts.pop();
  const body = last?.type === 'bind' ? undefined : compileFast(last);
  const names = parts.map((part) => (part.type === 'bind' && isNode(part.lhs) ? (part.lhs.value as string) : ''));
  const values = parts.map((part) => (part.type === 'bind' ? compileFast(part.rhs) : undefined));
  if (!body || names.some((name) => name === '' || name === 'states') || values.some((value) => !value)) {
    return undefined;
  }
  return (environment) => {
    let inner = environment;
    for (const [index, name] of names.entries()) {
      const value = values[index]!(inner);
      if (value === BAIL) {
        return BAIL;
      }
      inner = bound(inner, name, value);
    }
    return body(inner);
  };
}

function bound(outer: FastEnvironment, name: string, value: Json | undefined): FastEnvironment {
  return {
    states: (part) => outer.states(part),
    variable: (wanted) => (wanted === name ? value : outer.variable(wanted)),
  };
}

/** `path[5]`: an item by its number, where the path ends. */
function indexed(node: AstNode): FastExpression | undefined {
  const steps = node.steps ?? [];
  const last = steps.at(-1) as (AstNode & { stages?: readonly { type: string; expr?: AstNode }[] }) | undefined;
  const [stage, ...more] = last?.stages ?? [];
  if (last?.type !== 'name' || more.length > 0 || stage?.type !== 'filter' || stage.expr?.type !== 'number') {
    return undefined;
  }
  const index = stage.expr.value as number;
  const whole = path({ ...node, steps: [...steps.slice(0, -1), { type: 'name', value: last.value }] });
  if (!whole || !Number.isInteger(index) || index < 0) {
    return undefined;
  }
  return (environment) => {
    const value = whole(environment);
    // An array inside would be flattened, a single value is an array of one: the full evaluator knows.
    const item = Array.isArray(value) ? value[index] : BAIL;
    return Array.isArray(item) ? BAIL : item;
  };
}

function path(node: AstNode): FastExpression | undefined {
  const [first, ...rest] = node.steps ?? [];
  if (
    rest.some(
      (step) => step.type !== 'name' || DECORATIONS.some((key) => (step as unknown as { [key: string]: unknown })[key]),
    )
  ) {
    return undefined;
  }
  const names = rest.map((step) => step.value as string);
  if (first?.type === 'variable' && !DECORATIONS.some((key) => (first as unknown as { [key: string]: unknown })[key])) {
    return variable(first, names);
  }
  if (first?.type === 'block' && names.length > 0) {
    return undefined;
  }
  if (first?.type === 'function') {
    const root = compileFast(first);
    return root && ((environment) => follow(root(environment), names, 0));
  }
  return undefined;
}

function variable(node: AstNode, names: readonly string[]): FastExpression | undefined {
  const name = node.value as string;
  if (name === 'states') {
    const part = names[0];
    if (part !== 'input' && part !== 'result' && part !== 'errorOutput' && part !== 'context') {
      return undefined;
    }
    return (environment) => follow(environment.states(part), names, 1);
  }
  if (name === '' || name === '$') {
    return undefined;
  }
  return (environment) => follow(environment.variable(name), names, 0);
}

function follow(root: Result, names: readonly string[], from: number): Result {
  let value: Result = root;
  for (let index = from; index < names.length; index += 1) {
    if (value === BAIL || Array.isArray(value)) {
      return BAIL;
    }
    if (!isObject(value)) {
      return undefined;
    }
    value = get(value, names[index]!);
  }
  return value;
}

/** JSONata's truth of a scalar; BAIL for arrays and objects. */
function truth(value: Result): boolean | typeof BAIL {
  if (typeof value === 'object' && value !== null) {
    return BAIL;
  }
  return value === BAIL ? BAIL : Boolean(value);
}

function condition(node: AstNode): FastExpression | undefined {
  const test = compileFast(node.condition);
  const yes = compileFast(node.then);
  const no = node.else ? compileFast(node.else) : () => undefined;
  if (!test || !yes || !no) {
    return undefined;
  }
  return (environment) => {
    const outcome = truth(test(environment));
    return outcome === BAIL ? BAIL : outcome ? yes(environment) : no(environment);
  };
}

const isNode = (value: AstNode['lhs']): value is AstNode => value !== undefined && !Array.isArray(value);

function binary(node: AstNode): FastExpression | undefined {
  const left = isNode(node.lhs) ? compileFast(node.lhs) : undefined;
  const right = compileFast(node.rhs);
  const operator = node.value as string;
  if (!left || !right) {
    return undefined;
  }
  if (operator === 'and' || operator === 'or') {
    return (environment) => {
      const first = truth(left(environment));
      if (first === BAIL) {
        return BAIL;
      }
      return first === (operator === 'or') ? first : truth(right(environment));
    };
  }
  const apply = OPERATORS[operator];
  return apply && ((environment) => apply(left(environment), right(environment)));
}

const OPERATORS: { readonly [operator: string]: ((a: Result, b: Result) => Result) | undefined } = {
  '=': (a, b) => equal(a, b, true),
  '!=': (a, b) => equal(a, b, false),
  '<': (a, b) => (ordered(a, b) ? (a as number) < (b as number) : BAIL),
  '<=': (a, b) => (ordered(a, b) ? (a as number) <= (b as number) : BAIL),
  '>': (a, b) => (ordered(a, b) ? (a as number) > (b as number) : BAIL),
  '>=': (a, b) => (ordered(a, b) ? (a as number) >= (b as number) : BAIL),
  '&': (a, b) => {
    const left = text(a);
    const right = text(b);
    return left === BAIL || right === BAIL ? BAIL : left + right;
  },
  '+': (a, b) => (Number.isSafeInteger(a) && Number.isSafeInteger(b) ? (a as number) + (b as number) : BAIL),
  '-': (a, b) => (Number.isSafeInteger(a) && Number.isSafeInteger(b) ? (a as number) - (b as number) : BAIL),
};

function equal(a: Result, b: Result, wanted: boolean): Result {
  if (a === undefined || b === undefined) {
    return a === BAIL || b === BAIL ? BAIL : false;
  }
  if (a === BAIL || b === BAIL || (typeof a === 'object' && a !== null) || (typeof b === 'object' && b !== null)) {
    return BAIL;
  }
  return (a === b) === wanted;
}

function ordered(a: Result, b: Result): boolean {
  return (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
}

function text(value: Result): string | typeof BAIL {
  if (value === undefined) {
    return '';
  }
  if (typeof value === 'string') {
    return value;
  }
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : BAIL;
}

function unary(node: AstNode): FastExpression | undefined {
  if (node.value === '[') {
    const items = (node.expressions ?? []).map((item) => compileFast(item));
    return items.every((item) => item !== undefined)
      ? (environment) => list(items as FastExpression[], environment)
      : undefined;
  }
  if (node.value === '{' && Array.isArray(node.lhs)) {
    const pairs = (node.lhs as readonly (readonly [AstNode, AstNode])[]).map(
      ([key, value]) => [key.type === 'string' ? (key.value as string) : undefined, compileFast(value)] as const,
    );
    const keys = new Set(pairs.map(([key]) => key));
    if (
      keys.size !== pairs.length ||
      pairs.some(([key, value]) => key === undefined || key === '__proto__' || !value)
    ) {
      return undefined;
    }
    return (environment) => record(pairs as [string, FastExpression][], environment);
  }
  return undefined;
}

/** An array constructor: nothing is skipped, inner arrays are spread unless they are constructors (then: BAIL). */
function list(items: readonly FastExpression[], environment: FastEnvironment): Result {
  const result: Json[] = [];
  for (const item of items) {
    const value = item(environment);
    if (value === BAIL || Array.isArray(value)) {
      return BAIL;
    }
    if (value !== undefined) {
      result.push(value);
    }
  }
  return result;
}

function record(pairs: readonly (readonly [string, FastExpression])[], environment: FastEnvironment): Result {
  const result: JsonObject = {};
  for (const [key, expression] of pairs) {
    const value = expression(environment);
    if (value === BAIL || Array.isArray(value)) {
      return BAIL;
    }
    if (value !== undefined) {
      result[key] = value;
    }
  }
  return result;
}

const FUNCTIONS: { readonly [name: string]: ((args: readonly Result[]) => Result) | undefined } = {
  exists: ([value]) => value !== undefined,
  not: ([value]) => {
    const outcome = truth(value);
    return value === undefined || outcome === BAIL ? BAIL : !outcome;
  },
  string: ([value]) => (value === undefined || value === null ? BAIL : text(value)),
  count: ([value]) => (value === undefined ? 0 : Array.isArray(value) ? value.length : 1),
  join: ([value]) =>
    value === undefined ? undefined : Array.isArray(value) && value.every(isText) ? value.join('') : BAIL,
  contains: ([value, part]) => (typeof value === 'string' && typeof part === 'string' ? value.includes(part) : BAIL),
  merge: ([values]) => {
    if (!Array.isArray(values) || !values.every(isObject)) {
      return BAIL;
    }
    const result: JsonObject = {};
    for (const value of values) {
      for (const key of Object.keys(value)) {
        put(result, key, value[key]!);
      }
    }
    return result;
  },
};

function isText(value: Json): value is string {
  return typeof value === 'string';
}

/** `$replace(text, /[0-9.]/, '')`: a set of characters for a plain text. */
function replaceCharacters(node: AstNode): FastExpression | undefined {
  const [subject, pattern, replacement] = node.arguments ?? [];
  const { value } = pattern ?? {};
  const text = compileFast(subject);
  const plain = value instanceof RegExp && /^\[[\w.-]+\]$/.test(value.source) && !value.ignoreCase;
  const by = replacement?.type === 'string' ? (replacement.value as string) : '$';
  if (!text || !plain || by.includes('$') || node.arguments?.length !== 3) {
    return undefined;
  }
  const every = new RegExp(value.source, 'g');
  return (environment) => {
    const found = environment.variable('replace') === undefined ? text(environment) : BAIL;
    return typeof found === 'string' ? found.replace(every, by) : found === undefined ? undefined : BAIL;
  };
}

/** `$contains(text, /f|u/)`: any of some letters, which needs no regular expression. */
function containsLetters(node: AstNode): FastExpression | undefined {
  const [subject, pattern] = node.arguments ?? [];
  const { value } = pattern ?? {};
  const letters = value instanceof RegExp && /^\w(?:\|\w)*$/.test(value.source) ? value.source.split('|') : [];
  const text = compileFast(subject);
  // The parser adds `g` to all, and `i` where the author wrote it.
  if (!text || letters.length === 0 || (value as RegExp).ignoreCase) {
    return undefined;
  }
  return (environment) => {
    const found = environment.variable('contains') === undefined ? text(environment) : BAIL;
    return typeof found === 'string' ? letters.some((letter) => found.includes(letter)) : BAIL;
  };
}

function call(node: AstNode): FastExpression | undefined {
  const name = node.procedure?.type === 'variable' ? (node.procedure.value as string) : '';
  if (name === 'contains' && node.arguments?.[1]?.type === 'regex') {
    return node.arguments.length === 2 ? containsLetters(node) : undefined;
  }
  if (name === 'replace') {
    return replaceCharacters(node);
  }
  const run = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  const args = (node.arguments ?? []).map((argument) => compileFast(argument));
  if (!run || args.length !== (name === 'contains' ? 2 : 1) || args.some((argument) => argument === undefined)) {
    return undefined;
  }
  return (environment) => {
    if (environment.variable(name) !== undefined) {
      return BAIL;
    }
    const values: Result[] = [];
    for (const argument of args as FastExpression[]) {
      const value = argument(environment);
      if (value === BAIL) {
        return BAIL;
      }
      values.push(value);
    }
    return run(values);
  };
}
