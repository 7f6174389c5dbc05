/**
 * Queries to DuckDB SQL. In: a parsed `Query` and the binder around it. Out: SQL and the typed columns it gives. Always:
 * every column is named once, stars are gone, and NULLs sort as in Redshift (last ascending, first descending).
 */
import { bindFrom, type BoundFrom } from './bind-from';
import { hierarchy } from './bind-hierarchy';
import type { Binder, BoundColumn, BoundQuery, CommonTable } from './binder';
import { BOOLEAN, commonType, INTEGER, isInteger, isTextual, storageOf, varchar } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import { expandStar, relationColumns, type Scope } from './scope';
import type { Expr, GroupItem, OrderItem, Query, Select, SetExpr } from './syntax';
import { quoteName, type Typed } from './typed';

interface Body extends BoundQuery {
  /** The names ORDER BY sees beside the output columns; absent for set operations. */
  readonly scope?: Scope;
  readonly items?: readonly Typed[];
}

export function bindQuery(query: Query, outer: Binder): BoundQuery {
  const { binder, sql: withSql } = bindCommonTables(query, outer);
  const body = bindBody(query.body, binder, query.orderBy);
  const order = query.orderBy.map((item) => orderSql(item, body, binder));
  if (order.length > 0) order.push(...ties(query.body, body));
  const limit = limitSql(query, binder);
  const bare = order.length === 0 && limit === '';
  const wrap = !body.scope && !bare ? `SELECT * FROM (${body.sql}) AS "set"` : body.sql;
  const orderBy = order.length > 0 ? ` ORDER BY ${order.join(', ')}` : '';
  return { sql: `${withSql}${wrap}${orderBy}${limit}`, columns: body.columns };
}

/** Elements of unnested arrays keep their order among rows that sort alike. */
function ties(select: SetExpr, body: Body): string[] {
  if (
    select.kind !== 'select' ||
    select.distinct ||
    select.groupBy ||
    select.top !== undefined ||
    body.items?.some((item) => item.aggregated)
  )
    return [];
  return body.scope?.relations.flatMap((relation) => relation.tie ?? []) ?? [];
}

/** The WITH clause of a query, UPDATE or DELETE, and a binder that sees its tables. */
export function bindCommonTables(
  query: Pick<Query, 'with' | 'recursive'>,
  outer: Binder,
): { binder: Binder; sql: string } {
  let binder = outer;
  const parts: string[] = [];
  for (const cte of query.with) {
    const physical = `${cte.name}${binder.commonTables.some((one) => one.name === cte.name) ? `#${binder.commonTables.length}` : ''}`;
    const self = query.recursive && mentions(cte.query, cte.name);
    const table = self ? recursiveTable(cte, physical, binder) : plainTable(cte, physical, binder);
    parts.push(table.sql);
    binder = binder.within({ commonTables: [...binder.commonTables, table.table] });
  }
  return { binder, sql: parts.length > 0 ? `WITH ${query.recursive ? 'RECURSIVE ' : ''}${parts.join(', ')} ` : '' };
}

type Cte = Query['with'][number];

function plainTable(cte: Cte, physical: string, binder: Binder): { sql: string; table: CommonTable } {
  const bound = bindQuery(cte.query, binder);
  const columns = rename(bound.columns, cte.columns);
  return { sql: `${quoteName(physical)} AS (${bound.sql})`, table: { name: cte.name, physical, columns } };
}

