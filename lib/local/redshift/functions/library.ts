/** Every function of ours that runs inside DuckDB: names begin with `rs_`, so that none hides one of DuckDB's own. */
import { createHash } from 'node:crypto';
import { RedshiftError } from '../redshift-error';
import { addMonths, addPart, differenceIn, monthsBetween, nextDay, partOf, truncateTo } from './date-math';
import { dateText, readClockMicros, readDateDays, readTime, readTimestampMicros, timestampText } from './date-text';
import { farmFingerprint64 } from './farm-hash';
import { formatDate, readByFormat } from './format-date';
import { formatNumber, numberByFormat } from './format-number';
import {
  booleanFromText,
  decimalFromText,
  divideDecimals,
  floatFromText,
  floatText,
  integerFromText,
  moduloDecimals,
  readScaled,
  rescale,
  scaledText,
} from './number-text';
import { matches, regexpCount, regexpInstr, regexpReplace, regexpSubstr, similarTo } from './regex';
import { SUPER_LIBRARY } from './super-library';
import { ARRAY_LIBRARY } from './array-library';
import {
  alternateNumber,
  clipBytes,
  crc32,
  difference,
  fnvHash,
  initcap,
  pad,
  sha2,
  soundex,
  splitPart,
  strtol,
  substring,
  translate,
  urlDecode,
} from './text-functions';
import { fixedOffset, instantToLocal, localToInstant } from './time-zone';
import type { Udf } from './udf';
import { VARBYTE_LIBRARY } from './varbyte-library';

/** Micros of a TIMETZ or TIMESTAMPTZ text in UTC; without a zone the text is in UTC. */
export function readInstant(text: string, now: () => bigint): bigint {
  const local = readTimestampMicros(text, now);
  const { zone } = readTime(text, now);
  return zone === undefined ? local : localToInstant(local, zone);
}

export function readZonedClock(text: string, now: () => bigint): bigint {
  const read = readTime(text, now);
  const clock = readClockMicros(text, now);
  const offset = read.zone === undefined ? 0 : fixedOffset(read.zone);
  if (offset === undefined) throw new RedshiftError(`a TIMETZ takes a zone with a fixed offset, not "${read.zone}"`);
  const day = 86_400_000_000n;
  return (((clock - BigInt(offset) * 1_000_000n) % day) + day) % day;
}

