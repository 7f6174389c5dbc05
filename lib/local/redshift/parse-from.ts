/** The FROM clause: tables, subqueries, joins, unnested SUPER values, PIVOT and UNPIVOT. */
import { parseSteps } from './parse-steps';
import type { Alias, CallExpr, Expr, FromItem, PivotSpec, UnpivotSpec } from './syntax';
import type { TokenCursor } from './token-cursor';

/** Words that continue the clause after a relation and so cannot be its alias. */
const FOLLOWING = new Set([
  'where',
  'group',
  'having',
  'order',
  'limit',
  'offset',
  'union',
  'intersect',
  'except',
  'minus',
  'on',
  'using',
  'join',
  'inner',
  'left',
  'right',
  'full',
  'cross',
  'natural',
  'pivot',
  'unpivot',
  'connect',
  'start',
  'set',
  'when',
  'at',
  'fetch',
  'window',
  'tablesample',
  'remove',
  'into',
]);

export function parseFrom(cursor: TokenCursor): FromItem {
  let left = parseRelation(cursor);
  for (;;) {
    const natural = cursor.accept('natural');
    const type = parseJoinType(cursor);
    if (!type) {
      if (natural) throw cursor.error();
      return left;
    }
    const right = parseRelation(cursor);
    let on: Expr | undefined;
    let using: string[] | undefined;
    if (type !== 'cross' && !natural) {
      if (cursor.accept('on')) on = cursor.expression();
      else if (cursor.accept('using')) using = cursor.parenthesized(() => cursor.list(() => cursor.name()));
      else throw cursor.error();
    }
    left = { kind: 'join', type, natural, left, right, on, using };
  }
}

function parseJoinType(cursor: TokenCursor): 'inner' | 'left' | 'right' | 'full' | 'cross' | undefined {
  if (cursor.accept('cross', 'join')) return 'cross';
  if (cursor.accept('inner', 'join') || cursor.accept('join')) return 'inner';
  for (const side of ['left', 'right', 'full'] as const) {
    if (cursor.accept(side, 'outer', 'join') || cursor.accept(side, 'join')) return side;
  }
  return undefined;
}

function parseRelation(cursor: TokenCursor): FromItem {
  let relation = parsePrimary(cursor);
  for (;;) {
    if (cursor.is('pivot') && cursor.peek(1).text === '(') {
      cursor.next();
      const pivot = cursor.parenthesized(() => parsePivot(cursor));
      relation = { kind: 'pivot', source: relation, pivot, alias: parseRelationAlias(cursor) };
    } else if (cursor.is('unpivot')) {
      cursor.next();
      const includeNulls = cursor.accept('include', 'nulls');
      if (!includeNulls) cursor.accept('exclude', 'nulls');
      const unpivot = cursor.parenthesized(() => parseUnpivot(cursor, includeNulls));
      relation = { kind: 'unpivot', source: relation, unpivot, alias: parseRelationAlias(cursor) };
    } else if (cursor.is('tablesample')) throw cursor.unsupported('TABLESAMPLE');
    else return relation;
  }
}

function parsePrimary(cursor: TokenCursor): FromItem {
  if (cursor.is('lateral')) throw cursor.unsupported('LATERAL');
  cursor.accept('only');
  if (cursor.is('(')) {
    if (cursor.startsQuery()) {
      const mark = cursor.mark();
      cursor.next();
      const query = cursor.query();
      if (cursor.accept(')')) return { kind: 'derived', query, alias: parseRelationAlias(cursor) };
      cursor.reset(mark);
    }
    return cursor.parenthesized(() => parseFrom(cursor));
  }
  if (cursor.is('unpivot') && cursor.peek(1).text !== '(') {
    cursor.next();
    const operand = cursor.expression();
    return { kind: 'unpivotObject', operand, alias: parseRelationAlias(cursor) };
  }
  const position = cursor.position;
  if (cursor.peek(1).text === '(' && cursor.peek().kind === 'word') {
    const call = cursor.expression() as CallExpr;
    if (call.kind !== 'call') throw cursor.unsupported('an expression in FROM');
    return { kind: 'function', call, alias: parseRelationAlias(cursor) };
  }
  const path = [{ name: cursor.is('array') ? cursor.label() : cursor.name() }, ...parseSteps(cursor)];
  return { kind: 'table', path, alias: parseRelationAlias(cursor), position };
}

function parseRelationAlias(cursor: TokenCursor): Alias {
  let name: string | undefined;
  if (cursor.accept('as')) name = cursor.label();
  else {
    const token = cursor.peek();
    const at = token.text === 'at' && [',', ')', 'where', ''].includes(cursor.peek(1).text);
    const possible =
      token.kind === 'quoted' || (token.kind === 'word' && cursor.isName() && (at || !FOLLOWING.has(token.text)));
    // A relation directly followed by QUALIFY reads it as its alias, as Redshift documents.
    if (possible) name = cursor.name();
  }
  if (name === undefined) return {};
  const columns = cursor.is('(') ? cursor.parenthesized(() => cursor.list(() => cursor.name())) : undefined;
  const at = cursor.accept('at') ? cursor.name() : undefined;
  return { name, columns, at };
}

function parsePivot(cursor: TokenCursor): PivotSpec {
  const aggregates = cursor.list(() => {
    const call = cursor.expression();
    if (call.kind !== 'call') throw cursor.error();
    return { call, alias: parseShortAlias(cursor, 'for') };
  });
  cursor.expect('for');
  const column: Expr = {
    kind: 'column',
    position: cursor.position,
    path: [{ name: cursor.name() }, ...parseSteps(cursor)],
  };
  cursor.expect('in');
  const values = cursor.parenthesized(() =>
    cursor.list(() => ({ value: cursor.expression(), alias: parseShortAlias(cursor) })),
  );
  return { aggregates, column, values };
}

function parseUnpivot(cursor: TokenCursor, includeNulls: boolean): UnpivotSpec {
  const valueColumn = cursor.name();
  cursor.expect('for');
  const nameColumn = cursor.name();
  cursor.expect('in');
  const columns = cursor.parenthesized(() =>
    cursor.list(() => ({ column: cursor.name(), alias: parseShortAlias(cursor) })),
  );
  return { includeNulls, valueColumn, nameColumn, columns };
}

function parseShortAlias(cursor: TokenCursor, stop?: string): string | undefined {
  if (cursor.accept('as')) {
    const token = cursor.peek();
    return token.kind === 'string' ? cursor.string() : cursor.label();
  }
  return cursor.isName() && !(stop && cursor.is(stop)) ? cursor.name() : undefined;
}
