/** PIVOT as grouped conditional aggregates; UNPIVOT as one branch per column. */
import { compare } from './bind-operator';
import type { Binder } from './binder';
import { commonType, storageOf, varchar } from './data-type';
import { RedshiftError } from './redshift-error';
import { relationColumns, type ScopeRelation } from './scope';
import type { CallExpr, Expr, FromItem } from './syntax';
import { quoteName, quoteText, type Typed } from './typed';

interface Source {
  readonly sql: string;
  readonly relations: readonly ScopeRelation[];
}

let unnamed = 0;

export function pivotRelation(item: FromItem & { kind: 'pivot' }, outer: Binder, source: Source): Source {
  const { aggregates, column, values } = item.pivot;
  const binder = outer.within({ scope: { relations: source.relations, outer: outer.scope.outer } });
  const pivoted = binder.bind(column);
  const used = new Set([nameOf(column), ...aggregates.flatMap(({ call }) => call.args.flatMap(columnNames))]);
  const groups = source.relations.flatMap((relation) => relation.columns).filter((one) => !used.has(one.name));
  const outputs: { name: string; value: Typed }[] = groups.map((one) => ({ name: one.name, value: one }));
  for (const { value, alias } of values) {
    const bound = binder.bind(value);
    const condition = bound.isNull ? `(${pivoted.sql} IS NULL)` : compare('=', pivoted, bound, binder).sql;
    const valueName = alias ?? valueText(value);
    for (const { call, alias: suffix } of aggregates) {
      outputs.push({
        name: suffix ? `${valueName}_${suffix}` : valueName,
        value: conditional(call, condition, binder),
      });
    }
  }
  const list = outputs.map(({ name, value }) => `${value.sql} AS ${quoteName(name)}`).join(', ');
  const grouping = groups.length > 0 ? ` GROUP BY ${groups.map((one) => one.sql).join(', ')}` : '';
  const alias = item.alias.name ?? `pivot#${++unnamed}`;
  const columns = outputs.map(({ name, value }, index) => ({
    name: item.alias.columns?.[index] ?? name,
    physical: name,
    type: value.type,
  }));
  return {
    sql: `(SELECT ${list} FROM ${source.sql}${grouping}) AS ${quoteName(alias)}`,
    relations: [{ alias, columns: relationColumns(alias, columns) }],
  };
}

/** The aggregate over the rows of one pivot value: other rows give it NULL, which every aggregate leaves out. */
function conditional(call: CallExpr, condition: string, binder: Binder): Typed {
  const parameters = new Map(binder.parameters);
  const [first, ...others] = call.args;
  const argument: Typed = call.star || !first ? { sql: '1', type: { name: 'integer' } } : binder.bind(first);
  parameters.set('pivot', { sql: `(CASE WHEN ${condition} THEN ${argument.sql} END)`, type: argument.type });
  const args: Expr[] = [{ kind: 'parameter', name: 'pivot', position: call.position }, ...others];
  return binder.within({ parameters }).bindCall({ ...call, star: false, args });
}

function valueText(value: Expr): string {
  if (value.kind === 'string') return value.value.toLowerCase();
  if (value.kind === 'number') return value.text;
  if (value.kind === 'null') return 'null';
  if (value.kind === 'boolean') return String(value.value);
  if (value.kind === 'typed') return value.text;
  throw new RedshiftError('PIVOT values must be literals');
}

function nameOf(expr: Expr): string {
  const last = expr.kind === 'column' ? expr.path[expr.path.length - 1] : undefined;
  return last && 'name' in last ? last.name : '';
}

function columnNames(expr: Expr): string[] {
  return expr.kind === 'column' ? [nameOf(expr)] : [];
}

export function unpivotRelation(item: FromItem & { kind: 'unpivot' }, source: Source): Source {
  const { columns, includeNulls, nameColumn, valueColumn } = item.unpivot;
  const all = source.relations.flatMap((relation) => relation.columns);
  const taken = columns.map(({ column, alias }) => {
    const found = all.find((one) => one.name === column);
    if (!found) throw new RedshiftError(`column "${column}" does not exist`);
    return { column: found, label: alias ?? column };
  });
  const type = commonType(
    taken.map(({ column }) => column.type),
    'UNPIVOT',
  );
  const names = new Set(columns.map(({ column }) => column));
  const rest = all.filter((one) => !names.has(one.name));
  const flat = `SELECT ${all.map((one, index) => `${one.sql} AS "c${index}"`).join(', ')} FROM ${source.sql}`;
  const place = (name: string) => `"c${all.findIndex((one) => one.name === name)}"`;
  const branches = taken.map(({ column, label }) => {
    const kept = rest.map((one) => `${place(one.name)} AS ${quoteName(one.name)}, `).join('');
    const filter = includeNulls ? '' : ` WHERE ${place(column.name)} IS NOT NULL`;
    return `SELECT ${kept}${quoteText(label)} AS ${quoteName(nameColumn)}, CAST(${place(column.name)} AS ${storageOf(type)}) AS ${quoteName(valueColumn)} FROM "flat"${filter}`;
  });
  const alias = item.alias.name ?? `unpivot#${++unnamed}`;
  const outputs = [...rest, { name: nameColumn, type: varchar(256) }, { name: valueColumn, type }];
  const named = outputs.map((one, index) => ({
    name: item.alias.columns?.[index] ?? one.name,
    physical: one.name,
    type: one.type,
  }));
  return {
    sql: `(WITH "flat" AS (${flat}) ${branches.join(' UNION ALL ')}) AS ${quoteName(alias)}`,
    relations: [{ alias, columns: relationColumns(alias, named) }],
  };
}
