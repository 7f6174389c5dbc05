/** SUPER and JSON functions. A SUPER travels as JSON text; SQL NULL and JSON null are told apart only inside containers. */
import { RedshiftError } from '../redshift-error';
import {
  JsonNumber,
  numberText,
  parseSuper,
  serializeSuper,
  stepInto,
  type SuperValue,
  typeOfSuper,
  writeSuper,
} from './json-value';
import { readScaled, rescale, scaledText } from './number-text';
import type { Udf } from './udf';

const attempt = <T>(run: () => T): T | undefined => {
  try {
    return run();
  } catch {
    return undefined;
  }
};

/** A path is a JSON array of keys and indexes; the answer of a missing step is NULL, or an error when navigation is strict. */
function navigate(text: string, path: string, ignoreCase: boolean, strict: boolean): string | null {
  let value: SuperValue = parseSuper(text);
  for (const step of JSON.parse(path) as (string | number)[]) {
    const next = stepInto(value, step, ignoreCase);
    if (next === undefined) {
      if (strict) throw new RedshiftError('Invalid operation on a SUPER value: no such attribute or element');
      return null;
    }
    value = next;
  }
  return writeSuper(value);
}

function elements(text: string): string {
  const value = parseSuper(text);
  const items = Array.isArray(value) ? value : value === null ? [] : [value];
  return JSON.stringify(items.map(writeSuper));
}

function pairs(text: string): string {
  const value = parseSuper(text);
  return JSON.stringify(
    value instanceof Map
      ? [...value].map(([key, item]) => ({ k: key, v: item === null ? null : writeSuper(item) }))
      : [],
  );
}

function toText(text: string): string | null {
  const value = parseSuper(text);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof JsonNumber) return numberText(value);
  return null;
}

/** The number in a SUPER as digits, or NULL when it holds none that fits. */
function toDecimal(text: string, precision: number, scale: number): string | null {
  const value = parseSuper(text);
  const source = value instanceof JsonNumber ? value.text : typeof value === 'string' ? value : undefined;
  const read = source === undefined ? undefined : readScaled(source);
  if (!read) return null;
  const scaled = rescale(read, scale);
  return (scaled < 0n ? -scaled : scaled) < 10n ** BigInt(precision) ? scaledText(scaled, scale) : null;
}

function toFloat(text: string): number | null {
  const value = parseSuper(text);
  const source = value instanceof JsonNumber ? value.text : typeof value === 'string' ? value : undefined;
  return source !== undefined && readScaled(source) ? Number(source) : null;
}

function toBoolean(text: string): boolean | null {
  const value = parseSuper(text);
  if (value instanceof JsonNumber && value.kind === 'integer') return BigInt(value.text) !== 0n;
  return typeof value === 'boolean' ? value : null;
}

/** -1, 0, 1 for two scalars of one kind; NULL otherwise, as PartiQL compares unlike types. */
const compare = (left: string, right: string): number | null => compareSuper(parseSuper(left), parseSuper(right));

