// Cron as EventBridge Scheduler understands it. In: `cron(minute hour day month weekday year)`. Out: its times on a wall clock and
// in UTC. Always: Sunday is 1; a wall-clock time that a change of the clocks leaves out does not come, one that comes twice
// counts once, the first time: as the service's documentation says.

export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Whether it comes on a day of the calendar. */
  on(year: number, month: number, day: number): boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEK_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY = 86_400_000;

export function parseCron(expression: string): Cron {
  const words = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/) ?? [];
  if (words.length !== 6) {
    throw new Error(`${expression} has ${words.length} fields: expected cron(minute hour day month weekday year)`);
  }
  const [minute, hour, day, month, weekDay, year] = words as [string, string, string, string, string, string];
  if ((day === '?') === (weekDay === '?')) throw new Error(`${expression}: exactly one of day and weekday has to be ?`);
  const months = new Set(numbers('month', month, 1, 12, MONTHS));
  const years = new Set(numbers('year', year, 1970, 2199));
  const onDay = weekDay === '?' ? dayOfMonth(day) : dayOfWeek(weekDay);
  return {
    minutes: numbers('minute', minute, 0, 59),
    hours: numbers('hour', hour, 0, 23),
    on: (y, m, d) => years.has(y) && months.has(m) && onDay(y, m, d),
  };
}

/** The times before `from`, latest first; ends with the calendar of the expression. */
export function* timesBefore(cron: Cron, timeZone: string, from: number): Generator<number> {
  // A day more than the wall clock's own, for zones that change their date line.
  for (let day = startOfDay(wallClock(timeZone, from)) + DAY; day > from - 30 * 366 * DAY; day -= DAY) {
    const times = timesOn(cron, timeZone, day).filter((time) => time < from);
    for (let i = times.length - 1; i >= 0; i--) yield times[i]!;
  }
}

/** The times after `from` up to `until`, in order. */
export function* timesAfter(cron: Cron, timeZone: string, from: number, until: number): Generator<number> {
  for (let day = startOfDay(wallClock(timeZone, from)) - DAY; day <= until + DAY; day += DAY) {
    for (const time of timesOn(cron, timeZone, day)) if (time > from && time <= until) yield time;
  }
}

function timesOn(cron: Cron, timeZone: string, day: number): number[] {
  const date = new Date(day);
  if (!cron.on(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) return [];
  const found = cron.hours.flatMap((hour) =>
    cron.minutes.flatMap((minute) => inUtc(timeZone, day + hour * 3_600_000 + minute * 60_000)),
  );
  return found.sort((a, b) => a - b);
}

/** The first moment at which the clock of the zone shows a time; none where it is left out. */
function inUtc(timeZone: string, wall: number): number[] {
  const offsets = [wall - DAY, wall + DAY].map((near) => wallClock(timeZone, near) - near);
  const moments = offsets.map((offset) => wall - offset).filter((moment) => wallClock(timeZone, moment) === wall);
  return moments.length === 0 ? [] : [Math.min(...moments)];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows, to the minute, as if it were UTC. */
function wallClock(timeZone: string, time: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', { ...numeric, timeZone, hourCycle: 'h23' });
    formats.set(timeZone, format);
  }
  const part: { [type: string]: number } = {};
  for (const { type, value } of format.formatToParts(time)) part[type] = Number(value);
  return Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute']);
}

function startOfDay(wall: number): number {
  return Math.floor(wall / DAY) * DAY;
}

type OnDay = (year: number, month: number, day: number) => boolean;

function dayOfMonth(field: string): OnDay {
  const last = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (field === 'L') return (year, month, day) => day === last(year, month);
  const nearest = field === 'LW' ? 31 : Number(/^(\d{1,2})W$/.exec(field)?.[1]);
  if (nearest >= 1 && nearest <= 31) {
    return (year, month, day) =>
      day === nearestWorkDay(year, month, Math.min(nearest, last(year, month)), last(year, month));
  }
  const days = new Set(numbers('day', field, 1, 31));
  return (_, __, day) => days.has(day);
}

/** Monday to Friday, in the same month. */
function nearestWorkDay(year: number, month: number, day: number, last: number): number {
  const weekDay = weekDayOf(year, month, day);
  if (weekDay === 7) return day > 1 ? day - 1 : day + 2;
  if (weekDay === 1) return day < last ? day + 1 : day - 2;
  return day;
}

function dayOfWeek(field: string): OnDay {
  const nth = /^(\w+)#([1-5])$/.exec(field);
  if (nth) {
    const [weekDay] = numbers('weekday', nth[1]!, 1, 7, WEEK_DAYS);
    return (year, month, day) => weekDayOf(year, month, day) === weekDay && Math.ceil(day / 7) === Number(nth[2]);
  }
  const lastOne = /^(\w+)L$/.exec(field);
  if (lastOne) {
    const [weekDay] = numbers('weekday', lastOne[1]!, 1, 7, WEEK_DAYS);
    return (year, month, day) =>
      weekDayOf(year, month, day) === weekDay &&
      new Date(Date.UTC(year, month - 1, day + 7)).getUTCMonth() !== month - 1;
  }
  const days = new Set(numbers('weekday', field === 'L' ? '7' : field, 1, 7, WEEK_DAYS));
  return (year, month, day) => days.has(weekDayOf(year, month, day));
}

function weekDayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

/** `5`, `1-4`, `FRI-MON`, `0/15`, `10-40/5`, `*`, and lists of them. */
function numbers(
  name: string,
  field: string,
  lowest: number,
  highest: number,
  words: readonly string[] = [],
): number[] {
  const wrong = new Error(
    `${name} is ${JSON.stringify(field)}: expected ${words.length > 0 ? `${words[0]} to ${words.at(-1)}` : `numbers from ${lowest} to ${highest}`}, ranges, steps 0/15, lists, or *`,
  );
  const number = (text: string): number => {
    const at = words.indexOf(text.toUpperCase());
    const value = at >= 0 ? at + lowest : /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= lowest && value <= highest)) throw wrong;
    return value;
  };
  const found = field.split(',').flatMap((piece) => {
    const [range = '', stepText] = piece.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!(Number.isInteger(step) && step >= 1) || piece.split('/').length > 2) throw wrong;
    const [from = '', to] = range === '*' ? [String(lowest), String(highest)] : range.split('-');
    const low = number(from);
    const high = to !== undefined ? number(to) : stepText === undefined ? low : highest;
    // FRI-MON goes over the end of the week.
    const count = high >= low ? high - low + 1 : highest - lowest + 1 - (low - high - 1);
    return Array.from(
      { length: Math.ceil(count / step) },
      (_, i) => lowest + ((low - lowest + i * step) % (highest - lowest + 1)),
    );
  });
  return [...new Set(found)].sort((a, b) => a - b);
}
