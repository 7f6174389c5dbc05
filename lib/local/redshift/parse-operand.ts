/** Literals, names, calls and the expressions with words of their own. In: a cursor at an operand. Out: an `Expr`. */
import { type DataType, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ } from './data-type';
import { parseOrderBy } from './parse-order-by';
import { parseSteps } from './parse-steps';
import { parseType, startsType } from './parse-type';
import { RedshiftError } from './redshift-error';
import { isReserved } from './reserved-words';
import type { CallExpr, Expr, OrderItem, Window } from './syntax';
import type { TokenCursor } from './token-cursor';

const TYPED_LITERALS: Readonly<Record<string, DataType>> = {
  date: DATE,
  time: TIME,
  timetz: TIMETZ,
  timestamp: TIMESTAMP,
  timestamptz: TIMESTAMPTZ,
};
const BARE_CALLS = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'current_user',
  'current_user_id',
  'session_user',
  'user',
  'sysdate',
  'localtime',
  'localtimestamp',
  'current_schema',
]);
/** Reserved words that are also function names. */
const CALLABLE = new Set(['left', 'right', 'array', 'collate', 'pivot', 'user', 'system', 'percent']);

export function parseOperand(cursor: TokenCursor): Expr {
  const token = cursor.peek();
  switch (token.kind) {
    case 'string':
      cursor.next();
      return { kind: 'string', value: token.text };
    case 'number':
      cursor.next();
      return { kind: 'number', text: token.text };
    case 'parameter':
      cursor.next();
      return { kind: 'parameter', name: token.text, position: token.start };
    case 'operator':
      if (token.text === '(') return parseParentheses(cursor);
      if (token.text === '*') {
        cursor.next();
        return { kind: 'star', exclude: parseExclude(cursor) };
      }
      throw cursor.error();
    case 'quoted':
      return parseName(cursor);
    case 'word':
      return parseWord(cursor);
    default:
      throw cursor.error();
  }
}

function parseParentheses(cursor: TokenCursor): Expr {
  if (cursor.startsQuery()) return { kind: 'subquery', query: cursor.parenthesized(() => cursor.query()) };
  const items = cursor.parenthesized(() => cursor.list(() => cursor.expression()));
  return items.length === 1 ? (items[0] as Expr) : { kind: 'row', items };
}

function parseWord(cursor: TokenCursor): Expr {
  const word = cursor.peek().text;
  const after = cursor.peek(1);
  switch (word) {
    case 'null':
      cursor.next();
      return { kind: 'null' };
    case 'true':
    case 'false':
      cursor.next();
      return { kind: 'boolean', value: word === 'true' };
    case 'default':
      cursor.next();
      return { kind: 'default' };
    case 'case':
      return parseCase(cursor);
    case 'cast':
      return parseCast(cursor);
    case 'exists':
      if (after.text === '(') {
        cursor.next();
        return { kind: 'exists', query: cursor.parenthesized(() => cursor.query()) };
      }
      break;
    case 'interval':
      return parseInterval(cursor);
    case 'approximate':
      if (after.kind === 'word') return parseApproximate(cursor);
      break;
    case 'extract':
    case 'position':
    case 'trim':
    case 'convert':
    case 'substring':
    case 'overlay':
      if (after.text === '(') return parseSpecialCall(cursor, word);
      break;
    default:
  }
  if (BARE_CALLS.has(word) && after.text !== '(' && after.text !== '.') {
    const position = cursor.next().start;
    return { kind: 'call', name: word, args: [], position };
  }
  const literal = Object.hasOwn(TYPED_LITERALS, word) ? parseTypedLiteral(cursor) : undefined;
  return literal ?? parseName(cursor);
}

function parseTypedLiteral(cursor: TokenCursor): Expr | undefined {
  const mark = cursor.mark();
  const type = parseType(cursor);
  if (cursor.peek().kind === 'string') return { kind: 'typed', type, text: cursor.string() };
  cursor.reset(mark);
  return undefined;
}

