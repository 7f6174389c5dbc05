/**
 * Dates, times and timestamps written as text, read as Redshift reads them (month before day, Julian days, month names,
 * AM and PM, zones). Out: microseconds since 1970 on the written clock, and the zone if one was written.
 */
import { RedshiftError } from '../redshift-error';
import { fixedOffset, isZoneName } from './time-zone';

export interface ReadTime {
  /** Days since 1970-01-01, when the text holds a date. */
  readonly days?: number;
  /** Microseconds since midnight, when the text holds a time. */
  readonly micros?: bigint;
  readonly zone?: string;
  readonly special?: 'now' | 'epoch' | 'infinity' | '-infinity';
}

export const DAY = 86_400_000_000n;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAMES = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const WEEKDAYS = /^(sun|mon|tue|tues|wed|thu|thur|thurs|fri|sat)(day|nesday|sday|rsday|urday)?$/;

export function daysOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.round(date.getTime() / 86_400_000);
}

export function civil(days: number): { year: number; month: number; day: number } {
  const date = new Date(days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

export function daysInMonth(year: number, month: number): number {
  return daysOf(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysOf(year, month, 1);
}

export function checkedDays(year: number, month: number, day: number, text: string): number {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw new RedshiftError(`date/time field value out of range: "${text}"`);
  }
  return daysOf(year, month, day);
}

function monthOf(word: string): number | undefined {
  const full = MONTH_NAMES.indexOf(word);
  if (full >= 0) return full + 1;
  const short = MONTHS.indexOf(word === 'sept' ? 'sep' : word);
  return short >= 0 ? short + 1 : undefined;
}

const fullYear = (text: string): number => {
  const year = Number(text);
  return text.length > 2 ? year : year < 70 ? 2000 + year : 1900 + year;
};

/** Reads a date, a time or both; `now` is asked only for `now`, `today` and the like. */
export function readTime(input: string, now: () => bigint): ReadTime {
  const text = input.trim();
  const invalid = () => new RedshiftError(`invalid input syntax for type timestamp: "${input}"`);
  const lower = text.toLowerCase();
  const today = () => Number(now() / DAY);
  if (lower === 'now') return { days: today(), micros: now() % DAY };
  if (lower === 'today') return { days: today(), micros: 0n };
  if (lower === 'tomorrow') return { days: today() + 1, micros: 0n };
  if (lower === 'yesterday') return { days: today() - 1, micros: 0n };
  if (lower === 'epoch') return { days: 0, micros: 0n };
  if (lower === 'infinity' || lower === '-infinity')
    throw new RedshiftError(`the timestamp value "${lower}" is not supported by the local Redshift stand-in`);
  let rest = lower;
  let days: number | undefined;
  let micros: bigint | undefined;
  let zone: string | undefined;
  // The time of day first: its colons tell it apart from everything else.
  const clock =
    /(?:^|[\st])(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(am|pm|a\.m\.|p\.m\.)?\s*(z|[+-]\d{1,2}(?::?\d{2})?|[a-z_]+(?:\/[a-z_/]+)?)?$/.exec(
      rest,
    ) ?? /[\st](\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(am|pm)?\s*(z|[+-]\d{1,2}(?::?\d{2})?)?$/.exec(rest);
  if (clock) {
    micros = clockMicros(clock, input);
    zone = clock[6] ? restoreCase(text, clock[6]) : undefined;
    if (zone !== undefined && !isZoneName(zone)) throw invalid();
    rest = rest.slice(0, clock.index).trim();
  } else {
    const compact = /^(.*\d)[\st](\d{2})(\d{2})(\d{2})(\.\d+)?$/.exec(rest);
    if (compact) {
      micros = clockMicros(
        [compact[0], compact[2], compact[3], compact[4], compact[5]] as unknown as RegExpExecArray,
        input,
      );
      rest = (compact[1] as string).trim();
    }
  }
  if (rest !== '') days = readDate(rest, input);
  if (days === undefined && micros === undefined) throw invalid();
  return { days, micros, zone };
}

function restoreCase(text: string, zone: string): string {
  const at = text.toLowerCase().lastIndexOf(zone);
  return text.slice(at, at + zone.length);
}

function clockMicros(match: RegExpExecArray, input: string): bigint {
  let hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  const half = match[5];
  if (half) {
    if (hour < 1 || hour > 12) throw new RedshiftError(`date/time field value out of range: "${input}"`);
    hour = (hour % 12) + (half.startsWith('p') ? 12 : 0);
  }
  if (hour > 24 || minute > 59 || second > 60 || (hour === 24 && (minute > 0 || second > 0))) {
    throw new RedshiftError(`date/time field value out of range: "${input}"`);
  }
  const fraction = match[4] ? BigInt(Math.round(Number(`0${match[4]}`) * 1e6)) : 0n;
  return BigInt(hour * 3600 + minute * 60 + second) * 1_000_000n + fraction;
}

function readDate(text: string, input: string): number {
  let match: RegExpExecArray | null;
  if ((match = /^(\d{4,5})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text))) {
    return checkedDays(Number(match[1]), Number(match[2]), Number(match[3]), input);
  }
  if ((match = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text))) {
    return checkedDays(fullYear(match[4] as string), Number(match[1]), Number(match[3]), input);
  }
  if ((match = /^(\d{4})(\d{2})(\d{2})$/.exec(text)) || (match = /^(\d{2})(\d{2})(\d{2})$/.exec(text))) {
    return checkedDays(fullYear(match[1] as string), Number(match[2]), Number(match[3]), input);
  }
  if ((match = /^(\d{4})\.(\d{3})$/.exec(text))) {
    const day = Number(match[2]);
    if (day < 1 || day > 366) throw new RedshiftError(`date/time field value out of range: "${input}"`);
    return daysOf(Number(match[1]), 1, 1) + day - 1;
  }
  if ((match = /^j(\d{5,8})$/.exec(text))) return Number(match[1]) - 2_440_588;
  return readNamedDate(text, input);
}

function readNamedDate(text: string, input: string): number {
  const words = text.split(/[\s,/-]+/).filter((word) => word !== '' && !WEEKDAYS.test(word));
  const invalid = new RedshiftError(`invalid input syntax for type timestamp: "${input}"`);
  const named = words.findIndex((word) => monthOf(word) !== undefined);
  if (words.length !== 3 || named < 0) throw invalid;
  const month = monthOf(words[named] as string) as number;
  const numbers = words.filter((_, index) => index !== named);
  if (!numbers.every((word) => /^\d{1,4}$/.test(word))) throw invalid;
  const [first, second] = numbers as [string, string];
  if (first.length > 2) return checkedDays(Number(first), month, Number(second), input);
  return checkedDays(fullYear(second), month, Number(first), input);
}

/** A DATE: days since 1970. */
export function readDateDays(input: string, now: () => bigint): number {
  const { days } = readTime(input, now);
  if (days === undefined) throw new RedshiftError(`invalid input syntax for type date: "${input}"`);
  return days;
}

/** A TIMESTAMP: the zone, if written, is ignored, as documented. */
export function readTimestampMicros(input: string, now: () => bigint): bigint {
  const { days, micros } = readTime(input, now);
  if (days === undefined) throw new RedshiftError(`invalid input syntax for type timestamp: "${input}"`);
  return BigInt(days) * DAY + (micros ?? 0n);
}

/** A TIME: microseconds since midnight; the zone is ignored. */
export function readClockMicros(input: string, now: () => bigint): bigint {
  const compact = /^\s*(\d{2})(\d{2})(\d{2})(\.\d+)?\s*$/.exec(input);
  if (compact) return clockMicros(compact, input) % DAY;
  const { micros } = readTime(input, now);
  if (micros === undefined) throw new RedshiftError(`invalid input syntax for type time: "${input}"`);
  return micros % DAY;
}

/** Seconds east of UTC of the zone written in a text; 0 when there is none. */
export function writtenOffset(zone: string | undefined): number | undefined {
  return zone === undefined ? 0 : fixedOffset(zone);
}

export function pad(value: number | bigint, width = 2): string {
  return String(value).padStart(width, '0');
}

export function dateText(days: number): string {
  const { year, month, day } = civil(days);
  return year > 0 ? `${pad(year, 4)}-${pad(month)}-${pad(day)}` : `${pad(1 - year, 4)}-${pad(month)}-${pad(day)} (BC)`;
}

export function clockText(micros: bigint): string {
  const seconds = micros / 1_000_000n;
  const fraction = micros % 1_000_000n;
  const text = `${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`;
  return fraction === 0n ? text : `${text}.${pad(fraction, 6).replace(/0+$/, '')}`;
}

/** Floor division into whole days and the rest of the day. */
export function splitMicros(micros: bigint): { days: number; clock: bigint } {
  let days = micros / DAY;
  if (micros % DAY < 0n) days -= 1n;
  return { days: Number(days), clock: micros - days * DAY };
}

export function timestampText(micros: bigint): string {
  const { days, clock } = splitMicros(micros);
  return `${dateText(days)} ${clockText(clock)}`;
}
