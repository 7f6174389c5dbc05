/** Operators: arithmetic with Redshift's result types, comparisons that ignore trailing blanks, patterns, and dates plus time. */
import type { Binder } from './binder';
import {
  BOOLEAN,
  type DataType,
  DATE,
  decimalResult,
  describeType,
  DOUBLE,
  INTEGER,
  INTERVAL,
  isFloat,
  isInteger,
  isNumeric,
  isStamp,
  isText,
  isTextual,
  MIXED_COLLATIONS,
  REAL,
  storageOf,
  SUPER,
  TIMESTAMP,
  TIMESTAMPTZ,
  varchar,
} from './data-type';
import { readClockMicros, readTime } from './functions/date-text';
import { fixedOffset } from './functions/time-zone';
import { RedshiftError, unsupported } from './redshift-error';
import type { Expr } from './syntax';
import { quoteText, type Typed } from './typed';

const anyAggregated = (...values: Typed[]): boolean => values.some((value) => value.aggregated);

export function logical(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  const a = binder.implicit(left, BOOLEAN);
  const b = binder.implicit(right, BOOLEAN);
  return {
    sql: `(${a.sql} ${operator.toUpperCase()} ${b.sql})`,
    type: BOOLEAN,
    aggregated: anyAggregated(left, right),
  };
}

export function unary(operator: string, operand: Typed, binder: Binder): Typed {
  const aggregated = operand.aggregated;
  switch (operator) {
    case 'not':
      return { sql: `(NOT ${binder.implicit(operand, BOOLEAN).sql})`, type: BOOLEAN, aggregated };
    case '-': {
      const value = operand.type.name === 'unknown' ? binder.implicit(operand, DOUBLE) : operand;
      if (!isNumeric(value.type) && value.type.name !== 'interval') throw operatorError('-', value.type);
      return { sql: `(- ${value.sql})`, type: value.type, aggregated };
    }
    case '|/':
      return { sql: `sqrt(${binder.implicit(operand, DOUBLE).sql})`, type: DOUBLE, aggregated };
    case '||/':
      return { sql: `cbrt(${binder.implicit(operand, DOUBLE).sql})`, type: DOUBLE, aggregated };
    case '@':
      if (!isNumeric(operand.type)) throw operatorError('@', operand.type);
      return { sql: `CAST(abs(${operand.sql}) AS ${storageOf(operand.type)})`, type: operand.type, aggregated };
    default:
      if (operand.type.name === 'varbyte')
        return { sql: `rs_bytes_not(${operand.sql})`, type: operand.type, aggregated };
      if (!isInteger(operand.type)) throw operatorError('~', operand.type);
      return { sql: `(~ ${operand.sql})`, type: operand.type, aggregated };
  }
}

function operatorError(operator: string, left: DataType, right?: DataType): RedshiftError {
  const operands = right
    ? `${describeType(left)} ${operator} ${describeType(right)}`
    : `${operator} ${describeType(left)}`;
  return new RedshiftError(`operator does not exist: ${operands}`);
}

/** A comparison; with `open`, its two sides as well, for IN and ANY over a query. */
export function compare(
  operator: string,
  left: Typed,
  right: Typed,
  binder: Binder,
  open = false,
): Typed & { sides?: [string, string] } {
  const aggregated = anyAggregated(left, right);
  if (left.type.name === 'super' || right.type.name === 'super') {
    if (open) throw unsupported('a SUPER value compared with a subquery');
    return { sql: superComparison(operator, left, right, binder), type: BOOLEAN, aggregated };
  }
  if (isTextual(left.type) && isTextual(right.type)) {
    const insensitive = left.type.insensitive || right.type.insensitive;
    if (insensitive && isText(left.type) && isText(right.type) && left.type.insensitive !== right.type.insensitive)
      throw new RedshiftError(MIXED_COLLATIONS);
    const side = (value: Typed) => comparableText(value, insensitive ?? false);
    const sides: [string, string] = [side(left), side(right)];
    return { sql: `(${sides[0]} ${operator} ${sides[1]})`, type: BOOLEAN, sides, aggregated };
  }
  const [a, b] = meet(left, right, operator, binder);
  return { sql: `(${a.sql} ${operator} ${b.sql})`, type: BOOLEAN, sides: [a.sql, b.sql], aggregated };
}

