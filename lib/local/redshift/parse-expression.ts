/**
 * Expressions, by precedence climbing. In: a cursor at an expression. Out: an `Expr`. Calls, literals and the forms with
 * words of their own (EXTRACT, TRIM, ...) are in parse-operand.
 */
import { parseOperand } from './parse-operand';
import { parseSteps } from './parse-steps';
import { parseType } from './parse-type';
import type { Expr } from './syntax';
import type { TokenCursor } from './token-cursor';

export function parseExpression(cursor: TokenCursor): Expr {
  return parseOr(cursor);
}

function parseOr(cursor: TokenCursor): Expr {
  let left = parseAnd(cursor);
  while (cursor.accept('or')) left = { kind: 'binary', operator: 'or', left, right: parseAnd(cursor) };
  return left;
}

function parseAnd(cursor: TokenCursor): Expr {
  let left = parseNot(cursor);
  while (cursor.accept('and')) left = { kind: 'binary', operator: 'and', left, right: parseNot(cursor) };
  return left;
}

function parseNot(cursor: TokenCursor): Expr {
  if (cursor.accept('not')) return { kind: 'unary', operator: 'not', operand: parseNot(cursor) };
  return parseComparison(cursor);
}

const COMPARISONS = ['=', '<>', '!=', '<=', '>=', '<', '>'];

function parseComparison(cursor: TokenCursor): Expr {
  let left = parsePredicate(cursor);
  for (;;) {
    const operator = cursor.acceptAny(...COMPARISONS);
    if (operator) {
      left = parseRight(cursor, operator === '!=' ? '<>' : operator, left);
      continue;
    }
    if (cursor.accept('is')) {
      const not = cursor.accept('not');
      const what = cursor.acceptAny('null', 'true', 'false', 'unknown');
      if (!what) {
        if (cursor.is('distinct')) throw cursor.unsupported('IS DISTINCT FROM');
        throw cursor.error();
      }
      left = { kind: 'is', operand: left, what: what as 'null' | 'true' | 'false' | 'unknown', not };
      continue;
    }
    if (cursor.accept('isnull')) left = { kind: 'is', operand: left, what: 'null', not: false };
    else if (cursor.accept('notnull')) left = { kind: 'is', operand: left, what: 'null', not: true };
    else return left;
  }
}

function parseRight(cursor: TokenCursor, operator: string, left: Expr): Expr {
  const quantifier = cursor.isAny('any', 'some', 'all') && cursor.peek(1).text === '(' ? cursor.next().text : undefined;
  if (quantifier) {
    const query = cursor.parenthesized(() => cursor.query());
    return { kind: 'quantified', operator, all: quantifier === 'all', left, query };
  }
  return { kind: 'binary', operator, left, right: parsePredicate(cursor) };
}

const MATCHES: Readonly<Record<string, [form: 'like' | 'ilike', not: boolean]>> = {
  '~~': ['like', false],
  '!~~': ['like', true],
  '~~*': ['ilike', false],
  '!~~*': ['ilike', true],
};

function parsePredicate(cursor: TokenCursor): Expr {
  let left = parseOther(cursor);
  for (;;) {
    const mark = cursor.mark();
    const not = cursor.accept('not');
    if (cursor.accept('between')) {
      cursor.accept('asymmetric');
      const low = parseOther(cursor);
      cursor.expect('and');
      left = { kind: 'between', operand: left, low, high: parseOther(cursor), not };
    } else if (cursor.accept('in')) left = parseIn(cursor, left, not);
    else if (cursor.is('like') || cursor.is('ilike') || cursor.is('similar', 'to')) {
      const form = cursor.next().text as 'like' | 'ilike' | 'similar';
      if (form === 'similar') cursor.next();
      const pattern = parseOther(cursor);
      const escape = cursor.accept('escape') ? parseOther(cursor) : undefined;
      left = { kind: 'like', form, operand: left, pattern, escape, not };
    } else {
      cursor.reset(mark);
      const symbol = cursor.acceptAny(...Object.keys(MATCHES));
      if (!symbol) return left;
      const [form, negated] = MATCHES[symbol] as ['like' | 'ilike', boolean];
      left = { kind: 'like', form, operand: left, pattern: parseOther(cursor), not: negated };
    }
  }
}

