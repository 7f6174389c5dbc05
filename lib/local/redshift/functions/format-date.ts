/** TO_CHAR, TO_DATE and TO_TIMESTAMP by format string. Instants are microseconds since 1970. */
import { RedshiftError, unsupported } from '../redshift-error';
import { dayOfWeek, isoWeek, partOf } from './date-math';
import { civil, DAY, daysInMonth, daysOf, pad, splitMicros } from './date-text';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ROMAN = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'];

/** Longest first: the first that fits at a place wins. */
const PATTERNS = [
  'Y,YYY',
  'SYYYY',
  'YYYY',
  'IYYY',
  'MONTH',
  'Month',
  'month',
  'HH24',
  'HH12',
  'SSSS',
  'A.M.',
  'P.M.',
  'a.m.',
  'p.m.',
  'B.C.',
  'A.D.',
  'b.c.',
  'a.d.',
  'YYY',
  'IYY',
  'MON',
  'Mon',
  'mon',
  'DAY',
  'Day',
  'day',
  'DDD',
  'IDDD',
  'YY',
  'IY',
  'MM',
  'DY',
  'Dy',
  'dy',
  'DD',
  'ID',
  'WW',
  'IW',
  'CC',
  'HH',
  'MI',
  'SS',
  'MS',
  'US',
  'AM',
  'PM',
  'am',
  'pm',
  'BC',
  'AD',
  'bc',
  'ad',
  'TZ',
  'tz',
  'OF',
  'RM',
  'rm',
  'Y',
  'I',
  'Q',
  'D',
  'W',
  'J',
].sort((left, right) => right.length - left.length);

interface Piece {
  readonly pattern?: string;
  readonly text?: string;
  readonly fill: boolean;
  readonly suffix: string;
}

function readFormat(format: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < format.length) {
    if (format[at] === '"') {
      const close = format.indexOf('"', at + 1);
      const end = close < 0 ? format.length : close;
      pieces.push({ text: format.slice(at + 1, end), fill: true, suffix: '' });
      at = end + 1;
      continue;
    }
    let fill = true;
    if (/^fm/i.test(format.slice(at))) {
      fill = false;
      at += 2;
    }
    const rest = format.slice(at);
    const pattern =
      PATTERNS.find((one) => rest.startsWith(one)) ?? PATTERNS.find((one) => rest.toUpperCase().startsWith(one));
    if (!pattern) {
      if (/[A-Za-z]/.test(rest[0] ?? '') && !/^[tT]/.test(rest))
        throw unsupported(`the date format element at "${rest}"`);
      pieces.push({ text: rest[0] ?? '', fill, suffix: '' });
      at++;
      continue;
    }
    at += pattern.length;
    const suffix = /^(th|TH)/.exec(format.slice(at))?.[0] ?? '';
    at += suffix.length;
    pieces.push({ pattern, fill, suffix });
  }
  return pieces;
}

export function formatDate(micros: bigint, format: string, zone: string): string {
  return readFormat(format)
    .map((piece) => piece.text ?? ordinal(writePart(piece.pattern as string, piece.fill, micros, zone), piece.suffix))
    .join('');
}

function ordinal(text: string, suffix: string): string {
  if (suffix === '') return text;
  const number = Number(text);
  const teen = number % 100 > 10 && number % 100 < 14;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return text + (suffix === 'TH' ? ending.toUpperCase() : ending);
}

