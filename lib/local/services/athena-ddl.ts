// Statements of Athena that are no queries. In: text. Out: one plain description of what is to be done, or undefined for a query.
// Always: a clause that the laptop does not follow is refused by name; nothing is done here.
// https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html

import { NotFollowed } from './athena-error';
import { Cursor, type Token, tokenize } from './athena-tokens';

export interface TableName {
  readonly database: string;
  readonly name: string;
}

export interface ColumnText {
  readonly name: string;
  readonly type: string;
  readonly comment?: string;
}

export interface PartitionText {
  readonly values: { readonly [key: string]: string };
  readonly location?: string;
}

export type Statement =
  | {
      readonly kind: 'create database';
      readonly name: string;
      readonly ifNotExists: boolean;
      readonly location?: string;
      readonly comment?: string;
    }
  | { readonly kind: 'drop database'; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | {
      readonly kind: 'create table';
      readonly table: TableName;
      readonly ifNotExists: boolean;
      readonly definition: TableDefinition;
    }
  | {
      readonly kind: 'create table as';
      readonly table: TableName;
      readonly ifNotExists: boolean;
      readonly properties: CtasProperties;
      readonly query: string;
      readonly queryStart: number;
      readonly withData: boolean;
    }
  | {
      readonly kind: 'insert';
      readonly table: TableName;
      readonly columns: readonly string[];
      readonly query: string;
      readonly queryStart: number;
    }
  | { readonly kind: 'drop table'; readonly table: TableName; readonly ifExists: boolean }
  | {
      readonly kind: 'add partitions';
      readonly table: TableName;
      readonly ifNotExists: boolean;
      readonly partitions: readonly PartitionText[];
    }
  | {
      readonly kind: 'drop partitions';
      readonly table: TableName;
      readonly ifExists: boolean;
      readonly partitions: readonly PartitionText[];
    }
  | { readonly kind: 'repair'; readonly table: TableName }
  | { readonly kind: 'show databases'; readonly like?: string }
  | { readonly kind: 'show tables'; readonly database?: string; readonly like?: string }
  | { readonly kind: 'show partitions' | 'show columns' | 'show create table' | 'describe'; readonly table: TableName };

export interface TableDefinition {
  readonly columns: readonly ColumnText[];
  readonly partitionKeys: readonly ColumnText[];
  readonly comment?: string;
  readonly serde?: string;
  readonly serdeProperties: { readonly [name: string]: string };
  readonly storedAs?: string;
  readonly inputFormat?: string;
  readonly outputFormat?: string;
  readonly location: string;
  readonly properties: { readonly [name: string]: string };
}

export interface CtasProperties {
  readonly format: string;
  readonly location?: string;
  readonly partitionedBy: readonly string[];
  readonly compression?: string;
  readonly delimiter?: string;
}

const REFUSED = new Set(
  'prepare execute deallocate unload merge delete update optimize vacuum truncate explain use grant revoke call set reset commit rollback start'.split(
    ' ',
  ),
);

/** @throws AthenaSyntaxError as Athena refuses a statement before it begins */
export function parseStatement(text: string, current: string): Statement | undefined {
  const tokens = tokenize(text);
  const cursor = new Cursor(text, tokens);
  const first = cursor.next;
  if (first.kind === 'end') throw cursor.mismatch('a statement');
  if (first.kind === 'word' && REFUSED.has(first.value)) throw new NotFollowed(first.raw.toUpperCase(), cursor.place());
  if (/^(select|with|values|table)$/.test(first.value) || first.raw === '(') return undefined;
  const statement = new DdlParser(cursor, current).statement();
  if (statement.kind !== 'create table as' && statement.kind !== 'insert') cursor.end();
  return statement;
}

class DdlParser {
  constructor(
    private readonly cursor: Cursor,
    private readonly current: string,
  ) {}

  statement(): Statement {
    const { cursor } = this;
    if (cursor.takes('create')) return this.create();
    if (cursor.takes('drop')) return this.drop();
    if (cursor.takes('alter')) return this.alter();
    if (cursor.takes('insert')) return this.insert();
    if (cursor.takes('show')) return this.show();
    if (cursor.takes('msck')) {
      cursor.expect('repair', 'table');
      return { kind: 'repair', table: this.table() };
    }
    if (cursor.takes('describe') || cursor.takes('desc')) {
      for (const word of ['extended', 'formatted'])
        if (cursor.takes(word)) throw new NotFollowed(`DESCRIBE ${word.toUpperCase()}`);
      return { kind: 'describe', table: this.table() };
    }
    throw cursor.mismatch(
      "'ALTER', 'CREATE', 'DESCRIBE', 'DROP', 'INSERT', 'MSCK', 'SELECT', 'SHOW', 'VALUES', 'WITH'",
    );
  }

  private create(): Statement {
    const { cursor } = this;
    if (cursor.takes('database') || cursor.takes('schema')) {
      const ifNotExists = cursor.takes('if', 'not', 'exists');
      const name = cursor.name();
      let comment: string | undefined;
      let location: string | undefined;
      for (;;) {
        if (cursor.takes('comment')) comment = cursor.string();
        else if (cursor.takes('location')) location = cursor.string();
        else
          return {
            kind: 'create database',
            name,
            ifNotExists,
            ...(comment && { comment }),
            ...(location && { location }),
          };
      }
    }
    if (cursor.next.value === 'view' || cursor.next.value === 'or')
      throw new NotFollowed('CREATE VIEW', cursor.place());
    if (cursor.takes('external')) {
      cursor.expect('table');
      const ifNotExists = cursor.takes('if', 'not', 'exists');
      return { kind: 'create table', table: this.table(), ifNotExists, definition: this.definition() };
    }
    cursor.expect('table');
    const ifNotExists = cursor.takes('if', 'not', 'exists');
    const table = this.table();
    if (cursor.next.raw === '(')
      throw new NotFollowed('CREATE TABLE without EXTERNAL (an Iceberg table)', cursor.place());
    const properties = cursor.takes('with')
      ? ctasProperties(this.properties())
      : { format: 'PARQUET', partitionedBy: [] };
    cursor.expect('as');
    const withNoData = /\bwith\s+no\s+data\s*;?\s*$/i.exec(cursor.rest);
    const query = withNoData ? cursor.rest.slice(0, withNoData.index) : cursor.rest.replace(/;\s*$/, '');
    return {
      kind: 'create table as',
      table,
      ifNotExists,
      properties,
      query,
      queryStart: cursor.next.start,
      withData: !withNoData,
    };
  }

  private definition(): TableDefinition {
    const { cursor } = this;
    const columns = this.columns();
    let partitionKeys: ColumnText[] = [];
    const found: { -readonly [K in keyof TableDefinition]?: TableDefinition[K] } = {};
    const serdeProperties: { [name: string]: string } = {};
    let properties: { [name: string]: string } = {};
    while (!cursor.done && cursor.next.raw !== ';') {
      if (cursor.takes('comment')) found.comment = cursor.string();
      else if (cursor.takes('partitioned', 'by')) partitionKeys = this.columns();
      else if (cursor.takes('row', 'format', 'delimited')) {
        found.serde = 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe';
        this.delimited(serdeProperties);
      } else if (cursor.takes('row', 'format', 'serde')) {
        found.serde = cursor.string();
        if (cursor.takes('with', 'serdeproperties')) Object.assign(serdeProperties, this.properties());
      } else if (cursor.takes('stored', 'as', 'inputformat')) {
        found.inputFormat = cursor.string();
        cursor.expect('outputformat');
        found.outputFormat = cursor.string();
      } else if (cursor.takes('stored', 'as')) found.storedAs = cursor.name().toUpperCase();
      else if (cursor.takes('location')) found.location = cursor.string();
      else if (cursor.takes('tblproperties')) properties = this.properties();
      else if (cursor.next.value === 'clustered') throw new NotFollowed('CLUSTERED BY', cursor.place());
      else throw cursor.mismatch("'COMMENT', 'LOCATION', 'PARTITIONED', 'ROW', 'STORED', 'TBLPROPERTIES'");
    }
    if (found.location === undefined) throw cursor.mismatch("'LOCATION'");
    return { ...found, location: found.location, columns, partitionKeys, serdeProperties, properties };
  }

  private delimited(into: { [name: string]: string }): void {
    const { cursor } = this;
    for (;;) {
      if (cursor.takes('fields', 'terminated', 'by')) into['field.delim'] = unescaped(cursor.string());
      else if (cursor.takes('escaped', 'by')) into['escape.delim'] = unescaped(cursor.string());
      else if (cursor.takes('lines', 'terminated', 'by')) into['line.delim'] = unescaped(cursor.string());
      else if (cursor.takes('collection', 'items', 'terminated', 'by'))
        into['collection.delim'] = unescaped(cursor.string());
      else if (cursor.takes('map', 'keys', 'terminated', 'by')) into['mapkey.delim'] = unescaped(cursor.string());
      else if (cursor.takes('null', 'defined', 'as')) into['serialization.null.format'] = cursor.string();
      else return;
    }
  }

  private columns(): ColumnText[] {
    const { cursor } = this;
    cursor.expect('(');
    const columns: ColumnText[] = [];
    do {
      const name = cursor.name();
      const from = cursor.next.start;
      let depth = 0;
      while (depth > 0 || (cursor.next.raw !== ',' && cursor.next.raw !== ')' && cursor.next.value !== 'comment')) {
        const { raw } = cursor.take();
        if (cursor.done) throw cursor.mismatch("')'");
        if (raw === '<' || raw === '(') depth += 1;
        if (raw === '>' || raw === ')') depth -= 1;
      }
      const type = cursor.text.slice(from, cursor.next.start).replace(/\s+/g, '').toLowerCase();
      if (type === '') throw cursor.mismatch('<type>');
      columns.push({ name, type, ...(cursor.takes('comment') && { comment: cursor.string() }) });
    } while (cursor.takes(','));
    cursor.expect(')');
    return columns;
  }

  /** `( 'a' = 'b', c = ARRAY['d'] )`: arrays become texts with commas. */
  private properties(): { [name: string]: string } {
    const { cursor } = this;
    cursor.expect('(');
    const found: { [name: string]: string } = {};
    do {
      const name = cursor.take();
      cursor.expect('=');
      found[name.value.toLowerCase()] = cursor.takes('array') ? this.array() : valueOf(cursor.take());
    } while (cursor.takes(','));
    cursor.expect(')');
    return found;
  }

  private array(): string {
    const { cursor } = this;
    cursor.expect('[');
    const items: string[] = [];
    do items.push(cursor.string());
    while (cursor.takes(','));
    cursor.expect(']');
    return items.join(',');
  }

  private drop(): Statement {
    const { cursor } = this;
    if (cursor.takes('database') || cursor.takes('schema')) {
      const ifExists = cursor.takes('if', 'exists');
      const name = cursor.name();
      const cascade = cursor.takes('cascade');
      if (!cascade) cursor.takes('restrict');
      return { kind: 'drop database', name, ifExists, cascade };
    }
    if (cursor.next.value === 'view') throw new NotFollowed('DROP VIEW', cursor.place());
    cursor.expect('table');
    const ifExists = cursor.takes('if', 'exists');
    return { kind: 'drop table', table: this.table(), ifExists };
  }

  private alter(): Statement {
    const { cursor } = this;
    cursor.expect('table');
    const table = this.table();
    if (cursor.takes('add')) {
      const ifNotExists = cursor.takes('if', 'not', 'exists');
      const partitions: PartitionText[] = [];
      while (cursor.takes('partition')) {
        const values = this.partition();
        partitions.push({ values, ...(cursor.takes('location') && { location: cursor.string() }) });
      }
      if (partitions.length > 0) return { kind: 'add partitions', table, ifNotExists, partitions };
    } else if (cursor.takes('drop')) {
      const ifExists = cursor.takes('if', 'exists');
      const partitions: PartitionText[] = [];
      do {
        cursor.expect('partition');
        partitions.push({ values: this.partition() });
      } while (cursor.takes(','));
      return { kind: 'drop partitions', table, ifExists, partitions };
    }
    throw new NotFollowed(`ALTER TABLE ... ${cursor.next.raw.toUpperCase()}`, cursor.place());
  }

  private partition(): { [key: string]: string } {
    const { cursor } = this;
    cursor.expect('(');
    const values: { [key: string]: string } = {};
    do {
      const key = cursor.name();
      cursor.expect('=');
      values[key] = valueOf(cursor.take());
    } while (cursor.takes(','));
    cursor.expect(')');
    return values;
  }

  private insert(): Statement {
    const { cursor } = this;
    cursor.expect('into');
    const table = this.table();
    const columns: string[] = [];
    if (cursor.next.raw === '(' && !/^\(\s*(select|with|values)\b/i.test(cursor.rest)) {
      cursor.expect('(');
      do columns.push(cursor.name());
      while (cursor.takes(','));
      cursor.expect(')');
    }
    return { kind: 'insert', table, columns, query: cursor.rest.replace(/;\s*$/, ''), queryStart: cursor.next.start };
  }

  private show(): Statement {
    const { cursor } = this;
    if (cursor.takes('databases') || cursor.takes('schemas')) {
      cursor.takes('like');
      return { kind: 'show databases', ...(cursor.next.kind === 'text' && { like: cursor.string() }) };
    }
    if (cursor.takes('tables')) {
      const database = cursor.takes('in') || cursor.takes('from') ? cursor.name() : undefined;
      cursor.takes('like');
      return {
        kind: 'show tables',
        ...(database && { database }),
        ...(cursor.next.kind === 'text' && { like: cursor.string() }),
      };
    }
    if (cursor.takes('partitions')) return { kind: 'show partitions', table: this.table() };
    if (cursor.takes('create', 'table')) return { kind: 'show create table', table: this.table() };
    if (cursor.takes('columns')) {
      if (!cursor.takes('in')) cursor.expect('from');
      const table = this.table();
      const database = cursor.takes('in') || cursor.takes('from') ? cursor.name() : table.database;
      return { kind: 'show columns', table: { ...table, database } };
    }
    throw new NotFollowed(`SHOW ${cursor.next.raw.toUpperCase()}`, cursor.place());
  }

  private table(): TableName {
    const { database, name } = this.cursor.qualified(this.current);
    return { database, name };
  }
}

function valueOf(token: Token): string {
  return token.value;
}

function unescaped(text: string): string {
  return text
    .replace(/\\t/g, '\t')
    .replace(/\\n/g, '\n')
    .replace(/\\(?:u00)?([0-7]{3}|[0-9a-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, code.length === 3 ? 8 : 16)),
    )
    .replace(/\\\\/g, '\\');
}

const COMPRESSIONS = ['write_compression', 'parquet_compression', 'orc_compression'];

function ctasProperties(given: { readonly [name: string]: string }): CtasProperties {
  const known = new Set(['format', 'external_location', 'partitioned_by', 'field_delimiter', ...COMPRESSIONS]);
  for (const name of Object.keys(given)) if (!known.has(name)) throw new NotFollowed(`the table property ${name}`);
  const compression = COMPRESSIONS.map((name) => given[name]).find((value) => value !== undefined);
  return {
    format: (given['format'] ?? 'PARQUET').toUpperCase(),
    partitionedBy: (given['partitioned_by'] ?? '')
      .split(',')
      .filter(Boolean)
      .map((name) => name.toLowerCase()),
    ...(given['external_location'] !== undefined && { location: given['external_location'] }),
    ...(compression !== undefined && { compression: compression.toUpperCase() }),
    ...(given['field_delimiter'] !== undefined && { delimiter: unescaped(given['field_delimiter']) }),
  };
}
