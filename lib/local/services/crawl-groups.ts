// How a crawler divides a folder into tables: files with like schemas under one folder are one table, the folders between are
// its partitions; unlike ones are tables of their own. In: a tree of classified files. Out: tables with their partitions.
// Always: the same files give the same tables, whatever the order of listing.
// https://docs.aws.amazon.com/glue/latest/dg/crawler-running.html

import type { CatalogColumn } from './catalog-table';
import type { Classified } from './classifier';

export interface CrawledFile {
  /** Path below the crawled folder, in parts; the last one is the file's name. */
  readonly parts: readonly string[];
  readonly bytes: number;
  readonly classified: Classified;
}

export interface CrawledPartition {
  /** Folder parts below the table. */
  readonly folders: readonly string[];
  readonly classified: Classified;
  readonly files: readonly CrawledFile[];
}

export interface CrawledTable {
  /** Folder (or file) below the crawled one that the table is; empty for the crawled folder itself. */
  readonly parts: readonly string[];
  readonly isFile: boolean;
  readonly classified: Classified;
  readonly files: readonly CrawledFile[];
  /** Names of the partition keys, in order. */
  readonly partitionKeys: readonly string[];
  readonly partitions: readonly CrawledPartition[];
}

interface Folder {
  readonly files: CrawledFile[];
  readonly folders: Map<string, Folder>;
}

/** What a crawler's Configuration says of how files become tables. */
export interface Grouping {
  /** Like schemas need not be alike: files of one format are one table. */
  readonly combine?: boolean;
  /** Folders above this one, counted from the crawled folder, are no tables. */
  readonly level?: number;
}

/** Glue's measure: schemas that share this part of their columns are alike. */
const ALIKE = 0.7;

export function groupFiles(files: readonly CrawledFile[], grouping: Grouping = {}): CrawledTable[] {
  const { level } = grouping;
  if (level !== undefined && level > 0) {
    const parts = new Map<string, CrawledFile[]>();
    for (const file of files) {
      if (file.parts.length <= level)
        throw new Error(`${file.parts.join('/')} lies above the table level that the crawler's Configuration sets`);
      const above = file.parts.slice(0, level).join('/');
      parts.set(above, [...(parts.get(above) ?? []), file]);
    }
    return [...parts].flatMap(([above, own]) =>
      groupFiles(
        own.map((file) => ({ ...file, parts: file.parts.slice(level) })),
        { ...grouping, level: 0 },
      ).map((table) => ({ ...table, parts: [...above.split('/'), ...table.parts] })),
    );
  }
  const combine = grouping.combine === true;
  const root: Folder = { files: [], folders: new Map() };
  for (const file of files) {
    let folder = root;
    for (const part of file.parts.slice(0, -1)) {
      if (!folder.folders.has(part)) folder.folders.set(part, { files: [], folders: new Map() });
      folder = folder.folders.get(part)!;
    }
    folder.files.push(file);
  }
  return tablesOf(root, [], combine).sort((a, b) => (a.parts.join('/') < b.parts.join('/') ? -1 : 1));
}

function tablesOf(folder: Folder, parts: readonly string[], combine: boolean): CrawledTable[] {
  const all = below(folder);
  if (all.length === 0) return [];
  if (areAlike(all, combine) && sameDepth(all)) return [tableOf(parts, all)];
  const inner = [...folder.folders].flatMap(([name, each]) => tablesOf(each, [...parts, name], combine));
  // Files of one folder that are not alike become a table each.
  const own = areAlike(folder.files, combine)
    ? folder.files.length > 0
      ? [tableOf(parts, folder.files)]
      : []
    : folder.files.map((file) => ({ ...tableOf(file.parts, [file]), isFile: true, partitionKeys: [], partitions: [] }));
  return [...own, ...inner];
}

function below(folder: Folder): CrawledFile[] {
  return [...folder.files, ...[...folder.folders.values()].flatMap(below)];
}

function sameDepth(files: readonly CrawledFile[]): boolean {
  return files.every((file) => file.parts.length === files[0]!.parts.length);
}

function areAlike(files: readonly CrawledFile[], combine: boolean): boolean {
  const first = files[0]?.classified;
  return first !== undefined && files.every(({ classified }) => alike(first, classified, combine));
}

function alike(a: Classified, b: Classified, combine: boolean): boolean {
  if (a.classification !== b.classification || a.delimiter !== b.delimiter) return false;
  if (combine) return true;
  const names = new Set(a.columns.map((column) => column.name));
  const shared = b.columns.filter((column) => names.has(column.name)).length;
  return shared >= ALIKE * Math.max(a.columns.length, b.columns.length);
}

function tableOf(parts: readonly string[], files: readonly CrawledFile[]): CrawledTable {
  const byFolder = new Map<string, CrawledFile[]>();
  for (const file of files) {
    const folder = file.parts.slice(parts.length, -1).join('/');
    const known = byFolder.get(folder);
    if (known) known.push(file);
    else byFolder.set(folder, [file]);
  }
  const partitions = [...byFolder]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, own]) => ({ folders: own[0]!.parts.slice(parts.length, -1), files: own, classified: merged(own) }));
  const depth = partitions[0]?.folders.length ?? 0;
  const partitionKeys = Array.from({ length: depth }, (_, i) =>
    keyName(
      partitions.map((each) => each.folders[i]!),
      i,
    ),
  );
  return {
    parts,
    isFile: false,
    classified: merged(files),
    files,
    partitionKeys,
    partitions: depth === 0 ? [] : partitions,
  };
}

function merged(files: readonly CrawledFile[]): Classified {
  const first = files[0]!.classified;
  return {
    ...first,
    quoted: files.some((file) => file.classified.quoted === true),
    columns: mergeColumns(files.map((file) => file.classified.columns)),
  };
}

/** `day` where every folder is `day=…`, else Glue's `partition_0`. */
function keyName(names: readonly string[], index: number): string {
  const keys = new Set(names.map((name) => /^([^=]+)=/.exec(name)?.[1]));
  const [only] = keys;
  return keys.size === 1 && only !== undefined ? only.toLowerCase() : `partition_${index}`;
}

/** The value of a partition folder. */
export function partitionValue(folder: string): string {
  return folder.includes('=') ? folder.slice(folder.indexOf('=') + 1) : folder;
}

const WIDER: { readonly [pair: string]: string } = {
  'bigint double': 'double',
  'bigint int': 'bigint',
  'double int': 'double',
  'double float': 'double',
  'float int': 'double',
};

function mergeColumns(lists: readonly (readonly CatalogColumn[])[]): CatalogColumn[] {
  const merged = new Map<string, string>();
  for (const columns of lists) {
    for (const { name, type } of columns) {
      const known = merged.get(name);
      merged.set(
        name,
        known === undefined || known === type ? type : (WIDER[[known, type].sort().join(' ')] ?? 'string'),
      );
    }
  }
  return [...merged].map(([name, type]) => ({ name, type }));
}