function parseName(cursor: TokenCursor): Expr {
  const token = cursor.peek();
  const callable =
    token.kind === 'word' &&
    cursor.peek(1).text === '(' &&
    !marksOuter(cursor, 1) &&
    (!isReserved(token.text) || CALLABLE.has(token.text) || BARE_CALLS.has(token.text));
  if (callable) return parseCall(cursor, {});
  const special = token.kind === 'word' && (token.text === 'array' || token.text === 'oid');
  const first = special ? cursor.label() : cursor.name();
  if (cursor.is('.')) {
    const mark = cursor.mark();
    const names = [first];
    while (cursor.accept('.')) {
      if (cursor.accept('*')) return { kind: 'star', table: names, exclude: parseExclude(cursor) };
      names.push(cursor.label());
    }
    if (cursor.is('(') && !marksOuter(cursor, 0)) {
      if (names[0] !== 'pg_catalog' && names.length !== 2) throw cursor.error();
      return parseArguments(cursor, names[names.length - 1] as string, {}, token.start);
    }
    cursor.reset(mark);
  }
  const column: Expr = { kind: 'column', path: [{ name: first }, ...parseSteps(cursor)], position: token.start };
  return cursor.accept('(', '+', ')') ? { ...column, outer: true } : column;
}

/** `(+)` after a column's name. */
function marksOuter(cursor: TokenCursor, ahead: number): boolean {
  return ['(', '+', ')'].every((text, index) => cursor.peek(ahead + index).text === text);
}

function parseExclude(cursor: TokenCursor): string[] | undefined {
  if (!cursor.accept('exclude')) return undefined;
  if (cursor.is('(')) return cursor.parenthesized(() => cursor.list(() => cursor.name()));
  return cursor.list(() => cursor.name());
}

function parseApproximate(cursor: TokenCursor): Expr {
  cursor.next();
  if (!cursor.is('count') && !cursor.is('percentile_disc')) throw cursor.error();
  return parseCall(cursor, { approximate: true });
}

function parseCall(cursor: TokenCursor, extra: Partial<CallExpr>): Expr {
  const token = cursor.next();
  return parseArguments(cursor, token.text, extra, token.start);
}

function parseArguments(cursor: TokenCursor, name: string, extra: Partial<CallExpr>, position: number): Expr {
  cursor.expect('(');
  let call: CallExpr = { kind: 'call', name, args: [], position, ...extra };
  if (cursor.accept('*')) call = { ...call, star: true };
  else if (!cursor.is(')')) {
    const distinct = cursor.accept('distinct');
    if (!distinct) cursor.accept('all');
    const args =
      cursor.startsQuery() && !cursor.is('(')
        ? [{ kind: 'subquery' as const, query: cursor.query() }]
        : cursor.list(() => cursor.expression());
    call = { ...call, args, distinct };
    call = { ...call, ignoreNulls: acceptNulls(cursor) };
    if (cursor.is('order')) throw cursor.unsupported('ORDER BY inside a function call');
    if (cursor.is('using')) throw cursor.error();
  }
  cursor.expect(')');
  if (call.ignoreNulls === undefined || call.ignoreNulls === false) {
    const outside = cursor.isAny('ignore', 'respect') ? acceptNulls(cursor) : undefined;
    if (outside !== undefined) call = { ...call, ignoreNulls: outside };
  }
  if (cursor.accept('within', 'group')) {
    const withinGroup: OrderItem[] = cursor.parenthesized(() => parseOrderBy(cursor));
    call = { ...call, withinGroup };
  }
  if (cursor.is('filter') && cursor.peek(1).text === '(') throw cursor.error();
  if (cursor.accept('over')) call = { ...call, over: parseWindow(cursor) };
  return call;
}

function acceptNulls(cursor: TokenCursor): boolean | undefined {
  if (cursor.accept('ignore', 'nulls')) return true;
  if (cursor.accept('respect', 'nulls')) return false;
  return undefined;
}

function parseWindow(cursor: TokenCursor): Window {
  if (!cursor.is('(')) throw cursor.unsupported('a named window');
  return cursor.parenthesized(() => {
    const partitionBy = cursor.accept('partition', 'by') ? cursor.list(() => cursor.expression()) : [];
    const orderBy = cursor.is('order', 'by') ? parseOrderBy(cursor) : [];
    if (cursor.is('range')) throw cursor.unsupported('a RANGE frame');
    const frame = cursor.accept('rows') ? parseFrame(cursor) : undefined;
    return { partitionBy, orderBy, frame };
  });
}

