// When a schedule starts runs. In: an expression as EventBridge Scheduler takes it, a time zone, a time. Out: the time that a
// run covers, and its name. Always: a wall-clock time that a change of the clocks leaves out starts no run, one that comes
// twice starts one: as the service does.

import { Cron } from 'croner';

export interface Interval {
  readonly start: Date;
  readonly end: Date;
}

/** The time covered by the run that the schedule starts at `at`: from the previous start to this one. */
export function intervalOf(expression: string, timeZone: string, at: Date): Interval {
  const previous = firesBefore(expression, timeZone, at, 1)[0];
  if (previous === undefined)
    throw new Error(`the schedule ${expression} (${timeZone}) has no time before ${at.toISOString()}`);
  return { start: previous, end: at };
}

/** The last `count` starts before a time, latest first. A rate counts back from that time itself. */
export function firesBefore(expression: string, timeZone: string, before: Date, count: number): Date[] {
  const period = ratePeriod(expression);
  if (period !== undefined)
    return Array.from({ length: count }, (_, i) => new Date(before.getTime() - period * (i + 1)));
  const found: Date[] = [];
  const cron = new Cron(pattern(expression), { timezone: timeZone });
  let from = before;
  while (found.length < count) {
    const batch = cron.previousRuns(count - found.length + 2, from);
    for (const time of batch) {
      if (found.length < count && matches(expression, timeZone, time)) found.push(time);
    }
    const last = batch[batch.length - 1];
    if (last === undefined || last >= from) break;
    from = last;
  }
  return found;
}

/** The starts after a time up to another one, in order: what a backfill walks. A rate counts on from `after`. */
export function firesBetween(expression: string, timeZone: string, after: Date, until: Date): Date[] {
  const found: Date[] = [];
  const period = ratePeriod(expression);
  if (period !== undefined) {
    for (let time = after.getTime() + period; time <= until.getTime(); time += period) found.push(new Date(time));
    return found;
  }
  const cron = new Cron(pattern(expression), { timezone: timeZone });
  for (let time = cron.nextRun(after); time !== null && time <= until; time = cron.nextRun(time)) {
    if (matches(expression, timeZone, time)) found.push(time);
  }
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
  if (!/^cron\(.+\)$/.test(expression))
    throw new Error(`the schedule is ${JSON.stringify(expression)}: expected rate(...) or cron(...)`);
  return undefined;
}

/** `cron(30 2 ? * 2-6 *)` -> `0 30 2 * * 1-5 *`: Scheduler counts weekdays from Sunday = 1, croner from 0. */
function pattern(expression: string): string {
  const [minute, hour, day, month, weekDay, year] = fields(expression);
  const any = (field: string) => (field === '?' ? '*' : field);
  const days = any(weekDay).replace(/(^|[,-])(\d)/g, (_, before: string, n: string) => `${before}${Number(n) - 1}`);
  return `0 ${minute} ${hour} ${any(day)} ${month} ${days} ${year}`;
}

function fields(expression: string): [string, string, string, string, string, string] {
  const words = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/) ?? [];
  if (words.length !== 6)
    throw new Error(
      `the schedule ${expression} has ${words.length} fields: expected minute, hour, day, month, weekday and year`,
    );
  return words as [string, string, string, string, string, string];
}

/** Whether the wall clock shows minute and hour of the schedule, for the first time that day. */
function matches(expression: string, timeZone: string, time: Date): boolean {
  const [minute, hour] = fields(expression);
  const wall = wallClock(timeZone, time);
  if (!inField(minute, wall.minute, 59) || !inField(hour, wall.hour, 23)) return false;
  // The hour that comes twice in autumn: the second time is an hour after the first.
  if (hour === '*') return true;
  const earlier = wallClock(timeZone, new Date(time.getTime() - 3_600_000));
  return !(earlier.hour === wall.hour && earlier.minute === wall.minute);
}

function wallClock(timeZone: string, time: Date): { hour: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(time);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return { hour: part('hour'), minute: part('minute') };
}

/** `5`, `1-4`, `0/15`, `10-40/5`, `*`, and lists of them. */
function inField(field: string, value: number, highest: number): boolean {
  return field.split(',').some((piece) => {
    const [range, step] = piece.split('/') as [string, string | undefined];
    const [low, high] = range === '*' ? [0, highest] : range.split('-').map(Number);
    const end = high ?? (step === undefined ? low! : highest);
    return value >= low! && value <= end && (value - low!) % Number(step ?? 1) === 0;
  });
}
