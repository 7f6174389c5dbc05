// CREATE TABLE AS and INSERT INTO of Athena: files first, then the catalog. In: the query and the place. Out: files with new names, and
// the partitions they are in. Always: written aside and moved when whole, so that a query that fails or is stopped leaves nothing in
// the target.
// https://docs.aws.amazon.com/athena/latest/ug/ctas-examples.html

import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { AthenaError, NotFollowed } from './athena-error';
import { type QueryColumn, type QueryRequest, withQuery } from './athena-query';
import { dataFiles } from './catalog-database';
import { duckType, identifier, literal } from './catalog-views';
import { hiveType } from './parquet-classifier';
import type { CatalogColumn } from './catalog-table';

export interface WriteRequest {
  readonly query: QueryRequest;
  /** `s3://bucket/prefix/` */
  readonly location: string;
  readonly format: 'parquet' | 'json' | 'csv';
  readonly compression?: string;
  readonly delimiter?: string;
  readonly partitionedBy: readonly string[];
  /** Columns of an existing table, in its order; their types are taken. */
  readonly columns?: readonly CatalogColumn[];
  readonly withData: boolean;
}

export interface Written {
  readonly columns: readonly CatalogColumn[];
  readonly rows: number;
  /** Values of the partition columns, as they stand in the folders. */
  readonly partitions: readonly (readonly string[])[];
  /** `s3://` addresses of the files. */
  readonly files: readonly string[];
}

export function writeQuery(request: WriteRequest): Promise<Written> {
  const { world } = request.query;
  return withQuery(request.query, async (database, sql, found) => {
    const columns = checkedColumns(request, found);
    const aside = join(world.options.store.cache('athena'), randomUUID());
    mkdirSync(aside, { recursive: true });
    try {
      const names = columns.map((column) => identifier(column.name));
      const typed = columns.map((column, i) => `CAST(${names[i]} AS ${duckType(column.type)}) AS ${names[i]}`);
      const source = `SELECT ${typed.join(', ')} FROM (${sql}) AS athena_rows(${names.join(', ')})`;
      if (!request.withData) return { columns, rows: 0, partitions: [], files: [] };
      const { rows } = await database.rows(
        `COPY (${source}) TO ${literal(request.partitionedBy.length > 0 ? aside : join(aside, fileName(request)))} (${options(request)})`,
      );
      request.query.signal.throwIfAborted();
      return { columns, rows: Number(rows[0]?.[0] ?? 0), ...move(request, aside) };
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  });
}

function checkedColumns(request: WriteRequest, found: readonly QueryColumn[]): CatalogColumn[] {
  if (request.columns !== undefined) {
    if (request.columns.length !== found.length)
      throw new AthenaError(
        'TYPE_MISMATCH',
        `Insert query has mismatched column types: Table: [${request.columns.map((column) => column.type).join(', ')}], Query: [${found.map((column) => hiveType(column.type)).join(', ')}]`,
      );
    return [...request.columns];
  }
  const unnamed = found.findIndex((column) => /^_col\d+$/.test(column.name));
  if (unnamed >= 0)
    throw new AthenaError('MISSING_COLUMN_NAME', `Column name not specified at position ${unnamed + 1}`);
  const columns = found.map((column) => ({ name: column.name, type: hiveType(column.type) }));
  const last = columns.slice(columns.length - request.partitionedBy.length).map((column) => column.name);
  if (request.partitionedBy.some((name, i) => last[i] !== name))
    throw new AthenaError(
      'HIVE_COLUMN_ORDER_MISMATCH',
      `Partition keys must be the last columns in the table and in the same order as the table properties: [${request.partitionedBy.join(', ')}]`,
    );
  return columns;
}

function fileName({ format }: WriteRequest): string {
  return `${randomUUID()}${format === 'parquet' ? '.parquet' : format === 'json' ? '.json' : '.csv'}`;
}

const CODECS = new Set(['SNAPPY', 'GZIP', 'ZSTD', 'NONE', 'UNCOMPRESSED']);

function options({ format, compression, delimiter, partitionedBy }: WriteRequest): string {
  const codec = compression ?? (format === 'parquet' ? 'SNAPPY' : 'NONE');
  if (!CODECS.has(codec)) throw new NotFollowed(`the compression ${codec}`);
  if (format !== 'parquet' && codec !== 'NONE') throw new NotFollowed(`the compression ${codec} of ${format}`);
  const own = {
    parquet: `FORMAT parquet, COMPRESSION ${codec === 'NONE' ? 'uncompressed' : codec.toLowerCase()}`,
    json: 'FORMAT json',
    csv: `FORMAT csv, HEADER false, DELIMITER ${literal(delimiter ?? '\u0001')}, QUOTE '', ESCAPE '', NULLSTR '\\N'`,
  }[format];
  return partitionedBy.length > 0 ? `${own}, PARTITION_BY (${partitionedBy.map(identifier).join(', ')})` : own;
}

/** Moves the finished files to their place, under names of their own. */
function move(request: WriteRequest, aside: string): Pick<Written, 'partitions' | 'files'> {
  const target = request.query.world.s3Path(request.location.replace(/\/$/, ''));
  const partitions = new Map<string, string[]>();
  const files = dataFiles(aside).map((file) => {
    const folder = relative(aside, dirname(file));
    if (folder !== '') {
      const values = folder.split('/').map((part) => decodeURIComponent(part.slice(part.indexOf('=') + 1)));
      partitions.set(
        folder,
        values.map((value) => (value === '' ? '__HIVE_DEFAULT_PARTITION__' : value)),
      );
    }
    const name = `${randomUUID()}${basename(file).slice(basename(file).lastIndexOf('.'))}`;
    mkdirSync(join(target, folder), { recursive: true });
    renameSync(file, join(target, folder, name));
    return `${request.location.replace(/\/?$/, '/')}${folder === '' ? '' : `${folder}/`}${name}`;
  });
  return { partitions: [...partitions.values()], files };
}
