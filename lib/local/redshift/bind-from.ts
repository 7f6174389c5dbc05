/** FROM clauses to DuckDB SQL and the relations an expression can then name. PIVOT and UNPIVOT are in bind-pivot. */
import { pivotRelation, unpivotRelation } from './bind-pivot';
import type { Binder, BoundColumn } from './binder';
import { compare } from './bind-operator';
import { physicalName, type Relation } from './catalog';
import { BIGINT, BOOLEAN, INTEGER, SUPER, varchar } from './data-type';
import { externalSql } from './external-table';
import { RedshiftError, unsupported } from './redshift-error';
import { EMPTY_SCOPE, relationColumns, type Scope, type ScopeRelation, superColumn } from './scope';
import type { Alias, FromItem, Step } from './syntax';
import { systemRelation } from './system-relation';
import { quoteName, type Typed } from './typed';

export interface BoundFrom {
  readonly sql: string;
  readonly relations: readonly ScopeRelation[];
}

export function bindFrom(items: readonly FromItem[], binder: Binder): BoundFrom {
  const relations: ScopeRelation[] = [];
  const parts: string[] = [];
  for (const item of items) {
    const bound = bindItem(item, binder, relations);
    checkAliases(relations, bound.relations);
    relations.push(...bound.relations);
    parts.push(bound.sql);
  }
  return { sql: parts.join(', '), relations };
}

function checkAliases(known: readonly ScopeRelation[], added: readonly ScopeRelation[]): void {
  for (const relation of added) {
    if (known.some((one) => one.alias === relation.alias))
      throw new RedshiftError(`table name "${relation.alias}" specified more than once`);
  }
}

function bindItem(item: FromItem, binder: Binder, left: readonly ScopeRelation[]): BoundFrom {
  switch (item.kind) {
    case 'table':
      return bindTable(item, binder, left);
    case 'derived': {
      // A subquery in FROM sees the statement's outer names only, as Redshift has no LATERAL.
      const query = binder.bindAlone(item.query);
      return derived(query.sql, query.columns, item.alias);
    }
    case 'join':
      return bindJoin(item, binder, left);
    case 'unpivotObject':
      return unpivotObject(item.operand, item.alias, binder, left);
    case 'function':
      return tableFunction(item, binder);
    case 'pivot':
      return pivotRelation(item, binder, bindFrom([item.source], binder));
    case 'unpivot':
      return unpivotRelation(item, bindFrom([item.source], binder));
  }
}

let unnamed = 0;

export function derived(sql: string, columns: readonly BoundColumn[], alias: Alias, schema?: string): BoundFrom {
  const name = alias.name ?? `derived#${++unnamed}`;
  const named = columns.map((column, index) => ({ ...column, name: alias.columns?.[index] ?? column.name }));
  if (alias.columns && alias.columns.length > columns.length)
    throw new RedshiftError(
      `table "${name}" has ${columns.length} columns available but ${alias.columns.length} columns specified`,
    );
  return {
    sql: `(${sql}) AS ${quoteName(name)}`,
    relations: [{ alias: name, schema, columns: relationColumns(name, named) }],
  };
}

function bindTable(item: FromItem & { kind: 'table' }, binder: Binder, left: readonly ScopeRelation[]): BoundFrom {
  const { path, alias } = item;
  const first = path[0] as { name: string };
  const names = path.map((step) => ('name' in step ? step.name : undefined));
  if (names.length > 1 || names.includes(undefined)) {
    if (
      left.some((relation) => relation.alias === first.name) &&
      !(names.length === 2 && binder.session.catalog.schemas.has(first.name))
    ) {
      return unnest(path, alias, binder, left);
    }
  }
  if (names.includes(undefined))
    throw new RedshiftError(`relation "${first.name}" does not exist`, { position: item.position });
  const parts = names as string[];
  if (parts.length === 1) {
    const common = binder.commonTables.filter((one) => one.name === first.name).pop();
    if (common) {
      const name = alias.name ?? common.name;
      const columns = common.columns.map((column, index) => ({
        ...column,
        name: alias.columns?.[index] ?? column.name,
      }));
      return {
        sql: `${quoteName(common.physical)} AS ${quoteName(name)}`,
        relations: [{ alias: name, columns: relationColumns(name, columns) }],
      };
    }
  }
  const known = binder.session.findRelation(parts);
  const system = known ? undefined : systemRelation(parts, binder.session);
  if (system) {
    if (!system.catalogOnly) binder.session.usage.userTable = true;
    return derived(system.sql, system.columns, { ...alias, name: alias.name ?? parts[parts.length - 1] });
  }
  const relation = known ?? binder.session.relation(parts, item.position);
  return bindRelation(relation, alias, binder);
}

