// How a crawler divides a folder into tables: files with like schemas under one folder are one table, the folders between are
// its partitions; unlike ones are tables of their own. In: a tree of classified files. Out: tables with their partitions.
// Always: the same files give the same tables, whatever the order of listing.
// https://docs.aws.amazon.com/glue/latest/dg/crawler-running.html

import type { CatalogColumn } from './catalog';
import type { Classified } from './classifier';

export interface CrawledFile {
  /** Path below the crawled folder, in parts; the last one is the file's name. */
  readonly parts: readonly string[];
  readonly bytes: number;
  readonly classified: Classified;
}

export interface CrawledTable {
  /** Folder (or file) below the crawled one that the table is; empty for the crawled folder itself. */
  readonly parts: readonly string[];
  readonly isFile: boolean;
  readonly classified: Classified;
  readonly files: readonly CrawledFile[];
  /** Names of the partition keys, in order. */
  readonly partitionKeys: readonly string[];
  /** Folder parts below the table, one entry a partition. */
  readonly partitions: readonly (readonly string[])[];
}

interface Folder {
  readonly files: CrawledFile[];
  readonly folders: Map<string, Folder>;
}

/** Glue's measure: schemas that share this part of their columns are alike. */
const ALIKE = 0.7;

export function groupFiles(files: readonly CrawledFile[]): CrawledTable[] {
  const root: Folder = { files: [], folders: new Map() };
  for (const file of files) {
    let folder = root;
    for (const part of file.parts.slice(0, -1)) {
      if (!folder.folders.has(part)) folder.folders.set(part, { files: [], folders: new Map() });
      folder = folder.folders.get(part)!;
    }
    folder.files.push(file);
  }
  return tablesOf(root, []).sort((a, b) => (a.parts.join('/') < b.parts.join('/') ? -1 : 1));
}

function tablesOf(folder: Folder, parts: readonly string[]): CrawledTable[] {
  const all = below(folder);
  if (all.length === 0) return [];
  if (areAlike(all) && sameDepth(all)) return [tableOf(parts, all)];
  const inner = [...folder.folders].flatMap(([name, each]) => tablesOf(each, [...parts, name]));
  // Files of one folder that are not alike become a table each.
  const own = areAlike(folder.files)
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

function areAlike(files: readonly CrawledFile[]): boolean {
  const first = files[0]?.classified;
  return first !== undefined && files.every(({ classified }) => alike(first, classified));
}

function alike(a: Classified, b: Classified): boolean {
  if (a.classification !== b.classification || a.delimiter !== b.delimiter) return false;
  const names = new Set(a.columns.map((column) => column.name));
  const shared = b.columns.filter((column) => names.has(column.name)).length;
  return shared >= ALIKE * Math.max(a.columns.length, b.columns.length);
}

function tableOf(parts: readonly string[], files: readonly CrawledFile[]): CrawledTable {
  const folders = new Map(
    files.map((file) => [file.parts.slice(parts.length, -1).join('/'), file.parts.slice(parts.length, -1)]),
  );
  const partitions = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  const depth = partitions[0]?.length ?? 0;
  const partitionKeys = Array.from({ length: depth }, (_, i) =>
    keyName(
      partitions.map((each) => each[i]!),
      i,
    ),
  );
  const first = files[0]!.classified;
  return {
    parts,
    isFile: false,
    classified: { ...first, columns: mergeColumns(files.map((file) => file.classified.columns)) },
    files,
    partitionKeys,
    partitions: depth === 0 ? [] : partitions,
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