function comparableText(value: Typed, insensitive: boolean): string {
  if (value.isNull) return 'CAST(NULL AS VARCHAR)';
  let { sql } = value;
  if (value.literal !== undefined) sql = quoteText(value.literal.replace(/ +$/, ''));
  else if (value.type.name !== 'char') sql = `rtrim(${sql}, ' ')`;
  return insensitive ? `lower(${sql})` : sql;
}

function meet(left: Typed, right: Typed, operator: string, binder: Binder): [Typed, Typed] {
  const both = [left.type, right.type];
  const unlike = (isText(left.type) && !isTextual(right.type)) || (isText(right.type) && !isTextual(left.type));
  if (unlike) {
    const other = isText(left.type) ? right.type : left.type;
    // A character value beside a date or number is read as that type, as Redshift converts it implicitly.
    if (isStamp(other) || isNumeric(other)) {
      const target = isInteger(other) ? (isText(left.type) ? textNumber(other) : textNumber(other)) : other;
      return [binder.implicit(left, target), binder.implicit(right, target)];
    }
    throw operatorError(operator, left.type, right.type);
  }
  if (both.some((type) => type.name === 'boolean') && both.some((type) => isNumeric(type)))
    throw operatorError(operator, left.type, right.type);
  const { values } = binder.unify([left, right], `comparison "${operator}":`);
  return values as [Typed, Typed];
}

const textNumber = (type: DataType): DataType => (type.name === 'smallint' ? INTEGER : type);

function superComparison(operator: string, left: Typed, right: Typed, binder: Binder): string {
  const other = left.type.name === 'super' ? right : left;
  if (isStamp(other.type)) {
    const cast = (value: Typed) => binder.implicit(value, other.type).sql;
    return `(${cast(left)} ${operator} ${cast(right)})`;
  }
  const side = (value: Typed) => binder.caster.toSuper(value);
  const comparison = `rs_super_compare(${side(left)}, ${side(right)})`;
  if (operator === '=')
    return `(coalesce(${comparison} = 0, CASE WHEN ${left.sql} IS NOT NULL AND ${right.sql} IS NOT NULL THEN false END))`;
  if (operator === '<>')
    return `(coalesce(${comparison} <> 0, CASE WHEN ${left.sql} IS NOT NULL AND ${right.sql} IS NOT NULL THEN true END))`;
  return `(${comparison} ${operator} 0)`;
}

export function arithmetic(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  const aggregated = anyAggregated(left, right);
  const result = arithmeticOf(operator, left, right, binder);
  return { ...result, aggregated };
}