function bindRelation(relation: Relation, alias: Alias, binder: Binder): BoundFrom {
  const { session } = binder;
  session.usage.userTable = true;
  session.usage.relations.add(`${relation.schema}\u0000${relation.name}`);
  const name = alias.name ?? relation.name;
  const columns = relation.columns.map((column) => ({ name: column.name, type: column.type, physical: column.name }));
  if (relation.kind === 'external')
    return derived(externalSql(relation, session), columns, { ...alias, name }, relation.schema);
  if (relation.kind === 'view' && !relation.materialized) {
    const query = binder.bindText(relation.query as string);
    const named = relation.lateBinding
      ? query.columns
      : query.columns.map((column, index) => ({ ...column, name: relation.columns[index]?.name ?? column.name }));
    return derived(query.sql, named, { ...alias, name }, relation.schema);
  }
  const renamed = columns.map((column, index) => ({ ...column, name: alias.columns?.[index] ?? column.name }));
  return {
    sql: `${physicalName(relation)} AS ${quoteName(name)}`,
    relations: [{ alias: name, schema: relation.schema, columns: relationColumns(name, renamed) }],
  };
}

function visible(left: readonly ScopeRelation[], binder: Binder): Scope {
  return { relations: left, outer: binder.scope.outer };
}

/** `FROM t c, c.orders o AT i`: the elements of an array, or the value itself when it is a scalar. */
function unnest(path: readonly Step[], alias: Alias, binder: Binder, left: readonly ScopeRelation[]): BoundFrom {
  const value = binder.within({ scope: visible(left, binder) }).bind({ kind: 'column', path: [...path], position: 0 });
  if (value.type.name !== 'super') throw new RedshiftError('only a SUPER value can be unnested in FROM');
  const last = path[path.length - 1];
  const name = alias.name ?? (last && 'name' in last ? last.name : 'element');
  const columns = [superColumn(name, name)];
  const place = alias.at ?? 'place#';
  const sql = [
    `LATERAL (SELECT unnest("list") AS ${quoteName(name)}`,
    `, unnest(range(len("list"))) AS ${quoteName(place)}`,
    ` FROM (SELECT from_json(rs_super_elements(${value.sql}), '["VARCHAR"]') AS "list") AS "source") AS ${quoteName(name)}`,
  ].join('');
  if (alias.at) columns.push({ name: alias.at, type: BIGINT, sql: `${quoteName(name)}.${quoteName(alias.at)}` });
  return { sql, relations: [{ alias: name, columns, tie: `${quoteName(name)}.${quoteName(place)}` }] };
}

function unpivotObject(
  operand: Parameters<Binder['bind']>[0],
  alias: Alias,
  binder: Binder,
  left: readonly ScopeRelation[],
): BoundFrom {
  const value: Typed = binder.within({ scope: visible(left, binder) }).bind(operand);
  if (value.type.name !== 'super') throw new RedshiftError('UNPIVOT needs a SUPER value');
  const name = alias.name ?? 'value';
  const attribute = alias.at ?? 'attribute';
  const sql = `LATERAL (SELECT "pair".v AS ${quoteName(name)}, "pair".k AS ${quoteName(attribute)} FROM (SELECT unnest(from_json(rs_super_pairs(${value.sql}), '[{"k":"VARCHAR","v":"VARCHAR"}]')) AS "pair") AS "source") AS ${quoteName(name)}`;
  const columns = [
    { name, type: SUPER, sql: `${quoteName(name)}.${quoteName(name)}` },
    { name: attribute, type: varchar(), sql: `${quoteName(name)}.${quoteName(attribute)}` },
  ];
  return { sql, relations: [{ alias: name, columns }] };
}

