/**
 * Conversions between Redshift's types as DuckDB SQL. `explicit` is CAST; `implicit` what an operator or function does
 * by itself; `assign` what INSERT, UPDATE and COPY do. What Redshift does not convert is an error.
 */
import {
  type DataType,
  describeType,
  isClock,
  isFloat,
  isInteger,
  isNumeric,
  isStamp,
  isText,
  storageOf,
} from './data-type';
import { readInterval } from './functions/date-math';
import {
  clockText,
  dateText,
  readClockMicros,
  readDateDays,
  readTimestampMicros,
  timestampText,
} from './functions/date-text';
import { readInstant, readZonedClock } from './functions/library';
import { booleanFromText, decimalFromText, floatFromText, integerFromText } from './functions/number-text';
import { RedshiftError } from './redshift-error';
import { quoteText, type Typed } from './typed';

export type CastMode = 'explicit' | 'implicit' | 'assign';

export class Caster {
  public constructor(private readonly now: () => bigint) {}

  public cast(value: Typed, type: DataType, mode: CastMode): Typed {
    if (value.isNull) return { sql: `CAST(NULL AS ${storageOf(type)})`, type, isNull: true };
    if (value.literal !== undefined && value.type.name === 'unknown')
      return { ...this.literal(value.literal, type, mode), label: value.label };
    const sql = this.convert(value, type, mode);
    const kept = value.type.insensitive && isText(type) ? { ...type, insensitive: true } : type;
    return { sql, type: kept, label: value.label, aggregated: value.aggregated };
  }

  /** A string literal read as a type, at once: a wrong one is an error before anything runs. */
  private literal(text: string, type: DataType, mode: CastMode): Typed {
    const typed = (sql: string): Typed => ({ sql, type, written: text });
    switch (type.name) {
      case 'smallint':
      case 'integer':
      case 'bigint':
        return { ...typed(`CAST(${integerFromText(text, type.name)} AS ${storageOf(type)})`), constant: text.trim() };
      case 'decimal':
        return typed(`CAST('${decimalFromText(text, type.precision ?? 18, type.scale ?? 0)}' AS ${storageOf(type)})`);
      case 'real':
      case 'double':
        return typed(`CAST('${floatFromText(text)}' AS ${storageOf(type)})`);
      case 'boolean':
        return { ...typed(String(booleanFromText(text))), constant: String(booleanFromText(text)) };
      case 'date':
        return typed(`DATE '${dateText(readDateDays(text, this.now))}'`);
      case 'timestamp':
        return typed(`TIMESTAMP '${timestampText(readTimestampMicros(text, this.now))}'`);
      case 'timestamptz':
        return typed(`TIMESTAMPTZ '${timestampText(readInstant(text, this.now))}+00'`);
      case 'time':
        return typed(`TIME '${clockText(readClockMicros(text, this.now))}'`);
      case 'timetz':
        return typed(`TIME '${clockText(readZonedClock(text, this.now))}'`);
      case 'char':
      case 'varchar':
        return this.textTo(
          { sql: quoteText(text), type: { name: 'varchar', length: Math.max(Buffer.byteLength(text), 1) } },
          type,
          mode,
        );
      case 'super':
        return typed(quoteText(JSON.stringify(text)));
      case 'varbyte':
        return typed(`encode(${quoteText(text)})`);
      case 'interval': {
        return typed(intervalSql(text));
      }
      case 'unknown':
        return { sql: quoteText(text), type, literal: text };
    }
  }