function rename(columns: readonly BoundColumn[], names: readonly string[] | undefined): BoundColumn[] {
  if (!names) return [...columns];
  if (names.length > columns.length)
    throw new RedshiftError(`${names.length} column names for ${columns.length} columns`);
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

function recursiveTable(cte: Cte, physical: string, binder: Binder): { sql: string; table: CommonTable } {
  const { body } = cte.query;
  if (body.kind !== 'set' || body.operator !== 'union' || !body.all || cte.query.orderBy.length > 0) {
    throw new RedshiftError('a recursive common table expression must be a seed UNION ALL a recursive part');
  }
  if (!cte.columns)
    throw new RedshiftError(`recursive common table expression "${cte.name}" must list its column names`);
  const seed = bindBody(body.left, binder, []);
  const named = rename(seed.columns, cte.columns);
  // The seed fixes names and types, so that the recursive part can be bound against them.
  const columns = named.map((column) => ({
    ...column,
    physical: column.name,
    type: column.type.name === 'unknown' ? varchar() : column.type,
  }));
  const self: CommonTable = { name: cte.name, physical, columns };
  const next = bindBody(body.right, binder.within({ commonTables: [...binder.commonTables, self] }), []);
  if (next.columns.length !== columns.length)
    throw new RedshiftError('each UNION query must have the same number of columns');
  const seedSql = project(seed, columns, binder);
  const nextSql = project(next, columns, binder);
  return {
    sql: `${quoteName(physical)}(${columns.map((column) => quoteName(column.physical)).join(', ')}) AS (${seedSql} UNION ALL ${nextSql})`,
    table: self,
  };
}

function mentions(query: Query, name: string): boolean {
  return JSON.stringify(query).includes(`"path":[{"name":${JSON.stringify(name)}`);
}

/** A query's columns converted to given types and names. */
function project(body: BoundQuery, to: readonly BoundColumn[], binder: Binder): string {
  const items = to.map((column, index) => {
    const from = body.columns[index] as BoundColumn;
    const value = binder.implicit({ sql: `"part".${quoteName(from.physical)}`, type: from.type }, column.type);
    return `${value.sql === 'NULL' ? `CAST(NULL AS ${storageOf(column.type)})` : value.sql} AS ${quoteName(column.physical)}`;
  });
  return `SELECT ${items.join(', ')} FROM (${body.sql}) AS "part"`;
}

function bindBody(body: SetExpr, binder: Binder, orderBy: readonly OrderItem[]): Body {
  switch (body.kind) {
    case 'select':
      return bindSelect(body, binder, orderBy);
    case 'nested':
      return bindQuery(body.query, binder);
    case 'values':
      throw unsupported('VALUES outside INSERT');
    case 'set':
      return bindSet(body, binder);
  }
}

function bindSet(body: SetExpr & { kind: 'set' }, binder: Binder): Body {
  const left = bindBody(body.left, binder, []);
  const right = bindBody(body.right, binder, []);
  const name = body.operator.toUpperCase();
  if (left.columns.length !== right.columns.length)
    throw new RedshiftError(`each ${name} query must have the same number of columns`);
  const columns = left.columns.map((column, index) => {
    const type = commonType([column.type, right.columns[index]?.type ?? column.type], name);
    return { ...column, type: type.name === 'unknown' ? varchar() : type };
  });
  const sql = `(${project(left, columns, binder)}) ${name}${body.all ? ' ALL' : ''} (${project(right, columns, binder)})`;
  return { sql, columns };
}

function bindSelect(select: Select, outer: Binder, orderBy: readonly OrderItem[]): Body {
  const from: BoundFrom = select.connectBy ? hierarchy(select, outer) : bindFrom(select.from, outer);
  const scope: Scope = { relations: from.relations, outer: outer.scope.outer };
  let binder = outer.within({ scope });
  const where = select.where ? binder.implicit(binder.bind(select.where), BOOLEAN) : undefined;
  if (where?.aggregated) throw new RedshiftError('aggregates not allowed in WHERE clause');
  const { items, aliases } = bindItems(select, binder);
  binder = outer.within({ scope: { ...scope, aliases } });
  const columns = nameColumns(items);
  const group = select.groupBy ? groupSql(select.groupBy, items, binder) : '';
  const having = select.having
    ? ` HAVING ${binder.implicit(outer.within({ scope }).bind(select.having), BOOLEAN).sql}`
    : '';
  const qualify = select.qualify ? ` QUALIFY ${binder.implicit(binder.bind(select.qualify), BOOLEAN).sql}` : '';
  const list = items.map(
    (item, index) => `${outputSql(item, binder)} AS ${quoteName(columns[index]?.physical as string)}`,
  );
  const sql = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list.join(', ')}`,
    from.sql ? ` FROM ${from.sql}` : '',
    where ? ` WHERE ${where.sql}` : '',
    group,
    having,
    qualify,
  ].join('');
  if (select.top !== undefined) {
    // TOP cuts after ORDER BY, so the order must be inside.
    const body = { sql, columns, scope: { ...scope, aliases }, items };
    const order = orderBy.map((item) => orderSql(item, body, binder));
    const cut = `${sql}${order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''} LIMIT ${select.top}`;
    return { sql: `SELECT * FROM (${cut}) AS "top"`, columns };
  }
  return { sql, columns, scope: { ...scope, aliases }, items };
}

function outputSql(item: Typed, binder: Binder): string {
  if (item.isNull) return item.type.name === 'unknown' ? 'CAST(NULL AS VARCHAR)' : item.sql;
  return item.literal !== undefined && item.type.name === 'unknown' ? binder.implicit(item, varchar()).sql : item.sql;
}

function bindItems(
  select: Select,
  binder: Binder,
): { items: (Typed & { name: string })[]; aliases: Map<string, Typed> } {
  const items: (Typed & { name: string })[] = [];
  const aliases = new Map<string, Typed>();
  const excluded = new Set(select.exclude ?? []);
  for (const { expr, alias } of select.items) {
    if (expr.kind === 'star') {
      const without = new Set([...(expr.exclude ?? []), ...excluded]);
      const columns = expandStar(binder.scope, expr.table);
      for (const name of without)
        if (!columns.some((column) => column.name === name))
          throw new RedshiftError(`column "${name}" in EXCLUDE does not exist`);
      for (const column of columns)
        if (!without.has(column.name))
          items.push({ sql: column.sql, type: column.type, label: column.name, name: column.name });
      continue;
    }
    const value = binder.within({ scope: { ...binder.scope, aliases } }).bind(expr);
    const name = alias ?? value.label ?? '?column?';
    items.push({ ...value, name });
    if (alias) aliases.set(alias, value);
  }
  if (items.length === 0) throw new RedshiftError('SELECT list is empty');
  return { items, aliases };
}

function nameColumns(items: readonly (Typed & { name: string })[]): BoundColumn[] {
  const used = new Set<string>();
  return items.map(({ name, type }) => {
    let physical = name;
    for (let count = 2; used.has(physical); count++) physical = `${name}#${count}`;
    used.add(physical);
    return { name, physical, type };
  });
}

