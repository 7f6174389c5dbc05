// Expressions that differ in nothing but numbers: a machine of ten thousand tasks has fifty thousand of them and a few hundred
// shapes. In: an expression. Out: its shape, which is parsed once, and the numbers; then the tree with the numbers put back.
// Always: where a number could mean something else than itself (escapes, fractions, regular expressions), there is no shape.

import type { AstNode } from './jsonata-fast';

export interface Shaped {
  /** The expression with a stand-in for every number, a valid expression of its own. */
  readonly shape: string;
  readonly numbers: readonly string[];
}

const MOST_NUMBERS = 60;
/** A number that is itself wherever it stands: in a name, in a text, or alone. */
const FIRST_STAND_IN = 7_000_000_000;
const STAND_IN = /7000000\d{3}/g;
const AMBIGUOUS = /\\|\d[.eE]|\.\d|(?<!\d)0\d|\d{16}/;

export function shapeOf(text: string): Shaped | undefined {
  if (AMBIGUOUS.test(text)) {
    return undefined;
  }
  const numbers: string[] = [];
  const shape = text.replace(/\d+/g, (digits) => {
    numbers.push(digits);
    return String(FIRST_STAND_IN + numbers.length - 1);
  });
  return numbers.length === 0 || numbers.length > MOST_NUMBERS ? undefined : { shape, numbers };
}

/** Whether the numbers of a parsed shape can be put back: each stands alone or inside a text. */
export function canFill(value: unknown): boolean {
  if (typeof value === 'number') {
    return value >= FIRST_STAND_IN && Number.isInteger(value);
  }
  if (value instanceof RegExp) {
    return value.source.search(STAND_IN) < 0;
  }
  return typeof value !== 'object' || value === null || Object.values(value).every(canFill);
}

/** The tree of the expression that the numbers came from. */
export function filled(node: AstNode, numbers: readonly string[]): AstNode {
  return fill(node, numbers) as AstNode;
}

export function filledText(text: string, numbers: readonly string[]): string {
  return text.replace(STAND_IN, (standIn) => numbers[Number(standIn) - FIRST_STAND_IN] ?? standIn);
}

function fill(value: unknown, numbers: readonly string[]): unknown {
  if (typeof value === 'string') {
    return value.includes('7000000') ? filledText(value, numbers) : value;
  }
  if (typeof value === 'number') {
    return Number(numbers[value - FIRST_STAND_IN]);
  }
  if (Array.isArray(value)) {
    return value.map((item) => fill(item, numbers));
  }
  if (typeof value !== 'object' || value === null || value instanceof RegExp) {
    return value;
  }
  const copy: { [field: string]: unknown } = {};
  for (const field of Object.keys(value)) {
    copy[field] = fill((value as { [field: string]: unknown })[field], numbers);
  }
  return copy;
}
