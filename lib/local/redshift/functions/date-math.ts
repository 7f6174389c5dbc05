/** Calendar arithmetic on microseconds since 1970, as DATEADD, DATEDIFF, DATE_PART and their kin document it. */
import { RedshiftError, unsupported } from '../redshift-error';
import { civil, DAY, daysInMonth, daysOf, splitMicros } from './date-text';

const PARTS: Readonly<Record<string, string[]>> = {
  millennium: ['millennium', 'millennia', 'mil', 'mils'],
  century: ['century', 'centuries', 'c', 'cent', 'cents'],
  decade: ['decade', 'decades', 'dec', 'decs'],
  epoch: ['epoch'],
  year: ['year', 'years', 'y', 'yr', 'yrs'],
  quarter: ['quarter', 'quarters', 'qtr', 'qtrs'],
  month: ['month', 'months', 'mon', 'mons'],
  week: ['week', 'weeks', 'w'],
  dow: ['dow', 'dayofweek', 'dw', 'weekday'],
  doy: ['doy', 'dayofyear', 'dy', 'yearday'],
  day: ['day', 'days', 'd'],
  hour: ['hour', 'hours', 'h', 'hr', 'hrs'],
  minute: ['minute', 'minutes', 'm', 'min', 'mins'],
  second: ['second', 'seconds', 's', 'sec', 'secs'],
  millisecond: [
    'millisecond',
    'milliseconds',
    'ms',
    'msec',
    'msecs',
    'msecond',
    'mseconds',
    'millisec',
    'millisecs',
    'millisecon',
  ],
  microsecond: ['microsecond', 'microseconds', 'microsec', 'microsecs', 'usecond', 'useconds', 'us', 'usec', 'usecs'],
  timezone: ['timezone'],
  timezone_hour: ['timezone_hour'],
  timezone_minute: ['timezone_minute'],
};
const BY_NAME = new Map(Object.entries(PARTS).flatMap(([part, names]) => names.map((name) => [name, part] as const)));

/** The date part a name or abbreviation stands for. */
export function datePart(name: string): string {
  const part = BY_NAME.get(name.trim().toLowerCase());
  if (!part) throw new RedshiftError(`date part "${name}" is not recognized`);
  return part;
}

const MONTHS_IN: Readonly<Record<string, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12000,
};
const MICROS_IN: Readonly<Record<string, bigint>> = {
  week: 7n * DAY,
  day: DAY,
  dow: DAY,
  doy: DAY,
  hour: 3_600_000_000n,
  minute: 60_000_000n,
  second: 1_000_000n,
  epoch: 1_000_000n,
  millisecond: 1000n,
  microsecond: 1n,
};

export function isTimeOfDayPart(part: string): boolean {
  return ['hour', 'minute', 'second', 'millisecond', 'microsecond'].includes(part);
}

/** DATEADD. Years keep the day number, so 29 February a year on is 1 March; months stop at the end of the month. */
export function addPart(part: string, count: bigint, micros: bigint): bigint {
  const step = MICROS_IN[part];
  if (step !== undefined) return micros + count * step;
  const months = MONTHS_IN[part];
  if (months === undefined) throw new RedshiftError(`DATEADD does not take the date part "${part}"`);
  return addMonths(micros, Number(count) * months, months >= 12 ? 'spill' : 'clip');
}

