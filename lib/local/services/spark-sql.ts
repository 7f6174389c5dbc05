// The library's Spark SQL job on the laptop: its one SELECT runs on DuckDB over the catalog's tables and is written as Parquet.
// In: the job's arguments. Out: files in the output folder. Always: written aside and renamed, so a reader sees the old files
// or the new ones; what DuckDB would answer otherwise than Spark is refused by name.

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openDuckDb } from '../duckdb';
import type { World } from '../world';
import { type Catalog, readCatalogTable } from './catalog';
import { identifier, literal, tableQuery } from './catalog-views';
import { sparkToDuckDb } from './spark-dialect';

export interface SparkSqlRequest {
  readonly world: World;
  readonly catalog: (region: string) => Catalog;
  readonly region: string;
  readonly words: { readonly [name: string]: string };
  readonly logFile: string;
  readonly signal: AbortSignal;
}
