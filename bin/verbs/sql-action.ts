// `headrace local sql`: finds the file of a local warehouse and opens the shell on it, or gives it the statements of the command
// line. Out: an exit code: 0, 1 if a statement of the command line failed, 2 usage.

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { acquireLock } from '../../lib/local/file-lock';
import { sqlShell } from '../../lib/local/redshift/shell';
import { pathPart } from '../../lib/local/store';

export interface SqlVerbOptions {
  readonly warehouse?: string;
  readonly store: string;
}

export async function runSqlVerb(query: string | undefined, options: SqlVerbOptions): Promise<number> {
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
    const input = query === undefined ? process.stdin : Readable.from([`${query.replace(/;?\s*$/, ';')}\n`]);
    const failed = await sqlShell({
      file,
      input,
      output: process.stdout,
      resolveS3: (uri) => ({ path: localPath(options.store, uri) }),
    });
    return query !== undefined && failed > 0 ? 1 : 0;
  } finally {
    release();
  }
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
