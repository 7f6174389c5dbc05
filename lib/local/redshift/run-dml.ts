/** INSERT, UPDATE, DELETE, TRUNCATE and MERGE. Every value is converted to its column's type as an assignment. */
import { bindCommonTables } from './bind-query';
import { bindFrom } from './bind-from';
import type { Binder } from './binder';
import { type Column, physicalName, type Relation, sequenceName } from './catalog';
import { BOOLEAN } from './data-type';
import type { Engine } from './engine';
import { RedshiftError, unsupported } from './redshift-error';
import type { StatementResult } from './result';
import { relationColumns, type ScopeRelation } from './scope';
import type { MergeStatement, Statement } from './statement';
import type { Expr } from './syntax';
import { quoteName, quoteText, type Typed } from './typed';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

export function writable(engine: Engine, name: readonly string[]): Relation {
  const relation = engine.session.relation(name);
  if (relation.kind === 'view') throw new RedshiftError(`cannot change data in a view: "${relation.name}"`);
  if (relation.kind === 'external') throw unsupported(`changing the external table "${relation.name}"`);
  return relation;
}

export function columnOf(relation: Relation, name: string): Column {
  const column = relation.columns.find((one) => one.name === name);
  if (!column) throw new RedshiftError(`column "${name}" of relation "${relation.name}" does not exist`);
  return column;
}

/** What a column gets when nothing is given: its identity, its default, or NULL. */
export function defaultSql(column: Column, relation: Relation, engine: Engine): string {
  if (column.identity) return `nextval(${quoteText(sequenceName(relation, column.name))})`;
  if (column.defaultSql === undefined) return 'NULL';
  const binder = engine.binder();
  const query = binder.parse(`select ${column.defaultSql}`);
  const expr = query.body.kind === 'select' ? query.body.items[0]?.expr : undefined;
  return binder.caster.cast(binder.bind(expr as Expr), column.type, 'assign').sql;
}

function assign(value: Typed, column: Column, binder: Binder): string {
  return binder.caster.cast(value, column.type, 'assign').sql;
}

/** The target columns of an INSERT; an identity column that is always generated cannot be one. */
function targets(relation: Relation, names: readonly string[] | undefined, given: number): Column[] {
  if (!names) {
    const columns = relation.columns.filter((column) => !column.identity || column.identity.byDefault);
    return (given === relation.columns.length ? relation.columns : columns).slice(0, given);
  }
  if (new Set(names).size !== names.length) throw new RedshiftError('a column is specified more than once');
  return names.map((name) => columnOf(relation, name));
}

export async function runInsert(
  statement: Of<'insert'>,
  engine: Engine,
  parameters?: ReadonlyMap<string, Typed>,
): Promise<StatementResult> {
  const relation = writable(engine, statement.table);
  const binder = engine.binder(parameters);
  const bound = statement.query && engine.bind(statement.query, parameters);
  const rows = statement.rows ?? [];
  const given = bound ? bound.columns.length : (rows[0]?.length ?? 0);
  const columns = targets(relation, statement.columns, given);
  if (given > columns.length) throw new RedshiftError('INSERT has more expressions than target columns');
  if (statement.columns && given < columns.length && rows.length + (bound ? 1 : 0) > 0)
    throw new RedshiftError('INSERT has more target columns than expressions');
  const rest = relation.columns.filter(
    (column) => !columns.includes(column) && (column.identity || column.defaultSql !== undefined),
  );
  checkIdentity(columns, rows, bound !== undefined);
  const into = `INSERT INTO ${physicalName(relation)} (${[...columns, ...rest].map((column) => quoteName(column.name)).join(', ')})`;
  const restSql = rest.map((column) => defaultSql(column, relation, engine));
  if (bound) {
    const values = columns.map((column, index) => {
      const from = bound.columns[index] as { physical: string; type: Typed['type'] };
      return assign({ sql: `"source".${quoteName(from.physical)}`, type: from.type }, column, binder);
    });
    const changed = await engine.run(
      `${into} SELECT ${[...values, ...restSql].join(', ')} FROM (${bound.sql}) AS "source"`,
    );
    return engine.done('INSERT', changed);
  }
  if (rows.length === 0)
    return engine.done(
      'INSERT',
      await engine.run(
        `INSERT INTO ${physicalName(relation)} (${relation.columns.map((column) => quoteName(column.name)).join(', ')}) VALUES (${relation.columns.map((column) => defaultSql(column, relation, engine)).join(', ')})`,
      ),
    );
  const tuples = rows.map((row) => {
    if (row.length !== columns.length) throw new RedshiftError('VALUES lists must all be the same length');
    const values = columns.map((column, index) => {
      const expr = row[index] as Expr;
      return expr.kind === 'default' ? defaultSql(column, relation, engine) : assign(binder.bind(expr), column, binder);
    });
    return `(${[...values, ...restSql].join(', ')})`;
  });
  engine.checkUsage();
  return engine.done('INSERT', await engine.run(`${into} VALUES ${tuples.join(', ')}`));
}

