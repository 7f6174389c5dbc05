/**
 * COPY. Plain files go straight through DuckDB's reader after a check that reads them the same way; everything else, and
 * every file with a fault, is read record by record, so that the error names file, line, column and reason. Nothing is
 * half loaded.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { readBzip2 } from './bzip2';
import type { Column, Relation } from './catalog';
import { convertField } from './copy-convert';
import { fastPlan } from './copy-fast';
import { errorCode } from './copy-error';
import { insertSql, type Load, loadError } from './copy-load';
import { type JsonPath, readJsonPaths, readJsonRecords } from './copy-json';
import { type CopyRecord, decodeBytes, parseWidths, readRecords } from './copy-records';
import { readPieces } from './copy-pieces';
import { storageOf } from './data-type';
import type { Engine } from './engine';
import { listPrefix, readManifest, type StoredFile } from './object-store';
import { RedshiftError, unsupported } from './redshift-error';
import type { StatementResult } from './result';
import { columnOf, writable } from './run-dml';
import type { Copy } from './statement';
import { quoteText } from './typed';
import { copyParquet } from './copy-parquet';

export async function runCopy(statement: Copy, engine: Engine): Promise<StatementResult> {
  const { options } = statement;
  if (['orc', 'avro', 'shapefile'].includes(options.format))
    throw unsupported(`COPY from ${options.format.toUpperCase()}`);
  if (options.flags.has('ssh')) throw unsupported('COPY over SSH');
  if (options.flags.has('encrypted')) throw unsupported('COPY of encrypted files');
  if (options.compression === 'lzop') throw unsupported(`COPY of ${options.compression.toUpperCase()} files`);
  const relation = writable(engine, statement.table);
  const columns = copyColumns(statement, relation);
  const files = options.flags.has('manifest')
    ? readManifest(statement.source, engine.session)
    : listPrefix(statement.source, engine.session);
  if (files.length === 0) throw new RedshiftError(`The specified S3 prefix '${statement.source}' does not exist`);
  const load: Load = { statement, relation, columns, files, engine };
  engine.session.lastCopyId = engine.session.lastQueryId;
  let count: number;
  if (options.format === 'parquet') count = await copyParquet(load);
  else count = (await loadFast(load)) ?? (await loadRecords(load));
  engine.session.lastCopyCount = count;
  return engine.done('COPY', count);
}

/** The columns the files fill, in order. */
function copyColumns(statement: Copy, relation: Relation): Column[] {
  const explicit = statement.options.flags.has('explicit_ids');
  const identities = relation.columns.filter((column) => column.identity && !column.identity.byDefault);
  const listed = statement.columns?.map((name) => columnOf(relation, name));
  if (listed && new Set(listed).size !== listed.length)
    throw new RedshiftError('COPY: a column is specified more than once');
  const columns =
    listed ?? relation.columns.filter((column) => !column.identity || explicit || column.identity.byDefault);
  for (const identity of identities) {
    if (columns.includes(identity) && !explicit)
      throw new RedshiftError(`COPY: cannot load the identity column "${identity.name}" without EXPLICIT_IDS`);
    if (!columns.includes(identity) && explicit)
      throw new RedshiftError(`COPY: EXPLICIT_IDS needs the identity column "${identity.name}" in the column list`);
  }
  if (explicit && identities.length === 0)
    throw new RedshiftError('COPY: EXPLICIT_IDS needs a table with an identity column');
  for (const column of relation.columns) {
    if (!columns.includes(column) && column.notNull && column.defaultSql === undefined && !column.identity) {
      throw new RedshiftError(
        `COPY: column "${column.name}" is NOT NULL without a default and is missing from the column list`,
      );
    }
  }
  return columns;
}

/**
 * Loads with DuckDB's reader when it reads what we would. A statement of its own is tried at once, since its transaction
 * can be begun again; inside the user's transaction another connection checks first.
 */