function groupSql(groupBy: GroupItem[] | 'all', items: readonly Typed[], binder: Binder): string {
  if (groupBy === 'all') return ' GROUP BY ALL';
  return ` GROUP BY ${groupBy.map((item) => groupItem(item, items, binder)).join(', ')}`;
}

function groupItem(item: GroupItem, items: readonly Typed[], binder: Binder): string {
  const one = (expr: Expr): string => {
    const ordinal = ordinalOf(expr);
    const value = ordinal === undefined ? groupValue(expr, items, binder) : at(items, ordinal, 'GROUP BY');
    if (value.aggregated) throw new RedshiftError('aggregates not allowed in GROUP BY clause');
    if (value.type.insensitive) throw unsupported('GROUP BY on a case-insensitive column');
    const sql = outputSql(value, binder);
    return /^-?\d+$/.test(sql) ? `CAST(${sql} AS BIGINT)` : sql;
  };
  const tuple = (exprs: readonly Expr[]) =>
    exprs.length === 1 ? one(exprs[0] as Expr) : `(${exprs.map(one).join(', ')})`;
  switch (item.kind) {
    case 'expr':
      return one(item.expr);
    case 'tuple':
      return `(${item.items.map(one).join(', ')})`;
    case 'sets':
      return `GROUPING SETS (${item.items.map((inner) => groupItem(inner, items, binder)).join(', ')})`;
    default:
      return `${item.kind.toUpperCase()} (${item.items.map(tuple).join(', ')})`;
  }
}

function groupValue(expr: Expr, items: readonly Typed[], binder: Binder): Typed {
  const value = binder.bind(expr);
  return items.find((item) => item.sql === value.sql) ?? value;
}

function ordinalOf(expr: Expr): number | undefined {
  return expr.kind === 'number' && /^\d+$/.test(expr.text) ? Number(expr.text) : undefined;
}

function at(items: readonly Typed[], ordinal: number, clause: string): Typed {
  const item = items[ordinal - 1];
  if (!item) throw new RedshiftError(`${clause} position ${ordinal} is not in select list`);
  return item;
}

function orderSql(item: OrderItem, body: Body, binder: Binder): string {
  return `${orderTerm(item.expr, body, binder)} ${item.descending ? 'DESC' : 'ASC'} NULLS ${(item.nulls ?? (item.descending ? 'first' : 'last')).toUpperCase()}`;
}

function orderTerm(expr: Expr, body: Body, binder: Binder): string {
  const ordinal = ordinalOf(expr);
  if (ordinal !== undefined) {
    if (ordinal < 1 || ordinal > body.columns.length)
      throw new RedshiftError(`ORDER BY position ${ordinal} is not in select list`);
    return sortable(ordinal - 1, body);
  }
  const name =
    expr.kind === 'column' && expr.path.length === 1 && expr.path[0] && 'name' in expr.path[0]
      ? expr.path[0].name
      : undefined;
  const places =
    name === undefined ? [] : body.columns.flatMap((column, index) => (column.name === name ? [index] : []));
  const [first] = places;
  if (
    first !== undefined &&
    (places.length === 1 || places.every((place) => body.items?.[place]?.sql === body.items?.[first]?.sql))
  )
    return sortable(first, body);
  const scope = body.scope ?? { relations: [{ alias: 'set', columns: relationColumns('set', body.columns) }] };
  const value = binder.within({ scope }).bind(expr);
  const same = body.items?.findIndex((item) => item.sql === value.sql) ?? -1;
  if (same >= 0) return sortable(same, body);
  if (value.type.name === 'super') throw unsupported('ORDER BY on a SUPER value');
  return /^-?\d+$/.test(value.sql) ? `CAST(${value.sql} AS BIGINT)` : value.sql;
}

function sortable(index: number, body: Body): string {
  const type = body.columns[index]?.type;
  if (type?.name === 'super') throw unsupported('ORDER BY on a SUPER value');
  if (type?.insensitive) throw unsupported('ORDER BY on a case-insensitive column');
  return String(index + 1);
}

function limitSql(query: Query, binder: Binder): string {
  const part = (word: string, expr: Expr | undefined): string => {
    if (!expr || expr.kind === 'null') return '';
    const value = binder.within({ scope: { relations: [] } }).bind(expr);
    if (!isInteger(value.type) && !isTextual(value.type))
      throw new RedshiftError(`argument of ${word} must be an integer`);
    const count = binder.implicit(value, value.type.name === 'unknown' ? INTEGER : value.type);
    if (count.constant?.startsWith('-')) throw new RedshiftError(`${word} must not be negative`);
    return ` ${word} ${count.sql}`;
  };
  return part('LIMIT', query.limit) + part('OFFSET', query.offset);
}
