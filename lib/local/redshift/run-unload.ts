/** UNLOAD: a query's result as text, CSV, fixed width, JSON or Parquet files under a prefix, with manifest and partitions. */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BoundColumn, BoundQuery } from './binder';
import { parseWidths } from './copy-records';
import { describeType, storageOf } from './data-type';
import type { Engine } from './engine';
import { listPrefix, pathOf } from './object-store';
import { RedshiftError, unsupported } from './redshift-error';
import { type Json, type StatementResult, toJson } from './result';
import type { Unload } from './statement';
import { quoteName, quoteText } from './typed';

interface Part {
  readonly uri: string;
  readonly path: string;
  readonly rows: number;
}

export async function runUnload(statement: Unload, engine: Engine): Promise<StatementResult> {
  if (statement.compression && statement.compression !== 'gzip')
    throw unsupported(`UNLOAD with ${statement.compression.toUpperCase()}`);
  const query = parseInner(statement, engine);
  const existing = listPrefix(statement.target, engine.session);
  const { flags } = statement;
  if (existing.length > 0 && !flags.has('allowoverwrite') && !flags.has('cleanpath')) {
    throw new RedshiftError(
      'Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.',
    );
  }
  const bound = engine.bind(query);
  for (const key of statement.partitionBy?.columns ?? [])
    if (!bound.columns.some((column) => column.name === key))
      throw new RedshiftError(`PARTITION BY column "${key}" is not in the result of the query`);
  if (
    new Set(bound.columns.map((column) => column.name)).size !== bound.columns.length &&
    (statement.format === 'json' || statement.format === 'parquet')
  )
    throw new RedshiftError('UNLOAD to JSON or Parquet needs unique column names');
  const parts =
    statement.format === 'parquet'
      ? await writeParquet(statement, bound, engine)
      : await writeText(statement, bound, engine);
  if (flags.has('cleanpath'))
    for (const file of existing) if (!parts.some((part) => part.path === file.path)) rmSync(file.path);
  if (flags.has('manifest')) writeManifest(statement, bound, parts, engine);
  const count = parts.reduce((sum, part) => sum + part.rows, 0);
  engine.session.lastUnloadId = engine.session.lastQueryId;
  engine.session.lastUnloadCount = count;
  return engine.done('UNLOAD', count);
}

function parseInner(statement: Unload, engine: Engine): Parameters<Engine['bind']>[0] {
  const query = engine.binder().parse(statement.query);
  if (query.limit !== undefined) throw new RedshiftError('Limit clause is not supported in the outer SELECT of UNLOAD');
  if (query.body.kind === 'select' && query.body.top !== undefined)
    throw new RedshiftError('TOP is not supported in the outer SELECT of UNLOAD');
  if (query.body.kind === 'select' && query.body.into)
    throw new RedshiftError('SELECT INTO is not supported in UNLOAD');
  return query;
}

/** The name of a part: serial files count up, parallel ones carry slice and part. */
function partName(statement: Unload, folder = ''): string {
  const compressed = statement.compression === 'gzip' ? '.gz' : '';
  const extension =
    statement.extension !== undefined
      ? `.${statement.extension.replace(/^\./, '')}`
      : `${statement.format === 'parquet' ? '.parquet' : ''}${compressed}`;
  const prefix =
    folder === '' ? statement.target : `${statement.target}${statement.target.endsWith('/') ? '' : '/'}${folder}`;
  return `${prefix}${statement.parallel ? '0000_part_00' : '000'}${extension}`;
}

