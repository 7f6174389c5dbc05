/** Aggregates, grouped or over a window, with the result types Redshift documents (SUM of integers is BIGINT, AVG is cut off). */
import { windowSql } from './bind-window';
import type { Binder } from './binder';
import {
  BIGINT,
  BOOLEAN,
  type DataType,
  decimal,
  DOUBLE,
  isFloat,
  isInteger,
  isNumeric,
  isText,
  isTextual,
  storageOf,
  SUPER,
  varchar,
} from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import type { CallExpr, OrderItem } from './syntax';
import { textKey } from './text-key';
import type { Typed } from './typed';

const AGGREGATES = new Set([
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'any_value',
  'stddev',
  'stddev_samp',
  'stddev_pop',
  'variance',
  'var_samp',
  'var_pop',
  'bit_and',
  'bit_or',
  'bool_and',
  'bool_or',
  'listagg',
  'median',
  'percentile_cont',
  'percentile_disc',
  'grouping',
  'ratio_to_report',
]);
const COMPUTE_ONLY = new Set(['listagg', 'median', 'percentile_cont', 'percentile_disc']);

export function isAggregate(call: CallExpr): boolean {
  return AGGREGATES.has(call.name);
}

export function bindAggregate(call: CallExpr, around: Binder): Typed {
  const { name } = call;
  const { group } = around.scope;
  // An aggregate's argument is about the rows, not about the group.
  const binder =
    group && !call.over
      ? around.within({ scope: { ...around.scope, group: undefined, aliases: group.aliases } })
      : around;
  if (COMPUTE_ONLY.has(name)) binder.session.usage.computeOnly = name;
  if (call.ignoreNulls)
    throw new RedshiftError(`IGNORE NULLS is not allowed with ${name}`, { position: call.position });
  if (call.star && name !== 'count') throw new RedshiftError(`${name}(*) is not allowed`, { position: call.position });
  if (call.withinGroup && !['listagg', 'percentile_cont', 'percentile_disc'].includes(name))
    throw new RedshiftError(`WITHIN GROUP is not allowed with ${name}`);
  if (call.over && call.distinct) throw new RedshiftError(`DISTINCT is not allowed in the window function ${name}`);
  const args = call.args.map((arg) => binder.bind(arg));
  if (args.some((arg) => arg.aggregated) && !call.over)
    throw new RedshiftError('aggregate function calls may not be nested', { position: call.position });
  const over = call.over ? ` OVER (${windowSql(call.over, binder, name)})` : '';
  const value = bindOne(call, args, over, binder);
  return { label: name, ...value, aggregated: !call.over };
}

