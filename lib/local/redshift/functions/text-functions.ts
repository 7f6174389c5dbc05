/** String functions DuckDB lacks or answers differently: sounds, checksums, padding by Redshift's rules, URL parts. */
import { createHash } from 'node:crypto';
import { RedshiftError } from '../redshift-error';
import { readScaled, rescale, scaledText } from './number-text';

const CODES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ bfpv: '1', cgjkqsxz: '2', dt: '3', l: '4', mn: '5', r: '6' }).flatMap(([letters, code]) =>
    [...letters].map((letter) => [letter, code]),
  ),
);

/** American Soundex of the letters of a text; empty when it has none. */
export function soundex(text: string): string {
  const letters = text.toLowerCase().replace(/[^a-z]/g, '');
  if (letters === '') return '';
  let code = (letters[0] as string).toUpperCase();
  let previous = CODES[letters[0] as string] ?? '';
  for (const letter of letters.slice(1)) {
    const digit = CODES[letter] ?? '';
    if (digit !== '' && digit !== previous) code += digit;
    if (letter !== 'h' && letter !== 'w') previous = digit;
    if (code.length === 4) break;
  }
  return code.padEnd(4, '0');
}

/** How many places of two Soundex codes agree. */
export function difference(left: string, right: string): number {
  const a = soundex(left);
  const b = soundex(right);
  if (a === '' || b === '') return 0;
  return [...a].filter((char, index) => char === b[index]).length;
}

const CRC_TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** The checksum Redshift documents for CRC32: CRC-32C, as eight hexadecimal digits. */
export function crc32(text: string): string {
  let value = 0xffffffff;
  for (const byte of Buffer.from(text)) value = ((CRC_TABLE[(value ^ byte) & 0xff] as number) ^ (value >>> 8)) >>> 0;
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

/** FNV-1a on 64 bits; a seed continues an earlier hash. */
export function fnvHash(bytes: Buffer, seed = 0xcbf29ce484222325n): bigint {
  let hash = BigInt.asUintN(64, seed);
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return BigInt.asIntN(64, hash);
}

export function sha2(text: Buffer, bits: number): string {
  const size = bits === 0 ? 256 : bits;
  if (![224, 256, 384, 512].includes(size))
    throw new RedshiftError(`SHA2 digest length ${bits} must be 0, 224, 256, 384 or 512`);
  return createHash(`sha${size}`).update(text).digest('hex');
}

/** The first `bytes` bytes of a text, never half a character. */
export function clipBytes(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((buffer[end] as number) & 0xc0) === 0x80) end--;
  return buffer.toString('utf8', 0, end);
}

export function initcap(text: string): string {
  return text.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => {
    const [first = '', ...rest] = [...word];
    return first.toUpperCase() + rest.join('');
  });
}

export function splitPart(text: string, delimiter: string, part: number): string {
  if (part < 1) throw new RedshiftError('field position must be greater than zero');
  if (delimiter === '') return part === 1 ? text : '';
  return text.split(delimiter)[part - 1] ?? '';
}

/** STRTOL: the whole text must be a number in the base. */
export function strtol(text: string, base: number): bigint {
  if (base < 2 || base > 36) throw new RedshiftError(`base ${base} must be between 2 and 36`);
  let digits = text.trim().toLowerCase();
  const negative = digits.startsWith('-');
  digits = digits.replace(/^[+-]/, '');
  if (base === 16) digits = digits.replace(/^0x/, '');
  if (digits === '') return 0n;
  let value = 0n;
  for (const char of digits) {
    const digit = Number.parseInt(char, 36);
    if (Number.isNaN(digit) || digit >= base)
      throw new RedshiftError(`The input ${text} is not valid to be converted to base ${base}`);
    value = value * BigInt(base) + BigInt(digit);
  }
  if (negative) value = -value;
  if (BigInt.asIntN(64, value) !== value) throw new RedshiftError(`The input ${text} is out of range for base ${base}`);
  return value;
}

export function translate(text: string, from: string, to: string): string {
  const target = [...to];
  const map = new Map<string, string>();
  [...from].forEach((char, index) => {
    if (!map.has(char)) map.set(char, target[index] ?? '');
  });
  return [...text].map((char) => map.get(char) ?? char).join('');
}

export function pad(text: string, length: number, fill: string, left: boolean): string {
  const characters = [...text];
  if (length <= 0) return '';
  if (characters.length >= length) return characters.slice(0, length).join('');
  const filler = [...fill];
  if (filler.length === 0) return text;
  const needed = length - characters.length;
  const padding = Array.from({ length: needed }, (_, index) => filler[index % filler.length]).join('');
  return left ? padding + text : text + padding;
}

/** SUBSTRING: places before the first count towards the length. */
export function substring(text: string, start: number, length?: number): string {
  if (length !== undefined && length < 0) throw new RedshiftError('negative substring length not allowed');
  const characters = [...text];
  const end = length === undefined ? characters.length : start - 1 + length;
  return characters.slice(Math.max(start - 1, 0), Math.max(end, 0)).join('');
}

export function urlDecode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    throw new RedshiftError('invalid URL encoding');
  }
}

/** TEXT_TO_INT_ALT and TEXT_TO_NUMERIC_ALT: trailing signs, group marks, blanks as zero; rounded half to even or cut off. */
export function alternateNumber(text: string, precision: number, scale: number, cut: boolean): string {
  const bare = text.trim().replace(/^\$/, '');
  if (bare === '') return '0';
  const trailing = /^(.*\d\.?)([-+])$/.exec(bare);
  const digits = (trailing ? `${trailing[2] === '-' ? '-' : ''}${trailing[1]}` : bare).replace(/,/g, '');
  const read = readScaled(digits);
  if (!read || /^[-+]{2}/.test(digits)) throw new RedshiftError(`invalid input syntax for type numeric: "${text}"`);
  const whole = rescale(read, scale, true);
  let value = whole;
  if (!cut && read.scale > scale) {
    const divisor = 10n ** BigInt(read.scale - scale);
    const rest = read.value % divisor;
    const double = (rest < 0n ? -rest : rest) * 2n;
    if (double > divisor || (double === divisor && whole % 2n !== 0n)) value += read.value < 0n ? -1n : 1n;
  }
  if ((value < 0n ? -value : value) >= 10n ** BigInt(precision))
    throw new RedshiftError('Numeric data overflow (result precision)');
  return scaledText(value, scale);
}