  private convert(value: Typed, type: DataType, mode: CastMode): string {
    const from = value.type;
    const { sql } = value;
    if (from.name === 'unknown' || isText(from)) {
      const source =
        from.name === 'unknown' ? { ...value, type: { name: 'varchar', length: 65535 } as DataType } : value;
      return isText(type) || type.name === 'unknown'
        ? this.textTo(source, type, mode).sql
        : this.fromText(source, type);
    }
    if (type.name === 'unknown') return sql;
    if (from.name === 'super') return this.fromSuper(sql, type);
    if (type.name === 'super') return this.toSuper(value);
    if (isText(type))
      return this.textTo({ sql: this.toText(value), type: { name: 'varchar', length: 65535 } }, type, mode, true).sql;
    if (isNumeric(from) && isNumeric(type)) return this.numeric(sql, from, type);
    if (type.name === from.name)
      return type.name === 'varbyte' && type.length !== undefined ? `rs_bytes_clip(${sql}, ${type.length})` : sql;
    if (type.name === 'boolean' && isInteger(from) && mode === 'explicit') return `(${sql} <> 0)`;
    if (from.name === 'boolean' && isInteger(type) && mode === 'explicit') return `CAST(${sql} AS ${storageOf(type)})`;
    if (isStamp(from) && isStamp(type)) return stampTo(sql, from, type);
    if ((from.name === 'timestamp' || from.name === 'timestamptz') && isClock(type))
      return `CAST(${stampTo(sql, from, { name: 'timestamp' })} AS TIME)`;
    if (isClock(from) && isClock(type)) return sql;
    if (type.name === 'varbyte' && isInteger(from))
      return `rs_bytes_integer(CAST(${sql} AS BIGINT), ${from.name === 'smallint' ? 2 : from.name === 'integer' ? 4 : 8})`;
    throw new RedshiftError(`cannot cast type ${describeType(from)} to ${describeType(type)}`);
  }

  private numeric(sql: string, from: DataType, type: DataType): string {
    if (isInteger(type) && from.name === 'decimal') return `CAST(round(${sql}, 0) AS ${storageOf(type)})`;
    return storageOf(from) === storageOf(type) ? sql : `CAST(${sql} AS ${storageOf(type)})`;
  }

  private fromText({ sql, type: from }: Typed, type: DataType): string {
    switch (type.name) {
      case 'smallint':
      case 'integer':
      case 'bigint':
        return `CAST(rs_integer(${sql}, '${type.name}') AS ${storageOf(type)})`;
      case 'decimal':
        return `CAST(rs_decimal(${sql}, ${type.precision ?? 18}, ${type.scale ?? 0}) AS ${storageOf(type)})`;
      case 'real':
      case 'double':
        return `CAST(rs_float(${sql}) AS ${storageOf(type)})`;
      case 'boolean':
        return `rs_boolean(${sql})`;
      case 'date':
        return `CAST(rs_date(${sql}) AS DATE)`;
      case 'timestamp':
        return `CAST(rs_timestamp(${sql}) AS TIMESTAMP)`;
      case 'timestamptz':
        return `CAST(rs_timestamptz(${sql}) || '+00' AS TIMESTAMPTZ)`;
      case 'time':
        return `${microsToTime(`rs_clock(${sql})`)}`;
      case 'timetz':
        return `${microsToTime(`rs_zoned_clock(${sql})`)}`;
      case 'super':
        return `rs_super_string(${sql})`;
      case 'varbyte':
        return from.name === 'char' ? `encode(rpad(${sql}, ${from.length ?? 1}, ' '))` : `encode(${sql})`;
      default:
        throw new RedshiftError(`cannot cast type ${describeType(from)} to ${describeType(type)}`);
    }
  }

  private textTo(value: Typed, type: DataType, mode: CastMode, number = false): Typed {
    if (type.name === 'unknown') return value;
    const length = type.length ?? 1;
    const known = value.type.length ?? 65535;
    let { sql } = value;
    if (mode === 'assign' && (known > length || type.name === 'char'))
      sql = `rs_fit(${sql}, ${length}, '${type.name}')`;
    else if (mode === 'explicit' && (number || known > length)) sql = `rs_clip(${sql}, ${length})`;
    if (type.name === 'char' && value.type.name !== 'char') sql = `rtrim(${sql}, ' ')`;
    return { sql, type };
  }

