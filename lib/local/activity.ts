// What stand-ins are busy with by themselves: crawls, statements, job runs that go on after their start was answered. In: their
// promises. Out: a clock whose polling waits end when such work ends. Always: only the Wait states inside a task (its polling
// loop) are cut short; an author's own waits, retries and time limits keep their real length.

import type { Clock } from './engine';

/** A poll that finds nothing to wait for goes on at once, but not for ever. */
const QUICK_POLLS = 3;
const QUICK_MILLISECONDS = 10;

export class Activity {
  private readonly working = new Set<Promise<unknown>>();
  private readonly waiting = new Set<() => void>();

  /** Work that a polling loop waits for. */
  track(work: Promise<unknown>): void {
    const tracked = work
      .catch(() => undefined)
      .finally(() => {
        this.working.delete(tracked);
        for (const wake of [...this.waiting]) wake();
      });
    this.working.add(tracked);
  }

  get busy(): boolean {
    return this.working.size > 0;
  }

  /** Resolves when any work ends. */
  next(): { readonly ended: Promise<void>; readonly forget: () => void } {
    let wake: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (wake = resolve));
    this.waiting.add(wake);
    return { ended, forget: () => this.waiting.delete(wake) };
  }
}

/** A wall clock that knows which sleeps are polls. */
export class LocalClock implements Clock {
  private poll: string | undefined;
  private readonly quick = new Map<string, number>();

  constructor(
    private readonly wall: Clock & { hold?<T>(work: Promise<T>): Promise<T> },
    private readonly activity: Activity,
  ) {}

  now(): number {
    return this.wall.now();
  }

  /** Work that takes no time on a clock that can stand still. */
  hold<T>(work: Promise<T>): Promise<T> {
    return this.wall.hold ? this.wall.hold(work) : work;
  }

  /** The sleep that follows in this turn is the polling wait of this state (its execution and name). */
  expectPoll(state: string): void {
    this.poll = state;
    queueMicrotask(() => {
      this.poll = undefined;
    });
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const state = this.poll;
    this.poll = undefined;
    if (state === undefined) return this.wall.sleep(milliseconds, signal);
    if (!this.activity.busy) {
      const count = (this.quick.get(state) ?? 0) + 1;
      this.quick.set(state, count);
      return this.wall.sleep(count <= QUICK_POLLS ? Math.min(milliseconds, QUICK_MILLISECONDS) : milliseconds, signal);
    }
    const { ended, forget } = this.activity.next();
    const stop = new AbortController();
    const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const slept = this.wall.sleep(milliseconds, both);
    slept.catch(() => undefined);
    try {
      await Promise.race([slept, ended]);
    } finally {
      stop.abort(new Error('the wait is over'));
      forget();
    }
    return undefined;
  }
}
