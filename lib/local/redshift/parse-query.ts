/** SELECT, VALUES, WITH and the set operators. In: a cursor at a query. Out: a `Query`. FROM is in parse-from. */
import { parseFrom } from './parse-from';
import { parseOrderBy } from './parse-order-by';
import type { Expr, GroupItem, Query, Select, SetExpr } from './syntax';
import type { TokenCursor } from './token-cursor';

export function parseQuery(cursor: TokenCursor): Query {
  const ctes: { name: string; columns?: string[]; query: Query }[] = [];
  let recursive = false;
  if (cursor.accept('with')) {
    recursive = cursor.accept('recursive');
    do {
      const name = cursor.name();
      const columns = cursor.is('(') ? cursor.parenthesized(() => cursor.list(() => cursor.name())) : undefined;
      cursor.expect('as');
      ctes.push({ name, columns, query: cursor.parenthesized(() => parseQuery(cursor)) });
    } while (cursor.accept(','));
  }
  const body = parseSet(cursor);
  const orderBy = cursor.is('order', 'by') ? parseOrderBy(cursor) : [];
  let limit: Expr | undefined;
  let offset: Expr | undefined;
  for (;;) {
    if (!limit && cursor.accept('limit')) limit = cursor.accept('all') ? { kind: 'null' } : cursor.expression();
    else if (!offset && cursor.accept('offset')) offset = cursor.expression();
    else break;
  }
  if (cursor.is('fetch')) throw cursor.error();
  if (cursor.is('for', 'update')) throw cursor.unsupported('FOR UPDATE');
  return { with: ctes, recursive, body, orderBy, limit, offset };
}

function parseSet(cursor: TokenCursor): SetExpr {
  let left = parseIntersect(cursor);
  for (;;) {
    const operator = cursor.acceptAny('union', 'except', 'minus');
    if (!operator) return left;
    const all = parseAll(cursor, operator);
    left = {
      kind: 'set',
      operator: operator === 'union' ? 'union' : 'except',
      all,
      left,
      right: parseIntersect(cursor),
    };
  }
}

function parseIntersect(cursor: TokenCursor): SetExpr {
  let left = parseTerm(cursor);
  while (cursor.accept('intersect')) {
    left = { kind: 'set', operator: 'intersect', all: parseAll(cursor, 'intersect'), left, right: parseTerm(cursor) };
  }
  return left;
}

function parseAll(cursor: TokenCursor, operator: string): boolean {
  if (cursor.accept('distinct')) return false;
  if (!cursor.accept('all')) return false;
  if (operator !== 'union') throw cursor.unsupported(`${operator.toUpperCase()} ALL`);
  return true;
}

function parseTerm(cursor: TokenCursor): SetExpr {
  if (cursor.is('(')) return { kind: 'nested', query: cursor.parenthesized(() => parseQuery(cursor)) };
  if (cursor.accept('values')) {
    const rows = cursor.list(() => cursor.parenthesized(() => cursor.list(() => cursor.expression())));
    return { kind: 'values', rows };
  }
  if (cursor.is('with')) return { kind: 'nested', query: parseQuery(cursor) };
  return parseSelect(cursor);
}

/** The words that end a select list and so cannot be a bare alias. */
const CLAUSES = new Set([
  'from',
  'where',
  'group',
  'having',
  'qualify',
  'order',
  'limit',
  'offset',
  'union',
  'intersect',
  'except',
  'minus',
  'into',
  'connect',
  'start',
  'exclude',
  'on',
  'using',
  'fetch',
]);

function parseSelect(cursor: TokenCursor): Select {
  cursor.expect('select');
  let distinct = cursor.accept('distinct');
  if (distinct && cursor.is('on')) throw cursor.unsupported('DISTINCT ON');
  if (!distinct) cursor.accept('all');
  const top = cursor.accept('top') ? cursor.integer() : undefined;
  if (top !== undefined && cursor.accept('distinct')) distinct = true;
  let into = parseInto(cursor);
  const items = cursor.list(() => {
    const expr = cursor.expression();
    return { expr, alias: parseAlias(cursor) };
  });
  const exclude = cursor.accept('exclude') ? parseNames(cursor) : undefined;
  into ??= parseInto(cursor);
  const from = cursor.accept('from') ? cursor.list(() => parseFrom(cursor)) : [];
  const where = cursor.accept('where') ? cursor.expression() : undefined;
  let startWith: Expr | undefined;
  let connectBy: Expr | undefined;
  for (;;) {
    if (cursor.accept('start', 'with')) startWith = cursor.expression();
    else if (cursor.accept('connect', 'by')) {
      if (cursor.is('nocycle')) throw cursor.unsupported('NOCYCLE');
      connectBy = cursor.expression();
    } else break;
  }
  let groupBy: GroupItem[] | 'all' | undefined;
  if (cursor.accept('group', 'by')) groupBy = cursor.accept('all') ? 'all' : cursor.list(() => parseGroupItem(cursor));
  const having = cursor.accept('having') ? cursor.expression() : undefined;
  if (cursor.is('window')) throw cursor.unsupported('the WINDOW clause');
  const qualify = cursor.accept('qualify') ? cursor.expression() : undefined;
  return {
    kind: 'select',
    distinct,
    top,
    items,
    exclude,
    into,
    from,
    where,
    startWith,
    connectBy,
    groupBy,
    having,
    qualify,
  };
}

function parseNames(cursor: TokenCursor): string[] {
  if (cursor.is('(')) return cursor.parenthesized(() => cursor.list(() => cursor.name()));
  return cursor.list(() => cursor.name());
}

function parseInto(cursor: TokenCursor): Select['into'] {
  if (!cursor.accept('into')) return undefined;
  const temporary = cursor.acceptAny('temp', 'temporary') !== undefined;
  cursor.accept('table');
  const name = [cursor.name()];
  while (cursor.accept('.')) name.push(cursor.label());
  return { name, temporary };
}

function parseAlias(cursor: TokenCursor): string | undefined {
  if (cursor.accept('as')) return cursor.label();
  const token = cursor.peek();
  if (token.kind === 'quoted') return cursor.name();
  if (token.kind === 'word' && cursor.isName() && !CLAUSES.has(token.text)) return cursor.name();
  return undefined;
}

function parseGroupItem(cursor: TokenCursor): GroupItem {
  if (cursor.accept('grouping', 'sets')) {
    return { kind: 'sets', items: cursor.parenthesized(() => cursor.list(() => parseGroupItem(cursor))) };
  }
  if ((cursor.is('rollup') || cursor.is('cube')) && cursor.peek(1).text === '(') {
    const kind = cursor.next().text as 'rollup' | 'cube';
    return { kind, items: cursor.parenthesized(() => cursor.list(() => parseTuple(cursor))) };
  }
  if (cursor.is('(', ')')) {
    cursor.expect('(', ')');
    return { kind: 'tuple', items: [] };
  }
  if (cursor.is('(') && !cursor.startsQuery()) {
    const mark = cursor.mark();
    const expr = cursor.expression();
    if (expr.kind === 'row') return { kind: 'tuple', items: expr.items };
    cursor.reset(mark);
  }
  return { kind: 'expr', expr: cursor.expression() };
}

function parseTuple(cursor: TokenCursor): Expr[] {
  const expr = cursor.expression();
  return expr.kind === 'row' ? expr.items : [expr];
}
