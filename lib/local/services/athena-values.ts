// Values and types of DuckDB as Athena writes them. In: a plain JSON value of DuckDB's and its type. Out: text. Always: the texts are
// those of Athena's result files, with Java's spelling of floating-point numbers; null stays undefined.

const SIMPLE: { readonly [type: string]: string } = {
  BOOLEAN: 'boolean',
  TINYINT: 'tinyint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  HUGEINT: 'bigint',
  UBIGINT: 'bigint',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'varchar',
  BLOB: 'varbinary',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamp with time zone',
  JSON: 'json',
  '"NULL"': 'unknown',
};

/** Athena's name of a type of DuckDB's. */
export function athenaType(type: string): string {
  if (Object.hasOwn(SIMPLE, type)) return SIMPLE[type]!;
  if (/^DECIMAL/.test(type)) return 'decimal';
  if (type.endsWith('[]')) return 'array';
  if (type.startsWith('STRUCT')) return 'row';
  if (type.startsWith('MAP')) return 'map';
  throw new Error(`the column type ${type} is none of Athena's: cast it`);
}

/** Precision and scale as ColumnInfo tells them. */
export function sizeOfType(type: string): { readonly Precision: number; readonly Scale: number } {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)/.exec(type);
  if (decimal) return { Precision: Number(decimal[1]), Scale: Number(decimal[2]) };
  const sizes: { readonly [type: string]: number } = {
    tinyint: 3,
    smallint: 5,
    integer: 10,
    bigint: 19,
    float: 17,
    double: 17,
    varchar: 2_147_483_647,
    varbinary: 1_073_741_824,
    timestamp: 3,
    'timestamp with time zone': 3,
  };
  return { Precision: sizes[athenaType(type)] ?? 0, Scale: 0 };
}

/** @param value as DuckDB's JSON reader gives it */
export function athenaText(value: unknown, type: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (type.endsWith('[]')) {
    const items = (value as readonly unknown[]).map((item) => athenaText(item, type.slice(0, -2)) ?? 'null');
    return `[${items.join(', ')}]`;
  }
  if (type === 'DOUBLE' || type === 'FLOAT') return javaNumber(value, type === 'FLOAT');
  if (type.startsWith('TIMESTAMP')) return timestamp(String(value));
  if (typeof value === 'object') return structText(value, type);
  return String(value);
}

/** `{a=1, b=x}`: the parts' own types only matter for numbers with a fraction. */
function structText(value: object, type: string): string {
  const entries: [string, unknown][] = Array.isArray(value)
    ? (value as { key: unknown; value: unknown }[]).map((entry) => [String(entry.key), entry.value])
    : Object.entries(value);
  const fields = type.startsWith('STRUCT') ? fieldTypes(type) : new Map<string, string>();
  const parts = entries.map(([name, inner]) => {
    const text = athenaText(inner, fields.get(name) ?? (Array.isArray(inner) ? 'VARCHAR[]' : 'VARCHAR'));
    return `${name}=${text ?? 'null'}`;
  });
  return `{${parts.join(', ')}}`;
}

function fieldTypes(type: string): Map<string, string> {
  const found = new Map<string, string>();
  let depth = 0;
  let part = '';
  for (const character of `${type.slice('STRUCT('.length, -1)},`) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) {
      const match = /^\s*(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(part);
      if (match) found.set(match[1]?.replaceAll('""', '"') ?? match[2]!, match[3]!);
      part = '';
    } else {
      part += character;
    }
  }
  return found;
}

/** `2024-01-31 10:00:00.123`, and ` UTC` for one with a zone. */
function timestamp(text: string): string {
  const match = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(\+00(?::00)?)?$/.exec(text);
  if (!match) return text;
  const fraction = (match[3] ?? '').padEnd(3, '0').slice(0, 3);
  return `${match[1]} ${match[2]}.${fraction}${match[4] === undefined ? '' : ' UTC'}`;
}

/** Java's Double.toString: 6.0, 1.0E7, 1.0E-4, Infinity, NaN. */
function javaNumber(value: unknown, single: boolean): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'NaN' : number > 0 ? 'Infinity' : '-Infinity';
  const shortest = single ? shortestSingle(number) : number;
  const size = Math.abs(shortest);
  if (size === 0) return Object.is(shortest, -0) ? '-0.0' : '0.0';
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(shortest) ? `${shortest}.0` : String(shortest);
  const [digits = '', exponent = ''] = shortest.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** The number with the fewest digits that is this single-precision one. */
function shortestSingle(number: number): number {
  for (let digits = 1; digits <= 9; digits += 1) {
    const candidate = Number(number.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(number)) return candidate;
  }
  return number;
}
