/** ALTER statements: one change a statement, as Redshift has it. */
import { parseTableName } from './parse-dml';
import { parseColumn, parseConstraint, parseEncoding } from './parse-table';
import { parseType } from './parse-type';
import type { AlterAction, Constraint, PartitionPlace, Statement, TableAttributes } from './statement';
import type { TokenCursor } from './token-cursor';

export function parseAlter(cursor: TokenCursor): Statement {
  cursor.expect('alter');
  if (cursor.accept('table')) {
    const table = parseTableName(cursor);
    const changes = [parseChange(cursor)];
    // Only the two keys may change together.
    if (changes[0]?.action === 'sort' || changes[0]?.action === 'distribute')
      while (cursor.accept(',')) changes.push(parseChange(cursor));
    if (cursor.is(',')) throw cursor.error('ALTER TABLE takes one change a statement');
    if (
      changes.length > 2 ||
      (changes[1] && (changes[1].action === changes[0]?.action || !['sort', 'distribute'].includes(changes[1].action)))
    )
      throw cursor.error('ALTER TABLE takes one change a statement');
    return { kind: 'alterTable', table, changes };
  }
  if (cursor.accept('schema')) {
    const name = cursor.name();
    if (cursor.accept('rename', 'to')) return { kind: 'alterSchema', name, to: cursor.name() };
    if (cursor.accept('owner', 'to')) {
      cursor.name();
      return { kind: 'alterSchema', name };
    }
    if (cursor.accept('quota')) {
      skipRest(cursor);
      return { kind: 'alterSchema', name };
    }
    throw cursor.error();
  }
  if (cursor.accept('default', 'privileges')) {
    skipRest(cursor);
    return { kind: 'maintenance', tag: 'ALTER DEFAULT PRIVILEGES', relations: [] };
  }
  const type = cursor.acceptAny('user', 'group', 'role');
  if (type) {
    const names = [cursor.name()];
    skipRest(cursor);
    return { kind: 'principal', verb: 'alter', type: type as 'user', names, ifExists: false };
  }
  if (cursor.accept('materialized', 'view')) {
    const name = parseTableName(cursor);
    cursor.expect('auto', 'refresh');
    if (!cursor.acceptAny('yes', 'no')) throw cursor.error();
    return { kind: 'maintenance', tag: 'ALTER MATERIALIZED VIEW', relations: [name] };
  }
  throw cursor.unsupported(`ALTER ${cursor.peek().text.toUpperCase()}`);
}

function skipRest(cursor: TokenCursor): void {
  while (!cursor.atEnd() && !cursor.is(';')) cursor.next();
}

function parseChange(cursor: TokenCursor): AlterAction {
  if (cursor.accept('rename')) {
    if (cursor.accept('to')) return { action: 'renameTo', name: cursor.name() };
    cursor.accept('column');
    const from = cursor.name();
    cursor.expect('to');
    return { action: 'renameColumn', from, to: cursor.name() };
  }
  if (cursor.accept('owner', 'to')) {
    cursor.name();
    return { action: 'none' };
  }
  if (cursor.accept('set', 'location')) return { action: 'location', location: cursor.string() };
  if (cursor.is('set', 'file', 'format')) throw cursor.unsupported('ALTER TABLE SET FILE FORMAT');
  if (cursor.accept('set', 'table', 'properties')) return parseProperties(cursor);
  if (cursor.is('partition')) {
    const values = parsePartition(cursor);
    cursor.expect('set', 'location');
    return { action: 'movePartition', partition: { values, location: cursor.string() } };
  }
  if (cursor.accept('set', 'schema')) return { action: 'schema', schema: cursor.name() };
  if (cursor.accept('append', 'from')) return parseAppend(cursor);
  if (cursor.accept('add')) {
    if (cursor.is('partition') || cursor.is('if', 'not', 'exists', 'partition')) return parseAddPartition(cursor);
    const constraint = parseConstraint(cursor);
    if (constraint) return { action: 'addConstraint', constraint };
    cursor.accept('column');
    const constraints: Constraint[] = [];
    const column = parseColumn(cursor, constraints);
    if (constraints.length > 0 || column.distKey || column.sortKey)
      throw cursor.error('a column that is added cannot be a key or have a constraint');
    return { action: 'addColumn', column };
  }
  if (cursor.accept('drop')) {
    if (cursor.is('partition')) return { action: 'dropPartition', values: parsePartition(cursor) };
    if (cursor.accept('constraint')) {
      const name = cursor.name();
      cursor.acceptAny('cascade', 'restrict');
      return { action: 'dropConstraint', name };
    }
    cursor.accept('column');
    const column = cursor.name();
    return { action: 'dropColumn', column, cascade: cursor.acceptAny('cascade', 'restrict') === 'cascade' };
  }
  if (cursor.accept('alter')) return parseAlterPart(cursor);
  if (cursor.is('row') || cursor.is('mask')) throw cursor.unsupported('row-level security and masking');
  throw cursor.error();
}

