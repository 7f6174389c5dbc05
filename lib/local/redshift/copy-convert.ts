/**
 * One field of a COPY file to a column's value, or the reason why not. The answer is the text that DuckDB then reads
 * as the column's storage type; NULL stands for a missing value.
 */
import type { Column } from './catalog';
import { describeType, isText } from './data-type';
import type { Field } from './copy-records';
import { bytesFromText } from './functions/varbyte-library';
import {
  clockText,
  dateText,
  daysInMonth,
  readClockMicros,
  readDateDays,
  readTimestampMicros,
  splitMicros,
  timestampText,
} from './functions/date-text';
import { readByFormat } from './functions/format-date';
import { parseSuper, writeSuper } from './functions/json-value';
import { readInstant, readZonedClock } from './functions/library';
import { booleanFromText, decimalFromText, floatFromText, integerFromText } from './functions/number-text';
import { clipBytes } from './functions/text-functions';
import { RedshiftError } from './redshift-error';
import type { CopyOptions } from './statement';

export type Conversion = { readonly value: string | null } | { readonly problem: string };

export function convertField(field: Field, column: Column, options: CopyOptions, now: () => bigint): Conversion {
  const raw = convert(field, column, options, now);
  if ('value' in raw && raw.value === null && column.notNull) return { problem: 'Missing data for not-null field' };
  return raw;
}

function convert({ text, quoted }: Field, column: Column, options: CopyOptions, now: () => bigint): Conversion {
  const { type } = column;
  const { flags } = options;
  const marker = options.nullAs ?? '\\N';
  if (text === marker && !(quoted && marker !== '' && options.format !== 'csv')) return { value: null };
  if (isText(type)) {
    if (text === '' && (flags.has('emptyasnull') || options.nullAs === '')) return { value: null };
    if (flags.has('blanksasnull') && text !== '' && /^\s+$/.test(text)) return { value: null };
    return convertText(text, column, options);
  }
  if (/^\s*$/.test(text)) return { value: null };
  try {
    return { value: convertPlain(text.trim(), column, options, now) };
  } catch (error) {
    const temporal = ['date', 'timestamp', 'timestamptz'].includes(type.name);
    if (temporal && flags.has('acceptanydate')) return { value: null };
    if (!(error instanceof RedshiftError)) throw error;
    return { problem: reason(type.name, text, error) };
  }
}

function reason(type: string, text: string, error: RedshiftError): string {
  const detail = error.message.replace(/^ERROR: /, '');
  if (['smallint', 'integer', 'bigint', 'decimal', 'real', 'double'].includes(type))
    return /overflow|out of range/i.test(detail)
      ? `Overflow for ${type.toUpperCase()}, value '${text}'`
      : `Invalid digit, Value '${text}'`;
  if (type === 'date') return `Invalid Date Format, Value '${text}'`;
  if (type.startsWith('timestamp')) return `Invalid timestamp format or value, Value '${text}'`;
  return detail;
}

function convertText(text: string, column: Column, options: CopyOptions): Conversion {
  const { type } = column;
  const length = type.length ?? 1;
  let value = text;
  if (type.name === 'varchar' && options.flags.has('trimblanks')) value = value.replace(/\s+$/, '');
  if (value.includes('\u0000')) return { problem: 'NUL characters are not allowed in a character field' };
  const bytes = Buffer.byteLength(value);
  if (type.name === 'char' && bytes !== value.length) return { problem: 'Multibyte character not supported for CHAR' };
  if (bytes > length) {
    const fits = type.name === 'char' && Buffer.byteLength(value.replace(/ +$/, '')) <= length;
    if (!fits && !options.flags.has('truncatecolumns'))
      return { problem: `String length exceeds DDL length (${bytes} bytes for ${describeType(type)})` };
    value = clipBytes(value, length);
  }
  return { value: type.name === 'char' ? value.replace(/ +$/, '') : value };
}

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})( \d{2}:[0-5]\d:[0-5]\d(?:\.\d{1,6})?)?$/;