/** Null where two values have no order: of different types, or objects and arrays that differ. */
export function compareSuper(a: SuperValue, b: SuperValue): number | null {
  if (a instanceof JsonNumber && b instanceof JsonNumber) {
    if (a.kind === 'float' || b.kind === 'float') return Math.sign(Number(a.text) - Number(b.text));
    const x = readScaled(a.text);
    const y = readScaled(b.text);
    if (!x || !y) return null;
    const scale = Math.max(x.scale, y.scale);
    const difference = rescale(x, scale) - rescale(y, scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string')
    return Math.sign(Buffer.compare(Buffer.from(a.replace(/ +$/, '')), Buffer.from(b.replace(/ +$/, ''))));
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeOfSuper(a) === typeOfSuper(b) && (Array.isArray(a) || a instanceof Map))
    return writeSuper(a) === writeSuper(b) ? 0 : null;
  return null;
}

/** Numbers of any kind added, subtracted or multiplied; anything else gives NULL, as lax PartiQL has it. */
function calculate(left: string, right: string, operator: string): string | null {
  const [a, b] = [parseSuper(left), parseSuper(right)];
  if (!(a instanceof JsonNumber) || !(b instanceof JsonNumber)) return null;
  if (a.kind === 'float' || b.kind === 'float') {
    const [x, y] = [Number(a.text), Number(b.text)];
    const value = operator === '+' ? x + y : operator === '-' ? x - y : x * y;
    return `${value}${String(value).includes('e') ? '' : 'e0'}`;
  }
  const [x, y] = [readScaled(a.text), readScaled(b.text)];
  if (!x || !y) return null;
  if (operator === '*') return scaledText(x.value * y.value, x.scale + y.scale);
  const scale = Math.max(x.scale, y.scale);
  const [m, n] = [rescale(x, scale), rescale(y, scale)];
  return scaledText(operator === '+' ? m + n : m - n, scale);
}

function isKind(text: string, kind: string): boolean {
  const value = parseSuper(text);
  if (kind === 'scalar') return value !== null && !Array.isArray(value) && !(value instanceof Map);
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return value instanceof Map;
  if (kind === 'boolean') return typeof value === 'boolean';
  if (kind === 'varchar') return typeof value === 'string';
  if (kind === 'char') return typeof value === 'string' && Buffer.byteLength(value) === value.length;
  if (!(value instanceof JsonNumber)) return false;
  if (kind === 'float') return value.kind === 'float';
  if (kind === 'decimal') return value.kind !== 'float';
  if (value.kind !== 'integer') return false;
  const top = { smallint: 32767n, integer: 2147483647n, bigint: 9223372036854775807n }[kind as 'bigint'];
  const number = BigInt(value.text);
  return number <= top && number >= -top - 1n;
}

function decimalSize(text: string, what: string): number | null {
  const value = parseSuper(text);
  if (!(value instanceof JsonNumber) || value.kind === 'float') return null;
  const [whole = '', fraction = ''] = value.text.replace('-', '').split('.');
  if (what === 'scale') return fraction.length;
  return `${whole === '0' && fraction !== '' ? '' : whole}${fraction}`.length;
}

export function arrayOf(text: string, name: string): SuperValue[] {
  const value = parseSuper(text);
  if (!Array.isArray(value)) throw new RedshiftError(`${name} expects an array`);
  return value;
}

function flatten(text: string): string {
  const inner = (items: readonly SuperValue[]): SuperValue[] =>
    items.flatMap((item) => (Array.isArray(item) ? inner(item) : [item]));
  return writeSuper(inner(arrayOf(text, 'array_flatten')));
}

function subarray(text: string, start: number, length: number): string {
  const items = arrayOf(text, 'subarray');
  if (length < 0) return '[]';
  const from = start < 0 ? Math.max(items.length + start, 0) : start;
  return writeSuper(items.slice(from, from + length));
}

/** The old JSON functions work on text; with the flag, bad JSON and bad places give NULL. */
function jsonText(value: SuperValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : serializeSuper(value);
}

function extractPath(text: string, path: string, lenient: boolean): string | null {
  const parsed = attempt(() => parseSuper(text));
  if (parsed === undefined) return bad(lenient, 'JSON parsing error');
  let value: SuperValue | undefined = parsed;
  for (const key of JSON.parse(path) as string[]) {
    if (value === undefined || value === null) break;
    value = Array.isArray(value) && /^\d+$/.test(key) ? value[Number(key)] : stepInto(value, key, false);
  }
  return jsonText(value);
}

function extractElement(text: string, index: number, lenient: boolean): string | null {
  const value = attempt(() => parseSuper(text));
  if (!Array.isArray(value)) return bad(lenient, 'invalid JSON array object');
  // Outside the array the answer is documented to be an empty string.
  return index < 0 || index >= value.length ? '' : jsonText(value[index]);
}

function arrayLength(text: string, lenient: boolean): number | null {
  const value = attempt(() => parseSuper(text));
  if (!Array.isArray(value)) return bad(lenient, 'invalid JSON array object');
  return value.length;
}

function bad(lenient: boolean, message: string): null {
  if (lenient) return null;
  throw new RedshiftError(message);
}

const valid = (text: string, array: boolean): boolean => {
  const value = attempt(() => parseSuper(text));
  return value !== undefined && (array ? Array.isArray(value) : value instanceof Map);
};

function objectOf(text: string): string {
  const items = JSON.parse(text) as (string | null)[];
  const map = new Map<string, SuperValue>();
  for (let index = 0; index < items.length; index += 2) {
    const key = items[index] === null ? null : parseSuper(items[index] as string);
    if (typeof key !== 'string') throw new RedshiftError('object keys must be strings');
    map.set(key, items[index + 1] === null ? null : parseSuper(items[index + 1] as string));
  }
  return writeSuper(map);
}

export const SUPER_LIBRARY: Udf[] = [
  { name: 'rs_super_parse', signature: 'V:V', run: (text: string) => writeSuper(parseSuper(text)) },
  { name: 'rs_super_valid', signature: 'V:B', run: (text: string) => attempt(() => parseSuper(text)) !== undefined },
  { name: 'rs_super_serialize', signature: 'V:V', run: (text: string) => serializeSuper(parseSuper(text)) },
  { name: 'rs_super_string', signature: 'V:V', run: (text: string) => JSON.stringify(text) },
  {
    name: 'rs_super_float',
    signature: 'D:V',
    run: (value: number) => (Number.isFinite(value) ? `${value}${String(value).includes('e') ? '' : 'e0'}` : null),
  },
  { name: 'rs_super_navigate', signature: 'VVBB:V', run: navigate },
  { name: 'rs_super_elements', signature: 'V:V', run: elements },
  { name: 'rs_super_pairs', signature: 'V:V', run: pairs },
  { name: 'rs_super_text', signature: 'V:V', run: toText },
  { name: 'rs_super_decimal', signature: 'VII:V', run: toDecimal },
  { name: 'rs_super_number', signature: 'V:D', run: toFloat },
  { name: 'rs_super_boolean', signature: 'V:B', run: toBoolean },
  { name: 'rs_super_compare', signature: 'VV:I', run: compare },
  { name: 'rs_super_calculate', signature: 'VVV:V', run: calculate },
  { name: 'rs_super_typeof', signature: 'V:V', run: (text: string) => typeOfSuper(parseSuper(text)) },
  { name: 'rs_super_is', signature: 'VV:B', run: isKind },
  { name: 'rs_super_size', signature: 'V:I', run: (text: string) => Buffer.byteLength(text) },
  { name: 'rs_super_decimal_size', signature: 'VV:I', run: decimalSize },
  {
    name: 'rs_super_length',
    signature: 'V:I',
    run: (text: string) => {
      const value = parseSuper(text);
      return Array.isArray(value) ? value.length : null;
    },
  },
  {
    name: 'rs_super_concat',
    signature: 'VV:V',
    run: (a: string, b: string) => writeSuper([...arrayOf(a, 'array_concat'), ...arrayOf(b, 'array_concat')]),
  },
  { name: 'rs_super_flatten', signature: 'V:V', run: flatten },
  { name: 'rs_super_subarray', signature: 'VII:V', run: subarray },
  {
    name: 'rs_super_split',
    signature: 'VV:V',
    run: (text: string, by: string) => JSON.stringify(by === '' ? [text] : text.split(by)),
  },
  { name: 'rs_super_object', signature: 'V:V', run: objectOf },
  {
    name: 'rs_super_array',
    signature: 'V:V',
    run: (items: string) => `[${(JSON.parse(items) as (string | null)[]).map((item) => item ?? 'null').join(',')}]`,
  },
  { name: 'rs_super_upper', signature: 'VB:V', run: (text: string, upper: boolean) => changeCase(text, upper) },
  { name: 'rs_json_path', signature: 'VVB:V', run: extractPath },
  { name: 'rs_json_element', signature: 'VIB:V', run: extractElement },
  { name: 'rs_json_length', signature: 'VB:I', run: arrayLength },
  { name: 'rs_json_valid', signature: 'VB:B', run: valid },
];

function changeCase(text: string, upper: boolean): string {
  const change = (value: SuperValue): SuperValue => {
    if (typeof value === 'string') return upper ? value.toUpperCase() : value.toLowerCase();
    return value;
  };
  return writeSuper(change(parseSuper(text)));
}
