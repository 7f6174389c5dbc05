/** ALTER TABLE and ALTER SCHEMA. */
import { alterExternal } from './alter-external';
import { type Column, constraintName, keyOf, physicalName, type Relation, sequenceName } from './catalog';
import { type DataType, describeType, storageOf } from './data-type';
import type { Engine } from './engine';
import { checkEncoding } from './parse-table';
import { RedshiftError, unsupported } from './redshift-error';
import type { StatementResult } from './result';
import { buildColumn, place } from './run-ddl';
import { columnOf, defaultSql, writable } from './run-dml';
import type { AlterAction, Statement } from './statement';
import { quoteName } from './typed';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

function replace(relation: Relation, next: Relation, engine: Engine): void {
  const { relations } = engine.session.catalog;
  relations.delete(keyOf(relation));
  relations.set(keyOf(next), next);
  engine.changed();
}

export async function alterTable(statement: Of<'alterTable'>, engine: Engine): Promise<StatementResult> {
  for (const change of statement.changes) {
    const relation = engine.session.relation(statement.table);
    const external = ['addPartition', 'dropPartition', 'movePartition', 'location', 'none'].includes(change.action);
    const fits = relation.kind === 'table' || (relation.kind === 'view' ? change.action === 'renameTo' : external);
    if (!fits) throw unsupported(`ALTER TABLE of the ${relation.kind} "${relation.name}"`);
    await apply(change, relation, engine);
  }
  return engine.done('ALTER TABLE');
}

async function apply(change: AlterAction, relation: Relation, engine: Engine): Promise<void> {
  const table = physicalName(relation);
  switch (change.action) {
    case 'none':
      return;
    case 'renameTo':
      return rename(relation, change.name, engine);
    case 'renameColumn': {
      columnOf(relation, change.from);
      if (relation.columns.some((column) => column.name === change.to))
        throw new RedshiftError(`column "${change.to}" of relation "${relation.name}" already exists`);
      await engine.run(`ALTER TABLE ${table} RENAME COLUMN ${quoteName(change.from)} TO ${quoteName(change.to)}`);
      const name = (one: string) => (one === change.from ? change.to : one);
      const columns = relation.columns.map((column) => ({ ...column, name: name(column.name) }));
      if (relation.columns.some((column) => column.name === change.from && column.identity))
        throw unsupported('renaming an identity column');
      return replace(
        relation,
        {
          ...relation,
          columns,
          distKey: relation.distKey && name(relation.distKey),
          sortKeys: relation.sortKeys.map(name),
        },
        engine,
      );
    }
    case 'addColumn':
      return addColumn(change, relation, engine);
    case 'dropColumn':
      return dropColumn(change, relation, engine);
    case 'type':
      return changeType(change, relation, engine);
    case 'encode': {
      for (const { column, encoding } of change.encodings) checkEncoding(encoding, columnOf(relation, column).type);
      const encodings = new Map(change.encodings.map(({ column, encoding }) => [column, encoding]));
      return replace(
        relation,
        {
          ...relation,
          columns: relation.columns.map((column) => ({
            ...column,
            encoding: encodings.get(column.name) ?? column.encoding,
          })),
        },
        engine,
      );
    }
    case 'distribute':
      if (change.key) columnOf(relation, change.key);
      return replace(relation, { ...relation, distStyle: change.style ?? 'auto', distKey: change.key }, engine);
    case 'sort':
      for (const key of change.keys) columnOf(relation, key);
      return replace(relation, { ...relation, sortKeys: change.keys, interleaved: change.interleaved }, engine);
    case 'addConstraint':
      for (const name of change.constraint.columns) columnOf(relation, name);
      return replace(relation, { ...relation, constraints: [...relation.constraints, change.constraint] }, engine);
    case 'dropConstraint':
      if (!relation.constraints.some((constraint) => constraintName(relation, constraint) === change.name))
        throw new RedshiftError(`constraint "${change.name}" does not exist`);
      return replace(
        relation,
        {
          ...relation,
          constraints: relation.constraints.filter(
            (constraint) => constraintName(relation, constraint) !== change.name,
          ),
        },
        engine,
      );
    case 'addPartition':
    case 'dropPartition':
    case 'movePartition':
    case 'location':
      return alterExternal(change, relation, engine);
    case 'schema':
      throw unsupported('ALTER TABLE SET SCHEMA');
    case 'append':
      return append(change, relation, engine);
  }
}

