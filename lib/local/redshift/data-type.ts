/**
 * Redshift's data types: their names as Redshift prints them, how DuckDB stores them, and the rules by which two types
 * meet. Always: CHAR is stored without its padding, SUPER as JSON text, TIMETZ as the time in UTC, VARBYTE as BLOB.
 */
import { RedshiftError } from './redshift-error';

export type TypeName =
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'real'
  | 'double'
  | 'boolean'
  | 'char'
  | 'varchar'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'super'
  | 'varbyte'
  | 'interval'
  | 'unknown';

export interface DataType {
  readonly name: TypeName;
  /** CHAR, VARCHAR and VARBYTE: bytes. */
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Compared without regard to case. */
  readonly insensitive?: boolean;
}

export const SMALLINT: DataType = { name: 'smallint' };
export const INTEGER: DataType = { name: 'integer' };
export const BIGINT: DataType = { name: 'bigint' };
export const REAL: DataType = { name: 'real' };
export const DOUBLE: DataType = { name: 'double' };
export const BOOLEAN: DataType = { name: 'boolean' };
export const DATE: DataType = { name: 'date' };
export const TIME: DataType = { name: 'time' };
export const TIMETZ: DataType = { name: 'timetz' };
export const TIMESTAMP: DataType = { name: 'timestamp' };
export const TIMESTAMPTZ: DataType = { name: 'timestamptz' };
export const SUPER: DataType = { name: 'super' };
export const VARBYTE: DataType = { name: 'varbyte', length: 64000 };
export const INTERVAL: DataType = { name: 'interval' };
export const UNKNOWN: DataType = { name: 'unknown' };
export const MAX_VARCHAR = 65535;
export const varchar = (length: number = MAX_VARCHAR): DataType => ({
  name: 'varchar',
  length: Math.min(length, MAX_VARCHAR),
});
export const char = (length = 1): DataType => ({ name: 'char', length });
export const decimal = (precision: number, scale: number): DataType => ({ name: 'decimal', precision, scale });

const INTEGERS: readonly TypeName[] = ['smallint', 'integer', 'bigint'];
const FLOATS: readonly TypeName[] = ['real', 'double'];
const STAMPS: readonly TypeName[] = ['date', 'timestamp', 'timestamptz'];

export const isInteger = (type: DataType): boolean => INTEGERS.includes(type.name);
export const isFloat = (type: DataType): boolean => FLOATS.includes(type.name);
export const isNumeric = (type: DataType): boolean => isInteger(type) || isFloat(type) || type.name === 'decimal';
export const isText = (type: DataType): boolean => type.name === 'char' || type.name === 'varchar';
export const isTextual = (type: DataType): boolean => isText(type) || type.name === 'unknown';
export const isStamp = (type: DataType): boolean => STAMPS.includes(type.name);
export const isClock = (type: DataType): boolean => type.name === 'time' || type.name === 'timetz';
export const MIXED_COLLATIONS = 'Query with different collations is not supported yet.';
export const sameName = (left: DataType, right: DataType): boolean => left.name === right.name;

/** The DuckDB type that stores a value. */
export function storageOf(type: DataType): string {
  switch (type.name) {
    case 'smallint':
      return 'SMALLINT';
    case 'integer':
      return 'INTEGER';
    case 'bigint':
      return 'BIGINT';
    case 'decimal':
      return `DECIMAL(${type.precision ?? 18},${type.scale ?? 0})`;
    case 'real':
      return 'FLOAT';
    case 'double':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'date':
      return 'DATE';
    case 'time':
    case 'timetz':
      return 'TIME';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'timestamptz':
      return 'TIMESTAMPTZ';
    case 'varbyte':
      return 'BLOB';
    case 'interval':
      return 'INTERVAL';
    case 'char':
    case 'varchar':
    case 'super':
    case 'unknown':
      return 'VARCHAR';
  }
}

