/**
 * Which names an expression can see. In: a path such as `c.c_orders[0].o_date`. Out: the column it starts at, and the
 * steps left over, which lead into a SUPER value. Always: an ambiguous name is an error.
 */
import { type DataType, SUPER } from './data-type';
import { RedshiftError } from './redshift-error';
import type { Step } from './syntax';
import { quoteName, type Typed } from './typed';

export interface ScopeColumn {
  readonly name: string;
  readonly type: DataType;
  readonly sql: string;
}

export interface ScopeRelation {
  readonly alias: string;
  readonly schema?: string;
  readonly columns: readonly ScopeColumn[];
  /** Columns merged by USING: hidden from unqualified names and from the star of the whole FROM clause. */
  readonly hidden?: ReadonlySet<string>;
  /** What keeps the elements of an unnested array in order among equals. */
  readonly tie?: string;
}

export interface Scope {
  readonly relations: readonly ScopeRelation[];
  readonly outer?: Scope;
  /** Select-list names that later items, GROUP BY, HAVING, QUALIFY and ORDER BY may use. */
  readonly aliases?: ReadonlyMap<string, Typed>;
  /** Keys of GROUP BY that stand for one of the group's values, and the aliases as an aggregate's argument sees them. */
  readonly group?: { readonly keys: ReadonlyMap<string, string>; readonly aliases: ReadonlyMap<string, Typed> };
}

export const EMPTY_SCOPE: Scope = { relations: [] };

export function relationColumns(
  alias: string,
  columns: readonly { name: string; type: DataType; physical?: string }[],
): ScopeColumn[] {
  return columns.map(({ name, type, physical }) => ({
    name,
    type,
    sql: `${quoteName(alias)}.${quoteName(physical ?? name)}`,
  }));
}

export function resolve(
  path: readonly Step[],
  scope: Scope,
  position?: number,
): { value: Typed; rest: readonly Step[] } {
  for (let current: Scope | undefined = scope; current; current = current.outer) {
    const found = resolveIn(path, current, position);
    if (found) return found;
  }
  const names = path.flatMap((step) => ('name' in step ? [step.name] : []));
  const first = names[0] as string;
  if (names.length > 1 && !hasRelation(first, scope)) {
    throw new RedshiftError(`relation "${first}" in the expression "${names.join('.')}" does not exist`, { position });
  }
  throw new RedshiftError(`column "${names.length > 1 ? names.slice(0, 2).join('.') : first}" does not exist`, {
    position,
  });
}

function hasRelation(name: string, scope: Scope): boolean {
  for (let current: Scope | undefined = scope; current; current = current.outer) {
    if (current.relations.some((relation) => relation.alias === name)) return true;
  }
  return false;
}

function nameAt(path: readonly Step[], index: number): string | undefined {
  const step = path[index];
  return step && 'name' in step ? step.name : undefined;
}

function resolveIn(
  path: readonly Step[],
  scope: Scope,
  position?: number,
): { value: Typed; rest: readonly Step[] } | undefined {
  const first = nameAt(path, 0) as string;
  const second = nameAt(path, 1);
  if (second !== undefined) {
    // database.schema.table.column, schema.table.column, table.column
    for (const skip of [2, 1, 0]) {
      const schema = skip > 0 ? nameAt(path, skip - 1) : undefined;
      const table = nameAt(path, skip);
      const column = nameAt(path, skip + 1);
      if (table === undefined || column === undefined) continue;
      const relation = scope.relations.find(
        (one) => one.alias === table && (schema === undefined || one.schema === schema),
      );
      const match = relation?.columns.find((one) => one.name === column);
      if (match) return { value: columnValue(match), rest: path.slice(skip + 2) };
    }
  }
  const matches = scope.relations.flatMap((relation) =>
    relation.columns.filter((column) => column.name === first && !relation.hidden?.has(first)),
  );
  if (matches.length > 1) throw new RedshiftError(`column reference "${first}" is ambiguous`, { position });
  if (matches[0]) return { value: columnValue(matches[0]), rest: path.slice(1) };
  const alias = scope.aliases?.get(first);
  if (alias) return { value: { ...alias, label: first }, rest: path.slice(1) };
  return undefined;
}

function columnValue(column: ScopeColumn): Typed {
  return { sql: column.sql, type: column.type, label: column.name };
}

/** The columns a star stands for. */
export function expandStar(scope: Scope, table?: readonly string[]): ScopeColumn[] {
  if (!table) {
    if (scope.relations.length === 0) throw new RedshiftError('SELECT * with no tables specified is not valid');
    return scope.relations.flatMap((relation) =>
      relation.columns.filter((column) => !relation.hidden?.has(column.name)),
    );
  }
  const name = table[table.length - 1];
  const schema = table.length > 1 ? table[table.length - 2] : undefined;
  const relation = scope.relations.find((one) => one.alias === name && (schema === undefined || one.schema === schema));
  if (!relation) throw new RedshiftError(`relation "${table.join('.')}" does not exist`);
  return [...relation.columns];
}

export const superColumn = (alias: string, name: string): ScopeColumn => ({
  name,
  type: SUPER,
  sql: `${quoteName(alias)}.${quoteName(name)}`,
});