/** Adds months: past the month's end either stop there (`clip`), run over (`spill`) or, from a last day, stay on it (`last`). */
export function addMonths(micros: bigint, months: number, end: 'clip' | 'spill' | 'last'): bigint {
  const { days, clock } = splitMicros(micros);
  const { year, month, day } = civil(days);
  const index = year * 12 + (month - 1) + months;
  const toYear = Math.floor(index / 12);
  const toMonth = (((index % 12) + 12) % 12) + 1;
  const length = daysInMonth(toYear, toMonth);
  let toDay = day;
  if (end === 'last' && day === daysInMonth(year, month)) toDay = length;
  else if (end !== 'spill') toDay = Math.min(day, length);
  return BigInt(daysOf(toYear, toMonth, 1) + toDay - 1) * DAY + clock;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** DATEDIFF: how many boundaries of the part lie between. */
export function differenceIn(part: string, from: bigint, to: bigint): bigint {
  if (part === 'week') {
    const weeks = (first: bigint) =>
      floorDivide(floorDivide(to, DAY) + first, 7n) - floorDivide(floorDivide(from, DAY) + first, 7n);
    const [sunday, monday] = [weeks(4n), weeks(3n)];
    // The documentation does not say on which day DATEDIFF begins a week: only answers that do not depend on it are given.
    if (sunday !== monday)
      throw unsupported('DATEDIFF(week) between dates whose answer depends on the first day of the week');
    return sunday;
  }
  const step = MICROS_IN[part];
  if (step !== undefined) return floorDivide(to, step) - floorDivide(from, step);
  const months = MONTHS_IN[part];
  if (months === undefined) throw new RedshiftError(`DATEDIFF does not take the date part "${part}"`);
  const index = (micros: bigint) => {
    const { year, month } = civil(splitMicros(micros).days);
    return months > 12
      ? Math.floor((year - (months > 120 ? 1 : 0)) / (months / 12))
      : Math.floor((year * 12 + month - 1) / months);
  };
  return BigInt(index(to) - index(from));
}

/** MONTHS_BETWEEN: whole months by the calendar, the rest in thirty-firsts. */
export function monthsBetween(later: bigint, earlier: bigint): number {
  const a = splitMicros(later);
  const b = splitMicros(earlier);
  const from = civil(b.days);
  const to = civil(a.days);
  const whole = (to.year - from.year) * 12 + (to.month - from.month);
  const bothLast = to.day === daysInMonth(to.year, to.month) && from.day === daysInMonth(from.year, from.month);
  if (to.day === from.day || bothLast) return whole;
  return whole + (to.day - from.day + Number(a.clock - b.clock) / Number(DAY)) / 31;
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const SHORT_DAYS: Readonly<Record<string, number>> = {
  su: 0,
  sun: 0,
  m: 1,
  mo: 1,
  mon: 1,
  tu: 2,
  tue: 2,
  tues: 2,
  w: 3,
  we: 3,
  wed: 3,
  th: 4,
  thu: 4,
  thurs: 4,
  f: 5,
  fr: 5,
  fri: 5,
  sa: 6,
  sat: 6,
};

export function nextDay(days: number, name: string): number {
  const lower = name.trim().toLowerCase();
  const wanted = Object.hasOwn(SHORT_DAYS, lower) ? (SHORT_DAYS[lower] as number) : WEEKDAYS.indexOf(lower);
  if (wanted < 0) throw new RedshiftError(`"${name}" is not a day of the week`);
  const weekday = dayOfWeek(days);
  return days + ((wanted - weekday + 6) % 7) + 1;
}

/** 0 is Sunday. */
export function dayOfWeek(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

/** ISO week and its year. */
export function isoWeek(days: number): { year: number; week: number } {
  const monday = (dayOfWeek(days) + 6) % 7;
  const thursday = days - monday + 3;
  const { year } = civil(thursday);
  return { year, week: Math.floor((thursday - daysOf(year, 1, 1)) / 7) + 1 };
}

/** EXTRACT and DATE_PART; `whole` keeps the fraction of the second out (EXTRACT). */
export function partOf(part: string, micros: bigint, whole: boolean): number {
  const { days, clock } = splitMicros(micros);
  const { year, month, day } = civil(days);
  const second = (clock / 1_000_000n) % 60n;
  const fraction = clock % 1_000_000n;
  switch (part) {
    case 'millennium':
      return Math.ceil(year / 1000);
    case 'century':
      return Math.ceil(year / 100);
    case 'decade':
      return Math.floor(year / 10) + 1;
    case 'epoch':
      return whole ? Number(floorDivide(micros, 1_000_000n)) : Number(micros) / 1e6;
    case 'year':
      return year;
    case 'quarter':
      return Math.ceil(month / 3);
    case 'month':
      return month;
    case 'week':
      return isoWeek(days).week;
    case 'dow':
      return dayOfWeek(days);
    case 'doy':
      return days - daysOf(year, 1, 1) + 1;
    case 'day':
      return day;
    case 'hour':
      return Number(clock / 3_600_000_000n);
    case 'minute':
      return Number((clock / 60_000_000n) % 60n);
    case 'second':
      return whole ? Number(second) : Number(second) + Number(fraction) / 1e6;
    case 'millisecond':
      return Number(fraction / 1000n);
    case 'microsecond':
      return Number(fraction);
    default:
      return 0;
  }
}

/** DATE_TRUNC: weeks begin on Monday; centuries and millennia with their first year. */
export function truncateTo(part: string, micros: bigint): bigint {
  const { days, clock } = splitMicros(micros);
  const { year, month } = civil(days);
  const at = (toYear: number, toMonth = 1) => BigInt(daysOf(toYear, toMonth, 1)) * DAY;
  switch (part) {
    case 'millennium':
      return at(Math.floor((year - 1) / 1000) * 1000 + 1);
    case 'century':
      return at(Math.floor((year - 1) / 100) * 100 + 1);
    case 'decade':
      return at(Math.floor(year / 10) * 10);
    case 'year':
      return at(year);
    case 'quarter':
      return at(year, Math.floor((month - 1) / 3) * 3 + 1);
    case 'month':
      return at(year, month);
    case 'week':
      return BigInt(days - ((dayOfWeek(days) + 6) % 7)) * DAY;
    case 'day':
      return BigInt(days) * DAY;
    default: {
      const step = MICROS_IN[part];
      if (step === undefined || part === 'dow' || part === 'doy' || part === 'epoch') {
        throw new RedshiftError(`DATE_TRUNC does not take the date part "${part}"`);
      }
      return micros - (clock % step);
    }
  }
}

export interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** An interval literal: quantities with units; a bare number counts the given field, or seconds. */
export function readInterval(text: string, field = 'second'): IntervalParts {
  let months = 0;
  let days = 0;
  let micros = 0n;
  let rest = text.trim().toLowerCase();
  const invalid = () => new RedshiftError(`invalid input syntax for type interval: "${text}"`);
  if (rest === '') throw invalid();
  const add = (count: string, unit: string) => {
    const part = datePart(unit);
    const scale = MONTHS_IN[part];
    if (scale !== undefined) {
      const value = Number(count) * scale;
      if (!Number.isInteger(value)) throw invalid();
      months += value;
      return;
    }
    const step = MICROS_IN[part];
    if (step === undefined || ['dow', 'doy', 'epoch'].includes(part)) throw invalid();
    const inDays = part === 'week' ? Number(count) * 7 : part === 'day' ? Number(count) : Number.NaN;
    if (Number.isInteger(inDays)) days += inDays;
    else micros += BigInt(Math.round(Number(count) * Number(step)));
  };
  while (rest !== '') {
    const clock = /^([+-]?)(\d+):(\d{2})(?::(\d{2})(\.\d+)?)?/.exec(rest);
    const match = clock ?? /^([+-]?\d*\.?\d+)\s*([a-z]*)/.exec(rest);
    if (!match) throw invalid();
    if (clock) {
      const seconds =
        Number(clock[2]) * 3600 + Number(clock[3]) * 60 + Number(clock[4] ?? 0) + Number(`0${clock[5] ?? ''}`);
      micros += BigInt(Math.round(seconds * 1e6)) * (clock[1] === '-' ? -1n : 1n);
    } else add(match[1] as string, match[2] || field);
    rest = rest.slice(match[0].length).replace(/^[\s,]+/, '');
    if (rest === 'ago') {
      months = -months;
      days = -days;
      micros = -micros;
      rest = '';
    }
  }
  return { months, days, micros };
}
