/**
 * COPY. Plain files go straight through DuckDB's reader after a check that reads them the same way; everything else, and
 * every file with a fault, is read record by record, so that the error names file, line, column and reason. Nothing is
 * half loaded.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Column, physicalName, type Relation } from './catalog';
import { convertField } from './copy-convert';
import { fastPlan } from './copy-fast';
import { type JsonPath, readJsonPaths, readJsonRecords } from './copy-json';
import { type CopyRecord, decodeBytes, parseWidths, readRecords } from './copy-records';
import { storageOf } from './data-type';
import type { Engine } from './engine';
import { listPrefix, readManifest, type StoredFile } from './object-store';
import { RedshiftError, unsupported } from './redshift-error';
import type { StatementResult } from './result';
import { columnOf, defaultSql, writable } from './run-dml';
import type { Copy } from './statement';
import { quoteName, quoteText } from './typed';
import { copyParquet } from './copy-parquet';

export async function runCopy(statement: Copy, engine: Engine): Promise<StatementResult> {
  const { options } = statement;
  if (['orc', 'avro', 'shapefile'].includes(options.format)) throw unsupported(`COPY from ${options.format.toUpperCase()}`);
  if (options.flags.has('ssh')) throw unsupported('COPY over SSH');
  if (options.flags.has('encrypted')) throw unsupported('COPY of encrypted files');
  if (options.compression && options.compression !== 'gzip') throw unsupported(`COPY of ${options.compression.toUpperCase()} files`);
  const relation = writable(engine, statement.table);
  const columns = copyColumns(statement, relation);
  const files = options.flags.has('manifest') ? readManifest(statement.source, engine.session) : listPrefix(statement.source, engine.session);
  if (files.length === 0) throw new RedshiftError(`The specified S3 prefix '${statement.source}' does not exist`);
  const load: Load = { statement, relation, columns, files, engine };
  let count: number;
  if (options.format === 'parquet') count = await copyParquet(load);
  else count = (await loadFast(load)) ?? (await loadRecords(load));
  engine.session.lastCopyCount = count;
  return engine.done('COPY', count);
}

export interface Load {
  readonly statement: Copy;
  readonly relation: Relation;
  readonly columns: readonly Column[];
  readonly files: readonly StoredFile[];
  readonly engine: Engine;
}

/** The columns the files fill, in order. */
function copyColumns(statement: Copy, relation: Relation): Column[] {
  const explicit = statement.options.flags.has('explicit_ids');
  const identities = relation.columns.filter((column) => column.identity && !column.identity.byDefault);
  const listed = statement.columns?.map((name) => columnOf(relation, name));
  if (listed && new Set(listed).size !== listed.length) throw new RedshiftError('COPY: a column is specified more than once');
  const columns = listed ?? relation.columns.filter((column) => !column.identity || explicit || column.identity.byDefault);
  for (const identity of identities) {
    if (columns.includes(identity) && !explicit) throw new RedshiftError(`COPY: cannot load the identity column "${identity.name}" without EXPLICIT_IDS`);
    if (!columns.includes(identity) && explicit) throw new RedshiftError(`COPY: EXPLICIT_IDS needs the identity column "${identity.name}" in the column list`);
  }
  if (explicit && identities.length === 0) throw new RedshiftError('COPY: EXPLICIT_IDS needs a table with an identity column');
  for (const column of relation.columns) {
    if (!columns.includes(column) && column.notNull && column.defaultSql === undefined && !column.identity) {
      throw new RedshiftError(`COPY: column "${column.name}" is NOT NULL without a default and is missing from the column list`);
    }
  }
  return columns;
}

/** INSERT INTO the table: the loaded columns, then those with an identity or a default. */
export function insertSql(load: Load, values: readonly string[], from: string): string {
  const { relation, columns, engine } = load;
  const rest = relation.columns.filter((column) => !columns.includes(column) && (column.identity || column.defaultSql !== undefined));
  const names = [...columns, ...rest].map((column) => quoteName(column.name)).join(', ');
  return `INSERT INTO ${physicalName(relation)} (${names}) SELECT ${[...values, ...rest.map((column) => defaultSql(column, relation, engine))].join(', ')} FROM ${from}`;
}

/** Loads with DuckDB's reader when a check on another connection says it reads what we would. */
async function loadFast(load: Load): Promise<number | undefined> {
  const { engine, statement } = load;
  const plan = fastPlan(load);
  if (!plan) return undefined;
  const probe = await engine.database.sibling();
  try {
    const { rows } = await probe.rows(`SELECT coalesce(bool_and(${plan.check}), true), count(*) FROM ${plan.from}`);
    if (rows[0]?.[0] !== true) return undefined;
    if (statement.options.flags.has('noload')) return 0;
  } catch {
    return undefined;
  } finally {
    probe.disconnect();
  }
  return engine.run(insertSql(load, plan.values, plan.from));
}

