// What S3 knows of an object beyond its bytes, kept as one small JSON file beside the data. A record belongs to one state
// of the data file, told by size and modification time: when another tool writes the file, the record no longer fits and
// the object answers with what can be told from the file alone. Always: a new record is written *before* its data is
// renamed into place and keeps the old one, so at every instant, also after a crash, the file on disk finds its own.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Checksum } from './checksum';

export interface PartRecord {
  readonly number: number;
  readonly size: number;
  /** Base64; present when the upload had a checksum algorithm. */
  readonly checksum?: string;
}

/** Facts that travel with an object. Header names are lower case, header values the client's bytes as Latin-1 text. */
export interface ObjectFacts {
  /** content-type, cache-control, content-disposition, content-encoding, content-language, expires and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata without its x-amz-meta- prefix. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly acl?: string;
  readonly storageClass?: string;
}

export interface ObjectRecord extends ObjectFacts {
  /** Without quotes. */
  readonly etag: string;
  readonly checksum?: Checksum;
  readonly parts?: readonly PartRecord[];
}

/** One state of a data file. */
export interface FileState {
  readonly size: number;
  readonly modified: string;
  readonly inode: string;
}

interface StoredRecord {
  readonly state: FileState;
  readonly record: ObjectRecord;
}

interface Sidecar {
  readonly key: string;
  readonly records: readonly StoredRecord[];
}

export function fileState(stat: fs.BigIntStats): FileState {
  return { size: Number(stat.size), modified: String(stat.mtimeNs), inode: String(stat.ino) };
}

/** The records of one bucket. */
export class ObjectRecords {
  private readonly recent = new Map<string, StoredRecord>();

  constructor(private readonly folder: string) {}

  /** The record that fits this state of the key's data file. */
  read(key: string, state: FileState): ObjectRecord | undefined {
    const known = this.recent.get(key);
    if (known !== undefined && isSame(known.state, state)) return known.record;
    const records = this.load(key);
    const found =
      records.find((each) => isSame(each.state, state)) ?? records.find((each) => isCopy(each.state, state));
    if (found !== undefined) this.remember(key, { state, record: found.record });
    return found?.record;
  }

  /** Writes the record of a data file that is about to appear in the place of `previous` (or of nothing). */
  write(key: string, state: FileState, record: ObjectRecord, previous: FileState | undefined): void {
    const old = previous === undefined ? undefined : this.load(key).find((each) => isSame(each.state, previous));
    const records = old === undefined || isSame(old.state, state) ? [{ state, record }] : [{ state, record }, old];
    const file = this.fileOf(key);
    const aside = `${file}.${randomBytes(6).toString('hex')}`;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    try {
      fs.writeFileSync(aside, JSON.stringify({ key, records } satisfies Sidecar));
      fs.renameSync(aside, file);
    } catch (error) {
      fs.rmSync(aside, { force: true });
      throw error;
    }
    this.recent.delete(key);
  }

  /** Remembers, in memory only, what was computed for a file that has no record. */
  remember(key: string, what: StoredRecord): void {
    this.recent.delete(key);
    this.recent.set(key, what);
    if (this.recent.size > 200_000) this.recent.delete(this.recent.keys().next().value!);
  }

  remove(key: string): void {
    this.recent.delete(key);
    fs.rmSync(this.fileOf(key), { force: true });
  }

  removeAll(): void {
    this.recent.clear();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private load(key: string): readonly StoredRecord[] {
    let text: string;
    try {
      text = fs.readFileSync(this.fileOf(key), 'utf8');
    } catch {
      return [];
    }
    try {
      const sidecar = JSON.parse(text) as Partial<Sidecar>;
      return sidecar.key === key && Array.isArray(sidecar.records) ? sidecar.records : [];
    } catch {
      // A damaged record says nothing; the object itself is whole and stays readable.
      return [];
    }
  }

  private fileOf(key: string): string {
    const hash = createHash('sha1').update(key).digest('hex');
    return path.join(this.folder, hash.slice(0, 2), `${hash.slice(2)}.json`);
  }
}

const isCopy = (a: FileState, b: FileState): boolean => a.size === b.size && a.modified === b.modified;
const isSame = (a: FileState, b: FileState): boolean => isCopy(a, b) && a.inode === b.inode;
