// The clock of a pipeline under test: it stands still while anything really works and jumps over every wait. In: what is at work.
// Out: a clock for the run. Always: time limits are measured in waits alone, so a slow computer times nothing out; times that
// stand-ins tell are moved onto this clock, so that a task's polling loop compares like with like.

import type { Activity } from '../activity';
import { VirtualClock } from '../asl/clock';
import type { Clock, Json, Services } from '../engine';

export class FrozenClock implements Clock {
  private readonly virtual: VirtualClock;
  private readonly begun = Date.now();
  private watching = false;

  constructor(
    start: number,
    private readonly activity: Activity,
  ) {
    this.virtual = new VirtualClock(start);
  }

  now(): number {
    return this.virtual.now();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.watch();
    return this.virtual.sleep(milliseconds, signal);
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return this.virtual.hold(work);
  }

  /** Services whose work takes no time on this clock. */
  around(services: Services): Services {
    return {
      call: (call) =>
        this.hold(
          services.call(call).then((answer) => {
            this.watch();
            return this.moved(answer);
          }),
        ),
    };
  }

  /** Work that goes on after its start was answered holds the time as well. */
  private watch(): void {
    if (this.watching || !this.activity.busy) return;
    this.watching = true;
    const idle = async () => {
      while (this.activity.busy) await this.activity.next().ended;
      this.watching = false;
    };
    void this.hold(idle());
  }

  private moved(value: Json): Json {
    if (typeof value === 'string') {
      const time = ISO_TIME.test(value) ? Date.parse(value) : Number.NaN;
      if (!(time >= this.begun && time <= Date.now())) return value;
      return new Date(time + this.now() - Date.now()).toISOString();
    }
    if (Array.isArray(value)) return value.map((item) => this.moved(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.moved(item)]));
  }
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
