/**
 * Queries to DuckDB SQL. In: a parsed `Query` and the binder around it. Out: SQL and the typed columns it gives. Always:
 * every column is named once, stars are gone, and NULLs sort as in Redshift (last ascending, first descending).
 */
import { bindFrom, type BoundFrom } from './bind-from';
import { bindGroup, ordinalOf, outputSql } from './bind-group';
import { hierarchy } from './bind-hierarchy';
import { bindOuterJoins, hasOuterMark } from './bind-outer-join';
import type { Binder, BoundColumn, BoundQuery, CommonTable } from './binder';
import { BOOLEAN, commonType, INTEGER, isInteger, isTextual, storageOf, varchar } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import { expandStar, relationColumns, type Scope } from './scope';
import type { Expr, OrderItem, Query, Select, SetExpr } from './syntax';
import { combineRows, distinctRows, textKey } from './text-key';
import { quoteName, type Typed } from './typed';

interface Body extends BoundQuery {
  /** The names ORDER BY sees beside the output columns; absent for set operations. */
  readonly scope?: Scope;
  readonly items?: readonly Typed[];
  readonly distinct?: boolean;
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
  const [first, second] = [project(left, columns, binder), project(right, columns, binder)];
  const sql = body.all ? `(${first}) ${name} ALL (${second})` : combineRows(body.operator, first, second, columns);
  return { sql, columns };
}

function bindSelect(select: Select, outer: Binder, orderBy: readonly OrderItem[]): Body {
  const { from, filter } = bindSources(select, outer);
  const scope: Scope = { relations: from.relations, outer: outer.scope.outer };
  let binder = outer.within({ scope });
  const where = filter ? binder.implicit(binder.bind(filter), BOOLEAN) : undefined;
  if (where?.aggregated) throw new RedshiftError('aggregates not allowed in WHERE clause');
  const { items, sight, group } = bindGrouped(select, scope, outer);
  binder = outer.within({ scope: sight });
  const columns = nameColumns(items);
  const having = select.having
    ? ` HAVING ${binder.implicit(outer.within({ scope: { ...sight, aliases: undefined } }).bind(select.having), BOOLEAN).sql}`
    : '';
  const qualify = select.qualify ? ` QUALIFY ${binder.implicit(binder.bind(select.qualify), BOOLEAN).sql}` : '';
  const list = items.map(
    (item, index) => `${outputSql(item, binder)} AS ${quoteName(columns[index]?.physical as string)}`,
  );
  const clauses = [
    from.sql ? ` FROM ${from.sql}` : '',
    where ? ` WHERE ${where.sql}` : '',
    group,
    having,
    qualify,
  ].join('');
  const all = `SELECT ${list.join(', ')}${clauses}`;
  const sql = select.distinct ? (distinctRows(all, columns) ?? `SELECT DISTINCT ${list.join(', ')}${clauses}`) : all;
  const body: Body = { sql, columns, scope: sight, items, distinct: select.distinct };
  if (select.top !== undefined) {
    // TOP cuts after ORDER BY, so the order must be inside.
    const order = orderBy.map((item) => orderSql(item, body, binder));
    const cut = `${sql}${order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''} LIMIT ${select.top}`;
    return { sql: `SELECT * FROM (${cut}) AS "top"`, columns };
  }
  return body;
}

/**
 * The select list, the names that the later clauses see, and GROUP BY. The list is bound a second time where a group's key
 * is not the bare value: what it says of the key is then one of the group's values.
 */
function bindGrouped(
  select: Select,
  scope: Scope,
  outer: Binder,
): { items: (Typed & { name: string })[]; sight: Scope; group: string } {
  const { items, aliases } = bindItems(select, outer.within({ scope }));
  const sight: Scope = { ...scope, aliases };
  if (!select.groupBy) return { items, sight, group: '' };
  const { sql, keys } = bindGroup(select.groupBy, items, outer.within({ scope: sight }));
  if (keys.size === 0) return { items, sight, group: sql };
  const keyed: Scope = { ...scope, group: { keys, aliases } };
  const again = bindItems(select, outer.within({ scope: keyed }));
  return { items: again.items, sight: { ...keyed, aliases: again.aliases }, group: sql };
}

/** FROM, and what of WHERE is left to filter its rows. */
function bindSources(select: Select, outer: Binder): { from: BoundFrom; filter: Expr | undefined } {
  if (select.connectBy) return { from: hierarchy(select, outer), filter: select.where };
  if (select.where && hasOuterMark(select.where)) {
    const { from, where } = bindOuterJoins(select.from, select.where, outer);
    return { from, filter: where };
  }
  return { from: bindFrom(select.from, outer), filter: select.where };
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
          items.push({
            sql: binder.scope.group?.keys.get(column.sql) ?? column.sql,
            type: column.type,
            label: column.name,
            name: column.name,
          });
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
  if (body.distinct) throw new RedshiftError('for SELECT DISTINCT, ORDER BY expressions must appear in select list');
  if (value.type.name === 'super') throw unsupported('ORDER BY on a SUPER value');
  if (value.type.insensitive) return textKey(value.sql, value.type) as string;
  return /^-?\d+$/.test(value.sql) ? `CAST(${value.sql} AS BIGINT)` : value.sql;
}

function sortable(index: number, body: Body): string {
  const column = body.columns[index];
  if (column?.type.name === 'super') throw unsupported('ORDER BY on a SUPER value');
  if (!column?.type.insensitive) return String(index + 1);
  const item = body.distinct ? undefined : body.items?.[index];
  return textKey(item?.sql ?? quoteName(column.physical), column.type) as string;
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
