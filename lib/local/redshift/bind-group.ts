/**
 * GROUP BY to DuckDB SQL. In: the clause, and the select list as bound. Out: the clause's SQL, and for keys that are compared
 * other than by their bare value (trailing blanks, letter case) what stands for the key elsewhere: one of the group's values.
 */
import type { Binder } from './binder';
import { storageOf, varchar } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import type { Expr, GroupItem } from './syntax';
import { textKey } from './text-key';
import type { Typed } from './typed';

export interface BoundGroup {
  readonly sql: string;
  readonly keys: ReadonlyMap<string, string>;
}

export function bindGroup(groupBy: GroupItem[] | 'all', items: readonly Typed[], binder: Binder): BoundGroup {
  const keys = new Map<string, string>();
  const clause = groupBy === 'all' ? everyPlainItem(items) : groupBy;
  if (clause.length === 0) return { sql: '', keys };
  const sql = clause.map((item) =>
    item.kind === 'expr' ? keyed(item.expr, items, binder, keys) : grouped(item, items, binder),
  );
  if (![...keys.keys()].some((key) => items.some((item) => correlated(item.sql, key))))
    return { sql: ` GROUP BY ${sql.join(', ')}`, keys };
  // A subquery sees the key itself and none of the group's values: the bare values must do.
  return { sql: ` GROUP BY ${clause.map((item) => grouped(item, items, binder)).join(', ')}`, keys: new Map() };
}

/** GROUP BY ALL: the items that are neither aggregates nor window functions. */
function everyPlainItem(items: readonly Typed[]): GroupItem[] {
  return items.flatMap((item, index) =>
    item.aggregated || / OVER \(/.test(item.sql)
      ? []
      : [{ kind: 'expr' as const, expr: { kind: 'number' as const, text: String(index + 1) } }],
  );
}

const correlated = (sql: string, key: string): boolean => sql.includes('(SELECT ') && sql.includes(key);

function keyed(expr: Expr, items: readonly Typed[], binder: Binder, keys: Map<string, string>): string {
  const value = keyValue(expr, items, binder);
  const sql = keySql(value, binder);
  const key = value.literal === undefined && !value.isNull ? textKey(sql, value.type) : undefined;
  if (key === undefined) return sql;
  keys.set(value.sql, `min(${value.sql})`);
  return key;
}

/** Grouping sets give NULL for a key that is left out, which nothing may stand in for: their keys are bare values. */
function grouped(item: GroupItem, items: readonly Typed[], binder: Binder): string {
  const one = (expr: Expr): string => {
    const value = keyValue(expr, items, binder);
    if (value.type.insensitive) throw unsupported('grouping sets over a case-insensitive column');
    return keySql(value, binder);
  };
  const tuple = (exprs: readonly Expr[]) =>
    exprs.length === 1 ? one(exprs[0] as Expr) : `(${exprs.map(one).join(', ')})`;
  switch (item.kind) {
    case 'expr':
      return one(item.expr);
    case 'tuple':
      return `(${item.items.map(one).join(', ')})`;
    case 'sets':
      return `GROUPING SETS (${item.items.map((inner) => grouped(inner, items, binder)).join(', ')})`;
    default:
      return `${item.kind.toUpperCase()} (${item.items.map(tuple).join(', ')})`;
  }
}

function keyValue(expr: Expr, items: readonly Typed[], binder: Binder): Typed {
  const ordinal = ordinalOf(expr);
  const bound = ordinal === undefined ? binder.bind(expr) : itemAt(items, ordinal, 'GROUP BY');
  const value = items.find((item) => item.sql === bound.sql) ?? bound;
  if (value.aggregated) throw new RedshiftError('aggregates not allowed in GROUP BY clause');
  return value;
}

function keySql(value: Typed, binder: Binder): string {
  const sql = outputSql(value, binder);
  return /^-?\d+$/.test(sql) ? `CAST(${sql} AS BIGINT)` : sql;
}

export function ordinalOf(expr: Expr): number | undefined {
  return expr.kind === 'number' && /^\d+$/.test(expr.text) ? Number(expr.text) : undefined;
}

export function itemAt(items: readonly Typed[], ordinal: number, clause: string): Typed {
  const item = items[ordinal - 1];
  if (!item) throw new RedshiftError(`${clause} position ${ordinal} is not in select list`);
  return item;
}

/** A select item as it leaves the query: literals and NULLs get a type. */
export function outputSql(item: Typed, binder: Binder): string {
  if (item.isNull) return item.type.name === 'unknown' ? `CAST(NULL AS ${storageOf(varchar())})` : item.sql;
  return item.literal !== undefined && item.type.name === 'unknown' ? binder.implicit(item, varchar()).sql : item.sql;
}
