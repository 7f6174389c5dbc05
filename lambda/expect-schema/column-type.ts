// Types of columns, whoever tells them. In: a type in the words of the Data Catalog, of Athena or of Redshift. Out: one spelling, the
// catalog's. Always: a type whose size is not told fits any size.

const SAME: { readonly [type: string]: string } = {
  varchar: 'string',
  char: 'string',
  character: 'string',
  'character varying': 'string',
  bpchar: 'string',
  text: 'string',
  json: 'string',
  integer: 'int',
  int2: 'smallint',
  int4: 'int',
  int8: 'bigint',
  long: 'bigint',
  real: 'float',
  float4: 'float',
  float8: 'double',
  'double precision': 'double',
  bool: 'boolean',
  numeric: 'decimal',
  varbinary: 'binary',
  varbyte: 'binary',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  row: 'struct',
};

export function plainType(type: string): string {
  const text = type
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),<>:]) ?/g, '$1');
  const [, name = text, size = ''] = /^([a-z0-9_ ]+?)(\(.*\)|<.*>)?$/.exec(text) ?? [];
  const plain = Object.hasOwn(SAME, name) ? SAME[name]! : name;
  // The longest text is no part of what a text is.
  return plain === 'string' || plain.startsWith('timestamp') ? plain : plain + size;
}

/** A type without its size or its parts. */
export function baseType(type: string): string {
  return /^[a-z0-9_ ]+/.exec(type)?.[0] ?? type;
}

export function sameType(expected: string, found: string): boolean {
  const [a, b] = [plainType(expected), plainType(found)];
  return a === b || (baseType(a) === baseType(b) && (a === baseType(a) || b === baseType(b)));
}

/** Types whose values have parts: they are compared by their types only. */
export function isNested(type: string): boolean {
  return /^(array|map|struct|super|binary|geometry|hllsketch)/.test(plainType(type));
}

const NUMBERS = new Set(['tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'decimal']);
const TIMES = new Set(['date', 'timestamp', 'timestamptz']);

/** Whether Athena takes a CAST between two types at all: others are an error of the statement, not of a value. */
export function converts(from: string, to: string): boolean {
  const [a, b] = [baseType(plainType(from)), baseType(plainType(to))];
  const texts = a === 'string' && (NUMBERS.has(b) || TIMES.has(b) || b === 'boolean');
  return texts || (NUMBERS.has(a) && NUMBERS.has(b)) || (TIMES.has(a) && TIMES.has(b));
}

const WHOLE: { readonly [type: string]: true } = { tinyint: true, smallint: true, int: true, bigint: true };

/** What a text of a value looks like. */
export function looksLike(text: string): string {
  const value = text.trim();
  if (/^[+-]?\d{1,18}$/.test(value)) return 'bigint';
  if (NUMBER.test(value)) return 'double';
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return 'date';
  if (/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/.test(value)) return 'timestamp';
  return /^(true|false)$/i.test(value) ? 'boolean' : 'string';
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Patterns of texts that Redshift casts to a type; undefined where every text or none is one. */
export function textPattern(type: string): string | undefined {
  const base = baseType(plainType(type));
  if (Object.hasOwn(WHOLE, base)) return '^[[:space:]]*[+-]?[0-9]+[[:space:]]*$';
  if (base === 'double' || base === 'float')
    return '^[[:space:]]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[[:space:]]*$';
  if (base === 'decimal') return '^[[:space:]]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)[[:space:]]*$';
  if (base === 'date') return '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
  if (base.startsWith('timestamp'))
    return '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?$';
  if (base === 'boolean') return '^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF01])$';
  return undefined;
}

const AS_ATHENA: { readonly [type: string]: string } = { string: 'varchar', float: 'real', int: 'integer' };

/** A type in Athena's words for CAST; undefined for one that has parts. */
export function athenaType(type: string): string | undefined {
  const plain = plainType(type);
  const base = baseType(plain);
  if (isNested(type)) return undefined;
  if (base === 'timestamptz') return 'timestamp with time zone';
  return AS_ATHENA[base] ?? plain;
}