async function loadFast(load: Load): Promise<number | undefined> {
  const { engine, statement } = load;
  const plan = fastPlan(load);
  if (!plan) return undefined;
  const once = !engine.explicit && !engine.written && !statement.options.flags.has('noload');
  if (once) {
    try {
      const guarded = `(SELECT * FROM ${plan.from} WHERE CASE WHEN ${plan.shape} THEN true ELSE CAST(error('unreadable') AS BOOLEAN) END)`;
      return await engine.run(insertSql(load, plan.values, guarded));
    } catch {
      await engine.restart();
      return undefined;
    }
  }
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
  // The load fails with the error that makes MAXERROR of them; 0 and 1 both mean the first.
  const limit = options.flags.has('ignoreallerrors') ? Number.POSITIVE_INFINITY : Math.max(options.maxError, 1);
  const store = new RowStore(load);
  let errors = 0;
  try {
    for (const file of files) {
      for (const record of recordsOf(file, load, paths)) {
        const row = convertRecord(record, columns, options, now);
        if (Array.isArray(row)) {
          if (!options.flags.has('noload')) store.add(row);
          continue;
        }
        errors++;
        const detail = {
          file: file.uri,
          line: record.line,
          column: row.column,
          type: row.type,
          value: row.value,
          reason: row.problem,
          rawLine: record.raw.slice(0, 1024),
          query: engine.session.lastQueryId,
        };
        engine.session.recordLoadError({
          ...detail,
          code: errorCode(row.problem, row.type),
          length: columns.find((column) => column.name === row.column)?.type.length ?? '',
          position: row.value === '' ? 0 : Math.max(record.raw.indexOf(row.value), 0),
          time: Number(engine.session.moment / 1000n),
        });
        if (errors >= limit) throw loadError(load.relation.name, detail);
      }
    }
    if (errors > 0)
      engine.notices.push(
        `Load into table '${load.relation.name}' completed, ${errors} record(s) could not be loaded. Check 'stl_load_errors' system table for details.`,
      );
    return await store.load();
  } finally {
    store.close();
  }
}

function jsonPaths(load: Load): JsonPath[] | undefined {
  const { json } = load.statement.options;
  if (
    load.statement.options.format !== 'json' ||
    json === undefined ||
    ['auto', 'auto ignorecase', 'noshred'].includes(json.toLowerCase())
  )
    return undefined;
  const [file] = listPrefix(json, load.engine.session).filter((one) => one.uri === json);
  if (!file) throw new RedshiftError(`the JSONPaths file "${json}" does not exist`);
  return readJsonPaths(readFileSync(file.path, 'utf8'), load.columns.length);
}

function* recordsOf(file: StoredFile, load: Load, paths: JsonPath[] | undefined): Generator<CopyRecord> {
  const { options } = load.statement;
  if (options.format !== 'json' && options.compression === undefined && !options.encoding.startsWith('utf16')) {
    let first = true;
    for (const { bytes, before } of readPieces(file.path, options)) {
      for (const record of textRecords(bytes, load, first ? options : { ...options, ignoreHeader: 0 }))
        yield before === 0 ? record : { ...record, line: record.line + before };
      first = false;
    }
    return;
  }
  const bytes = unpacked(file, load);
  if (options.format === 'json') {
    const { text, badLines } = decodeBytes(bytes, options);
    const [badLine] = badLines;
    const mode = options.json?.toLowerCase() ?? 'auto';
    if (mode === 'noshred' && (load.columns.length !== 1 || load.columns[0]?.type.name !== 'super'))
      throw new RedshiftError('COPY: JSON noshred needs a single SUPER column');
    if (badLine !== undefined)
      throw loadError(load.relation.name, { file: file.uri, line: badLine, reason: 'the file is not valid UTF-8' });
    yield* readJsonRecords(text, load.columns, mode, paths);
    return;
  }
  yield* textRecords(bytes, load, options);
}

function unpacked(file: StoredFile, load: Load): Buffer {
  const { compression } = load.statement.options;
  const bytes: Buffer = readFileSync(file.path);
  try {
    if (compression === 'gzip') return gunzipSync(bytes);
    if (compression === 'bzip2') return readBzip2(bytes);
    if (compression === 'zstd') return Buffer.from(decompress(bytes));
    return bytes;
  } catch {
    const reason = `the file is not in ${compression} format, or is cut off`;
    throw loadError(load.relation.name, { file: file.uri, reason });
  }
}

