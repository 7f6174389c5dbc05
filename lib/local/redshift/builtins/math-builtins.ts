/** Mathematical functions. ROUND and TRUNC keep the type of a DECIMAL; CEIL and FLOOR of it are whole numbers. */
import {
  BIGINT,
  type DataType,
  decimal,
  DOUBLE,
  INTEGER,
  isFloat,
  isInteger,
  isNumeric,
  storageOf,
} from '../data-type';
import { arithmetic } from '../bind-operator';
import { RedshiftError, unsupported } from '../redshift-error';
import type { Typed } from '../typed';
import { argument, arity, type Builtin, type BuiltinCall, double, integer } from './builtin';

const ofDouble =
  (template: (sql: string) => string): Builtin =>
  (call) => {
    arity(call, 1);
    return { sql: template(double(call, 0)), type: DOUBLE };
  };
const plain = (name: string): Builtin => ofDouble((sql) => `${name}(${sql})`);
const finite = (name: string): Builtin => ofDouble((sql) => `rs_finite(${name}(${sql}))`);

/** A number, or a literal read as one. */
function number(call: BuiltinCall, index = 0): Typed {
  const arg = argument(call, index);
  if (arg.type.name === 'unknown') return call.binder.implicit(arg, DOUBLE);
  if (arg.type.name === 'super') throw unsupported(`${call.name} on an uncast SUPER value`);
  if (!isNumeric(arg.type))
    throw new RedshiftError(`function ${call.name}(${arg.type.name}) does not exist`, { position: call.position });
  return arg;
}

const abs: Builtin = (call) => {
  arity(call, 1);
  const value = number(call);
  return { sql: `CAST(abs(${value.sql}) AS ${storageOf(value.type)})`, type: value.type };
};

const whole =
  (name: 'ceil' | 'floor'): Builtin =>
  (call) => {
    arity(call, 1);
    const value = number(call);
    if (isInteger(value.type)) return value;
    if (isFloat(value.type)) return { sql: `${name}(CAST(${value.sql} AS DOUBLE))`, type: DOUBLE };
    const type = decimal(Math.min((value.type.precision ?? 18) - (value.type.scale ?? 0) + 1, 38), 0);
    return { sql: `CAST(${name}(${value.sql}) AS ${storageOf(type)})`, type };
  };

/** ROUND and TRUNC, to the left of the point too. Halves go away from zero. */
const shorten =
  (name: 'round' | 'trunc'): Builtin =>
  (call) => {
    arity(call, 1, 2);
    const first = argument(call, 0);
    if (
      name === 'trunc' &&
      (first.type.name === 'timestamp' || first.type.name === 'timestamptz' || first.type.name === 'date')
    ) {
      arity(call, 1);
      return call.binder.implicit(first, { name: 'date' });
    }
    const value = number(call);
    const places = call.args.length > 1 ? argument(call, 1).constant : '0';
    if (places === undefined || !/^-?\d+$/.test(places))
      throw unsupported(`${name.toUpperCase()} with a computed number of places`);
    const count = Number(places);
    if (isInteger(value.type)) {
      if (count >= 0) return value;
      const unit = 10n ** BigInt(-count);
      const cut = `(${value.sql} // ${unit}) * ${unit}`;
      const sql = name === 'trunc' ? cut : `round(CAST(${value.sql} AS DECIMAL(19,0)), ${count})`;
      return { sql: `CAST(${sql} AS ${storageOf(value.type)})`, type: value.type };
    }
    if (isFloat(value.type)) return floatShorten(name, value, count);
    const type: DataType = { ...value.type };
    const scale = value.type.scale ?? 0;
    if (count >= scale) return value;
    if (name === 'round') return { sql: `CAST(round(${value.sql}, ${count}) AS ${storageOf(type)})`, type };
    return { sql: `CAST(rs_cut(CAST(${value.sql} AS VARCHAR), ${count}) AS ${storageOf(type)})`, type };
  };

function floatShorten(name: 'round' | 'trunc', value: Typed, count: number): Typed {
  const sql = `CAST(${value.sql} AS DOUBLE)`;
  if (count === 0) return { sql: `${name}(${sql})`, type: DOUBLE };
  // Through the fifteen digits that are shown, so that 28.05 rounds as it is read.
  return {
    sql: `CAST(${name === 'round' ? 'rs_round' : 'rs_cut'}(rs_float_text(${sql}, 15), ${count}) AS DOUBLE)`,
    type: DOUBLE,
  };
}

const power: Builtin = (call) => {
  arity(call, 2);
  return { sql: `rs_finite(power(${double(call, 0)}, ${double(call, 1)}))`, type: DOUBLE };
};

const log: Builtin = (call) => {
  arity(call, 1);
  return { sql: `log10(${double(call, 0)})`, type: DOUBLE };
};

export const MATH_BUILTINS: Readonly<Record<string, Builtin>> = {
  abs,
  acos: plain('acos'),
  asin: plain('asin'),
  atan: plain('atan'),
  atan2: (call) => {
    arity(call, 2);
    return { sql: `atan2(${double(call, 0)}, ${double(call, 1)})`, type: DOUBLE };
  },
  cbrt: plain('cbrt'),
  ceil: whole('ceil'),
  ceiling: whole('ceil'),
  floor: whole('floor'),
  cos: plain('cos'),
  cot: finite('cot'),
  sin: plain('sin'),
  tan: plain('tan'),
  degrees: plain('degrees'),
  radians: plain('radians'),
  exp: finite('exp'),
  dexp: finite('exp'),
  ln: plain('ln'),
  dlog1: plain('ln'),
  log,
  dlog10: log,
  mod: (call) => {
    arity(call, 2);
    return arithmetic('%', number(call, 0), number(call, 1), call.binder);
  },
  pi: (call) => {
    arity(call, 0);
    return { sql: 'pi()', type: DOUBLE };
  },
  power,
  pow: power,
  random: (call) => {
    arity(call, 0);
    return { sql: 'random()', type: DOUBLE };
  },
  round: shorten('round'),
  trunc: shorten('trunc'),
  sign: (call) => {
    arity(call, 1);
    const value = number(call);
    const sql = `sign(${value.sql})`;
    if (isInteger(value.type)) return { sql: `CAST(${sql} AS INTEGER)`, type: INTEGER };
    return isFloat(value.type)
      ? { sql: `CAST(${sql} AS DOUBLE)`, type: DOUBLE }
      : { sql: `CAST(${sql} AS ${storageOf(value.type)})`, type: value.type };
  },
  sqrt: plain('sqrt'),
  dsqrt: plain('sqrt'),
  dcbrt: plain('cbrt'),
  float8: (call) => {
    arity(call, 1);
    return { sql: double(call, 0), type: DOUBLE };
  },
  int8: (call) => {
    arity(call, 1);
    return { sql: integer(call, 0, BIGINT), type: BIGINT };
  },
};