async function rename(relation: Relation, name: string, engine: Engine): Promise<void> {
  const next = { ...relation, name };
  if (engine.session.catalog.relations.has(keyOf(next))) throw new RedshiftError(`relation "${name}" already exists`);
  if (engine.session.catalog.dependents(relation).length > 0) throw unsupported('renaming a table that a view reads');
  if (relation.columns.some((column) => column.identity)) {
    for (const column of relation.columns) {
      if (!column.identity) continue;
      // DuckDB cannot rename a sequence: a new one goes on where the old one stands.
      const { rows } = await engine.rows(
        `SELECT nextval('${sequenceName(relation, column.name).replace(/'/g, "''")}')`,
      );
      const { step } = column.identity;
      const bound = step > 0 ? `MINVALUE ${Math.min(Number(rows[0]?.[0]), 1)}` : 'MINVALUE -9223372036854775807';
      await engine.run(
        `CREATE SEQUENCE ${sequenceName(next, column.name)} INCREMENT BY ${step} ${bound} START WITH ${rows[0]?.[0]}`,
      );
    }
  }
  if (relation.kind === 'table' || relation.materialized)
    await engine.run(`ALTER TABLE ${physicalName(relation)} RENAME TO ${quoteName(name)}`);
  replace(relation, next, engine);
}

async function addColumn(
  change: Extract<AlterAction, { action: 'addColumn' }>,
  relation: Relation,
  engine: Engine,
): Promise<void> {
  const { column: definition } = change;
  if (relation.columns.some((column) => column.name === definition.name))
    throw new RedshiftError(`column "${definition.name}" of relation "${relation.name}" already exists`);
  if (definition.identity) throw new RedshiftError('an identity column cannot be added to a table');
  if (definition.notNull && definition.defaultSql === undefined)
    throw new RedshiftError('ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression');
  const column: Column = buildColumn(definition, false);
  const next = { ...relation, columns: [...relation.columns, column] };
  await engine.run(
    `ALTER TABLE ${physicalName(relation)} ADD COLUMN ${quoteName(column.name)} ${storageOf(column.type)}`,
  );
  if (column.defaultSql !== undefined)
    await engine.run(
      `UPDATE ${physicalName(relation)} SET ${quoteName(column.name)} = ${defaultSql(column, next, engine)}`,
    );
  replace(relation, next, engine);
}

async function dropColumn(
  change: Extract<AlterAction, { action: 'dropColumn' }>,
  relation: Relation,
  engine: Engine,
): Promise<void> {
  const column = columnOf(relation, change.column);
  if (relation.distKey === column.name || relation.sortKeys.includes(column.name))
    throw new RedshiftError(`cannot drop the distribution or sort key column "${column.name}"`);
  if (relation.columns.length === 1) throw new RedshiftError('cannot drop the only column of a table');
  const views = engine.session.catalog
    .dependents(relation)
    .filter((view) => (view.query ?? '').toLowerCase().includes(column.name));
  if (views.length > 0 && !change.cascade)
    throw new RedshiftError(
      `cannot drop table ${relation.name} column ${column.name} because other objects depend on it`,
    );
  await engine.run(`ALTER TABLE ${physicalName(relation)} DROP COLUMN ${quoteName(column.name)}`);
  replace(relation, { ...relation, columns: relation.columns.filter((one) => one !== column) }, engine);
  for (const view of views) engine.session.catalog.relations.delete(keyOf(view));
}

