// What a crawl does to the catalog. In: the tables that were found, the crawler's policies, the tables of before. Out: how many
// were added, updated and deleted. Always: one change under the catalog's lock; tables that other crawlers or people made are
// never deleted; a name that is taken gets a suffix made of the place.
// https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html

import { createHash } from 'node:crypto';
import type { Catalog, StoredTable } from './catalog';
import { type Fields, fieldsOf, listOf } from './service';

export interface FoundTable {
  /** TableInput. */
  readonly input: Fields;
  readonly partitions: readonly Fields[];
}

export interface CrawlPolicies {
  readonly crawler: string;
  readonly update: 'UPDATE_IN_DATABASE' | 'LOG';
  readonly delete: 'DELETE_FROM_DATABASE' | 'DEPRECATE_IN_DATABASE' | 'LOG';
  /** Only folders that are new were looked at: what was not seen is no sign that it is gone. */
  readonly newFoldersOnly: boolean;
  /** Configuration CrawlerOutput.Tables.AddOrUpdateBehavior MergeNewColumns. */
  readonly mergeColumns: boolean;
  /** Configuration CrawlerOutput.Partitions.AddOrUpdateBehavior InheritFromTable. */
  readonly inheritPartitions: boolean;
  /** Places of the targets. */
  readonly locations: readonly string[];
}

export interface CrawlChanges {
  readonly tables: { added: number; updated: number; deleted: number };
  readonly partitions: { added: number; updated: number; deleted: number };
}

export function updateCatalog(
  catalog: Catalog,
  database: string,
  found: readonly FoundTable[],
  policies: CrawlPolicies,
): Promise<CrawlChanges> {
  return catalog.changeTables(database, (tables) => {
    const changes: CrawlChanges = {
      tables: { added: 0, updated: 0, deleted: 0 },
      partitions: { added: 0, updated: 0, deleted: 0 },
    };
    const seen = new Set<string>();
    for (const table of found) {
      const name = nameIn(tables, table.input);
      seen.add(name);
      const earlier = Object.hasOwn(tables, name) ? tables[name] : undefined;
      const made = catalog.tableOf(database, { ...table.input, Name: name });
      tables[name] =
        earlier === undefined
          ? { table: made, partitions: [] }
          : { table: updated(earlier, made, policies, changes), partitions: earlier.partitions };
      if (earlier === undefined) changes.tables.added += 1;
      takePartitions({ catalog, database, name, stored: tables[name], found: table, policies, changes });
    }
    if (!policies.newFoldersOnly) removeGone(tables, seen, policies, changes);
    return changes;
  });
}

/** The name, or with a suffix if a table of another place has it. */
function nameIn(tables: { readonly [name: string]: StoredTable }, input: Fields): string {
  const name = String(input['Name']);
  const place = placeOf(input);
  const known = Object.hasOwn(tables, name) ? tables[name] : undefined;
  if (known === undefined || samePlace(placeOf(known.table), place)) return name;
  return `${name}_${createHash('md5').update(place).digest('hex')}`;
}

function updated(earlier: StoredTable, made: Fields, policies: CrawlPolicies, changes: CrawlChanges): Fields {
  if (policies.update === 'LOG') return earlier.table;
  const storage = fieldsOf(made['StorageDescriptor']);
  const before = listOf(fieldsOf(earlier.table['StorageDescriptor'])['Columns']).map(fieldsOf);
  const now = listOf(storage['Columns']).map(fieldsOf);
  const known = new Set(before.map((column) => String(column['Name'])));
  const columns = policies.mergeColumns
    ? [...before, ...now.filter((column) => !known.has(String(column['Name'])))]
    : now;
  const table = {
    ...made,
    CreateTime: earlier.table['CreateTime'] ?? null,
    // What a person added stays; a table that came back is deprecated no more.
    Parameters: { ...withoutDeprecation(earlier.table), ...fieldsOf(made['Parameters']) },
    StorageDescriptor: { ...storage, Columns: columns },
  };
  if (JSON.stringify(columns) !== JSON.stringify(before) || table.Parameters !== earlier.table['Parameters'])
    changes.tables.updated += 1;
  return { ...table, VersionId: String(Number(earlier.table['VersionId'] ?? 0) + 1) };
}

function withoutDeprecation(table: Fields): Fields {
  const { DEPRECATED_BY_CRAWLER: _, ...rest } = fieldsOf(table['Parameters']);
  return rest;
}

function takePartitions(work: {
  catalog: Catalog;
  database: string;
  name: string;
  stored: StoredTable;
  found: FoundTable;
  policies: CrawlPolicies;
  changes: CrawlChanges;
}): void {
  const { stored, policies, changes } = work;
  const columns = fieldsOf(stored.table['StorageDescriptor'])['Columns'] ?? [];
  const keyOf = (partition: Fields) => JSON.stringify(listOf(partition['Values']).map(String));
  const known = new Map(stored.partitions.map((partition, index) => [keyOf(partition), index]));
  const seen = new Set<string>();
  for (const each of work.found.partitions) {
    const storage = fieldsOf(each['StorageDescriptor']);
    const input = policies.inheritPartitions ? { ...each, StorageDescriptor: { ...storage, Columns: columns } } : each;
    const partition = work.catalog.partitionOf(work.database, work.name, input);
    const index = known.get(keyOf(each));
    seen.add(keyOf(each));
    if (index === undefined) {
      stored.partitions.push(partition);
      changes.partitions.added += 1;
    } else if (policies.update !== 'LOG') {
      const { CreationTime } = stored.partitions[index]!;
      stored.partitions[index] = { ...partition, CreationTime: CreationTime ?? null };
      changes.partitions.updated += 1;
    }
  }
  if (policies.newFoldersOnly || policies.delete !== 'DELETE_FROM_DATABASE') return;
  const kept = stored.partitions.filter((partition) => seen.has(keyOf(partition)));
  changes.partitions.deleted += stored.partitions.length - kept.length;
  stored.partitions.splice(0, stored.partitions.length, ...kept);
}

/** Tables of this crawler whose files are gone. */
function removeGone(
  tables: { [name: string]: StoredTable },
  seen: ReadonlySet<string>,
  policies: CrawlPolicies,
  changes: CrawlChanges,
): void {
  if (policies.delete === 'LOG') return;
  for (const [name, { table, partitions }] of Object.entries(tables)) {
    const parameters = fieldsOf(table['Parameters']);
    const mine = parameters['UPDATED_BY_CRAWLER'] === policies.crawler;
    const inTargets = policies.locations.some((location) => `${placeOf(table)}/`.startsWith(location));
    if (seen.has(name) || !mine || !inTargets) continue;
    if (policies.delete === 'DELETE_FROM_DATABASE') {
      delete tables[name];
      changes.tables.deleted += 1;
    } else if (parameters['DEPRECATED_BY_CRAWLER'] === undefined) {
      const marked = { ...parameters, DEPRECATED_BY_CRAWLER: String(Date.now()) };
      tables[name] = { table: { ...table, Parameters: marked }, partitions };
      changes.tables.updated += 1;
    }
  }
}

function placeOf(table: Fields): string {
  return String(fieldsOf(table['StorageDescriptor'])['Location'] ?? '');
}

function samePlace(a: string, b: string): boolean {
  return a.replace(/\/$/, '') === b.replace(/\/$/, '');
}
