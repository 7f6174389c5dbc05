// When a schedule starts runs. In: an expression as EventBridge Scheduler takes it, a time zone, a time. Out: the time that a
// run covers, and its name. Pure: the same on a laptop, in the function that starts runs, and in a backfill.

import { parseCron, timesAfter, timesBefore } from './cron';

export interface Interval {
  readonly start: Date;
  readonly end: Date;
}

/** The time covered by the run that the schedule starts at `at`: from the previous start to this one. */
export function intervalOf(expression: string, timeZone: string, at: Date): Interval {
  const [previous] = firesBefore(expression, timeZone, at, 1);
  // The very first time of a schedule that has a first year covers nothing before it.
  return { start: previous ?? at, end: at };
}

/** The last `count` starts before a time, latest first. A rate counts back from that time itself. */
export function firesBefore(expression: string, timeZone: string, before: Date, count: number): Date[] {
  const period = ratePeriod(expression);
  if (period !== undefined)
    return Array.from({ length: count }, (_, i) => new Date(before.getTime() - period * (i + 1)));
  const found: Date[] = [];
  for (const time of timesBefore(parseCron(expression), timeZone, before.getTime())) {
    if (found.length === count) break;
    found.push(new Date(time));
  }
  return found;
}

/** The starts after a time up to another one, in order: what a backfill walks. A rate counts on from `after`. */
export function firesBetween(expression: string, timeZone: string, after: Date, until: Date): Date[] {
  const period = ratePeriod(expression);
  if (period === undefined) {
    return [...timesAfter(parseCron(expression), timeZone, after.getTime(), until.getTime())].map(
      (time) => new Date(time),
    );
  }
  const found: Date[] = [];
  for (let time = after.getTime() + period; time <= until.getTime(); time += period) found.push(new Date(time));
  return found;
}

/** Name of the run of a logical date: the same date gives the same name, so a second start of it is refused by the service. */
export function runName(logicalDate: Date): string {
  return logicalDate
    .toISOString()
    .replace(/\.000Z$/, 'Z')
    .replace(/[:.]/g, '-');
}

const UNITS: { readonly [unit: string]: number } = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function ratePeriod(expression: string): number | undefined {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return Number(rate[1]) * UNITS[rate[2]!]!;
  if (!expression.startsWith('cron(')) {
    throw new Error(`the schedule is ${JSON.stringify(expression)}: expected rate(...) or cron(...)`);
  }
  return undefined;
}
