/** Column definitions, table constraints and the physical attributes of tables. */
import { type DataType, isFloat, isInteger, isText } from './data-type';
import { parseColumnList, parseTableName } from './parse-dml';
import { parseType } from './parse-type';
import { RedshiftError } from './redshift-error';
import type { ColumnDefinition, Constraint, TableAttributes } from './statement';
import type { TokenCursor } from './token-cursor';

const ENCODINGS = new Set([
  'raw',
  'az64',
  'bytedict',
  'delta',
  'delta32k',
  'lzo',
  'mostly8',
  'mostly16',
  'mostly32',
  'runlength',
  'text255',
  'text32k',
  'zstd',
  'auto',
]);

export function parseEncoding(cursor: TokenCursor): string {
  const token = cursor.next();
  if (!ENCODINGS.has(token.text))
    throw new RedshiftError(`invalid encoding type specified: "${token.raw}"`, { position: token.start });
  return token.text;
}

/** Refuses an encoding that the type cannot have. */
export function checkEncoding(encoding: string, type: DataType): void {
  const temporal = ['date', 'timestamp', 'timestamptz', 'time', 'timetz'].includes(type.name);
  const exact = isInteger(type) || type.name === 'decimal';
  const fits =
    encoding === 'az64'
      ? exact || temporal
      : encoding === 'delta' || encoding === 'delta32k'
        ? (exact || type.name === 'date' || type.name === 'timestamp') &&
          !(encoding === 'delta32k' && type.name === 'smallint')
        : encoding.startsWith('mostly')
          ? exact &&
            !(encoding === 'mostly16' && type.name === 'smallint') &&
            !(encoding === 'mostly32' && ['smallint', 'integer'].includes(type.name))
          : encoding.startsWith('text')
            ? type.name === 'varchar'
            : encoding === 'lzo'
              ? !isFloat(type) && type.name !== 'boolean'
              : encoding === 'bytedict'
                ? type.name !== 'boolean'
                : true;
  if (!fits) throw new RedshiftError(`invalid encoding type specified: ${encoding} for a column of type ${type.name}`);
}

export function defaultEncoding(type: DataType, sortKey: boolean): string {
  if (sortKey || isFloat(type) || type.name === 'boolean') return 'raw';
  if (isText(type) || type.name === 'varbyte') return 'lzo';
  return type.name === 'super' ? 'zstd' : 'az64';
}

export function parseColumn(cursor: TokenCursor, constraints: Constraint[]): ColumnDefinition {
  const name = cursor.name();
  let column: ColumnDefinition = { name, type: parseType(cursor), notNull: false, distKey: false, sortKey: false };
  for (;;) {
    const start = cursor.mark();
    if (cursor.accept('default')) {
      const mark = cursor.mark();
      cursor.expression();
      column = { ...column, defaultSql: cursor.textSince(mark) };
    } else if (cursor.accept('identity')) {
      column = { ...column, identity: { ...parseSeed(cursor), byDefault: false }, notNull: true };
    } else if (cursor.accept('generated', 'by', 'default', 'as', 'identity')) {
      column = { ...column, identity: { ...parseSeed(cursor), byDefault: true }, notNull: true };
    } else if (cursor.accept('encode')) {
      const encoding = parseEncoding(cursor);
      if (encoding === 'auto') throw cursor.error('ENCODE AUTO is a table attribute');
      checkEncoding(encoding, column.type);
      column = { ...column, encoding };
    } else if (cursor.accept('distkey')) column = { ...column, distKey: true };
    else if (cursor.accept('sortkey')) column = { ...column, sortKey: true };
    else if (cursor.accept('not', 'null')) column = { ...column, notNull: true };
    else if (cursor.accept('null')) column = { ...column, notNull: false };
    else if (cursor.accept('collate')) {
      const collation = cursor.label();
      if (!isText(column.type) || !['case_sensitive', 'case_insensitive', 'cs', 'ci'].includes(collation))
        throw cursor.error(`collation "${collation}" is not valid for column "${name}"`);
      column = {
        ...column,
        type: { ...column.type, insensitive: collation === 'case_insensitive' || collation === 'ci' },
      };
    } else if (cursor.accept('primary', 'key')) {
      constraints.push({ kind: 'primary key', columns: [name] });
      column = { ...column, notNull: true };
    } else if (cursor.accept('unique')) constraints.push({ kind: 'unique', columns: [name] });
    else if (cursor.accept('references')) {
      constraints.push({ kind: 'foreign key', columns: [name], references: parseReferences(cursor) });
    } else if (cursor.is('check')) throw cursor.unsupported('a CHECK constraint');
    else {
      cursor.reset(start);
      break;
    }
  }
  if (column.type.name === 'interval') throw new RedshiftError(`column "${name}" cannot have the type interval`);
  if (column.identity && !['integer', 'bigint'].includes(column.type.name))
    throw new RedshiftError(`identity column "${name}" must be of type integer or bigint`);
  if (column.identity && column.defaultSql)
    throw new RedshiftError(`multiple default values specified for column "${name}"`);
  return column;
}

