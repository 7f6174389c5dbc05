/** DuckDB's values as the plain JSON a client sees: exact numbers stay text where JavaScript's could not hold them. */
import type { DuckDBValue } from '@duckdb/node-api';
import { type DataType, shortType } from './data-type';
import { clockText, dateText, timestampText } from './functions/date-text';
import { parseSuper, serializeSuper } from './functions/json-value';
import { scaledText } from './functions/number-text';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface ResultColumn {
  readonly name: string;
  /** Redshift's short type name: int4, numeric, varchar, timestamp, super ... */
  readonly typeName: string;
}

export interface StatementResult {
  /** The statement's tag: SELECT, INSERT, CREATE TABLE, COPY ... */
  readonly kind: string;
  readonly columns: ResultColumn[];
  readonly rows: Json[][];
  /** Rows returned, or changed. */
  readonly rowCount: number;
  /** What RAISE INFO and the like said. */
  readonly notices?: string[];
}

export function resultColumn(name: string, type: DataType): ResultColumn {
  return { name, typeName: shortType(type) };
}

export function toJson(value: DuckDBValue, type: DataType): Json {
  if (value === null || value === undefined) return null;
  switch (type.name) {
    case 'date':
      return dateText((value as { days: number }).days);
    case 'timestamp':
      return timestampText((value as { micros: bigint }).micros);
    case 'timestamptz':
      return `${timestampText((value as { micros: bigint }).micros)}+00`;
    case 'time':
      return clockText((value as { micros: bigint }).micros);
    case 'timetz':
      return `${clockText((value as { micros: bigint }).micros)}+00`;
    case 'decimal': {
      const { value: scaled, scale } = value as { value: bigint; scale: number };
      return typeof value === 'object' ? scaledText(scaled, scale) : String(value);
    }
    case 'varbyte':
      return Buffer.from((value as unknown as { bytes: Uint8Array }).bytes).toString('hex');
    case 'super':
      return value === 'null' ? null : serializeSuper(parseSuper(value as string));
    case 'interval':
      return intervalText(value as { months: number; days: number; micros: bigint });
    default:
  }
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && type.name === 'real' && Number.isFinite(value)) return shortestReal(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  return typeof value === 'boolean' ? value : String(value);
}

/** The shortest digits that are still this REAL. */
function shortestReal(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

function intervalText({ months, days, micros }: { months: number; days: number; micros: bigint }): string {
  const parts: string[] = [];
  const years = Math.trunc(months / 12);
  const rest = months % 12;
  if (years !== 0) parts.push(`${years} year${Math.abs(years) === 1 ? '' : 's'}`);
  if (rest !== 0) parts.push(`${rest} mon${Math.abs(rest) === 1 ? '' : 's'}`);
  if (days !== 0) parts.push(`${days} day${Math.abs(days) === 1 ? '' : 's'}`);
  if (micros !== 0n || parts.length === 0)
    parts.push(`${micros < 0n ? '-' : ''}${clockText(micros < 0n ? -micros : micros)}`);
  return parts.join(' ');
}