/** Only the length of a VARCHAR column can be changed. */
async function changeType(
  change: Extract<AlterAction, { action: 'type' }>,
  relation: Relation,
  engine: Engine,
): Promise<void> {
  const column = columnOf(relation, change.column);
  const refuse = (reason: string) =>
    new RedshiftError(`cannot alter column "${column.name}" of relation "${relation.name}": ${reason}`);
  if (column.type.name !== 'varchar' || change.type.name !== 'varchar')
    throw refuse(
      `only the size of a VARCHAR column can change, not ${describeType(column.type)} to ${describeType(change.type)}`,
    );
  if (engine.inTransaction && engine.explicit)
    throw new RedshiftError('ALTER TABLE ALTER COLUMN cannot run inside a transaction block');
  if (['bytedict', 'runlength', 'text255', 'text32k'].includes(column.encoding))
    throw refuse(`its encoding is ${column.encoding}`);
  if (
    column.defaultSql !== undefined ||
    relation.constraints.some(
      (constraint) => constraint.kind !== 'foreign key' && constraint.columns.includes(column.name),
    )
  )
    throw refuse('it has a default or a key');
  const longest = await engine.rows(`SELECT max(strlen(${quoteName(column.name)})) FROM ${physicalName(relation)}`);
  const type: DataType = { ...column.type, length: change.type.length };
  if (Number(longest.rows[0]?.[0] ?? 0) > (type.length ?? 256)) throw refuse('a value is longer than the new size');
  replace(
    relation,
    { ...relation, columns: relation.columns.map((one) => (one === column ? { ...one, type } : one)) },
    engine,
  );
}

/** ALTER TABLE APPEND moves rows; the columns must agree unless it says otherwise. */
async function append(
  change: Extract<AlterAction, { action: 'append' }>,
  target: Relation,
  engine: Engine,
): Promise<void> {
  const source = writable(engine, change.from);
  if (engine.explicit) throw new RedshiftError('ALTER TABLE APPEND cannot run inside a transaction block');
  if (source === target) throw new RedshiftError('the source and target of ALTER TABLE APPEND must differ');
  const shared = target.columns.filter((column) => source.columns.some((one) => one.name === column.name));
  for (const column of shared) {
    const from = columnOf(source, column.name);
    if (describeType(from.type) !== describeType(column.type))
      throw new RedshiftError(`column "${column.name}" has different types in source and target`);
  }
  const extra = source.columns.filter((column) => !shared.some((one) => one.name === column.name));
  const missing = target.columns.filter((column) => !shared.includes(column));
  if (extra.length > 0 && !change.ignoreExtra)
    throw new RedshiftError(
      `the source has columns the target lacks (${extra.map((column) => column.name).join(', ')}); use IGNOREEXTRA`,
    );
  if (missing.length > 0 && !change.fillTarget)
    throw new RedshiftError(
      `the target has columns the source lacks (${missing.map((column) => column.name).join(', ')}); use FILLTARGET`,
    );
  const filled = missing.filter((column) => column.defaultSql !== undefined || column.identity);
  const into = [...shared, ...filled].map((column) => quoteName(column.name)).join(', ');
  const values = [
    ...shared.map((column) => quoteName(column.name)),
    ...filled.map((column) => defaultSql(column, target, engine)),
  ].join(', ');
  await engine.run(`INSERT INTO ${physicalName(target)} (${into}) SELECT ${values} FROM ${physicalName(source)}`);
  await engine.run(`DELETE FROM ${physicalName(source)}`);
}

export async function alterSchema(statement: Of<'alterSchema'>, engine: Engine): Promise<StatementResult> {
  const { catalog } = engine.session;
  if (!catalog.schemas.has(statement.name)) throw new RedshiftError(`schema "${statement.name}" does not exist`);
  if (statement.to !== undefined) {
    place([statement.name, 'x'], engine);
    throw unsupported('ALTER SCHEMA RENAME');
  }
  return engine.done('ALTER SCHEMA');
}
