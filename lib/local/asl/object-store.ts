// The object store that item readers and result writers use. Whoever starts the interpreter lends one; without it a state
// that needs it fails and says so.

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  /** In double quotes, as S3 answers it. */
  readonly etag: string;
  /** Seconds since the epoch. */
  readonly lastModified: number;
  readonly storageClass?: string;
}

export interface ObjectStore {
  read?(bucket: string, key: string): Promise<Uint8Array>;
  write?(bucket: string, key: string, body: string): Promise<void>;
  /** All objects whose key starts with the prefix, in key order. */
  list?(bucket: string, prefix: string): Promise<readonly StoredObject[]>;
}