/** A file appears under its name only when it is whole. */
function place(path: string, write: (temporary: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.headrace-part`;
  try {
    write(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

async function writeText(statement: Unload, bound: BoundQuery, engine: Engine): Promise<Part[]> {
  const { rows } = await engine.rows(bound.sql);
  const json = rows.map((row) => row.map((value, index) => toJson(value, (bound.columns[index] as BoundColumn).type)));
  const groups = groupRows(statement, bound, json);
  const kept = keptColumns(statement, bound);
  const header = statement.flags.has('header')
    ? [bound.columns.flatMap((column, index) => (kept.has(index) ? [column.name] : []))]
    : [];
  const parts: Part[] = [];
  for (const [folder, members] of groups) {
    const lines = [
      ...header.map((names) => names.map((name) => textField(name, statement)).join(delimiterOf(statement))),
      ...members.map((row) => writeRow(row, bound, kept, statement)),
    ];
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const uri = partName(statement, folder);
    const path = pathOf(uri, engine.session);
    place(path, (temporary) => writeFileSync(temporary, statement.compression === 'gzip' ? gzipSync(bytes) : bytes));
    parts.push({ uri, path, rows: members.length });
  }
  return parts;
}

function keptColumns(statement: Unload, bound: BoundQuery): Set<number> {
  const { partitionBy } = statement;
  return new Set(
    bound.columns.flatMap((column, index) =>
      partitionBy && !partitionBy.include && partitionBy.columns.includes(column.name) ? [] : [index],
    ),
  );
}

function groupRows(statement: Unload, bound: BoundQuery, rows: Json[][]): Map<string, Json[][]> {
  const { partitionBy } = statement;
  if (!partitionBy) return new Map([['', rows]]);
  const places = partitionBy.columns.map((name) => bound.columns.findIndex((column) => column.name === name));
  const groups = new Map<string, Json[][]>();
  for (const row of rows) {
    const folder = partitionBy.columns
      .map((name, index) => `${name}=${partitionValue(row[places[index] as number] ?? null)}/`)
      .join('');
    groups.set(folder, [...(groups.get(folder) ?? []), row]);
  }
  return groups;
}

function partitionValue(value: Json): string {
  return value === null || value === ''
    ? '__HIVE_DEFAULT_PARTITION__'
    : encodeURIComponent(String(value).trimEnd()).replace(/%20/g, ' ');
}

function delimiterOf(statement: Unload): string {
  return statement.delimiter ?? (statement.format === 'csv' ? ',' : '|');
}

function writeRow(row: readonly Json[], bound: BoundQuery, kept: ReadonlySet<number>, statement: Unload): string {
  if (statement.format === 'json') return jsonLine(row, bound, kept);
  const fields = bound.columns.flatMap((column, index) =>
    kept.has(index) ? [{ value: row[index] ?? null, column }] : [],
  );
  const texts = fields.map(({ value, column }) => (value === null ? null : plainText(value, column)));
  if (statement.format === 'fixedwidth') {
    const widths = parseWidths(statement.fixedWidth ?? '');
    if (widths.length !== texts.length)
      throw new RedshiftError('FIXEDWIDTH names another number of columns than the query returns');
    return texts
      .map((text, index) => {
        const { width } = widths[index] as { width: number };
        const content = text ?? statement.nullAs ?? '';
        if ([...content].length > width)
          throw new RedshiftError(`a value of column ${index} is longer than its width of ${width}`);
        return content.padEnd(width);
      })
      .join('');
  }
  return texts
    .map((text) => (text === null ? (statement.nullAs ?? '') : textField(text, statement)))
    .join(delimiterOf(statement));
}

function plainText(value: Json, column: BoundColumn): string {
  if (column.type.name === 'boolean') return value === true ? 't' : 'f';
  const text = String(value);
  return column.type.name === 'char' ? text.padEnd(column.type.length ?? 1) : text;
}

/** A field with the quotes or escapes its format asks for. */
function textField(text: string, statement: Unload): string {
  const delimiter = delimiterOf(statement);
  if (statement.format === 'csv')
    return /["\n\r]/.test(text) || text.includes(delimiter) ? `"${text.replace(/"/g, '""')}"` : text;
  let field = text;
  if (statement.flags.has('escape')) {
    field = field
      .replace(/\\/g, '\\\\')
      .split(delimiter)
      .join(`\\${delimiter}`)
      .replace(/\n/g, '\\\n')
      .replace(/\r/g, '\\\r');
    if (statement.flags.has('addquotes')) field = field.replace(/(["'])/g, '\\$1');
  }
  return statement.flags.has('addquotes') ? `"${field}"` : field;
}

function jsonLine(row: readonly Json[], bound: BoundQuery, kept: ReadonlySet<number>): string {
  const numeric = new Set(['smallint', 'integer', 'bigint', 'decimal', 'real', 'double', 'super']);
  const pairs = bound.columns.flatMap((column, index) => {
    if (!kept.has(index)) return [];
    const value = row[index] ?? null;
    const text =
      value === null
        ? 'null'
        : numeric.has(column.type.name)
          ? String(value)
          : JSON.stringify(column.type.name === 'boolean' ? (value ? 't' : 'f') : value);
    return [`${JSON.stringify(column.name)}:${text}`];
  });
  return `{${pairs.join(',')}}`;
}

async function writeParquet(statement: Unload, bound: BoundQuery, engine: Engine): Promise<Part[]> {
  const kept = keptColumns(statement, bound);
  const keys = statement.partitionBy?.columns ?? [];
  const typed = bound.columns.map(
    (column) =>
      `CAST("source".${quoteName(column.physical)} AS ${column.type.name === 'char' ? 'VARCHAR' : storageOf(column.type)}) AS ${quoteText(column.name).replace(/^'|'$/g, '"')}`,
  );
  // The rows are held once, so that every partition is cut from the same answer.
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE temp.main."headrace^unload" AS SELECT ${typed.join(', ')} FROM (${bound.sql}) AS "source"`,
  );
  const table = 'temp.main."headrace^unload"';
  const list = bound.columns
    .flatMap((column, index) => (kept.has(index) ? [quoteText(column.name).replace(/^'|'$/g, '"')] : []))
    .join(', ');
  const groups = await partitions(keys, bound, table, engine);
  const parts: Part[] = [];
  for (const { folder, condition } of groups) {
    const uri = partName(statement, folder);
    const path = pathOf(uri, engine.session);
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.headrace-part`;
    const select = `SELECT ${list} FROM ${table}${condition ? ` WHERE ${condition}` : ''}`;
    const { rows } = await engine.rows(`SELECT count(*) FROM (${select})`);
    await engine.run(`COPY (${select}) TO ${quoteText(temporary)} (FORMAT parquet, COMPRESSION snappy)`);
    renameSync(temporary, path);
    parts.push({ uri, path, rows: Number(rows[0]?.[0] ?? 0) });
  }
  await engine.run(`DROP TABLE ${table}`);
  return parts;
}

async function partitions(
  keys: readonly string[],
  bound: BoundQuery,
  table: string,
  engine: Engine,
): Promise<{ folder: string; condition?: string }[]> {
  if (keys.length === 0) return [{ folder: '' }];
  const names = keys.map((key) => `"${key.replace(/"/g, '""')}"`);
  const { rows } = await engine.rows(
    `SELECT DISTINCT ${names.map((name) => `${name}, CAST(${name} AS VARCHAR)`).join(', ')} FROM ${table} ORDER BY ALL`,
  );
  return rows.map((row) => {
    const conditions = names.map((name, index) =>
      row[index * 2 + 1] === null
        ? `${name} IS NULL`
        : `CAST(${name} AS VARCHAR) = ${quoteText(String(row[index * 2 + 1]))}`,
    );
    const folder = keys.map((key, index) => {
      const column = bound.columns.find((one) => one.name === key) as BoundColumn;
      return `${key}=${partitionValue(toJson(row[index * 2] ?? null, column.type))}/`;
    });
    return { folder: folder.join(''), condition: conditions.join(' AND ') };
  });
}

function writeManifest(statement: Unload, bound: BoundQuery, parts: readonly Part[], engine: Engine): void {
  const verbose = statement.flags.has('verbose');
  const size = (part: Part) => statSync(part.path).size;
  const entries = parts.map((part) =>
    verbose || statement.format === 'parquet'
      ? { url: part.uri, meta: { content_length: size(part), record_count: part.rows } }
      : { url: part.uri },
  );
  const manifest = verbose
    ? {
        entries,
        schema: {
          elements: bound.columns.map((column) => ({ name: column.name, type: { base: describeType(column.type) } })),
        },
        meta: {
          content_length: parts.reduce((sum, part) => sum + size(part), 0),
          record_count: parts.reduce((sum, part) => sum + part.rows, 0),
        },
        author: { name: 'Amazon Redshift', version: '1.0.0' },
      }
    : { entries };
  const path = pathOf(`${statement.target}manifest`, engine.session);
  place(path, (temporary) => writeFileSync(temporary, JSON.stringify(manifest, null, 2)));
}
