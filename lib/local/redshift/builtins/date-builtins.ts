/** Date and time functions. An instant goes to our library as microseconds since 1970 and comes back so. */
import type { Binder } from '../binder';
import { microsToTime } from '../cast';
import {
  BIGINT,
  BOOLEAN,
  type DataType,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  isClock,
  isStamp,
  isTextual,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
  varchar,
} from '../data-type';
import { datePart, isTimeOfDayPart, readInterval } from '../functions/date-math';
import { readTime } from '../functions/date-text';
import { numberFormatSize } from '../functions/format-number';
import { fixedOffset } from '../functions/time-zone';
import { RedshiftError, unsupported } from '../redshift-error';
import { quoteText, type Typed } from '../typed';
import { argument, arity, as, type Builtin, type BuiltinCall, integer, literalText, text } from './builtin';

/** The date part a call names: a word, or a string literal. */
function partName(call: BuiltinCall, index: number): string {
  const expr = call.exprs[index];
  if (expr?.kind === 'string') return datePart(expr.value);
  const step = expr?.kind === 'column' && expr.path.length === 1 ? expr.path[0] : undefined;
  if (step && 'name' in step) return datePart(step.name);
  throw new RedshiftError(`function ${call.name}: the date part must be a name or a string literal`, {
    position: call.position,
  });
}

/** A date or time argument; a string literal is a timestamp. */
function moment(call: BuiltinCall, index: number, literalType: DataType = TIMESTAMP): Typed {
  const arg = argument(call, index);
  if (isTextual(arg.type)) return { ...call.binder.implicit(arg, literalType), written: arg.literal };
  if (!isStamp(arg.type) && !isClock(arg.type))
    throw new RedshiftError(`function ${call.name} cannot take ${arg.type.name}`, { position: call.position });
  return arg;
}

/** Microseconds since 1970 (or midnight) of a date or time. */
function micros(value: Typed): string {
  if (value.type.name === 'date') return `epoch_us(CAST(${value.sql} AS TIMESTAMP))`;
  if (isClock(value.type)) return `epoch_us(DATE '1970-01-01' + ${value.sql})`;
  return `epoch_us(${value.sql})`;
}

function fromMicros(sql: string, type: DataType): Typed {
  const stamp = `make_timestamp(CAST(${sql} AS BIGINT))`;
  if (type.name === 'date') return { sql: `CAST(${stamp} AS DATE)`, type };
  if (isClock(type)) return { sql: microsToTime(`((${sql}) % 86400000000 + 86400000000) % 86400000000`), type };
  if (type.name === 'timestamptz') return { sql: `CAST(${stamp} AS TIMESTAMPTZ)`, type };
  return { sql: stamp, type };
}

const dateAdd: Builtin = (call) => {
  arity(call, 3);
  const part = partName(call, 0);
  const value = moment(call, 2);
  if (isClock(value.type) && !isTimeOfDayPart(part))
    throw new RedshiftError(`DATEADD cannot add the date part "${part}" to a time`);
  const type = value.type.name === 'date' ? TIMESTAMP : value.type;
  const added = `rs_date_add('${part}', ${integer(call, 1, BIGINT)}, ${micros(value)})`;
  return { ...fromMicros(added, type), label: 'date_add' };
};

const dateDiff: Builtin = (call) => {
  arity(call, 3);
  const part = partName(call, 0);
  const [from, to] = [moment(call, 1), moment(call, 2)];
  if (isClock(from.type) !== isClock(to.type)) throw new RedshiftError('DATEDIFF cannot mix times and dates');
  if (isClock(from.type) && !isTimeOfDayPart(part))
    throw new RedshiftError(`DATEDIFF cannot count the date part "${part}" between times`);
  return { sql: `rs_date_diff('${part}', ${micros(from)}, ${micros(to)})`, type: BIGINT, label: 'date_diff' };
};

const CLOCK_ONLY = new Set([
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'epoch',
  'timezone',
  'timezone_hour',
  'timezone_minute',
]);

const part =
  (whole: boolean, label: string): Builtin =>
  (call) => {
    arity(call, 2);
    const name = partName(call, 0);
    const value = moment(call, 1);
    if (isClock(value.type) && !CLOCK_ONLY.has(name))
      throw new RedshiftError(`the date part "${name}" is not part of a time`);
    if (name.startsWith('timezone')) return zonePart(name, value, label);
    if (
      value.type.name === 'date' &&
      name !== 'epoch' &&
      isTimeOfDayPart(name) &&
      argument(call, 1).type.name === 'date' &&
      !whole
    ) {
      return { sql: `CASE WHEN ${value.sql} IS NOT NULL THEN 0 END`, type: INTEGER, label };
    }
    const fraction = !whole && (name === 'second' || name === 'epoch');
    const sql = `rs_date_part('${name}', ${micros(value)}, ${whole})`;
    return fraction
      ? { sql, type: DOUBLE, label }
      : {
          sql: `CAST(${sql} AS ${name === 'epoch' ? 'BIGINT' : 'INTEGER'})`,
          type: name === 'epoch' ? BIGINT : INTEGER,
          label,
        };
  };