function bindOne(call: CallExpr, args: Typed[], over: string, binder: Binder): Typed {
  const { name } = call;
  const distinct = call.distinct ? 'DISTINCT ' : '';
  if (name === 'count' && call.star) return { sql: `count(*)${over}`, type: BIGINT };
  if (name === 'grouping')
    return { sql: `CAST(GROUPING(${args.map((arg) => arg.sql).join(', ')}) AS INTEGER)`, type: { name: 'integer' } };
  if (name === 'listagg') return listagg(call, args, over, binder);
  if (name === 'percentile_cont' || name === 'percentile_disc') return percentile(call, args, over, binder);
  if (args.length !== 1) throw new RedshiftError(`${name} takes one argument`, { position: call.position });
  const [arg] = args as [Typed];
  const type = arg.type;
  switch (name) {
    case 'count': {
      const text = (call.distinct && textKey(arg.sql, type)) || arg.sql;
      return { sql: `count(${distinct}${text})${over}`, type: BIGINT };
    }
    case 'sum':
      return sum(arg, distinct, over, binder);
    case 'avg':
      return average(arg, distinct, over, binder);
    case 'min':
    case 'max':
    case 'any_value': {
      if (type.name === 'boolean' && name !== 'any_value')
        throw new RedshiftError(`function ${name}(boolean) does not exist`);
      if (type.name === 'super') throw unsupported(`${name} on a SUPER value`);
      if (type.insensitive && name !== 'any_value') throw unsupported(`${name} on a case-insensitive column`);
      const value = type.name === 'unknown' ? binder.implicit(arg, varchar()) : arg;
      return { sql: `${name}(${value.sql})${over}`, type: value.type };
    }
    case 'bit_and':
    case 'bit_or':
      if (!isInteger(type)) throw new RedshiftError(`${name} takes an integer argument`);
      return { sql: `CAST(${name}(${distinct}${arg.sql})${over} AS ${storageOf(type)})`, type };
    case 'bool_and':
    case 'bool_or':
      return { sql: `${name}(${binder.implicit(arg, BOOLEAN).sql})${over}`, type: BOOLEAN };
    case 'median':
      return median(arg, over, binder);
    case 'ratio_to_report': {
      const value = numeric(arg, name, binder);
      if (!over) throw new RedshiftError('ratio_to_report needs an OVER clause');
      return { sql: `(CAST(${value.sql} AS DOUBLE) / CAST(sum(${value.sql})${over} AS DOUBLE))`, type: DOUBLE };
    }
    default: {
      const value = numeric(arg, name, binder);
      const renamed = name === 'stddev' ? 'stddev_samp' : name === 'variance' ? 'var_samp' : name;
      return { sql: `${renamed}(${distinct}CAST(${value.sql} AS DOUBLE))${over}`, type: DOUBLE };
    }
  }
}

function numeric(arg: Typed, name: string, binder: Binder): Typed {
  if (arg.isNull) return binder.implicit(arg, DOUBLE);
  if (arg.type.name === 'super') throw unsupported(`${name} on an uncast SUPER value`);
  if (!isNumeric(arg.type)) throw new RedshiftError(`function ${name}(${arg.type.name}) does not exist`);
  return arg;
}

function sum(arg: Typed, distinct: string, over: string, binder: Binder): Typed {
  if (arg.type.name === 'interval') throw unsupported('SUM of intervals');
  const value = numeric(arg, 'sum', binder);
  if (isFloat(value.type)) return { sql: `sum(${distinct}CAST(${value.sql} AS DOUBLE))${over}`, type: DOUBLE };
  const type: DataType =
    value.type.name === 'decimal'
      ? decimal(38, value.type.scale ?? 0)
      : value.type.name === 'bigint'
        ? decimal(38, 0)
        : BIGINT;
  return { sql: `CAST(sum(${distinct}${value.sql})${over} AS ${storageOf(type)})`, type };
}

/** AVG of an integer is cut off to an integer, AVG of a DECIMAL to the argument's scale. */
function average(arg: Typed, distinct: string, over: string, binder: Binder): Typed {
  const value = numeric(arg, 'avg', binder);
  if (isFloat(value.type)) return { sql: `avg(${distinct}CAST(${value.sql} AS DOUBLE))${over}`, type: DOUBLE };
  const total = `sum(${distinct}${value.sql})${over}`;
  const count = `count(${distinct}${value.sql})${over}`;
  const type: DataType =
    value.type.name === 'decimal'
      ? decimal(38, value.type.scale ?? 0)
      : value.type.name === 'bigint'
        ? decimal(38, 0)
        : BIGINT;
  return {
    sql: `CAST(rs_divide(CAST(${total} AS VARCHAR), CAST(nullif(${count}, 0) AS VARCHAR), ${type.scale ?? 0}) AS ${storageOf(type)})`,
    type,
  };
}

function orderTerms(items: readonly OrderItem[], binder: Binder): string {
  return items
    .map((item) => {
      const value = binder.bind(item.expr);
      const sql = /^-?\d+$/.test(value.sql) ? `CAST(${value.sql} AS BIGINT)` : value.sql;
      return `${sql} ${item.descending ? 'DESC' : 'ASC'} NULLS ${(item.nulls ?? (item.descending ? 'first' : 'last')).toUpperCase()}`;
    })
    .join(', ');
}