function* textRecords(bytes: Buffer, load: Load, options: Copy['options']): Generator<CopyRecord> {
  const { text, badLines } = decodeBytes(bytes, options);
  if (options.format === 'fixedwidth' && parseWidths(options.fixedWidth ?? '').length !== load.columns.length)
    throw new RedshiftError('COPY: FIXEDWIDTH names another number of columns than the table or column list');
  for (const record of readRecords(text, options)) {
    const badLine = badLines.size > 0 ? linesOf(record).find((line) => badLines.has(line)) : undefined;
    yield badLine === undefined
      ? record
      : { line: badLine, raw: record.raw, problem: 'String contains invalid or unsupported UTF8 codepoints' };
  }
}

/** A record may go on over several lines: in quotes, or after an escaped line feed. */
function linesOf({ line, raw }: CopyRecord): number[] {
  return raw.split('\n').map((_, index) => line + index);
}

type Problem = { problem: string; column: string; type: string; value: string };

function convertRecord(
  record: CopyRecord,
  columns: readonly Column[],
  options: Copy['options'],
  now: () => bigint,
): (string | null)[] | Problem {
  const fault = (problem: string, column?: Column, value = ''): Problem => ({
    problem,
    column: column?.name ?? '',
    type: column?.type.name ?? '',
    value,
  });
  if (record.problem || !record.fields) return fault(record.problem ?? 'unreadable record');
  let { fields } = record;
  const last = fields[fields.length - 1];
  // A delimiter at the end of the line opens no further column.
  if (options.format === 'text' && fields.length === columns.length + 1 && last?.text === '')
    fields = fields.slice(0, -1);
  if (fields.length > columns.length)
    return fault(`Extra column(s) found: ${fields.length} fields for ${columns.length} columns`);
  if (fields.length < columns.length && !options.flags.has('fillrecord'))
    return fault(`Delimiter not found: ${fields.length} fields for ${columns.length} columns`, columns[fields.length]);
  const row: (string | null)[] = [];
  for (const [index, column] of columns.entries()) {
    const field =
      fields[index] ??
      (column.type.name === 'varchar' && !options.flags.has('emptyasnull') ? { text: '' } : { text: '\\N' });
    const converted = convertField(field, column, fields[index] ? options : { ...options, nullAs: '\\N' }, now);
    if ('problem' in converted) return fault(converted.problem, column, field.text);
    row.push(converted.value);
  }
  return row;
}

/** Converted rows go to DuckDB through a file of its own dialect: everything quoted, nothing between commas is NULL. */
class RowStore {
  private readonly folder = mkdtempSync(join(tmpdir(), 'headrace-copy-'));
  private readonly path = join(this.folder, 'rows.csv');
  private readonly handle = openSync(this.path, 'w');
  private pending: string[] = [];
  private count = 0;

  public constructor(private readonly target: Load) {}

  public add(row: readonly (string | null)[]): void {
    this.pending.push(row.map((value) => (value === null ? '' : `"${value.replace(/"/g, '""')}"`)).join(','));
    this.count++;
    if (this.pending.length >= 10_000) this.flush();
  }

  private flush(): void {
    if (this.pending.length > 0) writeSync(this.handle, `${this.pending.join('\n')}\n`);
    this.pending = [];
  }

  public async load(): Promise<number> {
    if (this.count === 0) return 0;
    this.flush();
    const { columns, engine } = this.target;
    const shape = columns.map((column) => `${quoteText(column.name)}: 'VARCHAR'`).join(', ');
    const from = `read_csv(${quoteText(this.path)}, columns = {${shape}}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = 20000000, new_line = '\\n', parallel = false)`;
    const values = columns.map((column) => {
      const sql = `"${column.name.replace(/"/g, '""')}"`;
      return column.type.name === 'varbyte' ? `unhex(${sql})` : `CAST(${sql} AS ${storageOf(column.type)})`;
    });
    return engine.run(insertSql(this.target, values, from));
  }

  public close(): void {
    closeSync(this.handle);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