/** The zone of a literal as written; a stored TIMESTAMPTZ or TIMETZ is in UTC. */
function zonePart(name: string, value: Typed, label: string): Typed {
  if (value.type.name !== 'timetz' && value.type.name !== 'timestamptz')
    throw new RedshiftError(`the date part "${name}" needs a time zone`);
  let seconds = 0;
  if (value.written !== undefined) {
    const { zone } = readTime(value.written, () => 0n);
    const offset = zone === undefined ? 0 : fixedOffset(zone);
    if (offset === undefined) throw unsupported(`the ${name} of a named zone`);
    seconds = value.type.name === 'timetz' ? offset : 0;
  }
  const amount =
    name === 'timezone'
      ? seconds
      : name === 'timezone_hour'
        ? Math.trunc(seconds / 3600)
        : Math.trunc((seconds % 3600) / 60);
  return { sql: `CASE WHEN ${value.sql} IS NOT NULL THEN ${amount} END`, type: INTEGER, label };
}

const dateTrunc: Builtin = (call) => {
  arity(call, 2);
  const value = moment(call, 1);
  if (isClock(value.type)) throw new RedshiftError('DATE_TRUNC takes a date or timestamp');
  const type = value.type.name === 'timestamptz' ? TIMESTAMPTZ : TIMESTAMP;
  return fromMicros(`rs_date_trunc('${partName(call, 0)}', ${micros(value)})`, type);
};

const compare =
  (type: DataType, other: DataType = type): Builtin =>
  (call) => {
    arity(call, 2);
    const a = as(call, 0, type);
    const b = as(call, 1, other);
    const order = (left: string, right: string) =>
      `CASE WHEN ${left} > ${right} THEN 1 WHEN ${left} < ${right} THEN -1 WHEN ${left} = ${right} THEN 0 END`;
    return { sql: order(a, b), type: INTEGER };
  };

const zoned = (zone: string, value: Typed, binder: Binder): Typed => {
  // A timestamp is a clock reading in that zone; a timestamp with zone is shown on the zone's clock.
  if (value.type.name === 'timestamptz') return fromMicros(`rs_to_local(epoch_us(${value.sql}), ${zone})`, TIMESTAMP);
  const stamp = binder.implicit(value, TIMESTAMP);
  return fromMicros(`rs_to_instant(epoch_us(${stamp.sql}), ${zone})`, TIMESTAMPTZ);
};

const timezone: Builtin = (call) => {
  arity(call, 2);
  const value = argument(call, 1);
  if (isClock(value.type)) throw unsupported('AT TIME ZONE on a time');
  return zoned(text(call, 0), isTextual(value.type) ? call.binder.implicit(value, TIMESTAMPTZ) : value, call.binder);
};

const convertTimezone: Builtin = (call) => {
  arity(call, 2, 3);
  const last = call.args.length - 1;
  const source = call.args.length === 3 ? text(call, 0) : "'UTC'";
  const value = moment(call, last);
  if (isClock(value.type)) throw new RedshiftError('CONVERT_TIMEZONE takes a timestamp');
  const stamp = call.binder.implicit(value, TIMESTAMP).sql;
  return fromMicros(`rs_to_local(rs_to_instant(epoch_us(${stamp}), ${source}), ${text(call, last - 1)})`, TIMESTAMP);
};

const now =
  (type: DataType, truncate = false): Builtin =>
  (call) => {
    arity(call, 0, 1);
    const { moment: instant } = call.binder.session;
    const value = truncate ? instant - (instant % 1_000_000n) : instant;
    return fromMicros(`CAST(${value} AS BIGINT)`, type);
  };

const leader =
  (name: string, builtin: Builtin): Builtin =>
  (call) => {
    call.binder.session.usage.leaderOnly = name;
    return builtin(call);
  };

const toChar: Builtin = (call) => {
  arity(call, 2);
  const value = argument(call, 0);
  const format = text(call, 1);
  if (isStamp(value.type)) return { sql: `rs_format_date(${micros(value)}, ${format}, 'UTC')`, type: varchar() };
  if (isClock(value.type)) throw unsupported('TO_CHAR of a time');
  if (value.type.name === 'interval') throw unsupported('TO_CHAR of an interval');
  if (isTextual(value.type))
    throw new RedshiftError('function to_char(character varying, character varying) does not exist');
  const digits =
    value.type.name === 'real' || value.type.name === 'double'
      ? `rs_float_text(CAST(${value.sql} AS DOUBLE), 15)`
      : `CAST(${value.sql} AS VARCHAR)`;
  return { sql: `rs_format_number(${digits}, ${format})`, type: varchar() };
};