/** The type's name as PG_TABLE_DEF shows it. */
export function describeType(type: DataType): string {
  switch (type.name) {
    case 'decimal':
      return `numeric(${type.precision ?? 18},${type.scale ?? 0})`;
    case 'double':
      return 'double precision';
    case 'char':
      return `character(${type.length ?? 1})`;
    case 'varchar':
      return `character varying(${type.length ?? 256})`;
    case 'time':
      return 'time without time zone';
    case 'timetz':
      return 'time with time zone';
    case 'timestamp':
      return 'timestamp without time zone';
    case 'timestamptz':
      return 'timestamp with time zone';
    case 'varbyte':
      return `binary varying(${type.length ?? 64000})`;
    case 'unknown':
      return 'character varying(256)';
    default:
      return type.name;
  }
}

/** The short name the Redshift Data API gives a column. */
export function shortType(type: DataType): string {
  const names: Partial<Record<TypeName, string>> = {
    smallint: 'int2',
    integer: 'int4',
    bigint: 'int8',
    decimal: 'numeric',
    real: 'float4',
    double: 'float8',
    boolean: 'bool',
    char: 'bpchar',
    unknown: 'varchar',
    varbyte: 'varbyte',
  };
  return names[type.name] ?? type.name;
}

/** An integer as the DECIMAL it becomes beside a DECIMAL. */
export function asDecimal(type: DataType): { precision: number; scale: number } {
  if (type.name === 'smallint') return { precision: 5, scale: 0 };
  if (type.name === 'integer') return { precision: 10, scale: 0 };
  if (type.name === 'bigint') return { precision: 19, scale: 0 };
  return { precision: type.precision ?? 18, scale: type.scale ?? 0 };
}

/** Precision and scale of DECIMAL arithmetic, as documented under computations with numeric values. */
export function decimalResult(operator: string, left: DataType, right: DataType): DataType {
  const { precision: p1, scale: s1 } = asDecimal(left);
  const { precision: p2, scale: s2 } = asDecimal(right);
  let precision: number;
  let scale: number;
  if (operator === '*') {
    scale = s1 + s2;
    precision = p1 + p2 + 1;
  } else if (operator === '/') {
    scale = Math.max(4, s1 + p2 - s2 + 1);
    precision = p1 - s1 + s2 + scale;
  } else if (operator === '%') {
    scale = Math.max(s1, s2);
    precision = Math.max(p1 - s1, p2 - s2) + scale;
  } else {
    scale = Math.max(s1, s2);
    precision = Math.max(p1 - s1, p2 - s2) + scale + 1;
  }
  if (precision > 38) {
    if (operator === '/') scale = Math.max(38 + scale - precision, Math.min(4, scale));
    precision = 38;
  }
  return decimal(precision, Math.min(scale, 37));
}

/** The type in which values of several types meet: CASE, COALESCE, UNION, IN and comparisons. */
export function commonType(types: readonly DataType[], where: string): DataType {
  let result: DataType = UNKNOWN;
  for (const type of types) result = meet(result, type, where);
  return result;
}

function meet(left: DataType, right: DataType, where: string): DataType {
  if (left.name === 'unknown') return right;
  if (right.name === 'unknown') return left;
  if (left.name === 'super' || right.name === 'super') return SUPER;
  if (isText(left) && isText(right)) {
    if ((left.insensitive ?? false) !== (right.insensitive ?? false)) throw new RedshiftError(MIXED_COLLATIONS);
    const insensitive = left.insensitive ? { insensitive: true } : {};
    const length = Math.max(left.length ?? 256, right.length ?? 256);
    return { name: left.name === 'char' && right.name === 'char' ? 'char' : 'varchar', length, ...insensitive };
  }
  if (isInteger(left) && isInteger(right))
    return INTEGERS.indexOf(left.name) >= INTEGERS.indexOf(right.name) ? left : right;
  if (isNumeric(left) && isNumeric(right)) {
    if (left.name === 'real' && right.name === 'real') return REAL;
    if (isFloat(left) || isFloat(right)) return DOUBLE;
    const a = asDecimal(left);
    const b = asDecimal(right);
    const scale = Math.max(a.scale, b.scale);
    return decimal(Math.min(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, 38), scale);
  }
  if (isStamp(left) && isStamp(right)) return STAMPS.indexOf(left.name) >= STAMPS.indexOf(right.name) ? left : right;
  if (isClock(left) && isClock(right)) return left.name === right.name ? left : TIMETZ;
  if (left.name === right.name) return left;
  throw new RedshiftError(`${where} types ${describeType(left)} and ${describeType(right)} cannot be matched`);
}
