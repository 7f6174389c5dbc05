// Where buckets live. In: a root folder, and optionally a function that places buckets elsewhere (several regions). Out: for
// each bucket its data folder, its records and its settings. A bucket is a folder of plain files; what S3 knows beyond
// them lies in `.headrace-s3` beside it, on the same disk so that a rename suffices. Always: a folder that is a link
// leading out of the root is no bucket.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkBucketName } from './bucket-name';
import { ObjectRecords } from './object-record';
import { fromFileSystem, S3Error } from './s3-error';
import { StagingFolder } from './staging';

export interface CorsRule {
  readonly id?: string;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly maxAge?: number;
}

/** What a bucket is told beyond its objects. */
export interface BucketSettings {
  readonly created?: number;
  /** Undefined: the endpoint's own region. */
  readonly region?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly acl?: string;
  /** The access key that made it, where keys are accounts. */
  readonly account?: string;
  readonly cors?: readonly CorsRule[];
}

export interface Bucket {
  readonly name: string;
  /** Absolute, free of links. */
  readonly folder: string;
  readonly created: Date;
  readonly settings: BucketSettings;
  readonly records: ObjectRecords;
  readonly staging: StagingFolder;
  /** For multipart uploads. */
  readonly uploads: string;
}

export interface BucketFoldersOptions {
  readonly root: string;
  /** The folder of a bucket that does not live in the root. */
  readonly locate?: (bucket: string) => string | undefined;
}

const besideName = '.headrace-s3';

export class BucketFolders {
  readonly root: string;
  private readonly locate: (bucket: string) => string | undefined;
  private readonly records = new Map<string, ObjectRecords>();
  private readonly stagings = new Map<string, StagingFolder>();

  constructor(options: BucketFoldersOptions) {
    fs.mkdirSync(options.root, { recursive: true });
    this.root = fs.realpathSync.native(options.root);
    this.locate = options.locate ?? (() => undefined);
  }

  /** The bucket of that name; fails with NoSuchBucket. */
  get(name: string): Bucket {
    const bucket = this.find(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket', undefined, { BucketName: name });
    return bucket;
  }

  find(name: string): Bucket | undefined {
    // Folders that are no valid bucket names can be served too, but never a dotted one or one outside.
    if (!/^[\w][\w.-]{0,254}$/.test(name)) return undefined;
    const located = this.locate(name);
    const wanted = located === undefined ? path.join(this.root, name) : path.resolve(located);
    let folder: string;
    let stat: fs.Stats;
    try {
      folder = fs.realpathSync.native(wanted);
      stat = fs.statSync(folder);
    } catch {
      return undefined;
    }
    if (!stat.isDirectory() || (located === undefined && path.relative(this.root, folder) !== name)) return undefined;
    const beside = path.join(path.dirname(folder), besideName);
    const settings = this.readSettings(path.join(beside, 'buckets', `${name}.json`));
    const created = new Date(Math.floor((settings.created ?? (stat.birthtimeMs || stat.mtimeMs)) / 1000) * 1000);
    return {
      name,
      folder,
      created,
      settings,
      records: remembered(this.records, path.join(beside, 'records', name), (at) => new ObjectRecords(at)),
      staging: remembered(this.stagings, path.join(beside, 'tmp'), (at) => new StagingFolder(at)),
      uploads: path.join(beside, 'uploads', name),
    };
  }

  /** Buckets of the root folder, by name. Those that `locate` places elsewhere are not known until asked for. */
  list(): Bucket[] {
    return fs
      .readdirSync(this.root)
      .sort()
      .flatMap((name) => this.find(name) ?? []);
  }

  create(name: string, settings: BucketSettings): void {
    checkBucketName(name);
    const folder = this.locate(name) ?? path.join(this.root, name);
    try {
      fs.mkdirSync(folder, { recursive: true });
      this.writeSettings(folder, name, settings);
    } catch (error) {
      throw fromFileSystem(error);
    }
  }

  change(bucket: Bucket, settings: Partial<BucketSettings>): void {
    this.writeSettings(bucket.folder, bucket.name, {
      created: bucket.created.getTime(),
      ...bucket.settings,
      ...settings,
    });
  }

  /** Removes a bucket without objects; empty folders in it go with it. */
  remove(bucket: Bucket): void {
    removeEmptyFolders(bucket.folder);
    bucket.records.removeAll();
    fs.rmSync(bucket.uploads, { recursive: true, force: true });
    fs.rmSync(path.join(path.dirname(bucket.folder), besideName, 'buckets', `${bucket.name}.json`), { force: true });
  }

  private readSettings(file: string): BucketSettings {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')) as BucketSettings;
    } catch {
      return {};
    }
  }

  private writeSettings(folder: string, name: string, settings: BucketSettings): void {
    const home = path.join(path.dirname(path.resolve(folder)), besideName, 'buckets');
    fs.mkdirSync(home, { recursive: true });
    const aside = path.join(home, `.${name}.${process.pid}`);
    fs.writeFileSync(aside, JSON.stringify(settings));
    fs.renameSync(aside, path.join(home, `${name}.json`));
  }
}

function remembered<T>(known: Map<string, T>, at: string, make: (at: string) => T): T {
  const value = known.get(at) ?? make(at);
  known.set(at, value);
  return value;
}

// Never a recursive delete: a file that appeared after the check for objects makes this fail, and stays.
function removeEmptyFolders(folder: string): void {
  for (const item of fs.readdirSync(folder, { withFileTypes: true })) {
    if (!item.isDirectory()) throw new S3Error('BucketNotEmpty');
    removeEmptyFolders(path.join(folder, item.name));
  }
  fs.rmdirSync(folder);
}