function parseSeed(cursor: TokenCursor): { seed: number; step: number } {
  if (!cursor.is('(')) return { seed: 1, step: 1 };
  return cursor.parenthesized(() => {
    const seed = cursor.integer();
    cursor.expect(',');
    const step = cursor.integer();
    if (step === 0) throw cursor.error('identity step must not be zero');
    return { seed, step };
  });
}

export function parseConstraint(cursor: TokenCursor): Constraint | undefined {
  const name = cursor.accept('constraint') ? cursor.name() : undefined;
  if (cursor.accept('primary', 'key')) return { name, kind: 'primary key', columns: parseColumnList(cursor) };
  if (cursor.is('unique') && cursor.peek(1).text === '(') {
    cursor.next();
    return { name, kind: 'unique', columns: parseColumnList(cursor) };
  }
  if (cursor.accept('foreign', 'key')) {
    const columns = parseColumnList(cursor);
    cursor.expect('references');
    return { name, kind: 'foreign key', columns, references: parseReferences(cursor) };
  }
  if (cursor.is('check')) throw cursor.unsupported('a CHECK constraint');
  if (name !== undefined) throw cursor.error();
  return undefined;
}

function parseReferences(cursor: TokenCursor): NonNullable<Constraint['references']> {
  const table = parseTableName(cursor);
  return { table, columns: cursor.is('(') ? parseColumnList(cursor) : undefined };
}

/** Keys by name, or by the column's place where a query gives the columns. */
function parseKeys(cursor: TokenCursor): string[] {
  return cursor.parenthesized(() =>
    cursor.list(() => (cursor.peek().kind === 'number' ? String(cursor.integer()) : cursor.name())),
  );
}

/** DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO and BACKUP, in any order, each once. */
export function parseAttributes(cursor: TokenCursor): TableAttributes {
  let attributes: TableAttributes = { sortKeys: [], interleaved: false };
  for (;;) {
    if (cursor.accept('diststyle')) {
      const style = cursor.acceptAny('auto', 'even', 'all', 'key');
      if (!style || attributes.distStyle) throw cursor.error();
      attributes = { ...attributes, distStyle: style as TableAttributes['distStyle'] };
    } else if (cursor.is('distkey')) {
      if (attributes.distKey) throw cursor.error('only one DISTKEY is allowed');
      cursor.next();
      const [distKey, ...more] = parseKeys(cursor);
      if (more.length > 0) throw cursor.error('DISTKEY takes one column');
      attributes = { ...attributes, distKey };
    } else if (cursor.is('compound', 'sortkey') || cursor.is('interleaved', 'sortkey') || cursor.is('sortkey')) {
      const interleaved = cursor.accept('interleaved');
      cursor.accept('compound');
      cursor.expect('sortkey');
      if (attributes.sortKeys.length > 0) throw cursor.error('only one SORTKEY is allowed');
      attributes = { ...attributes, sortKeys: cursor.accept('auto') ? [] : parseKeys(cursor), interleaved };
    } else if (cursor.accept('backup')) {
      if (!cursor.acceptAny('yes', 'no')) throw cursor.error();
    } else if (cursor.accept('encode')) cursor.expect('auto');
    else return attributes;
  }
}
