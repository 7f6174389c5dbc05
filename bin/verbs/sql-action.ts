// `headrace local sql`: finds the file of a local warehouse and opens the shell on it, or gives it the statements of the command
// line. Out: an exit code: 0, 1 if a statement of the command line failed, 2 usage.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { acquireLock } from '../../lib/local/file-lock';
import { sqlShell } from '../../lib/local/redshift/shell';
import { pathPart } from '../../lib/local/store';

export interface SqlVerbOptions {
  readonly warehouse?: string;
  readonly store: string;
  /** Statements of a file; `-` is standard input. */
  readonly file?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

export async function runSqlVerb(query: string | undefined, options: SqlVerbOptions): Promise<number> {
  const wrong = misuse(query, options);
  if (wrong !== undefined) {
    process.stderr.write(`headrace local sql: ${wrong}\n`);
    return 2;
  }
  const all = warehouses(options.store);
  const files = all.filter(
    (file) => options.warehouse === undefined || basename(file, '.duckdb') === options.warehouse,
  );
  const [file] = files;
  if (file === undefined || files.length > 1) {
    const known = all.map((each) => basename(each, '.duckdb')).join(', ');
    const reason =
      all.length === 0
        ? `${options.store} holds no warehouse yet: run a pipeline that loads one first`
        : `say which warehouse with --warehouse: ${known}`;
    process.stderr.write(`headrace local sql: ${reason}\n`);
    return 2;
  }
  const release = await acquireLock({
    file: `${file}.lock`,
    subject: `the local warehouse ${basename(file, '.duckdb')}`,
    holder: 'headrace local sql',
  });
  try {
    const text =
      query ?? (options.file === undefined || options.file === '-' ? undefined : readFileSync(options.file, 'utf8'));
    const input = text === undefined ? process.stdin : Readable.from([`${text.replace(/;?\s*$/, '\n;')}\n`]);
    const historyFile = join(options.store, 'sql-history');
    const history = existsSync(historyFile) ? readFileSync(historyFile, 'utf8').split('\n').filter(Boolean) : [];
    const failed = await sqlShell({
      file,
      input,
      output: process.stdout,
      errors: process.stderr,
      format: options.csv === true ? 'csv' : options.json === true ? 'json' : 'table',
      history,
      resolveS3: (uri) => ({ path: localPath(options.store, uri) }),
    });
    const typed = text === undefined && process.stdin.isTTY;
    if (typed) writeFileSync(historyFile, `${history.slice(0, LONGEST_HISTORY).join('\n')}\n`, { mode: 0o600 });
    return !typed && failed > 0 ? 1 : 0;
  } finally {
    release();
  }
}

const LONGEST_HISTORY = 1000;

function misuse(query: string | undefined, { file, csv, json }: SqlVerbOptions): string | undefined {
  if (query !== undefined && file !== undefined) return 'give either a query or --file';
  if (csv === true && json === true) return 'give either --csv or --json';
  return file !== undefined && file !== '-' && !existsSync(file) ? `${file}: no such file` : undefined;
}

function warehouses(store: string): string[] {
  return regions(store)
    .map((region) => join(store, region, 'redshift'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.duckdb'))
        .map((file) => join(folder, file)),
    );
}

function localPath(store: string, uri: string): string {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri);
  const [bucket, key] = [match?.[1], match?.[2]];
  const region = bucket && regions(store).find((each) => existsSync(join(store, each, 's3', pathPart(bucket))));
  if (!region || key === undefined || key.split('/').includes('..'))
    throw new Error(`${uri} is no place in the local S3`);
  return join(store, region, 's3', pathPart(bucket), key);
}

function regions(store: string): string[] {
  return existsSync(store) ? readdirSync(store) : [];
}