function listagg(call: CallExpr, args: Typed[], over: string, binder: Binder): Typed {
  const [arg, delimiter] = args;
  if (!arg || args.length > 2) throw new RedshiftError('listagg takes an expression and a delimiter');
  if (call.over && call.over.orderBy.length > 0)
    throw new RedshiftError('LISTAGG takes no ORDER BY in its window; use WITHIN GROUP');
  if (delimiter && delimiter.literal === undefined && delimiter.constant === undefined)
    throw new RedshiftError('the LISTAGG delimiter must be a constant');
  const text = arg.isNull ? 'CAST(NULL AS VARCHAR)' : binder.caster.toText(arg);
  const separator = delimiter ? binder.implicit(delimiter, varchar()).sql : "''";
  let order = '';
  if (call.withinGroup) {
    const terms = orderTerms(call.withinGroup, binder);
    // DISTINCT sorts by what is aggregated; the order must then be that expression.
    const same =
      call.distinct &&
      call.withinGroup.length === 1 &&
      binder.bind((call.withinGroup[0] as OrderItem).expr).sql === arg.sql;
    if (call.distinct && !same) throw unsupported('LISTAGG(DISTINCT) ordered by another expression');
    if (call.distinct && !isTextual(arg.type))
      return distinctList(arg, separator, (call.withinGroup[0] as OrderItem).descending, binder, over);
    order = ` ORDER BY ${terms}`;
  }
  return {
    sql: `string_agg(${call.distinct ? 'DISTINCT ' : ''}${text}, ${separator}${order})${over}`,
    type: varchar(),
  };
}

/** Distinct values sorted as what they are, then written as text. */
function distinctList(arg: Typed, separator: string, descending: boolean, binder: Binder, over: string): Typed {
  if (over) throw unsupported('LISTAGG(DISTINCT) over a window');
  const sorted = `list_sort(list_distinct(list(${arg.sql})), '${descending ? 'DESC' : 'ASC'}')`;
  const text = binder.caster.toText({ sql: '"item"', type: arg.type });
  return {
    sql: `nullif(array_to_string(list_transform(${sorted}, lambda "item": ${text}), ${separator}), '')`,
    type: varchar(),
  };
}

function median(arg: Typed, over: string, binder: Binder): Typed {
  return continuous(arg, '0.5', false, over, binder);
}

/** Interpolated percentiles: dates stay dates and times, numbers become what Redshift returns for them. */
function continuous(arg: Typed, fraction: string, descending: boolean, over: string, binder: Binder): Typed {
  const at = descending ? `(1 - ${fraction})` : fraction;
  if (arg.type.name === 'date' || arg.type.name === 'timestamp') {
    return { sql: `quantile_cont(CAST(${arg.sql} AS TIMESTAMP), ${at})${over}`, type: { name: 'timestamp' } };
  }
  const value = numeric(arg, 'percentile_cont', binder);
  return { sql: `quantile_cont(CAST(${value.sql} AS DOUBLE), ${at})${over}`, type: DOUBLE };
}

function percentile(call: CallExpr, args: Typed[], over: string, binder: Binder): Typed {
  const [fraction] = args;
  const order = call.withinGroup?.[0];
  if (!fraction || args.length !== 1 || !order || call.withinGroup?.length !== 1)
    throw new RedshiftError(`${call.name} takes a percentile and WITHIN GROUP (ORDER BY one expression)`);
  const value = Number(fraction.constant);
  if (fraction.constant === undefined || value < 0 || value > 1)
    throw new RedshiftError('the percentile must be a number from 0 to 1');
  const arg = binder.bind(order.expr);
  if (call.name === 'percentile_cont') return continuous(arg, String(value), order.descending, over, binder);
  if (isText(arg.type) || arg.type.name === SUPER.name) throw unsupported(`percentile_disc on ${arg.type.name}`);
  if (order.descending) throw unsupported('percentile_disc with a descending order');
  return { sql: `quantile_disc(${arg.sql}, ${value})${over}`, type: arg.type };
}