function parseIn(cursor: TokenCursor, operand: Expr, not: boolean): Expr {
  return cursor.parenthesized((): Expr => {
    if (cursor.startsQuery()) return { kind: 'inQuery', operand, query: cursor.query(), not };
    return { kind: 'in', operand, list: cursor.list(() => parseExpression(cursor)), not };
  });
}

const OTHERS = ['||', '~', '~*', '!~', '!~*', '&', '|', '#', '<<', '>>'];

function parseOther(cursor: TokenCursor): Expr {
  let left = parseAdditive(cursor);
  for (;;) {
    const operator = cursor.acceptAny(...OTHERS);
    if (!operator) return left;
    left = { kind: 'binary', operator, left, right: parseAdditive(cursor) };
  }
}

function parseAdditive(cursor: TokenCursor): Expr {
  let left = parseMultiplicative(cursor);
  for (;;) {
    const operator = cursor.acceptAny('+', '-');
    if (!operator) return left;
    left = { kind: 'binary', operator, left, right: parseMultiplicative(cursor) };
  }
}

function parseMultiplicative(cursor: TokenCursor): Expr {
  let left = parsePower(cursor);
  for (;;) {
    const operator = cursor.acceptAny('*', '/', '%');
    if (!operator) return left;
    left = { kind: 'binary', operator, left, right: parsePower(cursor) };
  }
}

function parsePower(cursor: TokenCursor): Expr {
  let left = parseZone(cursor);
  while (cursor.accept('^')) left = { kind: 'binary', operator: '^', left, right: parseZone(cursor) };
  return left;
}

function parseZone(cursor: TokenCursor): Expr {
  let left = parseUnary(cursor);
  for (;;) {
    if (cursor.accept('at', 'time', 'zone')) {
      left = { kind: 'call', name: 'timezone', args: [parseUnary(cursor), left], position: cursor.position };
    } else if (cursor.is('collate') && cursor.peek(1).text !== '(') {
      cursor.next();
      const name = cursor.label();
      if (!['case_sensitive', 'case_insensitive', 'cs', 'ci'].includes(name))
        throw cursor.unsupported(`COLLATE ${name}`);
      left = { kind: 'collate', operand: left, insensitive: name === 'case_insensitive' || name === 'ci' };
    } else return left;
  }
}

function parseUnary(cursor: TokenCursor): Expr {
  if (cursor.accept('-')) {
    const token = cursor.peek();
    const operand = parseUnary(cursor);
    // The sign belongs to the literal, so that the smallest integer of a type is in range.
    if (operand.kind === 'number' && token.kind === 'number') return { kind: 'number', text: `-${operand.text}` };
    return { kind: 'unary', operator: '-', operand };
  }
  if (cursor.accept('+')) return parseUnary(cursor);
  const operator = cursor.acceptAny('~', '|/', '||/', '@');
  if (operator) return { kind: 'unary', operator, operand: parseUnary(cursor) };
  if (cursor.is('prior')) {
    cursor.next();
    return { kind: 'prior', operand: parseUnary(cursor) };
  }
  return parsePostfix(cursor);
}

function parsePostfix(cursor: TokenCursor): Expr {
  let operand = parseOperand(cursor);
  for (;;) {
    if (cursor.accept('::')) operand = { kind: 'cast', operand, type: parseType(cursor) };
    else if (cursor.is('[')) operand = { kind: 'navigate', base: operand, path: parseSteps(cursor) };
    else if (cursor.is('.') && operand.kind !== 'number')
      operand = { kind: 'navigate', base: operand, path: parseSteps(cursor) };
    else if (cursor.is('!')) throw cursor.unsupported('the factorial operator !');
    else return operand;
  }
}