async function loadRecords(load: Load): Promise<number> {
  const { statement, columns, engine, files } = load;
  const { options } = statement;
  const now = () => engine.session.moment;
  const paths = jsonPaths(load);
  const limit = options.flags.has('ignoreallerrors') ? Number.POSITIVE_INFINITY : options.maxError;
  const lines: string[] = [];
  let errors = 0;
  for (const file of files) {
    for (const record of recordsOf(file, load, paths)) {
      const row = convertRecord(record, columns, options, now);
      if (Array.isArray(row)) {
        lines.push(row.map((value) => (value === null ? '' : `"${value.replace(/"/g, '""')}"`)).join(','));
        continue;
      }
      errors++;
      const detail = { file: file.uri, line: record.line, column: row.column, type: row.type, value: row.value, reason: row.problem, rawLine: record.raw.slice(0, 1024), query: engine.session.lastQueryId };
      engine.session.loadErrors.push(detail);
      if (errors > limit) throw loadError(load.relation.name, detail);
    }
  }
  if (errors > 0) engine.notices.push(`Load into table '${load.relation.name}' completed, ${errors} record(s) could not be loaded. Check 'stl_load_errors' system table for details.`);
  if (options.flags.has('noload') || lines.length === 0) return 0;
  return storeLines(lines, load);
}

export function loadError(table: string, detail: { file: string; line?: number; column?: string; reason: string }): RedshiftError {
  const where = `${detail.file}${detail.line === undefined ? '' : `, line ${detail.line}`}${detail.column ? `, column ${detail.column}` : ''}`;
  return new RedshiftError(`Load into table '${table}' failed. Check 'stl_load_errors' system table for details: ${where}: ${detail.reason}`, { detail: detail as Record<string, string | number> });
}

function jsonPaths(load: Load): JsonPath[] | undefined {
  const { json } = load.statement.options;
  if (load.statement.options.format !== 'json' || json === undefined || ['auto', 'auto ignorecase', 'noshred'].includes(json.toLowerCase())) return undefined;
  const [file] = listPrefix(json, load.engine.session).filter((one) => one.uri === json);
  if (!file) throw new RedshiftError(`the JSONPaths file "${json}" does not exist`);
  return readJsonPaths(readFileSync(file.path, 'utf8'), load.columns.length);
}

function* recordsOf(file: StoredFile, load: Load, paths: JsonPath[] | undefined): Generator<CopyRecord> {
  const { options } = load.statement;
  let bytes = readFileSync(file.path);
  if (options.compression === 'gzip') {
    try {
      bytes = gunzipSync(bytes);
    } catch {
      throw loadError(load.relation.name, { file: file.uri, reason: 'the file is not in gzip format, or is cut off' });
    }
  }
  const { text, badLine } = decodeBytes(bytes, options);
  if (options.format === 'json') {
    const mode = options.json?.toLowerCase() ?? 'auto';
    if (mode === 'noshred' && (load.columns.length !== 1 || load.columns[0]?.type.name !== 'super')) throw new RedshiftError('COPY: JSON noshred needs a single SUPER column');
    if (badLine !== undefined) throw loadError(load.relation.name, { file: file.uri, line: badLine, reason: 'the file is not valid UTF-8' });
    yield* readJsonRecords(text, load.columns, mode, paths);
    return;
  }
  if (options.format === 'fixedwidth' && parseWidths(options.fixedWidth ?? '').length !== load.columns.length) throw new RedshiftError('COPY: FIXEDWIDTH names another number of columns than the table or column list');
  for (const record of readRecords(text, options)) {
    if (badLine !== undefined && record.line >= badLine) {
      yield { line: badLine, raw: record.raw, problem: 'String contains invalid or unsupported UTF8 codepoints' };
      return;
    }
    yield record;
  }
}

type Problem = { problem: string; column: string; type: string; value: string };

function convertRecord(record: CopyRecord, columns: readonly Column[], options: Copy['options'], now: () => bigint): (string | null)[] | Problem {
  const fault = (problem: string, column?: Column, value = ''): Problem => ({ problem, column: column?.name ?? '', type: column?.type.name ?? '', value });
  if (record.problem || !record.fields) return fault(record.problem ?? 'unreadable record');
  let { fields } = record;
  const last = fields[fields.length - 1];
  // A delimiter at the end of the line opens no further column.
  if (options.format === 'text' && fields.length === columns.length + 1 && last?.text === '') fields = fields.slice(0, -1);
  if (fields.length > columns.length) return fault(`Extra column(s) found: ${fields.length} fields for ${columns.length} columns`);
  if (fields.length < columns.length && !options.flags.has('fillrecord')) return fault(`Delimiter not found: ${fields.length} fields for ${columns.length} columns`, columns[fields.length]);
  const row: (string | null)[] = [];
  for (const [index, column] of columns.entries()) {
    const field = fields[index] ?? (column.type.name === 'varchar' && !options.flags.has('emptyasnull') ? { text: '' } : { text: '\\N' });
    const converted = convertField(field, column, fields[index] ? options : { ...options, nullAs: '\\N' }, now);
    if ('problem' in converted) return fault(converted.problem, column, field.text);
    row.push(converted.value);
  }
  return row;
}

/** Converted rows go to DuckDB through a file of its own dialect: everything quoted, nothing between commas is NULL. */
async function storeLines(lines: readonly string[], load: Load): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-copy-'));
  try {
    const path = join(folder, 'rows.csv');
    writeFileSync(path, `${lines.join('\n')}\n`);
    const shape = load.columns.map((column) => `${quoteText(column.name)}: 'VARCHAR'`).join(', ');
    const from = `read_csv(${quoteText(path)}, columns = {${shape}}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = 20000000, new_line = '\\n', parallel = false)`;
    const values = load.columns.map((column) => {
      const sql = `"${column.name.replace(/"/g, '""')}"`;
      if (column.type.name === 'varbyte') return `unhex(${sql})`;
      return `CAST(${sql} AS ${storageOf(column.type)})`;
    });
    return await load.engine.run(insertSql(load, values, from));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