function writePart(pattern: string, fill: boolean, micros: bigint, zone: string): string {
  const { days, clock } = splitMicros(micros);
  const { year, month, day } = civil(days);
  const hour = Number(clock / 3_600_000_000n);
  const number = (value: number, width: number) => (fill ? pad(value, width) : String(value));
  const name = (text: string, width: number) => {
    const cased =
      pattern === pattern.toUpperCase()
        ? text.toUpperCase()
        : pattern === pattern.toLowerCase()
          ? text.toLowerCase()
          : text;
    return fill && width > 0 ? cased.padEnd(width) : cased;
  };
  const upper = pattern.toUpperCase();
  switch (upper) {
    case 'Y,YYY':
      return `${Math.floor(year / 1000)},${pad(year % 1000, 3)}`;
    case 'YYYY':
      return number(year, 4);
    case 'YYY':
      return number(year % 1000, 3);
    case 'YY':
      return number(year % 100, 2);
    case 'Y':
      return String(year % 10);
    case 'IYYY':
      return number(isoWeek(days).year, 4);
    case 'IYY':
      return number(isoWeek(days).year % 1000, 3);
    case 'IY':
      return number(isoWeek(days).year % 100, 2);
    case 'I':
      return String(isoWeek(days).year % 10);
    case 'MONTH':
      return name(MONTHS[month - 1] as string, 9);
    case 'MON':
      return name((MONTHS[month - 1] as string).slice(0, 3), 0);
    case 'MM':
      return number(month, 2);
    case 'DAY':
      return name(DAYS[dayOfWeek(days)] as string, 9);
    case 'DY':
      return name((DAYS[dayOfWeek(days)] as string).slice(0, 3), 0);
    case 'DDD':
      return number(partOf('doy', micros, true), 3);
    case 'DD':
      return number(day, 2);
    case 'D':
      return String(dayOfWeek(days) + 1);
    case 'ID':
      return String(((dayOfWeek(days) + 6) % 7) + 1);
    case 'WW':
      return number(Math.floor((partOf('doy', micros, true) - 1) / 7) + 1, 2);
    case 'W':
      return String(Math.floor((day - 1) / 7) + 1);
    case 'IW':
      return number(isoWeek(days).week, 2);
    case 'CC':
      return number(Math.ceil(year / 100), 2);
    case 'Q':
      return String(Math.ceil(month / 3));
    case 'J':
      return String(days + 2_440_588);
    case 'HH24':
      return number(hour, 2);
    case 'HH12':
    case 'HH':
      return number(hour % 12 === 0 ? 12 : hour % 12, 2);
    case 'MI':
      return number(Number((clock / 60_000_000n) % 60n), 2);
    case 'SS':
      return number(Number((clock / 1_000_000n) % 60n), 2);
    case 'SSSS':
      return String(clock / 1_000_000n);
    case 'MS':
      return pad((clock % 1_000_000n) / 1000n, 3);
    case 'US':
      return pad(clock % 1_000_000n, 6);
    case 'AM':
    case 'PM':
      return name(hour < 12 ? 'AM' : 'PM', 0);
    case 'A.M.':
    case 'P.M.':
      return name(hour < 12 ? 'A.M.' : 'P.M.', 0);
    case 'BC':
    case 'AD':
      return name(year > 0 ? 'AD' : 'BC', 0);
    case 'B.C.':
    case 'A.D.':
      return name(year > 0 ? 'A.D.' : 'B.C.', 0);
    case 'TZ':
      return pattern === 'tz' ? zone.toLowerCase() : zone.toUpperCase();
    case 'OF':
      return '+00';
    case 'RM':
      return fill ? name(ROMAN[month - 1] as string, 4) : name(ROMAN[month - 1] as string, 0);
    default:
      throw unsupported(`the date format element ${pattern}`);
  }
}

interface Fields {
  year: number;
  month: number;
  day: number;
  dayOfYear?: number;
  julian?: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
  half?: 'am' | 'pm';
  twelve: boolean;
}

const WIDTHS: Readonly<Record<string, number>> = {
  YYYY: 4,
  YYY: 3,
  YY: 2,
  Y: 1,
  MM: 2,
  DD: 2,
  DDD: 3,
  HH24: 2,
  HH12: 2,
  HH: 2,
  MI: 2,
  SS: 2,
  MS: 3,
  US: 6,
  SSSS: 5,
  J: 7,
  Q: 1,
  D: 1,
};

/** Reads a text by a format. Without `strict`, days, hours and so on past their range run over into the next. */
export function readByFormat(text: string, format: string, strict: boolean): bigint {
  const fields: Fields = { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0, twelve: false };
  let at = 0;
  const fail = (): never => {
    throw new RedshiftError(`invalid value "${text.slice(at)}" for the format "${format}"`);
  };
  for (const piece of readFormat(format)) {
    while (text[at] === ' ' && piece.text !== ' ') at++;
    if (piece.pattern === undefined) {
      // As in PostgreSQL, a separator in the format stands for whatever single character is there.
      for (const _ of piece.text ?? '') if (at < text.length && !/[A-Za-z0-9]/.test(text[at] as string)) at++;
      continue;
    }
    const upper = piece.pattern.toUpperCase();
    const rest = text.slice(at);
    if (rest === '') continue;
    const width = WIDTHS[upper];
    if (width !== undefined) {
      const match = new RegExp(`^\\d{1,${width}}`).exec(rest) ?? fail();
      at += match[0].length;
      setNumber(fields, upper, match[0]);
      continue;
    }
    at += readWord(fields, upper, rest) ?? fail();
    const suffix = piece.suffix && /^(st|nd|rd|th)/i.exec(text.slice(at));
    if (suffix) at += 2;
  }
  return assemble(fields, strict, text);
}

