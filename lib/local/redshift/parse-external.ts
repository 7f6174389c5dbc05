/** External schemas and tables. Sources other than the data catalog and other than plain files are refused by name. */
import { parseTableName } from './parse-dml';
import { parseType } from './parse-type';
import type { DataType } from './data-type';
import type { ExternalTableDefinition, Statement } from './statement';
import type { TokenCursor } from './token-cursor';

export function parseExternalSchema(cursor: TokenCursor): Statement {
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  const name = cursor.name();
  cursor.expect('from');
  if (!cursor.accept('data', 'catalog'))
    throw cursor.unsupported(`an external schema from ${cursor.peek().text.toUpperCase()}`);
  cursor.expect('database');
  const database = cursor.string();
  for (;;) {
    if (cursor.accept('region') || cursor.accept('catalog_role')) cursor.string();
    else if (cursor.accept('iam_role')) {
      if (!cursor.accept('default')) cursor.string();
    } else if (cursor.accept('create', 'external', 'database')) cursor.accept('if', 'not', 'exists');
    else if (cursor.accept('catalog_id')) cursor.string();
    else break;
  }
  return { kind: 'createExternalSchema', name, database, ifNotExists };
}

export function parseExternalTable(cursor: TokenCursor): Statement {
  const name = parseTableName(cursor);
  if (!cursor.is('(')) throw cursor.unsupported('CREATE EXTERNAL TABLE AS');
  const columns = parseColumns(cursor);
  let partitionKeys: { name: string; type: DataType }[] = [];
  let format: ExternalTableDefinition['format'] = 'csv';
  let [delimiter, quote, escape, skip] = ['\u0001', '', '', 0];
  let location: string | undefined;
  for (;;) {
    if (cursor.accept('partitioned', 'by')) partitionKeys = parseColumns(cursor);
    else if (cursor.accept('row', 'format', 'delimited')) {
      for (;;) {
        if (cursor.accept('fields', 'terminated', 'by')) delimiter = cursor.string();
        else if (cursor.accept('lines', 'terminated', 'by')) {
          if (cursor.string() !== '\n') throw cursor.unsupported('LINES TERMINATED BY anything but a line feed');
        } else if (cursor.accept('escaped', 'by')) escape = cursor.string();
        else break;
      }
    } else if (cursor.accept('row', 'format', 'serde')) {
      const serde = cursor.string();
      const properties = cursor.accept('with', 'serdeproperties') ? parseProperties(cursor) : new Map<string, string>();
      if (/JsonSerDe$/.test(serde)) format = 'json';
      else if (/OpenCSVSerde$/i.test(serde)) {
        delimiter = properties.get('separatorChar') ?? ',';
        quote = properties.get('quoteChar') ?? '"';
        escape = properties.get('escapeChar') ?? '\\';
      } else if (/ParquetHiveSerDe$/.test(serde)) format = 'parquet';
      else throw cursor.unsupported(`the SerDe ${serde}`);
    } else if (cursor.accept('stored', 'as')) {
      const stored = cursor.next().text;
      if (stored === 'parquet') format = 'parquet';
      else if (stored === 'inputformat') {
        cursor.string();
        cursor.expect('outputformat');
        cursor.string();
      } else if (stored !== 'textfile') throw cursor.unsupported(`STORED AS ${stored.toUpperCase()}`);
    } else if (cursor.accept('location')) location = cursor.string();
    else if (cursor.accept('table', 'properties')) {
      const properties = parseProperties(cursor);
      skip = Number(properties.get('skip.header.line.count') ?? 0);
      for (const [key] of properties)
        if (
          ![
            'numRows',
            'skip.header.line.count',
            'compression_type',
            'write.parallel',
            'write.maxfilesize.mb',
            'orc.schema.resolution',
          ].includes(key)
        )
          throw cursor.unsupported(`the table property ${key}`);
    } else break;
  }
  if (location === undefined) throw cursor.error();
  return {
    kind: 'createExternalTable',
    name,
    columns,
    partitionKeys,
    format,
    delimiter,
    quote,
    escape,
    skip,
    location,
  };
}

function parseColumns(cursor: TokenCursor): { name: string; type: DataType }[] {
  return cursor.parenthesized(() => cursor.list(() => ({ name: cursor.name(), type: parseType(cursor) })));
}

function parseProperties(cursor: TokenCursor): Map<string, string> {
  const pairs = cursor.parenthesized(() =>
    cursor.list((): [string, string] => {
      const key = cursor.string();
      cursor.expect('=');
      return [key, cursor.string()];
    }),
  );
  return new Map(pairs);
}