export function library(now: () => bigint): Udf[] {
  return [
    {
      name: 'rs_raise',
      signature: 'V:V',
      volatile: true,
      run: (message: string) => {
        throw new RedshiftError(message);
      },
    },
    { name: 'rs_nonzero', signature: 'L:L', run: (value: bigint) => nonZero(value, value === 0n) },
    { name: 'rs_nonzero_float', signature: 'D:D', run: (value: number) => nonZero(value, value === 0) },
    { name: 'rs_integer', signature: 'VV:L', run: (text: string, type: 'smallint') => integerFromText(text, type) },
    {
      name: 'rs_decimal',
      signature: 'VII:V',
      run: (text: string, p: number, s: number) => decimalFromText(text, p, s),
    },
    { name: 'rs_float', signature: 'V:D', run: floatFromText },
    { name: 'rs_boolean', signature: 'V:B', run: booleanFromText },
    { name: 'rs_float_text', signature: 'DI:V', run: floatText },
    { name: 'rs_divide', signature: 'VVI:V', run: divideDecimals },
    { name: 'rs_modulo', signature: 'VVI:V', run: moduloDecimals },
    { name: 'rs_round', signature: 'VI:V', run: (text: string, places: number) => atPlaces(text, places, false) },
    { name: 'rs_cut', signature: 'VI:V', run: (text: string, places: number) => atPlaces(text, places, true) },
    { name: 'rs_finite', signature: 'D:D', run: finite },
    { name: 'rs_date', signature: 'V:V', run: (text: string) => dateText(readDateDays(text, now)) },
    { name: 'rs_timestamp', signature: 'V:V', run: (text: string) => timestampText(readTimestampMicros(text, now)) },
    { name: 'rs_timestamptz', signature: 'V:V', run: (text: string) => timestampText(readInstant(text, now)) },
    { name: 'rs_clock', signature: 'V:L', run: (text: string) => readClockMicros(text, now) },
    { name: 'rs_zoned_clock', signature: 'V:L', run: (text: string) => readZonedClock(text, now) },
    { name: 'rs_date_add', signature: 'VLL:L', run: addPart },
    { name: 'rs_date_diff', signature: 'VLL:L', run: differenceIn },
    { name: 'rs_date_part', signature: 'VLB:D', run: partOf },
    { name: 'rs_date_trunc', signature: 'VL:L', run: truncateTo },
    {
      name: 'rs_add_months',
      signature: 'LL:L',
      run: (micros: bigint, months: bigint) => addMonths(micros, Number(months), 'last'),
    },
    { name: 'rs_months_between', signature: 'LL:D', run: monthsBetween },
    {
      name: 'rs_next_day',
      signature: 'VV:V',
      run: (date: string, day: string) => dateText(nextDay(readDateDays(date, now), day)),
    },
    { name: 'rs_to_local', signature: 'LV:L', run: instantToLocal },
    { name: 'rs_to_instant', signature: 'LV:L', run: localToInstant },
    { name: 'rs_format_date', signature: 'LVV:V', run: formatDate },
    { name: 'rs_read_date', signature: 'VVB:L', run: readByFormat },
    { name: 'rs_format_number', signature: 'VV:V', run: formatNumber },
    {
      name: 'rs_to_number',
      signature: 'VV:V',
      run: (text: string, format: string) => numberByFormat(text, format).text,
    },
    { name: 'rs_matches', signature: 'VVB:B', run: matches },
    { name: 'rs_similar', signature: 'VVV:B', run: similarTo },
    { name: 'rs_regexp_count', signature: 'VVIV:I', run: regexpCount },
    { name: 'rs_regexp_instr', signature: 'VVIIIV:I', run: regexpInstr },
    { name: 'rs_regexp_replace', signature: 'VVVIV:V', run: regexpReplace },
    { name: 'rs_regexp_substr', signature: 'VVIIV:V', run: regexpSubstr },
    { name: 'rs_clip', signature: 'VI:V', run: clipBytes },
    { name: 'rs_fit', signature: 'VIV:V', run: fit },
    { name: 'rs_initcap', signature: 'V:V', run: initcap },
    { name: 'rs_soundex', signature: 'V:V', run: soundex },
    { name: 'rs_difference', signature: 'VV:I', run: difference },
    { name: 'rs_crc32', signature: 'V:V', run: crc32 },
    { name: 'rs_fnv', signature: 'X:L', run: (bytes: Buffer) => fnvHash(bytes) },
    {
      name: 'rs_fnv_seed',
      signature: 'XL:L',
      run: (bytes: Buffer, seed: bigint) => fnvHash(bytes, BigInt.asUintN(64, seed)),
    },
    { name: 'rs_farm', signature: 'X:L', run: farmFingerprint64 },
    { name: 'rs_sha1', signature: 'X:V', run: (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex') },
    { name: 'rs_sha2', signature: 'XI:V', run: sha2 },
    {
      name: 'rs_split_part',
      signature: 'VVL:V',
      run: (text: string, by: string, part: bigint) => splitPart(text, by, Number(part)),
    },
    { name: 'rs_strtol', signature: 'VI:L', run: strtol },
    { name: 'rs_translate', signature: 'VVV:V', run: translate },
    {
      name: 'rs_pad',
      signature: 'VLVB:V',
      run: (text: string, length: bigint, fill: string, left: boolean) => pad(text, Number(length), fill, left),
    },
    {
      name: 'rs_substring',
      signature: 'VLL:V',
      run: (text: string, start: bigint, length: bigint) => substring(text, Number(start), Number(length)),
    },
    {
      name: 'rs_substring_from',
      signature: 'VL:V',
      run: (text: string, start: bigint) => substring(text, Number(start)),
    },
    { name: 'rs_url_decode', signature: 'V:V', run: urlDecode },
    { name: 'rs_alternate_number', signature: 'VIIB:V', run: alternateNumber },
    ...SUPER_LIBRARY,
    ...ARRAY_LIBRARY,
    ...VARBYTE_LIBRARY,
  ];
}

function nonZero<T>(value: T, zero: boolean): T {
  if (zero) throw new RedshiftError('division by zero');
  return value;
}

/** A number's digits rounded or cut off at a place, which may lie left of the point. */
function atPlaces(text: string, places: number, cut: boolean): string {
  const read = readScaled(text);
  if (!read) return text;
  if (places >= 0) return scaledText(rescale(read, places, cut), places);
  const unit = 10n ** BigInt(-places);
  return String(rescale({ value: read.value, scale: read.scale - places }, 0, cut) * unit);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RedshiftError('value out of range: overflow');
  return value;
}

/** A text assigned to a column of so many bytes: too long is an error unless only blanks are lost. */
function fit(text: string, bytes: number, type: string): string {
  const buffer = Buffer.from(text);
  if (type === 'char' && buffer.length !== text.length)
    throw new RedshiftError('CHAR string contains invalid ASCII character');
  if (buffer.length <= bytes) return text;
  if (Buffer.byteLength(text.replace(/ +$/, '')) <= bytes) return clipBytes(text, bytes);
  throw new RedshiftError(`value too long for type ${type === 'char' ? 'character' : 'character varying'}(${bytes})`);
}