function setNumber(fields: Fields, pattern: string, digits: string): void {
  const value = Number(digits);
  switch (pattern) {
    case 'YYYY':
      fields.year = value;
      break;
    case 'YYY':
      fields.year =
        value < 100
          ? value < 70
            ? 2000 + value
            : 1900 + value
          : value >= 100
            ? 1000 + value + (value < 520 ? 1000 : 0)
            : value;
      break;
    case 'YY':
      fields.year = value < 70 ? 2000 + value : 1900 + value;
      break;
    case 'Y':
      fields.year = 2000 + value;
      break;
    case 'MM':
      fields.month = value;
      break;
    case 'DD':
      fields.day = value;
      break;
    case 'DDD':
      fields.dayOfYear = value;
      break;
    case 'J':
      fields.julian = value;
      break;
    case 'HH24':
      fields.hour = value;
      break;
    case 'HH12':
    case 'HH':
      fields.hour = value;
      fields.twelve = true;
      break;
    case 'MI':
      fields.minute = value;
      break;
    case 'SS':
      fields.second = value;
      break;
    case 'MS':
      fields.micros += Number(digits.padEnd(3, '0')) * 1000;
      break;
    case 'US':
      fields.micros += Number(digits.padEnd(6, '0'));
      break;
    case 'SSSS':
      fields.second = value;
      break;
    default:
      throw unsupported(`the format element ${pattern} for input`);
  }
}

function readWord(fields: Fields, pattern: string, rest: string): number | undefined {
  if (pattern === 'MONTH' || pattern === 'MON') {
    const index = MONTHS.findIndex((month) =>
      rest.toLowerCase().startsWith((pattern === 'MONTH' ? month : month.slice(0, 3)).toLowerCase()),
    );
    if (index < 0) return undefined;
    fields.month = index + 1;
    return pattern === 'MONTH' ? (MONTHS[index] as string).length : 3;
  }
  if (pattern === 'DAY' || pattern === 'DY') {
    const day = DAYS.find((one) =>
      rest.toLowerCase().startsWith((pattern === 'DAY' ? one : one.slice(0, 3)).toLowerCase()),
    );
    return day === undefined ? undefined : pattern === 'DAY' ? day.length : 3;
  }
  if (/^[AP]\.?M\.?$/.test(pattern)) {
    const match = /^(a\.?m\.?|p\.?m\.?)/i.exec(rest);
    if (!match) return undefined;
    fields.half = match[0].toLowerCase().startsWith('a') ? 'am' : 'pm';
    return match[0].length;
  }
  if (pattern === 'RM') {
    const found = ROMAN.map((roman, index) => ({ roman, index }))
      .filter(({ roman }) => rest.toUpperCase().startsWith(roman))
      .pop();
    if (!found) return undefined;
    fields.month = found.index + 1;
    return found.roman.length;
  }
  throw unsupported(`the format element ${pattern} for input`);
}

function assemble(fields: Fields, strict: boolean, text: string): bigint {
  let { hour } = fields;
  const outside = (what: string) => new RedshiftError(`date/time field ${what} value out of range: ${text}`);
  if (fields.half) hour = (hour % 12) + (fields.half === 'pm' ? 12 : 0);
  if (fields.month < 1 || fields.month > 12 || fields.day < 1) throw outside('date');
  if (strict && fields.day > daysInMonth(fields.year, fields.month)) throw outside('date');
  if (strict && (hour > 23 || fields.minute > 59 || fields.second > 59)) throw outside('time');
  let days = daysOf(fields.year, fields.month, 1) + fields.day - 1;
  if (fields.dayOfYear !== undefined) days = daysOf(fields.year, 1, 1) + fields.dayOfYear - 1;
  if (fields.julian !== undefined) days = fields.julian - 2_440_588;
  const seconds = hour * 3600 + fields.minute * 60 + fields.second;
  return BigInt(days) * DAY + BigInt(seconds) * 1_000_000n + BigInt(fields.micros);
}
