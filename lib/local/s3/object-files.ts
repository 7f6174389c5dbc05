// Where the file of a key lies in a bucket's folder. In: the folder and a key. Out: the file there is, the file to write, or
// the folders that are no longer needed. Always: nothing outside the folder is read or written, and no link to a folder is
// followed; when `a` is an object and `a/b` comes, the file `a` steps aside to make room for the folder.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathOfKey } from './key-path';
import { type FileState, fileState } from './object-record';
import { S3Error } from './s3-error';

/** A file and its state when it was looked at. */
export interface ObjectFile {
  readonly file: string;
  readonly state: FileState;
}

/** The file of a key, if there is one. */
export function findFile(folder: string, key: string): ObjectFile | undefined {
  const at = pathOfKey(key);
  return (
    safeStat(folder, path.join(folder, at.path), true) ?? safeStat(folder, path.join(folder, at.besideFolder), true)
  );
}

/** The state of a regular file, unless a link leads to it from outside. `checkFolders`: also no folder above is a link. */
export function safeStat(root: string, file: string, checkFolders: boolean): ObjectFile | undefined {
  try {
    let stat = fs.lstatSync(file, { bigint: true });
    if (stat.isSymbolicLink()) {
      const real = fs.realpathSync.native(file);
      if (!real.startsWith(root + path.sep)) return undefined;
      stat = fs.statSync(real, { bigint: true });
    }
    if (!stat.isFile()) return undefined;
    const folder = path.dirname(file);
    if (checkFolders && fs.realpathSync.native(folder) !== folder) return undefined;
    return { file, state: fileState(stat) };
  } catch {
    return undefined;
  }
}

/** Makes the folders of a key and tells the file to write; objects that stand where a folder must be step aside. */
export function makeRoom(root: string, key: string): string {
  const at = pathOfKey(key);
  const target = path.join(root, at.path);
  const folder = path.dirname(target);
  for (let attempt = 0; ; attempt++) {
    try {
      fs.mkdirSync(folder, { recursive: true });
      break;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (attempt > 0 || (code !== 'EEXIST' && code !== 'ENOTDIR')) throw error;
      stepAside(root, key);
    }
  }
  if (fs.realpathSync.native(folder) !== folder) {
    throw new S3Error('AccessDenied', `a folder of the key '${key}' is a link; links to folders are not followed`);
  }
  const stat = fs.lstatSync(target, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return target;
  const beside = path.join(root, at.besideFolder);
  fs.mkdirSync(path.dirname(beside), { recursive: true });
  return beside;
}

function stepAside(root: string, key: string): void {
  const parts = key.split('/');
  for (let length = 1; length < parts.length; length++) {
    const above = pathOfKey(parts.slice(0, length).join('/'));
    const file = path.join(root, above.path);
    if (fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const beside = path.join(root, above.besideFolder);
    fs.mkdirSync(path.dirname(beside), { recursive: true });
    fs.renameSync(file, beside);
    return;
  }
}

/** Removes folders that hold nothing any more, upwards to the bucket's. */
export function pruneEmptyFolders(root: string, folder: string): void {
  for (let at = folder; at.startsWith(root + path.sep); at = path.dirname(at)) {
    try {
      fs.rmdirSync(at);
    } catch {
      return;
    }
  }
}