  /** Any value but text as the text Redshift prints. */
  public toText({ sql, type }: Typed): string {
    switch (type.name) {
      case 'smallint':
      case 'integer':
      case 'bigint':
      case 'decimal':
      case 'date':
        return `CAST(${sql} AS VARCHAR)`;
      case 'timestamp':
        return `CAST(${sql} AS VARCHAR)`;
      case 'timestamptz':
        return `CAST(${sql} AS VARCHAR)`;
      case 'time':
        return `CAST(${sql} AS VARCHAR)`;
      case 'timetz':
        return `(CAST(${sql} AS VARCHAR) || '+00')`;
      case 'real':
        return `rs_float_text(CAST(${sql} AS DOUBLE), 6)`;
      case 'double':
        return `rs_float_text(${sql}, 15)`;
      case 'varbyte':
        return `rs_bytes_text(${sql}, 'utf8')`;
      case 'super':
        return `rs_super_text(${sql})`;
      case 'char':
      case 'varchar':
      case 'unknown':
        return sql;
      default:
        throw new RedshiftError(`cannot cast type ${describeType(type)} to character varying`);
    }
  }

  /** Any value as SUPER; a SQL NULL stays NULL. */
  public toSuper({ sql, type, isNull, literal }: Typed): string {
    if (isNull) return 'NULL';
    if (type.name === 'super') return sql;
    if (literal !== undefined) return quoteText(JSON.stringify(literal));
    if (type.name === 'boolean' || isInteger(type) || type.name === 'decimal') return `CAST(${sql} AS VARCHAR)`;
    if (isFloat(type)) return `rs_super_float(CAST(${sql} AS DOUBLE))`;
    if (!isText(type) && type.name !== 'unknown' && type.name !== 'varbyte')
      throw new RedshiftError(`cannot cast type ${describeType(type)} to super`);
    return `rs_super_string(${this.toText({ sql, type })})`;
  }

  private fromSuper(sql: string, type: DataType): string {
    switch (type.name) {
      case 'smallint':
        return `CAST(rs_super_decimal(${sql}, 5, 0) AS SMALLINT)`;
      case 'integer':
        return `CAST(rs_super_decimal(${sql}, 10, 0) AS INTEGER)`;
      case 'bigint':
        return `CAST(rs_super_decimal(${sql}, 19, 0) AS BIGINT)`;
      case 'decimal':
        return `CAST(rs_super_decimal(${sql}, ${type.precision ?? 18}, ${type.scale ?? 0}) AS ${storageOf(type)})`;
      case 'real':
      case 'double':
        return `CAST(rs_super_number(${sql}) AS ${storageOf(type)})`;
      case 'boolean':
        return `rs_super_boolean(${sql})`;
      case 'char':
        return `rtrim(rs_clip(rs_super_text(${sql}), ${type.length ?? 1}), ' ')`;
      case 'varchar':
        return `rs_clip(rs_super_text(${sql}), ${type.length ?? 65535})`;
      case 'date':
      case 'timestamp':
      case 'timestamptz':
      case 'time':
      case 'timetz':
        return this.fromText({ sql: `rs_super_text(${sql})`, type: { name: 'varchar' } }, type);
      case 'super':
        return sql;
      default:
        throw new RedshiftError(`cannot cast type super to ${describeType(type)}`);
    }
  }
}

/** An interval as DuckDB keeps it: months, days and microseconds apart. */
export function intervalSql(text: string, field?: string): string {
  const { months, days, micros } = readInterval(text, field);
  return `(to_months(${months}) + to_days(${days}) + to_microseconds(${micros}))`;
}

export function microsToTime(micros: string): string {
  return `CAST(make_timestamp(CAST(${micros} AS BIGINT)) AS TIME)`;
}

function stampTo(sql: string, from: DataType, type: DataType): string {
  if (from.name === type.name) return sql;
  // The session runs in UTC, where dropping or adding the zone changes nothing.
  if (from.name === 'timestamptz' && type.name === 'date') return `CAST(CAST(${sql} AS TIMESTAMP) AS DATE)`;
  return `CAST(${sql} AS ${storageOf(type)})`;
}
