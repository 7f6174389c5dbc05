// Writes a body aside, so that nothing half-written is ever visible. In: chunks of bytes. Out: a temporary file with its
// size and digests, to be renamed into place or discarded. Always: the bytes are streamed, at most two batches of about a
// megabyte are in memory, and what a killed process leaves behind is swept when a later one first writes here.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { startChecksum, type ChecksumAlgorithm, type RunningChecksum } from './checksum';
import { fileState, type FileState } from './object-record';
import { fromFileSystem } from './s3-error';

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface StagedFile {
  readonly file: string;
  readonly state: FileState;
  readonly size: number;
  readonly md5: Buffer;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly digest: Buffer };
}

const batchBytes = 1 << 20;
const joinWorkers = 4;
const processMark = `${process.pid}-${randomBytes(4).toString('hex')}`;

export class StagingFolder {
  private swept = false;

  constructor(private readonly folder: string) {}

  /** Takes in a whole body. On any failure the temporary file is gone and the error is the body's or the disk's. */
  async stage(body: Chunks, algorithm?: ChecksumAlgorithm): Promise<StagedFile> {
    if (!this.swept) this.sweep();
    const file = this.newName();
    const handle = await fs.promises.open(file, 'wx').catch((error: unknown) => {
      throw fromFileSystem(error);
    });
    try {
      const md5 = createHash('md5');
      const checksum = algorithm === undefined ? undefined : startChecksum(algorithm);
      const size = await copy(body, handle, [md5, ...(checksum === undefined ? [] : [checksum])]);
      const state = fileState(await handle.stat({ bigint: true }));
      await handle.close();
      const sums = {
        md5: md5.digest(),
        ...(checksum !== undefined && { checksum: { algorithm: algorithm!, digest: checksum.digest() } }),
      };
      return { file, state, size, ...sums };
    } catch (error) {
      await handle.close().catch(() => {});
      this.discard(file);
      throw fromFileSystem(error);
    }
  }

  /** Joins files, in order, into one staged file, without looking at the bytes: its `md5` is empty. */
  async join(files: readonly { readonly file: string; readonly size: number }[]): Promise<StagedFile> {
    if (!this.swept) this.sweep();
    const file = this.newName();
    try {
      const handle = await fs.promises.open(file, 'wx');
      try {
        let end = 0;
        const pieces = files.map((each) => {
          const start = end;
          end += each.size;
          return { ...each, start };
        });
        const next = pieces.values();
        const work = async (): Promise<void> => {
          for (const piece of next) await copyTo(handle, piece);
        };
        await allSettled(Array.from({ length: joinWorkers }, work));
        const state = fileState(await handle.stat({ bigint: true }));
        return { file, state, size: state.size, md5: Buffer.alloc(0) };
      } finally {
        await handle.close();
      }
    } catch (error) {
      this.discard(file);
      throw fromFileSystem(error);
    }
  }

  /** Removes a staged file that will not be used; one that was renamed away is no error. */
  discard(file: string): void {
    fs.rmSync(file, { force: true });
  }

  private newName(): string {
    return path.join(this.folder, `${processMark}-${randomBytes(8).toString('hex')}`);
  }

  private sweep(): void {
    fs.mkdirSync(this.folder, { recursive: true });
    for (const name of fs.readdirSync(this.folder)) {
      if (!name.startsWith(`${processMark}-`) && !isAlive(Number.parseInt(name, 10)))
        this.discard(path.join(this.folder, name));
    }
    this.swept = true;
  }
}

function isAlive(pid: number): boolean {
  // A file of our own process id that lacks our mark is from an earlier process of that id (a restarted container).
  if (!Number.isInteger(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function copy(body: Chunks, handle: fs.promises.FileHandle, sums: RunningChecksum[]): Promise<number> {
  let size = 0;
  let batch: Uint8Array[] = [];
  let pending = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = [];
    pending = 0;
    await writing;
    writing = writeAll(handle, full);
    // A failure is met by the next await; until then it must not count as unhandled.
    writing.catch(() => {});
  };
  try {
    for await (const chunk of body) {
      for (const sum of sums) sum.update(chunk);
      size += chunk.length;
      pending += chunk.length;
      batch.push(chunk);
      if (pending >= batchBytes) await flush();
    }
    if (pending > 0) await flush();
  } finally {
    await writing;
  }
  return size;
}

async function copyTo(
  target: fs.promises.FileHandle,
  { file, size, start }: { file: string; size: number; start: number },
): Promise<void> {
  const source = await fs.promises.open(file);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(batchBytes, size));
    for (let at = 0; at < size; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - at), at);
      if (bytesRead === 0) throw new Error(`the uploaded part ${file} is shorter than it was`);
      for (let done = 0; done < bytesRead; ) {
        done += (await target.write(buffer, done, bytesRead - done, start + at + done)).bytesWritten;
      }
      at += bytesRead;
    }
  } finally {
    await source.close();
  }
}

// Waits for all before it fails, so that nobody still writes to a file that is then closed.
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function writeAll(handle: fs.promises.FileHandle, buffers: Uint8Array[]): Promise<void> {
  const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const { bytesWritten } = await handle.writev(buffers);
  if (bytesWritten === total) return;
  // A short write (a disk about to be full): the rest once more, which then fails with the disk's own error.
  const rest = Buffer.concat(buffers).subarray(bytesWritten);
  for (let at = 0; at < rest.length; ) at += (await handle.write(rest, at)).bytesWritten;
}