function checkIdentity(columns: readonly Column[], rows: readonly Expr[][], query: boolean): void {
  columns.forEach((column, index) => {
    if (!column.identity || column.identity.byDefault) return;
    if (query || rows.some((row) => row[index]?.kind !== 'default'))
      throw new RedshiftError(`cannot set an identity column to a value: "${column.name}"`);
  });
}

function targetScope(relation: Relation, alias: string): ScopeRelation {
  return {
    alias,
    schema: relation.schema,
    columns: relationColumns(
      alias,
      relation.columns.map(({ name, type }) => ({ name, type })),
    ),
  };
}

/** The table that an UPDATE or DELETE changes, what its expressions see, and the beginning of its SQL. */
function changing(
  statement: Of<'update'> | Of<'delete'>,
  beside: Parameters<typeof bindFrom>[0],
  engine: Engine,
  parameters: ReadonlyMap<string, Typed> | undefined,
) {
  const relation = writable(engine, statement.table);
  engine.session.usage.userTable = true;
  const alias = statement.alias ?? relation.name;
  const { binder: outer, sql: withSql } = bindCommonTables(
    { with: statement.with, recursive: false },
    engine.binder(parameters),
  );
  const from = bindFrom(beside, outer);
  const binder = outer.within({ scope: { relations: [targetScope(relation, alias), ...from.relations] } });
  const target = `${physicalName(relation)} AS ${quoteName(alias)}`;
  const where = statement.where ? ` WHERE ${binder.implicit(binder.bind(statement.where), BOOLEAN).sql}` : '';
  return { relation, binder, withSql, target, from: from.sql, where };
}

export async function runUpdate(
  statement: Of<'update'>,
  engine: Engine,
  parameters?: ReadonlyMap<string, Typed>,
): Promise<StatementResult> {
  const { relation, binder, withSql, target, from, where } = changing(statement, statement.from, engine, parameters);
  const set = statement.set.map(({ column: name, value }) => {
    const column = columnOf(relation, name);
    if (column.identity) throw new RedshiftError(`cannot set an identity column to a value: "${name}"`);
    return `${quoteName(name)} = ${value.kind === 'default' ? defaultSql(column, relation, engine) : assign(binder.bind(value), column, binder)}`;
  });
  engine.checkUsage();
  const sql = `${withSql}UPDATE ${target} SET ${set.join(', ')}${from ? ` FROM ${from}` : ''}${where}`;
  return engine.done('UPDATE', await engine.run(sql));
}

export async function runDelete(
  statement: Of<'delete'>,
  engine: Engine,
  parameters?: ReadonlyMap<string, Typed>,
): Promise<StatementResult> {
  const { withSql, target, from, where } = changing(statement, statement.using, engine, parameters);
  engine.checkUsage();
  const sql = `${withSql}DELETE FROM ${target}${from ? ` USING ${from}` : ''}${where}`;
  return engine.done('DELETE', await engine.run(sql));
}

