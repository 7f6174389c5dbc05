// The keys of a bucket in S3's order, read lazily from its folders. In: a folder and where to begin. Out: keys with their
// file paths, ascending by UTF-8 bytes. Always: what other tools put into or took out of a folder is seen, because a
// folder's remembered names are used only while its modification time stands still; links to folders are not followed.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compareBytes } from './byte-order';
import { readName } from './key-path';

/** Where a walk begins: after a key, at it, or past every key that begins with it. */
export interface Bound {
  readonly text: string;
  readonly mode: 'after' | 'from' | 'past';
}

export interface KeyFile {
  readonly key: string;
  readonly file: string;
}

interface Entry {
  /** The decoded path part; a folder's ends with '/', so that it sorts as its keys do. */
  readonly name: string;
  readonly file: string;
  readonly isFolder: boolean;
}

interface Remembered {
  readonly modified: bigint;
  readonly entries: readonly Entry[];
  /** False when the folder changed so shortly before it was read that a change could share its modification time. */
  readonly settled: boolean;
}

const clockGrain = 50_000_000n;
const rememberedNames = 2_000_000;

export class KeyTree {
  private readonly folders = new Map<string, Remembered>();
  private names = 0;

  /** All keys of `folder` from `bound` on that begin with `prefix`. */
  *keys(folder: string, prefix: string, bound: Bound): Generator<KeyFile> {
    const start: Bound = compareBytes(prefix, bound.text) > 0 ? { text: prefix, mode: 'from' } : bound;
    yield* this.walk(folder, '', prefix, start, new Set());
  }

  private *walk(folder: string, above: string, prefix: string, bound: Bound, checked: Set<string>): Generator<KeyFile> {
    const entries = this.read(folder, checked);
    for (let at = firstFrom(entries, above, bound); at < entries.length; at++) {
      const entry = entries[at]!;
      const key = above + entry.name;
      if (!key.startsWith(prefix) && !(entry.isFolder && prefix.startsWith(key))) {
        if (compareBytes(key, prefix) > 0) return;
        continue;
      }
      if (entry.isFolder) yield* this.walk(entry.file, key, prefix, bound, checked);
      else yield { key, file: entry.file };
    }
  }

  private read(folder: string, checked: Set<string>): readonly Entry[] {
    const known = this.folders.get(folder);
    if (known !== undefined && checked.has(folder)) return known.entries;
    checked.add(folder);
    let modified: bigint;
    try {
      modified = fs.statSync(folder, { bigint: true }).mtimeNs;
    } catch {
      this.forget(folder);
      return [];
    }
    if (known?.settled === true && known.modified === modified) return known.entries;
    const now = BigInt(Date.now()) * 1_000_000n;
    const entries = readFolder(folder, '');
    entries.sort((a, b) => compareBytes(a.name, b.name));
    this.forget(folder);
    this.remember(folder, { modified, entries, settled: now - modified > clockGrain });
    return entries;
  }

  private remember(folder: string, what: Remembered): void {
    this.folders.set(folder, what);
    this.names += what.entries.length;
    for (const [oldest] of this.folders) {
      if (this.names <= rememberedNames || oldest === folder) break;
      this.forget(oldest);
    }
  }

  private forget(folder: string): void {
    this.names -= this.folders.get(folder)?.entries.length ?? 0;
    this.folders.delete(folder);
  }
}

function readFolder(folder: string, before: string): Entry[] {
  let found: fs.Dirent[];
  try {
    found = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  const entries: Entry[] = [];
  for (const item of found) {
    const name = readName(item.name, before);
    const file = path.join(folder, item.name);
    if (name === undefined) continue;
    const isFolder = item.isDirectory();
    if (name.kind === 'begin') {
      if (isFolder) entries.push(...readFolder(file, name.text));
    } else if (isFolder) {
      if (name.kind === 'part') entries.push({ name: `${name.text}/`, file, isFolder });
    } else if (item.isFile() || (item.isSymbolicLink() && isFile(file))) {
      entries.push({ name: name.text, file, isFolder: false });
    }
  }
  return entries;
}

function isFile(link: string): boolean {
  return fs.statSync(link, { throwIfNoEntry: false })?.isFile() === true;
}

// The entries are sorted and `isBefore` holds for a beginning of them only, so the first to show is found by halving.
function firstFrom(entries: readonly Entry[], above: string, bound: Bound): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle]!;
    if (isBefore(above + entry.name, entry.isFolder, bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(key: string, isFolder: boolean, { text, mode }: Bound): boolean {
  if (isFolder && text.startsWith(key) && !(mode === 'past' && text === key)) return false;
  const order = compareBytes(key, text);
  if (order < 0) return true;
  if (mode === 'past') return key.startsWith(text);
  return order === 0 && mode === 'after' && !isFolder;
}
