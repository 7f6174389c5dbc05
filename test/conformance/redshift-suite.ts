/** Runs the cases of a suite folder on fresh warehouses. In: the folder. Out: for each case what really came out. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openDuckDb } from '../../lib/local/duckdb';
import { RedshiftError } from '../../lib/local/redshift/redshift-error';
import type { Json, StatementResult } from '../../lib/local/redshift/result';
import { splitStatements } from '../../lib/local/redshift/tokenizer';
import { Warehouse } from '../../lib/local/redshift/warehouse';

export interface Expected {
  rows?: Json[][];
  columns?: string[];
  unordered?: boolean;
  ok?: boolean;
  error?: boolean;
  row_count?: number;
  unloaded?: { prefix: string; lines: string[]; ordered?: boolean; manifest?: string; suffix?: string };
  unloaded_parquet?: { prefix: string; rows: Json[][]; partitions?: string[]; columns?: string[] };
}

export interface Case {
  name: string;
  topic: string;
  tags: string[];
  setup?: string[];
  statements?: string[];
  sql?: string;
  files?: { uri: string; text?: string; path?: string; gzip?: boolean }[];
  dataset?: string;
  expected: Expected;
  compare?: 'json' | 'trim';
  tolerance?: { rel?: number; abs?: number };
  strict_columns?: boolean;
}

export type Outcome =
  | { name: string; columns: string[]; rows: Json[][]; types: string[] }
  | { name: string; ok: true }
  | { name: string; unloaded: string[]; keys: string[]; rows?: Json[][]; columns?: string[] }
  | { name: string; error: string; stage: 'setup' | 'sql' };

export function readCases(folder: string): Case[] {
  return readdirSync(join(folder, 'cases'))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) =>
      (JSON.parse(readFileSync(join(folder, 'cases', file), 'utf8')) as Case[]).map((one) => ({
        ...one,
        topic: file.replace('.json', ''),
      })),
    );
}

/** Runs one case; a dataset is loaded once and copied as a database file. */
export class SuiteRunner {
  private readonly work = mkdtempSync(join(tmpdir(), 'headrace-redshift-'));
  private readonly datasets = new Map<string, string>();

  public constructor(private readonly folder: string) {}

  public async run(one: Case): Promise<Outcome> {
    const home = mkdtempSync(join(this.work, 'case-'));
    const resolveS3 = resolver(home);
    for (const file of one.files ?? []) this.put(file, resolveS3);
    const file = one.dataset ? await this.datasetCopy(one.dataset, home) : undefined;
    const warehouse = await Warehouse.open({ resolveS3, file });
    const setup = [...(one.setup ?? []), ...(one.statements ?? [])];
    const last = one.sql ?? (setup.pop() as string);
    try {
      for (const statement of setup) {
        try {
          await warehouse.execute(statement);
        } catch (error) {
          return { name: one.name, error: message(error), stage: 'setup' };
        }
      }
      try {
        const results = await warehouse.execute(last);
        return await this.outcome(one, results[results.length - 1] as StatementResult, home);
      } catch (error) {
        return { name: one.name, error: message(error), stage: 'sql' };
      }
    } finally {
      warehouse.close();
      rmSync(home, { recursive: true, force: true });
    }
  }

  public close(): void {
    rmSync(this.work, { recursive: true, force: true });
  }

  private put(file: NonNullable<Case['files']>[number], resolveS3: (uri: string) => { path: string }): void {
    const { path } = resolveS3(file.uri);
    mkdirSync(dirname(path), { recursive: true });
    const bytes = file.path ? readFileSync(join(this.folder, file.path)) : Buffer.from(file.text ?? '');
    writeFileSync(path, file.gzip ? gzipSync(bytes) : bytes);
  }

  private async datasetCopy(dataset: string, home: string): Promise<string> {
    if (!this.datasets.has(dataset)) this.datasets.set(dataset, await this.loadDataset(dataset));
    const copy = join(home, 'warehouse.duckdb');
    writeFileSync(copy, readFileSync(this.datasets.get(dataset) as string));
    return copy;
  }

  private async loadDataset(dataset: string): Promise<string> {
    const source = join(this.folder, 'data', dataset);
    const file = join(this.work, `${dataset}.duckdb`);
    const warehouse = await Warehouse.open({
      file,
      resolveS3: (uri) => ({ path: join(source, uri.replace('s3://data/', '')) }),
    });
    for (const statement of splitStatements(readFileSync(join(source, 'ddl.sql'), 'utf8')))
      await warehouse.execute(statement);
    for (const name of readdirSync(source)) {
      if (!/\.(tbl|dat)$/.test(name)) continue;
      await warehouse.execute(
        `copy ${name.replace(/\.\w+$/, '')} from 's3://data/${name}' iam_role default delimiter '|' null as ''`,
      );
    }
    warehouse.close();
    return file;
  }

  private async outcome(one: Case, result: StatementResult, home: string): Promise<Outcome> {
    const { expected, name } = one;
    if (expected.unloaded) return this.unloaded(one, expected.unloaded, home);
    if (expected.unloaded_parquet) return this.parquet(name, expected.unloaded_parquet.prefix, home);
    if (expected.ok) return { name, ok: true };
    return {
      name,
      columns: result.columns.map((column) => column.name),
      types: result.columns.map((column) => column.typeName),
      rows: result.rows,
    };
  }

  private unloaded(one: Case, wanted: NonNullable<Expected['unloaded']>, home: string): Outcome {
    const keys = keysUnder(home, wanted.prefix);
    const manifest = wanted.manifest ?? `${wanted.prefix}manifest`;
    const parts = keys.filter((key) => key !== manifest);
    const lines = parts.flatMap((key) => {
      const bytes = readFileSync(resolver(home)(key).path);
      const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
      return text === '' ? [] : text.replace(/\n$/, '').split('\n');
    });
    return { name: one.name, unloaded: lines, keys };
  }

  private async parquet(name: string, prefix: string, home: string): Promise<Outcome> {
    const keys = keysUnder(home, prefix);
    const database = await openDuckDb();
    const paths = keys.filter((key) => key.endsWith('.parquet')).map((key) => `'${resolver(home)(key).path}'`);
    const { names, rows } = await database.rows(
      `SELECT * FROM read_parquet([${paths.join(', ')}], hive_partitioning = false)`,
    );
    const plain = rows.map((row) =>
      row.map((value) =>
        value === null || typeof value === 'number' || typeof value === 'boolean'
          ? value
          : typeof value === 'bigint'
            ? Number(value)
            : String(value),
      ),
    );
    database.close();
    return { name, unloaded: [], keys, rows: plain as Json[][], columns: names };
  }
}

function message(error: unknown): string {
  if (error instanceof RedshiftError) return error.message;
  return `INTERNAL ${error instanceof Error ? error.stack : String(error)}`;
}

export function resolver(home: string): (uri: string) => { path: string } {
  return (uri) => {
    const match = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri);
    if (!match || uri.includes('..')) throw new Error(`outside the store: ${uri}`);
    return { path: join(home, 's3', match[1] as string, match[2] as string) };
  };
}

function keysUnder(home: string, prefix: string): string[] {
  const root = join(home, 's3');
  const found: string[] = [];
  const visit = (folder: string, key: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const next = `${key}${entry.name}`;
      if (entry.isDirectory()) visit(join(folder, entry.name), `${next}/`);
      else if (next.startsWith(prefix)) found.push(next);
    }
  };
  try {
    visit(root, 's3://');
  } catch {
    return [];
  }
  return found.sort();
}
