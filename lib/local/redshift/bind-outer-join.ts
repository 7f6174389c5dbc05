/**
 * Joins written with (+) in WHERE. In: FROM, whose tables are only listed, and WHERE. Out: the same tables, each marked one
 * joined from the left on its marked conditions, and the conditions that are left over. Always: the star's order is FROM's.
 */
import { type BoundFrom, bindFrom } from './bind-from';
import type { Binder } from './binder';
import { BOOLEAN } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import type { ScopeRelation } from './scope';
import type { Expr, FromItem } from './syntax';

interface Listed {
  readonly sql: string;
  readonly relation: ScopeRelation;
  readonly conditions: Expr[];
  /** The one other table that the marked conditions name. */
  partner?: Listed;
}

type Column = Extract<Expr, { kind: 'column' }>;

export function hasOuterMark(where: Expr | undefined): boolean {
  return where !== undefined && columnsOf(where).some((column) => column.outer);
}

export function bindOuterJoins(
  items: readonly FromItem[],
  where: Expr,
  binder: Binder,
): { from: BoundFrom; where: Expr | undefined } {
  const tables = items.map((item): Listed => {
    if (item.kind === 'join') throw new RedshiftError('the operator (+) cannot be used beside JOIN in FROM');
    const { sql, relations } = bindFrom([item], binder);
    const [relation] = relations;
    if (!relation || relations.length !== 1) throw unsupported('the operator (+) on this form of table');
    return { sql, relation, conditions: [] };
  });
  const rest: Expr[] = [];
  for (const condition of conjuncts(where)) {
    if (columnsOf(condition).some((column) => column.outer)) mark(condition, tables);
    else rest.push(condition);
  }
  const relations = tables.map((table) => table.relation);
  const sight = binder.within({ scope: { relations, outer: binder.scope.outer } });
  const placed = tables.filter((table) => table.conditions.length === 0);
  let sql = placed.map((table) => table.sql).join(' CROSS JOIN ');
  for (let waiting = tables.filter((table) => table.conditions.length > 0); waiting.length > 0; ) {
    const next = waiting.find((table) => table.partner === undefined || placed.includes(table.partner));
    if (!next || sql === '') throw new RedshiftError('tables are outer joined with (+) in a circle');
    const on = next.conditions.map((condition) => sight.implicit(sight.bind(condition), BOOLEAN).sql).join(' AND ');
    sql = `${sql} LEFT JOIN ${next.sql} ON ${on}`;
    placed.push(next);
    waiting = waiting.filter((table) => table !== next);
  }
  return { from: { sql, relations }, where: rest.reduce<Expr | undefined>(both, undefined) };
}

const both = (left: Expr | undefined, right: Expr): Expr =>
  left ? { kind: 'binary', operator: 'and', left, right } : right;

function conjuncts(expr: Expr): Expr[] {
  return expr.kind === 'binary' && expr.operator === 'and'
    ? [...conjuncts(expr.left), ...conjuncts(expr.right)]
    : [expr];
}

function mark(condition: Expr, tables: readonly Listed[]): void {
  if (
    (condition.kind === 'binary' && condition.operator === 'or') ||
    condition.kind === 'in' ||
    condition.kind === 'inQuery'
  )
    throw new RedshiftError('Outer join operator (+) not allowed in operand of OR or IN.');
  const columns = columnsOf(condition);
  const marked = new Set(columns.flatMap((column) => (column.outer ? [tableOf(column, tables)] : [])));
  const others = new Set(columns.flatMap((column) => (column.outer ? [] : [tableOf(column, tables)])));
  const [table] = marked;
  const [partner] = others;
  if (!table || marked.size > 1) throw new RedshiftError('a condition may mark only one table with (+)');
  if (others.has(table)) throw new RedshiftError('(+) must mark every column of its table in a condition');
  if (others.size > 1 || (table.partner && partner && partner !== table.partner))
    throw new RedshiftError('A table may be outer joined to at most one other table.');
  if (partner) table.partner = partner;
  table.conditions.push(unmarked(condition));
}

function tableOf(column: Column, tables: readonly Listed[]): Listed {
  const names = column.path.flatMap((step) => ('name' in step ? [step.name] : []));
  const qualified = tables.filter(({ relation }) => names.slice(0, -1).includes(relation.alias));
  const found =
    qualified.length > 0
      ? qualified
      : tables.filter(({ relation }) => relation.columns.some((one) => one.name === names[0]));
  const [table] = found;
  if (found.length > 1)
    throw new RedshiftError(`column reference "${names[0]}" is ambiguous`, { position: column.position });
  if (!table) throw new RedshiftError(`column "${names.join('.')}" does not exist`, { position: column.position });
  return table;
}

/** The columns of an expression, but for those inside its subqueries. */
function columnsOf(expr: Expr): Column[] {
  const found: Column[] = [];
  const visit = (node: unknown, key?: string): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (node !== null && typeof node === 'object' && key !== 'query') {
      if ((node as Expr).kind === 'column') found.push(node as Column);
      else for (const [name, value] of Object.entries(node)) visit(value, name);
    }
  };
  visit(expr);
  return found;
}

function unmarked(expr: Expr): Expr {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node).flatMap(([key, value]) => (key === 'outer' ? [] : [[key, visit(value)]])),
    );
  };
  return visit(expr) as Expr;
}
