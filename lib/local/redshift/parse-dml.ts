/** INSERT, UPDATE, DELETE and MERGE. */
import { parseFrom } from './parse-from';
import type { MergeStatement, Statement } from './statement';
import type { Expr, FromItem, Query } from './syntax';
import type { TokenCursor } from './token-cursor';

export function parseTableName(cursor: TokenCursor): string[] {
  const parts = [cursor.name()];
  while (cursor.accept('.')) parts.push(cursor.label());
  return parts;
}

export function parseColumnList(cursor: TokenCursor): string[] {
  return cursor.parenthesized(() => cursor.list(() => cursor.name()));
}

export function parseInsert(cursor: TokenCursor): Statement {
  cursor.expect('insert', 'into');
  const table = parseTableName(cursor);
  const columns = cursor.is('(') && !cursor.startsQuery() ? parseColumnList(cursor) : undefined;
  if (cursor.accept('default', 'values')) return { kind: 'insert', table, columns, rows: [] };
  if (cursor.accept('values')) {
    const rows = cursor.list(() => cursor.parenthesized(() => cursor.list(() => cursor.expression())));
    return { kind: 'insert', table, columns, rows };
  }
  const query = cursor.query();
  if (cursor.is('returning') || cursor.is('on')) throw cursor.error();
  return { kind: 'insert', table, columns, query };
}

function parseAssignments(cursor: TokenCursor): { column: string; value: Expr }[] {
  return cursor.list(() => {
    const first = cursor.name();
    const column = cursor.accept('.') ? cursor.label() : first;
    cursor.expect('=');
    return { column, value: cursor.expression() };
  });
}

const AFTER_TARGET = ['set', 'where', 'using', 'from', 'as'];

function parseTargetAlias(cursor: TokenCursor): string | undefined {
  if (cursor.accept('as')) return cursor.label();
  return cursor.isName() && !AFTER_TARGET.some((word) => cursor.is(word)) ? cursor.name() : undefined;
}

export function parseUpdate(cursor: TokenCursor, ctes: Query['with']): Statement {
  cursor.expect('update');
  const table = parseTableName(cursor);
  const alias = parseTargetAlias(cursor);
  cursor.expect('set');
  const set = parseAssignments(cursor);
  const from = cursor.accept('from') ? cursor.list(() => parseFrom(cursor)) : [];
  const where = cursor.accept('where') ? cursor.expression() : undefined;
  return { kind: 'update', table, alias, set, from, where, with: ctes };
}

export function parseDelete(cursor: TokenCursor, ctes: Query['with']): Statement {
  cursor.expect('delete');
  cursor.accept('from');
  const table = parseTableName(cursor);
  const alias = parseTargetAlias(cursor);
  const using = cursor.accept('using') ? cursor.list(() => parseFrom(cursor)) : [];
  const where = cursor.accept('where') ? cursor.expression() : undefined;
  return { kind: 'delete', table, alias, using, where, with: ctes };
}

export function parseMerge(cursor: TokenCursor): MergeStatement {
  cursor.expect('merge', 'into');
  const target = parseTableName(cursor);
  if (!cursor.is('using')) throw cursor.error('MERGE does not take an alias for its target table');
  cursor.expect('using');
  const source: FromItem = parseFrom(cursor);
  if (source.kind !== 'table') throw cursor.error('the source of MERGE must be a table');
  cursor.expect('on');
  const on = cursor.expression();
  const base = { kind: 'merge' as const, target, source, on };
  if (cursor.accept('remove', 'duplicates')) return { ...base, removeDuplicates: true };
  let statement: MergeStatement = { ...base, removeDuplicates: false };
  while (cursor.accept('when')) {
    const not = cursor.accept('not');
    cursor.expect('matched');
    if (cursor.is('and')) throw cursor.error();
    cursor.expect('then');
    if (not) {
      cursor.expect('insert');
      const columns = cursor.is('(') ? parseColumnList(cursor) : undefined;
      cursor.expect('values');
      statement = {
        ...statement,
        notMatched: { columns, values: cursor.parenthesized(() => cursor.list(() => cursor.expression())) },
      };
    } else if (cursor.accept('delete')) statement = { ...statement, matched: { delete: true, set: [] } };
    else {
      cursor.expect('update', 'set');
      statement = { ...statement, matched: { delete: false, set: parseAssignments(cursor) } };
    }
  }
  if (!statement.matched || !statement.notMatched)
    throw cursor.error('MERGE needs both WHEN MATCHED and WHEN NOT MATCHED');
  return statement;
}