const readBy =
  (type: DataType): Builtin =>
  (call) => {
    arity(call, 2, 3);
    const source = argument(call, 0);
    const strict = call.args.length > 2 ? as(call, 2, BOOLEAN) : 'false';
    const written = isTextual(source.type) || source.isNull ? text(call, 0) : call.binder.caster.toText(source);
    return fromMicros(`rs_read_date(${written}, ${text(call, 1)}, ${strict})`, type);
  };

const toNumber: Builtin = (call) => {
  arity(call, 2);
  const format = literalText(call, 1);
  const { whole, fraction } = numberFormatSize(format);
  const type: DataType = { name: 'decimal', precision: Math.min(Math.max(whole + fraction, 1), 38), scale: fraction };
  return {
    sql: `CAST(rs_to_number(${text(call, 0)}, ${quoteText(format)}) AS DECIMAL(${type.precision},${fraction}))`,
    type,
  };
};

const intervalCompare: Builtin = (call) => {
  arity(call, 2);
  const length = (index: number): bigint => {
    const { written, literal, type } = argument(call, index);
    const source = type.name === INTERVAL.name ? written : literal;
    if (source === undefined) throw unsupported('INTERVAL_CMP of a computed interval');
    const { months, days, micros: rest } = readInterval(source);
    return BigInt(months * 30 + days) * 86_400_000_000n + rest;
  };
  const difference = length(0) - length(1);
  return { sql: String(difference > 0n ? 1 : difference < 0n ? -1 : 0), type: INTEGER };
};

export const DATE_BUILTINS: Readonly<Record<string, Builtin>> = {
  dateadd: dateAdd,
  date_add: dateAdd,
  datediff: dateDiff,
  date_diff: dateDiff,
  extract: part(true, 'date_part'),
  date_part: part(false, 'pgdate_part'),
  date_trunc: dateTrunc,
  date_part_year: (call) => {
    arity(call, 1);
    return { sql: `CAST(rs_date_part('year', ${micros(moment(call, 0, DATE))}, true) AS INTEGER)`, type: INTEGER };
  },
  add_months: (call) => {
    arity(call, 2);
    return fromMicros(`rs_add_months(${micros(moment(call, 0))}, ${integer(call, 1, BIGINT)})`, TIMESTAMP);
  },
  months_between: (call) => {
    arity(call, 2);
    return { sql: `rs_months_between(${micros(moment(call, 0))}, ${micros(moment(call, 1))})`, type: DOUBLE };
  },
  last_day: (call) => {
    arity(call, 1);
    return { sql: `last_day(${call.binder.implicit(moment(call, 0, DATE), DATE).sql})`, type: DATE };
  },
  next_day: (call) => {
    arity(call, 2);
    return {
      sql: `CAST(rs_next_day(CAST(${call.binder.implicit(moment(call, 0, DATE), DATE).sql} AS VARCHAR), ${text(call, 1)}) AS DATE)`,
      type: DATE,
    };
  },
  date_cmp: compare(DATE),
  timestamp_cmp: compare(TIMESTAMP),
  timestamptz_cmp: compare(TIMESTAMPTZ),
  date_cmp_timestamp: compare(DATE, TIMESTAMP),
  date_cmp_timestamptz: compare(DATE, TIMESTAMPTZ),
  timestamp_cmp_date: compare(TIMESTAMP, DATE),
  timestamp_cmp_timestamptz: compare(TIMESTAMP, TIMESTAMPTZ),
  timestamptz_cmp_date: compare(TIMESTAMPTZ, DATE),
  timestamptz_cmp_timestamp: compare(TIMESTAMPTZ, TIMESTAMP),
  interval_cmp: intervalCompare,
  convert_timezone: convertTimezone,
  timezone,
  getdate: now(TIMESTAMP, true),
  sysdate: now(TIMESTAMP),
  current_date: now(DATE),
  timeofday: (call) => {
    arity(call, 0);
    return {
      sql: `rs_format_date(${call.binder.session.moment}, 'Dy Mon DD HH24:MI:SS.US YYYY', 'UTC') || ' UTC'`,
      type: varchar(),
    };
  },
  now: leader('now', now(TIMESTAMPTZ)),
  current_timestamp: leader('current_timestamp', now(TIMESTAMPTZ)),
  localtimestamp: leader('localtimestamp', now(TIMESTAMP)),
  localtime: leader('localtime', now(TIME)),
  current_time: leader('current_time', now(TIMETZ)),
  age: leader('age', (call) => {
    arity(call, 1, 2);
    throw unsupported('AGE');
  }),
  isfinite: leader('isfinite', (call) => {
    arity(call, 1);
    return { sql: `isfinite(${moment(call, 0).sql})`, type: BOOLEAN };
  }),
  to_timestamp: readBy(TIMESTAMPTZ),
  to_date: readBy(DATE),
  to_char: toChar,
  to_number: toNumber,
};
