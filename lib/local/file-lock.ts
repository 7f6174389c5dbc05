// One holder at a time for a thing on disk (a warehouse, a catalog), over processes. In: the lock file and who asks. Out: a
// release function. Always: a lock whose holder died is taken over; waiting is bounded; the error says who holds it.

import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity';

interface Holder extends ProcessIdentity {
  readonly what: string;
}

export interface LockRequest {
  /** Lock file. */
  readonly file: string;
  /** What is locked, in the user's words: `warehouse sales`. */
  readonly subject: string;
  /** Who asks: `run 2024-01-01 of Sales`. */
  readonly holder: string;
  /** @default 0 */
  readonly waitMilliseconds?: number;
}

/** @throws Error naming the holder if the lock stays taken */
export async function acquireLock(request: LockRequest): Promise<() => void> {
  const until = Date.now() + (request.waitMilliseconds ?? 0);
  for (;;) {
    const holder = tryLock(request);
    if (holder === undefined) return () => rmSync(request.file, { force: true });
    if (Date.now() >= until) {
      throw new Error(
        `${request.subject} is in use by ${holder.what} (process ${holder.pid}): wait until it ends, or run with another --store`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Takes the lock, or tells who has it. */
function tryLock(request: LockRequest): Holder | undefined {
  mkdirSync(dirname(request.file), { recursive: true });
  for (;;) {
    try {
      const descriptor = openSync(request.file, 'wx');
      writeSync(descriptor, JSON.stringify({ ...thisProcess(), what: request.holder }));
      closeSync(descriptor);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(request.file);
    if (holder && isAlive(holder)) return holder;
    rmSync(request.file, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
