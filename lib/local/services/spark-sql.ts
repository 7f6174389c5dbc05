// The library's Spark SQL job on the laptop: its one SELECT runs on DuckDB over the catalog's tables and is written as files.
// In: the job's arguments. Out: files in the target folder, and the number of rows where it is asked for. Always: written aside
// and renamed, so a reader sees the old files or the new ones; bad data is an error with its file and row.

import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type DuckDbConnection, openDuckDb } from '../duckdb';
import { writeAside } from '../store';
import type { World } from '../world';
import type { Catalog } from './catalog';
import { attachTables, dataFiles } from './catalog-database';
import { identifier, literal } from './catalog-views';
import { SPARK_PRELUDE, sparkToDuckDb } from './spark-dialect';

export { dataFiles } from './catalog-database';

export interface SparkSqlRequest {
  readonly world: World;
  readonly catalog: Catalog;
  /** The job's arguments: `--headrace_target` and so on. */
  readonly words: { readonly [name: string]: string };
  readonly logFile: string;
  readonly signal: AbortSignal;
}

const PREFIX = '--headrace_';
const PARAMETER = 'param_';

/** Whether a job's arguments are those of the library's own script. */
export function isSparkSql(words: { readonly [name: string]: string }): boolean {
  return (
    words[`${PREFIX}target`] !== undefined &&
    (words[`${PREFIX}sql`] !== undefined || words[`${PREFIX}sql_text`] !== undefined)
  );
}

export async function runSparkSql(request: SparkSqlRequest): Promise<void> {
  const { world, catalog, signal } = request;
  const given = Object.fromEntries(
    Object.entries(request.words).flatMap(([name, value]) =>
      name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value]] : [],
    ),
  );
  const text = given['sql_text'] ?? readFileSync(world.s3Path(given['sql']!), 'utf8');
  const parameters = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      name.startsWith(PARAMETER) ? [[name.slice(PARAMETER.length), value]] : [],
    ),
  );
  const query = sparkToDuckDb(text.trim().replace(/;\s*$/, ''), parameters);
  const aside = join(world.options.store.cache('spark-sql'), randomUUID());
  const database = await openDuckDb();
  const onAbort = () => database.connection.interrupt();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await database.run(SPARK_PRELUDE);
    const current = given['database'] ?? 'default';
    await attachTables(database, { world, catalog, names: query.names, current });
    if (!catalog.hasDatabase(current)) throw new Error(`the catalog of ${catalog.region} has no database ${current}`);
    mkdirSync(aside, { recursive: true });
    const rows = await writeFiles(database, query.sql, aside, given);
    publish(aside, world.s3Path(given['target']!), given['mode'] ?? 'overwrite', (given['partition_by'] ?? '') !== '');
    const answer = JSON.stringify({ rows });
    appendFileSync(
      request.logFile,
      `${world.options.hidden.json(JSON.stringify({ target: given['target'], rows }))}\n`,
    );
    if (given['output'] !== undefined) writeAside(world.s3Path(given['output']), answer);
  } catch (error) {
    const message = plainProblem(error as Error, world);
    appendFileSync(request.logFile, `${world.options.hidden.text(message)}\n`);
    throw new Error(message);
  } finally {
    signal.removeEventListener('abort', onAbort);
    database.close();
    rmSync(aside, { recursive: true, force: true });
  }
}

async function writeFiles(
  database: DuckDbConnection,
  sql: string,
  folder: string,
  given: { [name: string]: string },
): Promise<number> {
  const columns = (given['partition_by'] ?? '').split(',').filter(Boolean);
  const format = given['format'] ?? 'parquet';
  const options: { [format: string]: string } = {
    parquet: 'FORMAT parquet, COMPRESSION snappy',
    json: 'FORMAT json',
    csv: 'FORMAT csv, HEADER false',
  };
  if (!Object.hasOwn(options, format))
    throw new Error(`the format ${format} cannot be written on the laptop: expected parquet, json or csv`);
  const target =
    columns.length > 0
      ? folder
      : join(folder, `part-00000-${randomUUID()}.${format === 'parquet' ? 'snappy.parquet' : format}`);
  const partition = columns.length > 0 ? `, PARTITION_BY (${columns.map(identifier).join(', ')})` : '';
  const { rows } = await database.rows(
    `COPY (${await withSparkTypes(database, sql)}) TO ${literal(target)} (${options[format]}${partition})`,
  );
  return Number(rows[0]?.[0] ?? 0);
}

/** Sums of whole numbers are BIGINT in Spark; DuckDB's wider type has no place in a Parquet file. */
async function withSparkTypes(database: DuckDbConnection, sql: string): Promise<string> {
  const columns = await database.objects(`DESCRIBE ${sql}`);
  const wide = columns.filter((column) => /^U?HUGEINT$|^UBIGINT$/.test(String(column['column_type'])));
  if (wide.length === 0) return sql;
  const casts = wide.map(
    (column) =>
      `CAST(${identifier(String(column['column_name']))} AS BIGINT) AS ${identifier(String(column['column_name']))}`,
  );
  return `SELECT * REPLACE (${casts.join(', ')}) FROM (${sql})`;
}

/** Puts the finished files into the target folder, each folder by one rename. */
function publish(aside: string, target: string, mode: string, partitioned: boolean): void {
  const folder = target.replace(/\/$/, '');
  if (mode === 'error' && dataFiles(folder).length > 0)
    throw new Error(`the target ${target} holds files already, and the mode is error`);
  if (mode === 'append') {
    for (const file of dataFiles(aside)) {
      const place = join(folder, dirname(relative(aside, file)), `part-${randomUUID()}-${file.split('/').at(-1)}`);
      mkdirSync(dirname(place), { recursive: true });
      renameSync(file, place);
    }
    return;
  }
  const folders = partitioned ? [...new Set(dataFiles(aside).map((file) => relative(aside, dirname(file))))] : ['.'];
  for (const part of folders) replaceFolder(join(aside, part), join(folder, part));
}

function replaceFolder(from: string, to: string): void {
  const old = `${from}.old`;
  mkdirSync(dirname(to), { recursive: true });
  if (existsSync(to)) renameSync(to, old);
  renameSync(from, to);
  rmSync(old, { recursive: true, force: true });
}

/** DuckDB's message with S3 addresses instead of paths, without advice about options that the author cannot set. */
export function plainProblem(error: Error, world: World): string {
  const [said] = error.message.split(/\n\s*(?:Possible solutions|Possible fixes|LINE \d)/);
  const file = /^\s*file\s*=\s*(.+)$/m.exec(error.message)?.[1];
  const row = /^(?:Conversion|Invalid Input) Error: CSV Error on Line: (\d+)\s*\n(?:Original Line: (.*)\n)?/.exec(
    error.message,
  );
  const body = (row ? said!.slice(row[0].length) : said!)
    .split('\n')
    .filter((line) => !/^(Column .* is being converted as|This type was auto-detected)/.test(line))
    .join('\n');
  const place = file !== undefined && row ? `${file} line ${row[1]}: ` : file !== undefined ? `${file}: ` : '';
  let message = `${place}${body.trim()}${row?.[2] === undefined ? '' : ` (the line is: ${row[2].slice(0, 200)})`}`;
  for (const [bucket] of world.buckets()) message = message.replaceAll(world.bucketFolder(bucket), `s3://${bucket}`);
  return message.replace(/\s*\n\s*/g, '; ');
}