export async function runTruncate(statement: Of<'truncate'>, engine: Engine): Promise<StatementResult> {
  const relation = writable(engine, statement.table);
  await engine.run(`DELETE FROM ${physicalName(relation)}`);
  return engine.done('TRUNCATE TABLE');
}

export async function runMerge(
  statement: MergeStatement,
  engine: Engine,
  parameters?: ReadonlyMap<string, Typed>,
): Promise<StatementResult> {
  const target = writable(engine, statement.target);
  const path = statement.source.path.map((step) => ('name' in step ? step.name : ''));
  const source = engine.session.relation(path);
  if (source === target) throw new RedshiftError('the target and the source of MERGE cannot be the same table');
  if (source.kind === 'view') throw new RedshiftError('the source of MERGE cannot be a view');
  engine.session.usage.userTable = true;
  const outer = engine.binder(parameters);
  const from = bindFrom([statement.source], outer);
  const to = targetScope(target, target.name);
  const binder = outer.within({ scope: { relations: [to, ...from.relations] } });
  const on = binder.implicit(binder.bind(statement.on), BOOLEAN).sql;
  const targetSql = `${physicalName(target)} AS ${quoteName(target.name)}`;
  if (statement.removeDuplicates) return removeDuplicates(target, source, from, on, targetSql, engine, outer);
  const { matched, notMatched } = statement as Required<Pick<MergeStatement, 'matched' | 'notMatched'>>;
  const several = await engine.rows(
    `SELECT 1 FROM ${targetSql} JOIN ${from.sql} ON ${on} GROUP BY ${quoteName(target.name)}.rowid HAVING count(*) > 1 LIMIT 1`,
  );
  if (several.rows.length > 0) throw new RedshiftError('Found multiple matches to update the same tuple');
  const columns = notMatched.columns
    ? notMatched.columns.map((name) => columnOf(target, name))
    : target.columns.slice(0, notMatched.values.length);
  if (columns.length !== notMatched.values.length)
    throw new RedshiftError('INSERT of MERGE: numbers of columns and values differ');
  const sourceOnly = outer.within({ scope: { relations: from.relations } });
  const values = columns.map((column, index) =>
    assign(sourceOnly.bind(notMatched.values[index] as Expr), column, binder),
  );
  const rest = target.columns.filter(
    (column) => !columns.includes(column) && (column.identity || column.defaultSql !== undefined),
  );
  const set = matched.set.map(
    ({ column: name, value }) => `${quoteName(name)} = ${assign(binder.bind(value), columnOf(target, name), binder)}`,
  );
  const into = [...columns, ...rest].map((column) => quoteName(column.name)).join(', ');
  const all = [...values, ...rest.map((column) => defaultSql(column, target, engine))].join(', ');
  const insert = `INSERT (${into}) VALUES (${all})`;
  const changed = await engine.run(
    `MERGE INTO ${targetSql} USING ${from.sql} ON (${on}) WHEN MATCHED THEN ${matched.delete ? 'DELETE' : `UPDATE SET ${set.join(', ')}`} WHEN NOT MATCHED THEN ${insert}`,
  );
  return engine.done('MERGE', changed);
}

/** Matching target rows give way to the source rows; the other source rows are added. */
async function removeDuplicates(
  target: Relation,
  source: Relation,
  from: { sql: string; relations: readonly ScopeRelation[] },
  on: string,
  targetSql: string,
  engine: Engine,
  binder: Binder,
): Promise<StatementResult> {
  if (source.columns.length !== target.columns.length)
    throw new RedshiftError('MERGE with REMOVE DUPLICATES needs tables with the same columns');
  await engine.run(`DELETE FROM ${targetSql} USING ${from.sql} WHERE ${on}`);
  const columns = from.relations[0]?.columns ?? [];
  const values = target.columns.map((column, index) => assign(columns[index] as Typed, column, binder));
  const changed = await engine.run(`INSERT INTO ${physicalName(target)} SELECT ${values.join(', ')} FROM ${from.sql}`);
  return engine.done('MERGE', changed);
}
