// `headrace local sql`: finds the file of a local warehouse and opens the shell on it, or gives it the statements of the command
// line. Out: an exit code.

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { sqlShell } from '../../lib/local/redshift/shell';

export async function runSqlVerb(
  query: string | undefined,
  options: { warehouse?: string; store: string },
): Promise<number> {
  const all = warehouses(options.store);
  const files = all.filter(
    (file) => options.warehouse === undefined || basename(file, '.duckdb') === options.warehouse,
  );
  if (files.length !== 1) {
    const known = all.map((file) => basename(file, '.duckdb')).join(', ');
    const reason =
      all.length === 0
        ? `${options.store} holds no warehouse yet: run a pipeline that loads one first`
        : `say which warehouse with --warehouse: ${known}`;
    process.stderr.write(`headrace local sql: ${reason}\n`);
    return 2;
  }
  const input = query === undefined ? process.stdin : Readable.from([`${query.replace(/;?\s*$/, ';')}\n`]);
  await sqlShell({ file: files[0]!, input, output: process.stdout });
  return 0;
}

function warehouses(store: string): string[] {
  if (!existsSync(store)) return [];
  return readdirSync(store)
    .map((region) => join(store, region, 'redshift'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.duckdb'))
        .map((file) => join(folder, file)),
    );
}