function parseFrame(cursor: TokenCursor): string {
  const bound = (): string => {
    if (cursor.accept('current', 'row')) return 'CURRENT ROW';
    const count = cursor.accept('unbounded') ? 'UNBOUNDED' : String(cursor.integer());
    const direction = cursor.acceptAny('preceding', 'following');
    if (!direction) throw cursor.error();
    return `${count} ${direction.toUpperCase()}`;
  };
  if (!cursor.accept('between')) return `ROWS BETWEEN ${bound()} AND CURRENT ROW`;
  const start = bound();
  cursor.expect('and');
  return `ROWS BETWEEN ${start} AND ${bound()}`;
}

function parseCase(cursor: TokenCursor): Expr {
  cursor.expect('case');
  const subject = cursor.is('when') ? undefined : cursor.expression();
  const branches: { when: Expr; then: Expr }[] = [];
  while (cursor.accept('when')) {
    const when = cursor.expression();
    cursor.expect('then');
    branches.push({ when, then: cursor.expression() });
  }
  if (branches.length === 0) throw cursor.error();
  const otherwise = cursor.accept('else') ? cursor.expression() : undefined;
  cursor.expect('end');
  return { kind: 'case', subject, branches, otherwise };
}

function parseCast(cursor: TokenCursor): Expr {
  cursor.expect('cast');
  return cursor.parenthesized((): Expr => {
    const operand = cursor.expression();
    cursor.expect('as');
    return { kind: 'cast', operand, type: parseType(cursor) };
  });
}

const INTERVAL_FIELDS = new Set([
  'year',
  'years',
  'month',
  'months',
  'day',
  'days',
  'hour',
  'hours',
  'minute',
  'minutes',
  'second',
  'seconds',
]);

function parseInterval(cursor: TokenCursor): Expr {
  cursor.expect('interval');
  if (cursor.peek().kind !== 'string') throw cursor.unsupported('the INTERVAL data type');
  const text = cursor.string();
  const field = cursor.peek();
  if (field.kind !== 'word' || !INTERVAL_FIELDS.has(field.text)) return { kind: 'interval', text };
  cursor.next();
  if (cursor.is('to')) throw cursor.unsupported('an interval qualifier with TO');
  return { kind: 'interval', text, field: field.text };
}

function parseSpecialCall(cursor: TokenCursor, name: string): Expr {
  const position = cursor.next().start;
  const call = (args: Expr[], as = name): Expr => ({ kind: 'call', name: as, args, position });
  return cursor.parenthesized(() => {
    switch (name) {
      case 'extract': {
        const token = cursor.next();
        if (token.kind !== 'word' && token.kind !== 'string') throw cursor.error();
        cursor.expect('from');
        return call([{ kind: 'string', value: token.text.toLowerCase() }, cursor.expression()]);
      }
      case 'position': {
        const needle = parseOperandBeforeIn(cursor);
        cursor.expect('in');
        return call([needle, cursor.expression()]);
      }
      case 'convert': {
        if (!startsType(cursor)) throw cursor.error();
        const type = parseType(cursor);
        cursor.expect(',');
        return { kind: 'cast', operand: cursor.expression(), type };
      }
      case 'substring': {
        const args = [cursor.expression()];
        if (cursor.accept('from')) {
          args.push(cursor.expression());
          if (cursor.accept('for')) args.push(cursor.expression());
        } else while (cursor.accept(',')) args.push(cursor.expression());
        return call(args);
      }
      case 'overlay':
        throw new RedshiftError('function overlay is not supported', { position });
      default:
        return parseTrim(cursor, call);
    }
  });
}

/** The first operand of POSITION stops before IN, which would otherwise start a list. */
function parseOperandBeforeIn(cursor: TokenCursor): Expr {
  let operand = parseOperand(cursor);
  while (cursor.is('::') || cursor.is('||')) {
    if (cursor.accept('::')) operand = { kind: 'cast', operand, type: parseType(cursor) };
    else {
      cursor.next();
      operand = { kind: 'binary', operator: '||', left: operand, right: parseOperand(cursor) };
    }
  }
  return operand;
}

function parseTrim(cursor: TokenCursor, call: (args: Expr[], as?: string) => Expr): Expr {
  const side = cursor.acceptAny('both', 'leading', 'trailing') ?? 'both';
  const name = side === 'both' ? 'btrim' : side === 'leading' ? 'ltrim' : 'rtrim';
  if (cursor.accept('from')) return call([cursor.expression()], name);
  const first = cursor.expression();
  if (cursor.accept('from')) return call([cursor.expression(), first], name);
  if (cursor.accept(',')) return call([first, cursor.expression()], name);
  return call([first], name);
}