/** The common shapes need no rewriting; anything else, and anything doubtful, goes the long way. */
function alreadyPlain(text: string, type: Column['type'], options: CopyOptions): boolean {
  if (type.name === 'integer' || type.name === 'bigint') return /^-?\d{1,9}$/.test(text);
  if (type.name === 'decimal') {
    const match = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
    return (
      match !== null &&
      (match[1] as string).length <= (type.precision ?? 18) - (type.scale ?? 0) &&
      (match[2]?.length ?? 0) <= (type.scale ?? 0)
    );
  }
  if (type.name !== 'date' && type.name !== 'timestamp') return false;
  if (type.name === 'date' ? options.dateFormat !== undefined : options.timeFormat !== undefined) return false;
  const match = ISO_DATE.exec(text);
  if (!match || (match[4] === undefined) !== (type.name === 'date')) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return (
    year > 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= (day > 28 ? daysInMonth(year, month) : 28) &&
    (match[4] ?? ' 00') < ' 24'
  );
}

function convertPlain(text: string, column: Column, options: CopyOptions, now: () => bigint): string {
  const { type } = column;
  if (alreadyPlain(text, type, options)) return text;
  switch (type.name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String(integerFromText(text, type.name));
    case 'decimal':
      return decimalFromText(text, type.precision ?? 18, type.scale ?? 0, !options.flags.has('roundec'));
    case 'real':
    case 'double':
      return String(floatFromText(text));
    case 'boolean':
      return String(booleanFromText(text));
    case 'date':
      return dateText(readCopyDate(text, options, now));
    case 'timestamp':
      return timestampText(readCopyTime(text, options, now, false));
    case 'timestamptz':
      return `${timestampText(readCopyTime(text, options, now, true))}+00`;
    case 'time':
      return clockText(readClockMicros(text, now));
    case 'timetz':
      return clockText(readZonedClock(text, now));
    case 'super':
      return writeSuper(parseSuper(text));
    case 'varbyte': {
      const bytes = bytesFromText(text, 'hex');
      if (bytes.length > (type.length ?? 64000)) throw new RedshiftError('VARBYTE value is too long');
      return bytes.toString('hex');
    }
    default:
      throw new RedshiftError(`COPY cannot load type ${type.name}`);
  }
}

function readCopyDate(text: string, options: CopyOptions, now: () => bigint): number {
  const format = options.dateFormat;
  if (format === undefined) {
    if (!/^\d{4}-\d{1,2}-\d{1,2}$/.test(text)) throw new RedshiftError(`invalid date "${text}"`);
    return readDateDays(text, now);
  }
  if (format.toLowerCase() === 'auto') return readDateDays(text, now);
  return splitMicros(readByFormat(text, format, true)).days;
}

function readCopyTime(text: string, options: CopyOptions, now: () => bigint, zoned: boolean): bigint {
  const format = options.timeFormat;
  const lower = format?.toLowerCase();
  if (lower === 'epochsecs') return BigInt(Math.round(floatFromText(text) * 1e6));
  if (lower === 'epochmillisecs') return BigInt(Math.round(floatFromText(text) * 1e3));
  const read = (source: string) => (zoned ? readInstant(source, now) : readTimestampMicros(source, now));
  if (format === undefined) {
    if (!/^\d{4}-\d{1,2}-\d{1,2}( \d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?([+-]\d{2}(:?\d{2})?|[A-Za-z/_]+))?)?$/.test(text))
      throw new RedshiftError(`invalid timestamp "${text}"`);
    return read(text);
  }
  if (lower === 'auto') return read(text.replace(/^(\d{4}-\d{1,2}-\d{1,2})T/, '$1 '));
  // A fraction of a second is allowed though the format does not name it.
  const match = /^(.*:\d{2})(\.\d+)(.*)$/.exec(text);
  if (match && !/ms|us/i.test(format))
    return readByFormat(`${match[1]}${match[3]}`, format, true) + BigInt(Math.round(Number(`0${match[2]}`) * 1e6));
  return readByFormat(
    text,
    format
      .replace(/T(?=HH)/i, '"T"')
      .replace(/HH(?!\d)/i, 'HH24')
      .replace(/(:)MI?(?=:|$)/, '$1MI'),
    true,
  );
}
