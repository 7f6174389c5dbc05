// Reads a Parquet file into items, one per row, with DuckDB. The bytes go through a private temporary file that is gone
// when the rows are out. Numbers that JSON cannot hold exactly, dates and times become strings.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../engine';

export async function readParquet(bytes: Uint8Array): Promise<Json[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const folder = await mkdtemp(join(tmpdir(), 'headrace-items-'));
  try {
    const file = join(folder, 'items.parquet');
    await writeFile(file, bytes);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      const result = await connection.runAndReadAll('select * from read_parquet($1)', [file]);
      return result.getRowObjectsJson() as Json[];
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
