// A DuckDB that has the tables of the Data Catalog a statement names. In: a connection, the catalog, the names in the statement. Out:
// schemas and views. Always: a view reads the files as they are when it is asked; a table whose format the laptop cannot read is an
// error that names it, and only when the statement does.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDbConnection } from '../duckdb';
import type { World } from '../world';
import type { Catalog } from './catalog';
import { type CatalogTable, readCatalogTable } from './catalog-table';
import { identifier, literal, tableQuery } from './catalog-views';

export interface Attachment {
  readonly world: World;
  readonly catalog: Catalog;
  /** Lower case. */
  readonly names: ReadonlySet<string>;
  /** The database of names without one. */
  readonly current: string;
}

/** Returns the tables that were attached. */
export async function attachTables(database: DuckDbConnection, attachment: Attachment): Promise<CatalogTable[]> {
  const { catalog, names, world } = attachment;
  const current = attachment.current.toLowerCase();
  const attached: CatalogTable[] = [];
  for (const { Name } of catalog.databases()) {
    const name = String(Name);
    if (name !== current && !names.has(name)) continue;
    await database.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(name)}`);
    for (const table of catalog.tables(name)) {
      const tableName = String(table['Name']);
      if (!names.has(tableName)) continue;
      const read = readCatalogTable(table, catalog.partitions(name, tableName));
      if (!read)
        throw new Error(
          `table ${name}.${tableName} has a format that the laptop cannot read: expected CSV, JSON or Parquet`,
        );
      attached.push(read);
      const query = tableQuery(read, (uri) => dataFiles(world.s3Path(uri)));
      await database.run(`CREATE VIEW ${identifier(name)}.${identifier(tableName)} AS ${query}`);
    }
  }
  if (catalog.hasDatabase(current)) await database.run(`SET search_path = ${literal(current)}`);
  return attached;
}

/** Files below a folder that hold data, or the file itself. */
export function dataFiles(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return [];
  if (found.isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !/^[._]/.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => dataFiles(join(path, entry.name)));
}
