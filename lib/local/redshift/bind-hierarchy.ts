/** START WITH ... CONNECT BY as a recursive query. LEVEL becomes a column; PRIOR names the row one level up. */
import { bindFrom, type BoundFrom } from './bind-from';
import type { Binder } from './binder';
import { BOOLEAN, INTEGER } from './data-type';
import { unsupported } from './redshift-error';
import { relationColumns, type ScopeRelation } from './scope';
import type { Expr, Select } from './syntax';
import { quoteName } from './typed';

const PARENT = 'prior#';
/** A tree is not as deep as this; a circle of rows is. */
const DEEPEST = 10_000;

export function hierarchy(select: Select, outer: Binder): BoundFrom {
  const from = bindFrom(select.from, outer);
  const relation = from.relations[0];
  if (from.relations.length !== 1 || !relation) throw unsupported('CONNECT BY over more than one table');
  const base = outer.within({ scope: { relations: from.relations, outer: outer.scope.outer } });
  const start = select.startWith ? ` WHERE ${base.implicit(base.bind(select.startWith), BOOLEAN).sql}` : '';
  const parent: ScopeRelation = {
    alias: PARENT,
    columns: relationColumns(PARENT, [
      ...relation.columns.map(({ name, type }) => ({ name, type })),
      { name: 'level', type: INTEGER },
    ]),
    hidden: new Set([...relation.columns.map((column) => column.name), 'level']),
  };
  const both = outer.within({ scope: { relations: [relation, parent], outer: outer.scope.outer } });
  const join = both.implicit(both.bind(renamePrior(select.connectBy as Expr)), BOOLEAN).sql;
  const list = relation.columns.map((column) => `${column.sql} AS ${quoteName(column.name)}`).join(', ');
  const parentSql = quoteName(PARENT);
  const sql = [
    `(WITH RECURSIVE ${quoteName('tree')} AS (SELECT ${list}, 1 AS "level" FROM ${from.sql}${start} UNION ALL`,
    ` SELECT ${list}, CAST(CASE WHEN ${parentSql}."level" < ${DEEPEST} THEN ${parentSql}."level" + 1 ELSE error('ERROR: CONNECT BY runs in a circle: a row is its own ancestor') END AS INTEGER) AS "level" FROM ${from.sql} JOIN ${quoteName('tree')} AS ${parentSql} ON ${join}`,
    `) SELECT * FROM ${quoteName('tree')}) AS ${quoteName(relation.alias)}`,
  ].join('');
  const columns = [...relation.columns.map(({ name, type }) => ({ name, type })), { name: 'level', type: INTEGER }];
  return { sql, relations: [{ ...relation, columns: relationColumns(relation.alias, columns), hidden: new Set() }] };
}

/** PRIOR names become columns of the row above; LEVEL in the condition is the new row's, one below it. */
function renamePrior(expr: Expr): Expr {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (node === null || typeof node !== 'object') return node;
    const one = node as Expr;
    if (one.kind === 'prior') {
      if (one.operand.kind !== 'column') throw unsupported('PRIOR on an expression');
      const last = one.operand.path[one.operand.path.length - 1] as { name: string };
      return { kind: 'column', path: [{ name: PARENT }, last], position: one.operand.position };
    }
    if (one.kind === 'column' && one.path.length === 1 && (one.path[0] as { name?: string }).name === 'level') {
      return {
        kind: 'binary',
        operator: '+',
        left: { kind: 'column', path: [{ name: PARENT }, { name: 'level' }], position: one.position },
        right: { kind: 'number', text: '1' },
      };
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, visit(value)]));
  };
  return visit(expr) as Expr;
}
