/** Window functions and OVER clauses. Aggregates with an ORDER BY must say their frame, as Redshift demands. */
import type { Binder } from './binder';
import { BIGINT, DOUBLE, isInteger, storageOf, varchar } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import type { CallExpr, Window } from './syntax';
import { textKey } from './text-key';
import type { Typed } from './typed';

const RANKING = new Set(['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile']);
const VALUES = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value']);

export function isWindowFunction(name: string): boolean {
  return RANKING.has(name) || VALUES.has(name);
}

export function windowSql(window: Window, binder: Binder, name: string): string {
  const framed = !RANKING.has(name) && name !== 'lag' && name !== 'lead';
  const frameless = ['listagg', 'median', 'percentile_cont', 'percentile_disc', 'ratio_to_report'].includes(name);
  if (frameless && (window.orderBy.length > 0 || window.frame))
    throw new RedshiftError(`${name} takes no ORDER BY or frame in its window`);
  if (!framed && window.frame) throw new RedshiftError(`${name} does not take a frame clause`);
  if (framed && window.orderBy.length > 0 && !window.frame) {
    throw new RedshiftError(`Aggregate window functions with an ORDER BY clause require a frame clause: ${name}`);
  }
  const parts: string[] = [];
  if (window.partitionBy.length > 0) {
    parts.push(`PARTITION BY ${window.partitionBy.map((expr) => groupable(binder.bind(expr))).join(', ')}`);
  }
  if (window.orderBy.length > 0) {
    const terms = window.orderBy.map((item) => {
      const value = groupable(binder.bind(item.expr));
      return `${value} ${item.descending ? 'DESC' : 'ASC'} NULLS ${(item.nulls ?? (item.descending ? 'first' : 'last')).toUpperCase()}`;
    });
    parts.push(`ORDER BY ${terms.join(', ')}`);
  }
  if (window.frame) parts.push(window.frame);
  return parts.join(' ');
}

function groupable(value: Typed): string {
  if (value.type.name === 'super') throw unsupported('a SUPER value in PARTITION BY or ORDER BY of a window');
  return (value.literal === undefined && textKey(value.sql, value.type)) || value.sql;
}

export function bindWindow(call: CallExpr, binder: Binder): Typed {
  const { name } = call;
  if (!call.over) throw new RedshiftError(`${name} requires an OVER clause`, { position: call.position });
  if (call.distinct || call.star) throw new RedshiftError(`${name} takes plain arguments only`);
  const over = ` OVER (${windowSql(call.over, binder, name)})`;
  const args = call.args.map((arg) => binder.bind(arg));
  if (RANKING.has(name)) return ranking(call, args, over);
  if (call.over.orderBy.length === 0 && (name === 'lag' || name === 'lead'))
    throw new RedshiftError(`${name} requires an ORDER BY in its window`);
  const [first, second] = args;
  if (!first) throw new RedshiftError(`${name} takes an argument`);
  const value = first.type.name === 'unknown' ? binder.implicit(first, varchar()) : first;
  const nulls = call.ignoreNulls ? ' IGNORE NULLS' : '';
  let extra = '';
  if (name === 'lag' || name === 'lead') {
    if (args.length > 2) throw new RedshiftError(`${name} takes a value and an offset only`);
    if (second) extra = `, ${offset(second, name)}`;
  } else if (name === 'nth_value') {
    if (!second) throw new RedshiftError('nth_value takes a value and an offset');
    extra = `, ${offset(second, name)}`;
  } else if (second) throw new RedshiftError(`${name} takes one argument`);
  return {
    sql: `CAST(${name}(${value.sql}${extra}${nulls})${over} AS ${storageOf(value.type)})`,
    type: value.type,
    label: name,
  };
}

function offset(value: Typed, name: string): string {
  if (!isInteger(value.type) || value.constant?.startsWith('-'))
    throw new RedshiftError(`the offset of ${name} must be a non-negative integer`);
  return value.sql;
}

function ranking(call: CallExpr, args: Typed[], over: string): Typed {
  const { name } = call;
  if (name === 'ntile') {
    const [buckets] = args;
    if (!buckets || args.length !== 1 || !isInteger(buckets.type))
      throw new RedshiftError('ntile takes a number of groups');
    return { sql: `CAST(ntile(${buckets.sql})${over} AS BIGINT)`, type: BIGINT, label: name };
  }
  if (args.length > 0) throw new RedshiftError(`${name} takes no arguments`);
  const needsOrder = call.over?.orderBy.length === 0 && name !== 'row_number';
  if (needsOrder) throw new RedshiftError(`${name} requires an ORDER BY in its window`);
  const fraction = name === 'percent_rank' || name === 'cume_dist';
  return { sql: `${name}()${over}`, type: fraction ? DOUBLE : BIGINT, label: name };
}
