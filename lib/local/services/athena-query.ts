// Runs one query of Athena on DuckDB over the catalog's tables. In: the query and where names lead. Out: columns and rows, or files.
// Always: DuckDB's errors become Athena's, with the author's line and column; numbers come back in the types that Athena gives.

import { type DuckDbConnection, openDuckDb } from '../duckdb';
import type { World } from '../world';
import { athenaToDuckDb, type AthenaQuery } from './athena-dialect';
import { AthenaError, AthenaSyntaxError, NotFollowed, type Place } from './athena-error';
import { ATHENA_PRELUDE } from './athena-functions';
import { tokenize } from './athena-tokens';
import type { Catalog } from './catalog';
import { attachTables } from './catalog-database';
import type { CatalogTable } from './catalog-table';
import { plainProblem } from './spark-sql';

export interface QueryRequest {
  readonly world: World;
  readonly catalog: Catalog;
  readonly current: string;
  readonly text: string;
  readonly parameters: readonly string[];
  /** Where the query begins in the whole statement. */
  readonly offset?: { readonly text: string; readonly start: number };
  readonly signal: AbortSignal;
}

export interface QueryColumn {
  readonly name: string;
  /** DuckDB's type. */
  readonly type: string;
}

/** Opens the query; `use` gets a SELECT whose columns have Athena's types. */
export async function withQuery<T>(
  request: QueryRequest,
  use: (database: DuckDbConnection, sql: string, columns: readonly QueryColumn[]) => Promise<T>,
): Promise<T> {
  const query = translated(request);
  const database = await openDuckDb();
  const onAbort = () => database.connection.interrupt();
  request.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await database.run(ATHENA_PRELUDE);
    const tables = await attachTables(database, { ...request, names: query.names });
    checkDecimals(query, tables);
    checkComparisons(request, tables);
    await database.run('SET errors_as_json = true');
    const columns = await describe(database, query.sql);
    const known = new Set([
      ...query.names,
      ...tables.flatMap((table) => [...table.columns, ...table.partitionKeys]).map(({ name }) => name),
    ]);
    return await use(
      database,
      withAthenaTypes(query.sql, columns),
      columns.map((column, i) => ({
        // DuckDB names what has no name after its text; Athena counts.
        name: known.has(column.name.toLowerCase()) ? column.name.toLowerCase() : `_col${i}`,
        type: /^U?HUGEINT$|^UBIGINT$/.test(column.type) ? 'BIGINT' : column.type,
      })),
    );
  } catch (error) {
    throw problemOf(error as Error, query, request);
  } finally {
    request.signal.removeEventListener('abort', onAbort);
    database.close();
  }
}

/** @throws AthenaSyntaxError before anything runs */
export function translated({
  text,
  parameters,
  offset,
}: Pick<QueryRequest, 'text' | 'parameters' | 'offset'>): AthenaQuery {
  // Blanks in place of what stands before keep lines and columns.
  const whole = offset === undefined ? text : offset.text.slice(0, offset.start).replace(/[^\n]/g, ' ') + text;
  return athenaToDuckDb(whole.replace(/;\s*$/, ''), parameters);
}

/** @throws AthenaSyntaxError where DuckDB's own parser cannot read the translation */
export async function checkSyntax(query: AthenaQuery): Promise<void> {
  const database = await openDuckDb();
  try {
    const [row] = await database.objects('SELECT json_serialize_sql(CAST($1 AS VARCHAR)) AS tree', [query.sql]);
    const tree = JSON.parse(String(row?.['tree'])) as {
      error: boolean;
      error_type?: string;
      error_message?: string;
      position?: string;
    };
    if (!tree.error || tree.error_type !== 'parser') return;
    const near = /near "([^"]*)"/.exec(tree.error_message ?? '')?.[1];
    const place = query.place(Number(tree.position ?? 0));
    throw new AthenaSyntaxError(`mismatched input '${near ?? '<EOF>'}'`, place);
  } finally {
    database.close();
  }
}

