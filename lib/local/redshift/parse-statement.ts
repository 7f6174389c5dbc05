/** One statement's text to a `Statement`. This file is the table of contents: each class of statements has its own parser. */
import { parseAdmin } from './parse-admin';
import { parseAlter } from './parse-alter';
import { parseCopy, parseUnload } from './parse-copy';
import { parseCreate } from './parse-create';
import { parseDelete, parseInsert, parseMerge, parseUpdate } from './parse-dml';
import { parseExpression } from './parse-expression';
import { parseQuery } from './parse-query';
import type { Statement } from './statement';
import type { Query } from './syntax';
import { type Grammar, TokenCursor } from './token-cursor';

const GRAMMAR: Grammar = { expression: parseExpression, query: parseQuery };

export function openCursor(sql: string, caseSensitive: boolean): TokenCursor {
  return new TokenCursor(sql, GRAMMAR, caseSensitive);
}

export function parseStatement(sql: string, caseSensitive = false): Statement {
  const cursor = openCursor(sql, caseSensitive);
  const statement = parseAny(cursor);
  cursor.expectEnd();
  return statement;
}

/** A query alone, as in a view or a function's body. */
export function parseQueryText(sql: string, caseSensitive = false): Query {
  const cursor = openCursor(sql, caseSensitive);
  const query = cursor.query();
  cursor.expectEnd();
  return query;
}

function parseAny(cursor: TokenCursor): Statement {
  if (cursor.startsQuery()) return parseWithStatement(cursor);
  switch (cursor.peek().text) {
    case 'insert':
      return parseInsert(cursor);
    case 'update':
      return parseUpdate(cursor, []);
    case 'delete':
      return parseDelete(cursor, []);
    case 'merge':
      return parseMerge(cursor);
    case 'create':
      return parseCreate(cursor);
    case 'alter':
      return parseAlter(cursor);
    case 'copy':
      return parseCopy(cursor);
    case 'unload':
      return parseUnload(cursor);
    case 'explain':
      cursor.next();
      cursor.accept('verbose');
      return { kind: 'explain', inner: parseAny(cursor) };
    default:
      return parseAdmin(cursor);
  }
}

/** WITH may open a query, an UPDATE or a DELETE. */
function parseWithStatement(cursor: TokenCursor): Statement {
  if (!cursor.is('with')) return { kind: 'query', query: cursor.query() };
  const mark = cursor.mark();
  cursor.next();
  cursor.accept('recursive');
  const ctes: Query['with'] = [];
  do {
    const name = cursor.name();
    const columns = cursor.is('(') ? cursor.parenthesized(() => cursor.list(() => cursor.name())) : undefined;
    cursor.expect('as');
    ctes.push({ name, columns, query: cursor.parenthesized(() => cursor.query()) });
  } while (cursor.accept(','));
  if (cursor.is('update')) return parseUpdate(cursor, ctes);
  if (cursor.is('delete')) return parseDelete(cursor, ctes);
  cursor.reset(mark);
  return { kind: 'query', query: cursor.query() };
}
