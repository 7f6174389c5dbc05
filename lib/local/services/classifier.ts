// What kind of data a file holds, and its columns, as Glue's built-in classifiers see it. In: a file. Out: classification,
// columns in Glue's types, format facts; or nothing if it is no data that is known. Always: only the beginning of a text
// file is looked at, as Glue does; a damaged file is an error that names it.
// https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import type { DuckDbConnection } from '../duckdb';
import type { CatalogColumn } from './catalog';
import { classifyCsv } from './csv-classifier';
import { classifyJson } from './json-classifier';
import { parquetColumns } from './parquet-classifier';

export interface Classified {
  readonly classification: 'csv' | 'json' | 'parquet';
  readonly columns: readonly CatalogColumn[];
  readonly compression: 'none' | 'gzip';
  readonly delimiter?: string;
  readonly quoted?: boolean;
  readonly headerLines?: number;
}

/** Glue samples the first megabyte of a file. */
const SAMPLE_BYTES = 1_048_576;

/** @param openDatabase called only where a Parquet file is met */
export async function classifyFile(
  file: string,
  openDatabase: () => Promise<DuckDbConnection>,
): Promise<Classified | undefined> {
  const head = readHead(file, SAMPLE_BYTES);
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') {
    return {
      classification: 'parquet',
      columns: await parquetColumns(file, await openDatabase()),
      compression: 'none',
    };
  }
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  const bytes = gzip ? unzipHead(head, file) : head;
  if (bytes.includes(0)) return undefined; // Binary data of no kind that is known.
  const text = decode(bytes, file);
  const complete = !gzip && statSync(file).size <= SAMPLE_BYTES;
  const classified = classifyJson(text, complete, file) ?? classifyCsv(text, complete);
  return classified && { ...classified, compression: gzip ? 'gzip' : 'none' };
}

function readHead(file: string, bytes: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(bytes, statSync(file).size));
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function unzipHead(head: Buffer, file: string): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, SAMPLE_BYTES);
  } catch (error) {
    throw new Error(`${file}: damaged gzip data: ${(error as Error).message}`);
  }
}

/** Glue's crawler reads UTF-8 only; a character cut by the end of the sample is no damage. */
function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    throw new Error(`${file}: not UTF-8 text; save the file as UTF-8`);
  }
}