function tableFunction(item: FromItem & { kind: 'function' }, binder: Binder): BoundFrom {
  const { call, alias } = item;
  if (call.name !== 'generate_series') throw unsupported(`the function ${call.name} in FROM`, call.position);
  binder.session.usage.leaderOnly = 'generate_series';
  const args = call.args.map((arg) => binder.within({ scope: EMPTY_SCOPE }).bind(arg));
  if (args.length < 2 || args.length > 3) throw new RedshiftError('generate_series takes two or three integers');
  const bounds = args.map((arg) => binder.implicit(arg, arg.type.name === 'bigint' ? BIGINT : INTEGER));
  const name = alias.columns?.[0] ?? alias.name ?? 'generate_series';
  const sql = `SELECT unnest(generate_series(${bounds.map((bound) => bound.sql).join(', ')})) AS ${quoteName(name)}`;
  return derived(
    sql,
    [{ name, physical: name, type: bounds.some((bound) => bound.type.name === 'bigint') ? BIGINT : INTEGER }],
    { name: alias.name ?? 'generate_series' },
  );
}

function bindJoin(item: FromItem & { kind: 'join' }, binder: Binder, before: readonly ScopeRelation[]): BoundFrom {
  const left = bindItem(item.left, binder, before);
  const right = bindItem(item.right, binder, [...before, ...left.relations]);
  checkAliases(left.relations, right.relations);
  const relations = [...left.relations, ...right.relations];
  const type = item.type.toUpperCase();
  if (item.type === 'cross') return { sql: `${left.sql} CROSS JOIN ${nested(right.sql, item.right)}`, relations };
  let using = item.using;
  if (item.natural) {
    const names = new Set(left.relations.flatMap((relation) => relation.columns.map((column) => column.name)));
    using = right.relations
      .flatMap((relation) => relation.columns.map((column) => column.name))
      .filter((name) => names.has(name));
    if (using.length === 0) return { sql: `${left.sql} CROSS JOIN ${nested(right.sql, item.right)}`, relations };
  }
  if (using) return joinUsing(item, using, left, right, binder, type);
  const scope: Scope = { relations: [...before, ...relations], outer: binder.scope.outer };
  const inner = binder.within({ scope });
  const on = inner.implicit(inner.bind(item.on as NonNullable<typeof item.on>), BOOLEAN);
  return { sql: `${left.sql} ${type} JOIN ${nested(right.sql, item.right)} ON ${on.sql}`, relations };
}

function nested(sql: string, item: FromItem): string {
  return item.kind === 'join' ? `(${sql})` : sql;
}

function joinUsing(
  item: FromItem & { kind: 'join' },
  using: readonly string[],
  left: BoundFrom,
  right: BoundFrom,
  binder: Binder,
  type: string,
): BoundFrom {
  if (item.type === 'full') throw unsupported('FULL JOIN with USING or NATURAL');
  const side = (from: BoundFrom, name: string): Typed => {
    const columns = from.relations.flatMap((relation) =>
      relation.hidden?.has(name) ? [] : relation.columns.filter((column) => column.name === name),
    );
    if (columns.length !== 1 || !columns[0])
      throw new RedshiftError(
        `column "${name}" specified in USING clause ${columns.length === 0 ? 'does not exist' : 'is ambiguous'}`,
      );
    return columns[0];
  };
  const on = using.map((name) => compare('=', side(left, name), side(right, name), binder).sql).join(' AND ');
  const names = new Set(using);
  const hide = (relations: readonly ScopeRelation[]) =>
    relations.map((relation) => ({ ...relation, hidden: new Set([...(relation.hidden ?? []), ...names]) }));
  const merged =
    item.type === 'right'
      ? [...hide(left.relations), ...right.relations]
      : [...left.relations, ...hide(right.relations)];
  return { sql: `${left.sql} ${type} JOIN ${nested(right.sql, item.right)} ON ${on}`, relations: merged };
}
