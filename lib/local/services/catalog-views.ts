// Catalog tables as DuckDB views. In: a catalog table and where S3 paths lie. Out: the SELECT that reads its files with the
// catalog's names and types. Always: a CSV is read strictly, so a row that does not fit is an error with file and line.

import { closeSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import type { CatalogTable } from './catalog-table';

/** The SELECT over a table's files. `filesOf` lists the data files behind a location. */
export function tableQuery(table: CatalogTable, filesOf: (uri: string) => readonly string[]): string {
  if (
    table.format === 'json' &&
    table.columns.length === 1 &&
    /^array<.*>$/.test(table.columns[0]!.type) &&
    table.columns[0]!.name === 'array'
  )
    throw new Error(
      `the files of ${table.name} are JSON arrays: queries read one object a line, here as on AWS; write the objects one a line`,
    );
  const sources =
    table.partitionKeys.length > 0
      ? table.partitions.map((each) => ({ files: filesOf(each.location), values: each.values }))
      : [{ files: filesOf(table.location), values: [] }];
  const filled = sources.filter((source) => source.files.length > 0);
  if (filled.length === 0) return `SELECT ${emptyColumns(table)} WHERE false`;
  return filled
    .map(({ files, values }) => {
      const keys = table.partitionKeys.map(
        (key, i) => `, CAST(${literal(values[i] ?? '')} AS ${duckType(key.type)}) AS ${identifier(key.name)}`,
      );
      return `SELECT ${table.columns.map(({ name }) => identifier(name)).join(', ')}${keys.join('')} FROM ${reader(table, files)}`;
    })
    .join(' UNION ALL ');
}

function emptyColumns(table: CatalogTable): string {
  return [...table.columns, ...table.partitionKeys]
    .map(({ name, type }) => `CAST(NULL AS ${duckType(type)}) AS ${identifier(name)}`)
    .join(', ');
}

function reader(table: CatalogTable, paths: readonly string[]): string {
  const files = `[${paths.map(literal).join(', ')}]`;
  const typed = `{${table.columns.map((column) => `${literal(column.name)}: ${literal(duckType(column.type))}`).join(', ')}}`;
  switch (table.format) {
    case 'parquet':
      return `read_parquet(${files}, hive_partitioning = false, union_by_name = true)`;
    case 'json': {
      const spelled = keySpellings(paths);
      const read = table.columns.map((column) => ({
        name: spelled(column.name),
        type: duckType(column.type, spelled),
        as: column,
      }));
      const columns = read.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ');
      const named = read.map(
        ({ name, as }) => `CAST(${identifier(name)} AS ${duckType(as.type)}) AS ${identifier(as.name)}`,
      );
      return `(SELECT ${named.join(', ')} FROM read_json(${files}, columns = {${columns}}, hive_partitioning = false))`;
    }
    case 'csv': {
      // Without a quote character in its SerDe, quotes are part of the value.
      const quote = table.quote ?? '';
      const options = `delim = ${literal(table.delimiter)}, quote = ${literal(quote)}, escape = ${literal(quote)}, skip = ${table.headerLines}, header = false`;
      return `read_csv(${files}, columns = ${typed}, auto_detect = false, hive_partitioning = false, null_padding = true, ${options})`;
    }
  }
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const SIMPLE: { readonly [type: string]: string } = {
  string: 'VARCHAR',
  bigint: 'BIGINT',
  int: 'INTEGER',
  integer: 'INTEGER',
  smallint: 'SMALLINT',
  tinyint: 'TINYINT',
  double: 'DOUBLE',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  binary: 'BLOB',
};

/** The JSON SerDe reads keys whatever their case: how the files really write them, as far as their beginnings tell. */
function keySpellings(paths: readonly string[]): (name: string) => string {
  const found = new Map<string, Set<string>>();
  for (const path of paths) {
    for (const [, key] of beginning(path).matchAll(/"((?:[^"\\]|\\.)+)"\s*:/g)) {
      const lower = key!.toLowerCase();
      found.set(lower, (found.get(lower) ?? new Set()).add(key!));
    }
  }
  return (name) => {
    const [first, second] = found.get(name.toLowerCase()) ?? [];
    if (second !== undefined)
      throw new Error(
        `the files of ${dirname(paths[0]!)} write one key as ${first} and as ${second}: the laptop's engine reads one spelling of a key`,
      );
    return first ?? name;
  };
}

const BEGINNING_BYTES = 1_048_576;

function beginning(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(BEGINNING_BYTES);
    const head = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
    const gzip = head[0] === 0x1f && head[1] === 0x8b;
    return (gzip ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }) : head).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** A Glue (Hive) type in DuckDB's; `spelled` gives the name of a struct's field. */
export function duckType(type: string, spelled: (field: string) => string = (field) => field): string {
  const text = type.trim().toLowerCase();
  const simple = SIMPLE[text];
  if (simple !== undefined) return simple;
  const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(text);
  if (decimal) return `DECIMAL(${decimal[1]}, ${decimal[2]})`;
  if (/^(var)?char\(\d+\)$/.test(text)) return 'VARCHAR';
  const inner = /^(array|struct|map)<(.*)>$/.exec(text);
  if (!inner) throw new Error(`column type ${type} is not known on the laptop`);
  const parts = topLevel(inner[2]!);
  if (inner[1] === 'array') return `${duckType(inner[2]!, spelled)}[]`;
  if (inner[1] === 'map') return `MAP(${parts.map((part) => duckType(part, spelled)).join(', ')})`;
  return `STRUCT(${parts.map((part) => `${identifier(spelled(part.slice(0, part.indexOf(':')).trim()))} ${duckType(part.slice(part.indexOf(':') + 1), spelled)}`).join(', ')})`;
}

function topLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '<' || text[at] === '(') depth += 1;
    else if (text[at] === '>' || text[at] === ')') depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)].filter((part) => part.trim() !== '');
}