function parsePartition(cursor: TokenCursor): PartitionPlace['values'] {
  cursor.expect('partition');
  const pairs = cursor.parenthesized(() =>
    cursor.list((): [string, string] => {
      const key = cursor.name();
      cursor.expect('=');
      return [key, cursor.peek().kind === 'number' ? cursor.next().text : cursor.string()];
    }),
  );
  return Object.fromEntries(pairs);
}

function parseAddPartition(cursor: TokenCursor): AlterAction {
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  const partitions: PartitionPlace[] = [];
  while (cursor.is('partition')) {
    const values = parsePartition(cursor);
    cursor.expect('location');
    partitions.push({ values, location: cursor.string() });
  }
  return { action: 'addPartition', ifNotExists, partitions };
}

/** Only what says nothing of the rows may be set after the table is made. */
function parseProperties(cursor: TokenCursor): AlterAction {
  cursor.parenthesized(() =>
    cursor.list(() => {
      const key = cursor.string();
      cursor.expect('=');
      cursor.string();
      if (!['numRows', 'orc.schema.resolution'].includes(key)) throw cursor.unsupported(`the table property ${key}`);
    }),
  );
  return { action: 'none' };
}

function parseAppend(cursor: TokenCursor): AlterAction {
  const from = parseTableName(cursor);
  const word = cursor.acceptAny('ignoreextra', 'filltarget');
  return { action: 'append', from, ignoreExtra: word === 'ignoreextra', fillTarget: word === 'filltarget' };
}

function parseAlterPart(cursor: TokenCursor): AlterAction {
  if (cursor.accept('distkey')) return { action: 'distribute', style: 'key', key: cursor.name() };
  if (cursor.accept('diststyle')) {
    const style = cursor.acceptAny('all', 'even', 'auto', 'key') as TableAttributes['distStyle'];
    if (!style) throw cursor.error();
    if (style !== 'key') return { action: 'distribute', style };
    cursor.expect('distkey');
    return {
      action: 'distribute',
      style,
      key: cursor.is('(') ? cursor.parenthesized(() => cursor.name()) : cursor.name(),
    };
  }
  if (cursor.is('sortkey') || cursor.is('compound', 'sortkey')) {
    cursor.accept('compound');
    cursor.next();
    if (cursor.acceptAny('auto', 'none')) return { action: 'sort', keys: [], interleaved: false };
    return { action: 'sort', keys: cursor.parenthesized(() => cursor.list(() => cursor.name())), interleaved: false };
  }
  if (cursor.accept('encode')) {
    cursor.expect('auto');
    return { action: 'none' };
  }
  return parseColumnChange(cursor);
}

function parseColumnChange(cursor: TokenCursor): AlterAction {
  cursor.accept('column');
  const column = cursor.name();
  if (cursor.accept('type')) return { action: 'type', column, type: parseType(cursor) };
  cursor.expect('encode');
  const encodings = [{ column, encoding: parseEncoding(cursor) }];
  while (cursor.accept(',')) {
    cursor.expect('alter');
    cursor.accept('column');
    const next = cursor.name();
    cursor.expect('encode');
    encodings.push({ column: next, encoding: parseEncoding(cursor) });
  }
  return { action: 'encode', encodings };
}
