/** Type names as Redshift writes them; anything PostgreSQL has and Redshift lacks is refused by name. */
import {
  BIGINT,
  BOOLEAN,
  char,
  type DataType,
  DATE,
  decimal,
  DOUBLE,
  INTEGER,
  INTERVAL,
  REAL,
  SMALLINT,
  SUPER,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  varchar,
} from './data-type';
import { RedshiftError } from './redshift-error';
import type { TokenCursor } from './token-cursor';

const PLAIN: Readonly<Record<string, DataType>> = {
  smallint: SMALLINT,
  int2: SMALLINT,
  integer: INTEGER,
  int: INTEGER,
  int4: INTEGER,
  bigint: BIGINT,
  int8: BIGINT,
  real: REAL,
  float4: REAL,
  float8: DOUBLE,
  boolean: BOOLEAN,
  bool: BOOLEAN,
  date: DATE,
  timetz: TIMETZ,
  timestamptz: TIMESTAMPTZ,
  super: SUPER,
  interval: INTERVAL,
  datetime: TIMESTAMP,
};
const NOT_IN_REDSHIFT = new Set([
  'uuid',
  'json',
  'jsonb',
  'xml',
  'serial',
  'bigserial',
  'smallserial',
  'money',
  'bytea',
  'bit',
  'inet',
  'cidr',
  'macaddr',
  'point',
  'line',
  'lseg',
  'box',
  'path',
  'polygon',
  'circle',
  'tsvector',
  'tsquery',
  'hstore',
  'enum',
  'array',
  'composite',
  'name',
  'oid',
]);
const NOT_HERE = new Set(['geometry', 'geography', 'hllsketch']);

/** True when a type name can start here. */
export function startsType(cursor: TokenCursor): boolean {
  const token = cursor.peek();
  return token.kind === 'word' && (token.text in PLAIN || COMPOUND.has(token.text));
}

const COMPOUND = new Set([
  'double',
  'float',
  'decimal',
  'dec',
  'numeric',
  'char',
  'character',
  'nchar',
  'bpchar',
  'varchar',
  'nvarchar',
  'text',
  'time',
  'timestamp',
  'varbyte',
  'varbinary',
  'binary',
]);

export function parseType(cursor: TokenCursor): DataType {
  const type = readType(cursor);
  if (cursor.is('[')) throw cursor.unsupported('an array type');
  return type;
}

function readType(cursor: TokenCursor): DataType {
  const token = cursor.peek();
  if (token.kind !== 'word') throw cursor.error();
  const word = token.text;
  const plain = Object.hasOwn(PLAIN, word) ? PLAIN[word] : undefined;
  if (plain) {
    cursor.next();
    return plain;
  }
  if (NOT_IN_REDSHIFT.has(word)) throw new RedshiftError(`type "${word}" does not exist`, { position: token.start });
  if (NOT_HERE.has(word)) throw cursor.unsupported(`the ${word.toUpperCase()} type`);
  if (!COMPOUND.has(word)) throw new RedshiftError(`type "${word}" does not exist`, { position: token.start });
  cursor.next();
  switch (word) {
    case 'double':
      cursor.expect('precision');
      return DOUBLE;
    case 'float': {
      const precision = optionalLength(cursor);
      if (precision === undefined) return DOUBLE;
      if (precision < 1 || precision > 53) throw new RedshiftError('precision for type float must be between 1 and 53');
      return precision <= 24 ? REAL : DOUBLE;
    }
    case 'decimal':
    case 'dec':
    case 'numeric':
      return readDecimal(cursor);
    case 'char':
    case 'character':
    case 'nchar':
      if (cursor.accept('varying')) return readVarchar(cursor);
      return readChar(cursor, 1);
    case 'bpchar':
      return readChar(cursor, 256);
    case 'varchar':
    case 'nvarchar':
      return readVarchar(cursor);
    case 'text':
      optionalLength(cursor);
      return varchar(256);
    case 'time':
      return withZone(cursor) ? TIMETZ : TIME;
    case 'timestamp':
      return withZone(cursor) ? TIMESTAMPTZ : TIMESTAMP;
    default: {
      if (word === 'binary') cursor.expect('varying');
      const length = optionalLength(cursor) ?? 64000;
      if (length > 1024000) throw new RedshiftError('length for type varbyte cannot exceed 1024000');
      return { name: 'varbyte', length };
    }
  }
}

function optionalLength(cursor: TokenCursor): number | undefined {
  return cursor.is('(')
    ? cursor.parenthesized(() => (cursor.accept('max') ? Number.POSITIVE_INFINITY : cursor.integer()))
    : undefined;
}

function withZone(cursor: TokenCursor): boolean {
  if (cursor.is('(')) throw cursor.error('precision is not supported for time types');
  if (cursor.accept('with', 'time', 'zone')) return true;
  cursor.accept('without', 'time', 'zone');
  return false;
}

function readDecimal(cursor: TokenCursor): DataType {
  if (!cursor.accept('(')) return decimal(18, 0);
  const precision = cursor.integer();
  const scale = cursor.accept(',') ? cursor.integer() : 0;
  cursor.expect(')');
  if (precision < 1 || precision > 38)
    throw new RedshiftError(`DECIMAL precision ${precision} must be between 1 and 38`);
  if (scale < 0 || scale > precision || scale > 37) {
    throw new RedshiftError(`DECIMAL scale ${scale} must be between 0 and precision ${precision}`);
  }
  return decimal(precision, scale);
}

function readChar(cursor: TokenCursor, fallback: number): DataType {
  const length = optionalLength(cursor) ?? fallback;
  const bytes = length === Number.POSITIVE_INFINITY ? 4096 : length;
  if (bytes < 1) throw new RedshiftError('length for type character must be at least 1');
  if (bytes > 4096) throw new RedshiftError('length for type character cannot exceed 4096');
  return char(bytes);
}

function readVarchar(cursor: TokenCursor): DataType {
  const length = optionalLength(cursor) ?? 256;
  if (length === Number.POSITIVE_INFINITY) return varchar();
  if (length < 1) throw new RedshiftError('length for type character varying must be at least 1');
  if (length > 65535) throw new RedshiftError('length for type character varying cannot exceed 65535');
  return varchar(length);
}
