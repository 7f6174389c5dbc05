// The two clocks. wallClock sleeps for real. VirtualClock is a discrete-event clock: sleepers queue up by due time, and
// when nothing else can run (no microtask left, nothing held) it jumps to the next due time and wakes everyone due then.

import type { Clock } from '../engine';

/** setTimeout takes a signed 32-bit number of milliseconds; longer sleeps are cut into pieces. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const due = Date.now() + milliseconds;
      let timer: NodeJS.Timeout;
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const arm = () => {
        const left = due - Date.now();
        if (left <= 0) {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        } else {
          timer = setTimeout(arm, Math.min(left, LONGEST_TIMER));
        }
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(arm, Math.min(Math.max(0, milliseconds), LONGEST_TIMER));
    });
  },
};

interface Sleeper {
  readonly due: number;
  readonly order: number;
  wake: (() => void) | undefined;
}

export class VirtualClock implements Clock {
  private time: number;
  private readonly heap: Sleeper[] = [];
  private order = 0;
  private held = 0;
  private armed = false;

  /** @param start milliseconds since the epoch; @default 2020-01-01T00:00:00Z, so that runs repeat exactly */
  constructor(start = Date.UTC(2020, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const sleeper: Sleeper = { due: this.time + Math.max(0, milliseconds), order: this.order++, wake: undefined };
      const onAbort = () => {
        sleeper.wake = undefined;
        reject(signal?.reason as Error);
      };
      sleeper.wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.push(sleeper);
      this.arm();
    });
  }

  /** Real work (a file, a process) under way: time stands still until it is done. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.held += 1;
    try {
      return await work;
    } finally {
      this.held -= 1;
      this.arm();
    }
  }

  private arm(): void {
    if (!this.armed) {
      this.armed = true;
      setImmediate(() => this.advance());
    }
  }

  private advance(): void {
    this.armed = false;
    if (this.held > 0) {
      return;
    }
    let woken = false;
    for (let next = this.heap[0]; next && (!woken || next.due <= this.time); next = this.heap[0]) {
      this.pop();
      if (next.wake) {
        this.time = Math.max(this.time, next.due);
        woken = true;
        next.wake();
      }
    }
    if (this.heap.length > 0) {
      this.arm();
    }
  }

  private push(sleeper: Sleeper): void {
    const heap = this.heap;
    let index = heap.length;
    heap.push(sleeper);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(sleeper, heap[parent]!)) {
        break;
      }
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = sleeper;
  }

  private pop(): void {
    const heap = this.heap;
    const last = heap.pop()!;
    if (heap.length === 0) {
      return;
    }
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) {
        child += 1;
      }
      if (!before(heap[child]!, last)) {
        break;
      }
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
