// What kind of data a file holds, and its columns, as Glue's built-in classifiers see it. In: a file. Out: classification,
// columns in Glue's types, format facts; or nothing if it is no data that is known. Always: only the beginning of a text
// file is looked at, as Glue does; a damaged file is an error that names it.
// https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import type { DuckDbConnection } from '../duckdb';
import type { CatalogColumn } from './catalog-table';
import { classifyCsv, type CsvRules } from './csv-classifier';
import { classifyJson } from './json-classifier';
import { readParquetFooter } from './parquet-classifier';

export interface Classified {
  readonly classification: 'csv' | 'json' | 'parquet';
  readonly columns: readonly CatalogColumn[];
  readonly compression: 'none' | 'gzip';
  /** Records in the part that was read, and how many bytes of the file that part is; 0 bytes: the records are the file's. */
  readonly records: number;
  readonly sampledBytes: number;
  readonly delimiter?: string;
  readonly quoted?: boolean;
  readonly quote?: string;
  readonly serde?: 'LazySimpleSerDe' | 'OpenCSVSerDe';
  readonly headerLines?: number;
}

/** Glue samples the first megabyte of a file. */
const SAMPLE_BYTES = 1_048_576;

/** Kinds of data that Glue crawls and nothing here reads, by their first bytes. */
const FOREIGN: readonly (readonly [name: string, begins: string])[] = [
  ['ORC', 'ORC'],
  ['Avro', 'Obj\u0001'],
  ['XML', '<?xml'],
  ['bzip2', 'BZh'],
  ['ZIP', 'PK\u0003\u0004'],
  ['Zstandard', '\u0028\u00b5\u002f\u00fd'],
];

/** @param openDatabase called only where a Parquet file is met */
export async function classifyFile(
  file: string,
  openDatabase: () => Promise<DuckDbConnection>,
  rules?: CsvRules,
): Promise<Classified | undefined> {
  const size = statSync(file).size;
  const head = readHead(file, Math.min(SAMPLE_BYTES, size));
  const first = head.subarray(0, 8).toString('latin1');
  if (first.startsWith('PAR1')) {
    const { columns, records } = await readParquetFooter(file, await openDatabase());
    return { classification: 'parquet', columns, records, sampledBytes: 0, compression: 'none' };
  }
  const foreign = FOREIGN.find(([, begins]) => first.startsWith(begins));
  if (foreign)
    throw new Error(`${file}: ${foreign[0]} files are not crawled on the laptop: expected CSV, JSON or Parquet`);
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  const bytes = gzip ? unzipHead(head, file, head.length === size) : head;
  if (bytes.includes(0)) {
    if (/^(\u00ff\u00fe|\u00fe\u00ff)/.test(first)) throw new Error(`${file}: UTF-16 text; save the file as UTF-8`);
    return undefined; // Binary data of no kind that is known.
  }
  const text = decode(bytes, file);
  const complete = head.length === size && (!gzip || bytes.length < SAMPLE_BYTES);
  const classified = classifyJson(text, complete, file) ?? classifyCsv(text, complete, rules);
  if (!classified) return undefined;
  const { characters, ...shape } = classified;
  // How far the records that were read reach into the file; of a compressed one, in proportion.
  const share = text.length === 0 ? 1 : characters / text.length;
  return { ...shape, sampledBytes: Math.max(1, Math.round(head.length * share)), compression: gzip ? 'gzip' : 'none' };
}

function readHead(file: string, bytes: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function unzipHead(head: Buffer, file: string, whole: boolean): Buffer {
  try {
    // A beginning ends anywhere; a whole file has to be whole.
    if (whole) return gunzipSync(head).subarray(0, SAMPLE_BYTES);
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