async function describe(database: DuckDbConnection, sql: string): Promise<QueryColumn[]> {
  const found = await database.objects(`DESCRIBE ${sql}`);
  return found.map((column) => ({ name: String(column['column_name']), type: String(column['column_type']) }));
}

/** Sums of whole numbers are bigint in Athena. */
function withAthenaTypes(sql: string, columns: readonly QueryColumn[]): string {
  if (!columns.some(({ type }) => /^U?HUGEINT$|^UBIGINT$/.test(type))) return sql;
  const positions = columns.map((column, i) => {
    const name = `c${i}`;
    return /^U?HUGEINT$|^UBIGINT$/.test(column.type) ? `CAST(${name} AS BIGINT) AS ${name}` : name;
  });
  return `SELECT ${positions.join(', ')} FROM (${sql}) AS athena_result(${columns.map((_, i) => `c${i}`).join(', ')})`;
}

/** Athena divides and averages decimals into decimals, DuckDB into doubles. */
function checkDecimals(query: AthenaQuery, tables: readonly CatalogTable[]): void {
  if (!query.divides) return;
  const decimal = tables.flatMap((table) => table.columns).find((column) => /^decimal/i.test(column.type));
  if (decimal !== undefined || /\bDECIMAL\b/.test(query.sql) || /(?<![\w'"])\d+\.\d*(?![eE\d])/.test(query.sql))
    throw new NotFollowed('division, avg, floor, ceil or sign where decimals take part (CAST them to double)');
}

/** Athena compares no text with a number; DuckDB would convert one of them. */
function checkComparisons(request: QueryRequest, tables: readonly CatalogTable[]): void {
  const types = new Map<string, Set<string>>();
  for (const { name, type } of tables.flatMap((table) => [...table.columns, ...table.partitionKeys])) {
    const known = types.get(name) ?? new Set<string>();
    types.set(name, known.add(classOf(type)));
  }
  const tokens = tokenize(request.offset?.text ?? request.text);
  for (const [i, sign] of tokens.entries()) {
    if (!/^(=|<>|!=|<|>|<=|>=)$/.test(sign.raw)) continue;
    const [before, after] = [tokens[i - 1], tokens[i + 1]];
    if (before === undefined || after === undefined || /^[-+*/%(|.]/.test(tokens[i + 2]?.raw ?? '')) continue;
    // Only a column alone before the sign: what stands before it must not be part of an expression.
    const start = tokens[tokens[i - 2]?.raw === '.' ? i - 4 : i - 2];
    if (start !== undefined && !/^(where|and|or|on|not|\(|when|having)$/.test(start.value)) continue;
    const column = before.kind === 'word' || before.kind === 'name' ? types.get(before.value.toLowerCase()) : undefined;
    if (column?.size !== 1 || (after.kind !== 'text' && after.kind !== 'number')) continue;
    const [kind] = column;
    const other =
      after.kind === 'text' ? `varchar(${after.value.length})` : /[.eE]/.test(after.raw) ? 'decimal' : 'integer';
    if ((after.kind === 'text') === (kind === 'varchar') || kind === 'other') continue;
    if (after.kind === 'number' && kind === 'number') continue;
    const place = { ...placeIn(request, before.start) };
    const type = [...tables.flatMap((table) => [...table.columns, ...table.partitionKeys])].find(
      ({ name }) => name === before.value.toLowerCase(),
    )!.type;
    throw new AthenaError(
      'TYPE_MISMATCH',
      `Cannot apply operator: ${type.replace(/^string$/, 'varchar')} ${sign.raw} ${other}`,
      place,
    );
  }
}

function classOf(type: string): string {
  if (/^(string|varchar|char)/i.test(type)) return 'varchar';
  if (/^(tinyint|smallint|int|integer|bigint|float|double|decimal)/i.test(type)) return 'number';
  return /^(date|timestamp|boolean)$/i.test(type) ? 'time' : 'other';
}

function placeIn(request: QueryRequest, start: number): Place {
  const text = request.offset?.text ?? request.text;
  const before = text.slice(0, start);
  return { line: before.split('\n').length, column: start - before.lastIndexOf('\n') };
}

interface DuckProblem {
  readonly exception_type: string;
  readonly exception_message: string;
  readonly position?: string;
  readonly name?: string;
  readonly error_subtype?: string;
}

function problemOf(error: Error, query: AthenaQuery, request: QueryRequest): Error {
  if (error instanceof AthenaError) return error;
  const at = error.message.indexOf('{"exception_type"');
  if (at < 0) return new AthenaError('GENERIC_INTERNAL_ERROR', plainProblem(error, request.world));
  const problem = JSON.parse(error.message.slice(at)) as DuckProblem;
  const message = problem.exception_message;
  // DESCRIBE was put before the query.
  const offset = problem.position === undefined ? undefined : Number(problem.position) - 'DESCRIBE '.length;
  const place = offset === undefined ? undefined : query.place(Math.max(0, offset));
  const name = problem.name ?? '';
  if (problem.exception_type === 'Parser') {
    const near = /near "([^"]*)"/.exec(message)?.[1];
    return new AthenaSyntaxError(`mismatched input '${near ?? '<EOF>'}'`, place ?? { line: 1, column: 1 });
  }
  if (problem.error_subtype === 'COLUMN_NOT_FOUND')
    return new AthenaError(
      'COLUMN_NOT_FOUND',
      `Column '${name}' cannot be resolved or requester is not authorized to access requested resources`,
      place,
    );
  if (/does not exist because schema/.test(message)) {
    const schema = /schema "([^"]+)" does not exist/.exec(message)?.[1] ?? '';
    return new AthenaError('SCHEMA_NOT_FOUND', `Schema '${schema}' does not exist`, place);
  }
  if (problem.error_subtype === 'MISSING_ENTRY' && /^Table/.test(message)) {
    const full = name.includes('.') ? name : `${request.current}.${name}`;
    return new AthenaError('TABLE_NOT_FOUND', `Table 'awsdatacatalog.${full}' does not exist`, place);
  }
  if (/must appear in the GROUP BY/.test(message)) {
    const column = /column "([^"]+)"/.exec(message)?.[1] ?? name;
    return new AthenaError(
      'EXPRESSION_NOT_AGGREGATE',
      `'${column}' must be an aggregate expression or appear in GROUP BY clause`,
      place,
    );
  }
  if (/^No function matches/.test(message)) {
    const call =
      /'([^']+)'/
        .exec(message)?.[1]
        ?.replace(/_LITERAL/g, '')
        .toLowerCase() ?? '';
    return new AthenaError('TYPE_MISMATCH', `Unexpected parameters for ${call}`, place);
  }
  const own = /^((?:INVALID_CAST_ARGUMENT|DIVISION_BY_ZERO|NOT_SUPPORTED)): (.*)$/s.exec(message);
  if (own) return new AthenaError(own[1]!, own[2]!);
  if (problem.exception_type === 'Conversion' && !/CSV Error|\.csv/.test(message))
    return new AthenaError('INVALID_CAST_ARGUMENT', message.split('\n')[0]!, place);
  const kind = problem.exception_type === 'Binder' ? 'SYNTAX_ERROR' : 'HIVE_BAD_DATA';
  const plain = plainProblem(
    new Error(
      `${problem.exception_type === 'Conversion' ? 'Conversion Error: ' : problem.exception_type === 'Invalid Input' ? 'Invalid Input Error: ' : ''}${message}`,
    ),
    request.world,
  );
  return new AthenaError(kind, plain, problem.exception_type === 'Binder' ? place : undefined);
}
