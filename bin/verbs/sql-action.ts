// `headrace local sql`: finds the file of a local warehouse and opens the shell on it. Out: an exit code.

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sqlShell } from '../../lib/local/redshift/shell';

export async function runSqlVerb(name: string | undefined, store: string): Promise<number> {
  const files = warehouses(store).filter((file) => name === undefined || basename(file, '.duckdb') === name);
  if (files.length !== 1) {
    const known = warehouses(store).map((file) => basename(file, '.duckdb'));
    const reason =
      known.length === 0
        ? `${store} holds no warehouse yet: run a pipeline that loads one first`
        : `say which warehouse: ${known.join(', ')}`;
    process.stderr.write(`headrace local sql: ${reason}\n`);
    return 2;
  }
  await sqlShell({ file: files[0]!, input: process.stdin, output: process.stdout });
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
