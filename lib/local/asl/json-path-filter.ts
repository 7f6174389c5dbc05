// Decides whether an item passes a JSONPath filter `[?(...)]`. Values of different kinds never compare as equal, nor as
// less or greater; a path that finds nothing makes the comparison false.

import type { Json } from '../engine';
import type { Filter, Operand, ParsedPath } from './json-path-parser';
import { deepEqual } from './json-value';
import { TimedRegExp } from './timed-regexp';

type Finder = (path: ParsedPath, root: Json) => { readonly value: Json } | { readonly missing: string };

export function matchesFilter(filter: Filter, item: Json, root: Json, find: Finder): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matchesFilter(part, item, root, find));
    case 'or':
      return filter.parts.some((part) => matchesFilter(part, item, root, find));
    case 'not':
      return !matchesFilter(filter.part, item, root, find);
    case 'exists': {
      const { operand } = filter;
      if (operand.kind !== 'path') {
        return operand.kind === 'literal' && operand.value !== false && operand.value !== null;
      }
      const value = resolve(operand, item, root, find);
      return value !== undefined && (operand.path.definite || (value as Json[]).length > 0);
    }
    case 'compare':
      return compare(filter, item, root, find);
  }
}

function compare(filter: Filter & { kind: 'compare' }, item: Json, root: Json, find: Finder): boolean {
  const left = resolve(filter.left, item, root, find);
  if (filter.operator === '=~') {
    return (
      filter.right.kind === 'regex' &&
      typeof left === 'string' &&
      new TimedRegExp(`^(?:${filter.right.source})$`, filter.right.flags).test(left)
    );
  }
  const right = resolve(filter.right, item, root, find);
  if (left === undefined || right === undefined) {
    return filter.operator === '!=' && left !== right;
  }
  switch (filter.operator) {
    case '==':
      return deepEqual(left, right);
    case '!=':
      return !deepEqual(left, right);
    case 'in':
      return Array.isArray(right) && right.some((candidate) => deepEqual(candidate, left));
    case 'nin':
      return Array.isArray(right) && !right.some((candidate) => deepEqual(candidate, left));
    default:
      return ordered(filter.operator, left, right);
  }
}

function ordered(operator: string, left: Json, right: Json): boolean {
  if (
    !(typeof left === 'number' && typeof right === 'number') &&
    !(typeof left === 'string' && typeof right === 'string')
  ) {
    return false;
  }
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}

function resolve(operand: Operand, item: Json, root: Json, find: Finder): Json | undefined {
  if (operand.kind === 'literal') {
    return operand.value;
  }
  if (operand.kind === 'regex') {
    return undefined;
  }
  const found = find(operand.path, operand.root === '@' ? item : root);
  return 'value' in found ? found.value : undefined;
}
