// Where everything of a local run lies: one folder, `.headrace` unless told otherwise. In: a folder. Out: paths by
// meaning. Always: a name that comes from outside becomes one safe path part, so nothing leaves the folder; JSON files
// are written aside and renamed, so a reader never sees half of one.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Json } from './engine';

export class Store {
  readonly folder: string;

  constructor(folder = '.headrace') {
    this.folder = resolve(folder);
  }

  /** Folder of a region's buckets: `<store>/<region>/s3`. */
  buckets(region: string): string {
    return join(this.folder, pathPart(region), 's3');
  }

  /** A region's Data Catalog. */
  catalog(region: string): string {
    return join(this.folder, pathPart(region), 'glue', 'catalog.json');
  }

  /** A region's file for one service, such as the messages of a topic. */
  serviceFile(region: string, service: string, name: string): string {
    return join(this.folder, pathPart(region), service, pathPart(name));
  }

  warehouse(region: string, name: string): string {
    return join(this.folder, pathPart(region), 'redshift', `${pathPart(name)}.duckdb`);
  }

  runs(pipeline?: string): string {
    return pipeline === undefined ? join(this.folder, 'runs') : join(this.folder, 'runs', pathPart(pipeline));
  }

  /** What can be thrown away at any time: laid-out containers, shims. */
  cache(name: string): string {
    return join(this.folder, 'cache', pathPart(name));
  }
}

/** A name as one part of a path: anything that could leave the folder or confuse a file system is percent-encoded. */
export function pathPart(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._ =@+-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  return /^\.*$/.test(safe) ? `%${safe || '00'}` : safe;
}

/** Writes a whole file or nothing. @throws StoreError where the disk or the folder refuses */
export function writeAside(file: string, content: string | Uint8Array): void {
  const aside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, content);
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw storeProblem(error, dirname(file));
  }
}

/** The store cannot take what should be written; the message says what to do. */
export class StoreError extends Error {
  /** Of the command: a run that has no room fails; a folder that nobody may write to is not reached. */
  readonly exitCode: number;

  constructor(
    message: string,
    /** Nothing is wrong with the folder: there is no room. */
    readonly full: boolean,
  ) {
    super(message);
    this.exitCode = full ? 1 : 3;
  }
}

/** A refusal of the file system in the user's words; anything else stays what it was. */
export function storeProblem(error: unknown, folder: string): unknown {
  const { code = '', syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (isFull(error)) return new StoreError(`the disk of ${folder} is full: make room, then run again`, true);
  // Node says ENOENT where a folder cannot be made on a disk that is read only.
  const unmade = code === 'ENOENT' && syscall === 'mkdir';
  if (!unmade && !/^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|ELOOP)$/.test(code)) return error;
  const isFile = code === 'ENOTDIR' || code === 'EEXIST';
  const why = unmade ? 'folders cannot be made there' : isFile ? 'there is a file of that name' : code;
  return new StoreError(`nothing can be written to ${folder} (${why}): choose another folder with --store`, false);
}

export function isFull(error: unknown): boolean {
  return /^(ENOSPC|EDQUOT)$/.test((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** The JSON of a file; undefined if there is none. */
export function readJsonFile<T = Json>(file: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Error(`${file} is not JSON: it was damaged from outside; delete it and run again`);
  }
}
