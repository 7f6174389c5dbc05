// The columns of a Parquet file in Glue's (Hive's) types. In: a file. Out: columns, number of rows. Always: read from the file's own footer; a
// truncated file is an error that names it.

import type { DuckDbConnection } from '../duckdb';
import type { CatalogColumn } from './catalog-table';

export interface ParquetFooter {
  readonly columns: readonly CatalogColumn[];
  readonly records: number;
}

export async function readParquetFooter(file: string, database: DuckDbConnection): Promise<ParquetFooter> {
  try {
    const path = file.replaceAll("'", "''");
    const columns = await database.objects(`DESCRIBE SELECT * FROM read_parquet('${path}', hive_partitioning = false)`);
    const [facts] = await database.objects(`SELECT num_rows FROM parquet_file_metadata('${path}')`);
    return {
      records: Number(facts?.['num_rows'] ?? 0),
      columns: columns.map((column) => ({
        name: String(column['column_name']).toLowerCase(),
        type: hiveType(String(column['column_type'])),
      })),
    };
  } catch (error) {
    throw new Error(`${file}: damaged Parquet file: ${(error as Error).message.split('\n')[0]}`);
  }
}

const SIMPLE: { readonly [type: string]: string } = {
  BOOLEAN: 'boolean',
  TINYINT: 'tinyint',
  SMALLINT: 'smallint',
  INTEGER: 'int',
  BIGINT: 'bigint',
  UTINYINT: 'smallint',
  USMALLINT: 'int',
  UINTEGER: 'bigint',
  UBIGINT: 'bigint',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  BLOB: 'binary',
  DATE: 'date',
  TIME: 'string',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  UUID: 'string',
  JSON: 'string',
};

/** DuckDB's spelling of a type in Hive's: `STRUCT(a INTEGER)[]` -> `array<struct<a:int>>`. */
export function hiveType(text: string): string {
  if (text.endsWith('[]')) return `array<${hiveType(text.slice(0, -2))}>`;
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(text);
  if (decimal) return `decimal(${decimal[1]},${decimal[2]})`;
  const inner = /^(STRUCT|MAP)\(([\s\S]*)\)$/.exec(text);
  if (inner) {
    const parts = topLevel(inner[2]!);
    if (inner[1] === 'MAP') return `map<${parts.map(hiveType).join(',')}>`;
    return `struct<${parts.map(structField).join(',')}>`;
  }
  const type = SIMPLE[text];
  if (type === undefined) throw new Error(`column type ${text} has no Glue type`);
  return type;
}

function structField(text: string): string {
  const match = /^(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(text);
  const name = match?.[1]?.replaceAll('""', '"') ?? match?.[2] ?? '';
  return `${name.toLowerCase()}:${hiveType(match?.[3] ?? '')}`;
}

function topLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === '(') depth += 1;
    else if (!quoted && character === ')') depth -= 1;
    else if (!quoted && depth === 0 && character === ',') {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, text.slice(from).trim()];
}