function arithmeticOf(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  const names = [left.type.name, right.type.name];
  if (operator === '||' || (operator === '+' && names.every((name) => name === 'varbyte')))
    return concatenate(left, right, binder);
  if (['~', '~*', '!~', '!~*'].includes(operator)) return regexMatch(operator, left, right, binder);
  if (names.includes('super')) return superArithmetic(operator, left, right, binder);
  if (operator === '+' && [left, right].every((value) => isTextual(value.type)) && !left.isNull && !right.isNull)
    return concatenate(left, right, binder);
  if (['&', '|', '#', '<<', '>>'].includes(operator)) return bitwise(operator, left, right, binder);
  if (names.some((name) => ['date', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval'].includes(name)))
    return calendar(operator, left, right, binder);
  const [a, b] = numbers(operator, left, right, binder);
  if (operator === '^')
    return {
      sql: `rs_finite(power(${binder.implicit(a, DOUBLE).sql}, ${binder.implicit(b, DOUBLE).sql}))`,
      type: DOUBLE,
    };
  if (isFloat(a.type) || isFloat(b.type)) return floatArithmetic(operator, a, b, binder);
  if (isInteger(a.type) && isInteger(b.type)) return integerArithmetic(operator, a, b, binder);
  return decimalArithmetic(operator, a, b);
}

/** A literal beside a number is a number of its type; two literals are not numbers at all. */
function numbers(operator: string, left: Typed, right: Typed, binder: Binder): [Typed, Typed] {
  const to = (value: Typed, other: Typed): Typed => {
    if (value.type.name !== 'unknown') return value;
    if (!isNumeric(other.type)) throw operatorError(operator, left.type, right.type);
    return binder.implicit(value, other.type);
  };
  const a = to(left, right);
  const b = to(right, left);
  if (!isNumeric(a.type) || !isNumeric(b.type)) throw operatorError(operator, left.type, right.type);
  return [a, b];
}

function integerArithmetic(operator: string, a: Typed, b: Typed, binder: Binder): Typed {
  const { values, type } = binder.unify([a, b], operator);
  const [x, y] = values as [Typed, Typed];
  const storage = storageOf(type);
  if (operator === '/' || operator === '%') {
    const divisor =
      b.constant !== undefined && Number(b.constant) !== 0 ? y.sql : `rs_nonzero(CAST(${y.sql} AS BIGINT))`;
    return { sql: `CAST(${x.sql} ${operator === '/' ? '//' : '%'} ${divisor} AS ${storage})`, type };
  }
  return { sql: `(CAST(${x.sql} AS ${storage}) ${operator} CAST(${y.sql} AS ${storage}))`, type };
}

function floatArithmetic(operator: string, a: Typed, b: Typed, binder: Binder): Typed {
  const type = a.type.name === 'real' && b.type.name === 'real' ? REAL : DOUBLE;
  const x = binder.implicit(a, DOUBLE).sql;
  const y = binder.implicit(b, DOUBLE).sql;
  if (operator === '%') throw operatorError('%', a.type, b.type);
  const raw = operator === '/' ? `${x} / rs_nonzero_float(${y})` : `${x} ${operator} ${y}`;
  return { sql: type === REAL ? `CAST(${raw} AS FLOAT)` : `rs_finite(${raw})`, type };
}

function decimalArithmetic(operator: string, a: Typed, b: Typed): Typed {
  const type = decimalResult(operator, a.type, b.type);
  const storage = storageOf(type);
  if (operator === '/' || operator === '%') {
    const udf = operator === '/' ? 'rs_divide' : 'rs_modulo';
    return {
      sql: `CAST(${udf}(CAST(${a.sql} AS VARCHAR), CAST(${b.sql} AS VARCHAR), ${type.scale ?? 0}) AS ${storage})`,
      type,
    };
  }
  return { sql: `CAST(${a.sql} ${operator} ${b.sql} AS ${storage})`, type };
}

function bitwise(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  if (left.type.name === 'varbyte' && right.type.name === 'varbyte' && ['&', '|', '#'].includes(operator)) {
    return { sql: `rs_bytes_combine(${left.sql}, ${right.sql}, '${operator}')`, type: left.type };
  }
  if (!isInteger(left.type) || !isInteger(right.type)) throw operatorError(operator, left.type, right.type);
  const { values, type } = binder.unify([left, right], operator);
  const [a, b] = values.map((value) => value.sql) as [string, string];
  if (operator === '#') return { sql: `xor(${a}, ${b})`, type };
  if (operator === '<<' || operator === '>>') {
    // DuckDB refuses what overflows; the result keeps the type of the value that is shifted.
    return {
      sql: `CAST(CAST(${left.sql} AS BIGINT) ${operator} CAST(${right.sql} AS BIGINT) AS ${storageOf(left.type)})`,
      type: left.type,
    };
  }
  return { sql: `(${a} ${operator} ${b})`, type };
}

function concatenate(left: Typed, right: Typed, binder: Binder): Typed {
  if (left.type.name === 'varbyte' || right.type.name === 'varbyte') {
    if (left.type.name !== right.type.name) throw operatorError('||', left.type, right.type);
    return { sql: `(${left.sql} || ${right.sql})`, type: left.type };
  }
  const text = (value: Typed) => (value.isNull ? 'CAST(NULL AS VARCHAR)' : binder.caster.toText(value));
  const length = (value: Typed) =>
    value.type.name === 'unknown' ? Math.max(Buffer.byteLength(value.literal ?? ''), 1) : (value.type.length ?? 64);
  const collations = [left, right]
    .filter((value) => isText(value.type))
    .map((value) => value.type.insensitive ?? false);
  if (new Set(collations).size > 1) throw new RedshiftError(MIXED_COLLATIONS);
  const type = varchar(length(left) + length(right));
  return {
    sql: `(${text(left)} || ${text(right)})`,
    type: collations[0] ? { ...type, insensitive: true } : type,
  };
}

function superArithmetic(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  const plain = [left, right].every((value) => value.type.name === 'super' || isNumeric(value.type));
  if (!plain || !['+', '-', '*'].includes(operator)) {
    throw unsupported(`the operator ${operator} on an uncast SUPER value (cast it first)`);
  }
  const side = (value: Typed) => binder.caster.toSuper(value);
  return { sql: `rs_super_calculate(${side(left)}, ${side(right)}, '${operator}')`, type: SUPER };
}

function regexMatch(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  if (!isTextual(left.type) || !isTextual(right.type)) throw operatorError(operator, left.type, right.type);
  if (left.type.insensitive) throw unsupported(`the operator ${operator} on a case-insensitive column`);
  const text = (value: Typed) => binder.implicit(value, varchar()).sql;
  const call = `rs_matches(${left.type.name === 'char' ? padded(left) : text(left)}, ${text(right)}, ${operator.endsWith('*')})`;
  return { sql: operator.startsWith('!') ? `(NOT ${call})` : call, type: BOOLEAN };
}

/** Patterns see the blanks that pad a CHAR value. */
function padded(value: Typed): string {
  return value.type.name === 'char' ? `rpad(${value.sql}, ${value.type.length ?? 1}, ' ')` : value.sql;
}

export function matchText(expr: Expr & { kind: 'like' }, binder: Binder): Typed {
  const operand = binder.bind(expr.operand);
  const pattern = binder.bind(expr.pattern);
  const escape = expr.escape ? binder.bind(expr.escape).literal : '\\';
  if (escape === undefined) throw unsupported('an ESCAPE that is not a literal');
  const source = operand.type.name === 'super' ? { sql: `rs_super_text(${operand.sql})`, type: varchar() } : operand;
  if (!isTextual(source.type) || !isTextual(pattern.type))
    throw operatorError(expr.form.toUpperCase(), operand.type, pattern.type);
  const text = padded(binder.implicit(source, source.type.name === 'unknown' ? varchar() : source.type));
  const match = binder.implicit(pattern, varchar()).sql;
  const not = expr.not ? 'NOT ' : '';
  const aggregated = anyAggregated(operand, pattern);
  if (expr.form === 'similar' && source.type.insensitive) throw unsupported('SIMILAR TO on a case-insensitive column');
  if (expr.form === 'similar')
    return { sql: `(${not}rs_similar(${text}, ${match}, ${quoteText(escape)}))`, type: BOOLEAN, aggregated };
  const insensitive = expr.form === 'ilike' || source.type.insensitive;
  return {
    sql: `(${text} ${not}${insensitive ? 'ILIKE' : 'LIKE'} ${match} ESCAPE ${quoteText(escape)})`,
    type: BOOLEAN,
    aggregated,
  };
}

/** Dates, times and intervals. */
function calendar(operator: string, left: Typed, right: Typed, binder: Binder): Typed {
  const l = left.type.name;
  const r = right.type.name;
  const swap =
    operator === '+' &&
    (isInteger(left.type) || l === 'interval' || ((l === 'time' || l === 'timetz') && r === 'date')) &&
    (isStamp(right.type) || r === 'time' || r === 'timetz');
  if (swap) return calendar('+', right, left, binder);
  const sum = (type: DataType, cast = storageOf(type)): Typed => ({
    sql: `CAST(${left.sql} ${operator} ${right.sql} AS ${cast})`,
    type,
  });
  if (l === 'date' && isInteger(right.type))
    return { sql: `CAST(${left.sql} ${operator} CAST(${right.sql} AS INTEGER) AS DATE)`, type: DATE };
  if (l === 'date' && r === 'unknown' && operator === '-')
    return calendar(operator, left, binder.implicit(right, DATE), binder);
  if (operator === '-' && isStamp(left.type) && r === 'unknown')
    return calendar(operator, left, binder.implicit(right, left.type), binder);
  if (operator === '-' && isStamp(right.type) && l === 'unknown')
    return calendar(operator, binder.implicit(left, right.type), right, binder);
  if (l === 'date' && r === 'date' && operator === '-')
    return { sql: `CAST(${left.sql} - ${right.sql} AS INTEGER)`, type: INTEGER };
  if (isStamp(left.type) && isStamp(right.type) && operator === '-') {
    const { values } = binder.unify([left, right], operator);
    return { sql: `(${values[0]?.sql} - ${values[1]?.sql})`, type: INTERVAL };
  }
  if (operator === '+' && l === 'date' && (r === 'time' || r === 'timetz')) {
    if (r === 'timetz' && right.written !== undefined) {
      // A literal's zone may carry its time past midnight.
      const { zone } = readTime(right.written, () => 0n);
      const micros =
        readClockMicros(right.written, () => 0n) -
        BigInt((zone === undefined ? 0 : (fixedOffset(zone) ?? 0)) * 1_000_000);
      return { sql: `CAST(${left.sql} + to_microseconds(${micros}) AS TIMESTAMPTZ)`, type: TIMESTAMPTZ };
    }
    return r === 'time'
      ? sum(TIMESTAMP)
      : { sql: `CAST(${left.sql} + ${right.sql} AS TIMESTAMPTZ)`, type: TIMESTAMPTZ };
  }
  if (isStamp(left.type) && r === 'interval' && (operator === '+' || operator === '-'))
    return sum(l === 'date' ? TIMESTAMP : left.type);
  if ((l === 'time' || l === 'timetz') && r === 'interval' && (operator === '+' || operator === '-'))
    return sum(left.type, 'TIME');
  if (l === 'time' && r === 'time' && operator === '-') return { sql: `(${left.sql} - ${right.sql})`, type: INTERVAL };
  if (l === 'interval' && r === 'interval' && (operator === '+' || operator === '-'))
    return { sql: `(${left.sql} ${operator} ${right.sql})`, type: INTERVAL };
  if (l === 'interval' && isNumeric(right.type) && (operator === '*' || operator === '/'))
    return intervalScale(operator, left, right, binder);
  if (r === 'interval' && isNumeric(left.type) && operator === '*') return intervalScale('*', right, left, binder);
  throw operatorError(operator, left.type, right.type);
}

function intervalScale(operator: string, interval: Typed, factor: Typed, binder: Binder): Typed {
  if (isInteger(factor.type) && operator === '*')
    return { sql: `(${interval.sql} * CAST(${factor.sql} AS BIGINT))`, type: INTERVAL };
  // Only a span without months can be scaled by a fraction.
  const number = binder.implicit(factor, DOUBLE).sql;
  const span = `CAST(epoch_us(TIMESTAMP '1970-01-01' + ${interval.sql}) AS DOUBLE)`;
  if (/to_months\((?!0\))/.test(interval.sql)) throw unsupported('an interval of months scaled by a fraction');
  const scaled = operator === '*' ? `${span} * ${number}` : `${span} / rs_nonzero_float(${number})`;
  return { sql: `to_microseconds(CAST(round(${scaled}) AS BIGINT))`, type: INTERVAL };
}
