/** CREATE and DROP of schemas, tables, views, external objects and routines. */
import type { BoundQuery } from './binder';
import {
  type Column,
  type ExternalSource,
  keyOf,
  physicalName,
  type Relation,
  sequenceName,
  TEMPORARY_SCHEMA,
} from './catalog';
import { type DataType, storageOf, varchar } from './data-type';
import type { Engine } from './engine';
import { defaultEncoding } from './parse-table';
import { RedshiftError } from './redshift-error';
import type { StatementResult } from './result';
import { defaultSql } from './run-dml';
import type {
  ColumnDefinition,
  CreateRoutine,
  CreateTable,
  CreateTableAs,
  CreateView,
  ExternalTableDefinition,
  Statement,
  TableAttributes,
} from './statement';
import { quoteName, type Typed } from './typed';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** Where a new object goes: its schema must exist. */
export function place(name: readonly string[], engine: Engine, temporary = false): { schema: string; name: string } {
  const parts = engine.session.withoutDatabase(name);
  const last = parts[parts.length - 1] as string;
  if (temporary) {
    if (parts.length > 1) throw new RedshiftError('a temporary table cannot be made in a named schema');
    return { schema: TEMPORARY_SCHEMA, name: last };
  }
  const schema = parts.length > 1 ? (parts[0] as string) : engine.session.currentSchema();
  const known = engine.session.catalog.schemas.get(schema);
  if (!known) throw new RedshiftError(`schema "${schema}" does not exist`);
  if (Buffer.byteLength(last) > 127) throw new RedshiftError(`identifier "${last}" is longer than 127 bytes`);
  return { schema, name: last };
}

function taken(where: { schema: string; name: string }, engine: Engine): boolean {
  return engine.session.catalog.relations.has(keyOf(where));
}

export function buildColumn(definition: ColumnDefinition, sortKey: boolean): Column {
  const { name, type, notNull, identity, encoding } = definition;
  return {
    name,
    type,
    notNull,
    defaultSql: definition.defaultSql,
    identity,
    encoding: encoding ?? defaultEncoding(type, sortKey),
  };
}

/** The distribution and sort keys a table ends up with, checked against its columns. */
function keysOf(
  attributes: TableAttributes,
  columns: readonly { name: string; distKey?: boolean; sortKey?: boolean }[],
): Pick<Relation, 'distStyle' | 'distKey' | 'sortKeys' | 'interleaved'> {
  const marked = columns.filter((column) => column.distKey).map((column) => column.name);
  const distKeys = [...marked, ...(attributes.distKey ? [attributes.distKey] : [])];
  if (distKeys.length > 1) throw new RedshiftError('a table can have only one DISTKEY');
  const distKey = distKeys[0];
  if (attributes.distStyle === 'key' && !distKey) throw new RedshiftError('DISTSTYLE KEY needs a DISTKEY column');
  if (distKey && attributes.distStyle && attributes.distStyle !== 'key')
    throw new RedshiftError(`DISTKEY cannot be combined with DISTSTYLE ${attributes.distStyle.toUpperCase()}`);
  const sorted = columns.filter((column) => column.sortKey).map((column) => column.name);
  if (sorted.length > 1)
    throw new RedshiftError('only one column can be marked SORTKEY; list several in a table SORTKEY');
  if (sorted.length > 0 && attributes.sortKeys.length > 0) throw new RedshiftError('a table can have only one SORTKEY');
  const sortKeys = sorted.length > 0 ? sorted : attributes.sortKeys;
  for (const name of [...(distKey ? [distKey] : []), ...sortKeys]) {
    if (!columns.some((column) => column.name === name))
      throw new RedshiftError(`column "${name}" named in a key doesn't exist`);
  }
  if (attributes.interleaved && sortKeys.length > 8)
    throw new RedshiftError('an interleaved SORTKEY can have at most 8 columns');
  return {
    distStyle: distKey ? 'key' : (attributes.distStyle ?? 'auto'),
    distKey,
    sortKeys,
    interleaved: attributes.interleaved,
  };
}

export async function createTable(statement: CreateTable, engine: Engine): Promise<StatementResult> {
  const where = place(statement.name, engine, statement.temporary);
  if (taken(where, engine)) {
    if (statement.ifNotExists) return engine.done('CREATE TABLE');
    throw new RedshiftError(`Relation "${where.name}" already exists`);
  }
  refuseExternal(where.schema, engine);
  const like = statement.like ? engine.session.relation(statement.like.table) : undefined;
  const definitions = statement.columns;
  const keys =
    like &&
    statement.columns.length === 0 &&
    !statement.attributes.distKey &&
    statement.attributes.sortKeys.length === 0
      ? { distStyle: like.distStyle, distKey: like.distKey, sortKeys: like.sortKeys, interleaved: like.interleaved }
      : keysOf(statement.attributes, [...(like?.columns ?? []), ...definitions]);
  const copied = (like?.columns ?? []).map(
    (column): Column => ({
      ...column,
      defaultSql: statement.like?.defaults ? column.defaultSql : undefined,
      identity: undefined,
    }),
  );
  const primary = new Set(
    statement.constraints
      .filter((constraint) => constraint.kind === 'primary key')
      .flatMap((constraint) => constraint.columns),
  );
  const columns = [
    ...copied,
    ...definitions.map((column) =>
      buildColumn(
        { ...column, notNull: column.notNull || primary.has(column.name) },
        keys.sortKeys.includes(column.name),
      ),
    ),
  ];
  checkColumns(columns);
  for (const { columns: named } of statement.constraints)
    for (const name of named)
      if (!columns.some((column) => column.name === name))
        throw new RedshiftError(`column "${name}" named in key does not exist`);
  if (statement.constraints.filter((constraint) => constraint.kind === 'primary key').length > 1)
    throw new RedshiftError(`multiple primary keys for table "${where.name}" are not allowed`);
  const relation: Relation = {
    kind: 'table',
    ...where,
    columns,
    temporary: statement.temporary,
    ...keys,
    constraints: statement.constraints,
  };
  for (const column of columns) if (column.defaultSql !== undefined) defaultSql(column, relation, engine);
  await makeTable(relation, engine);
  return engine.done('CREATE TABLE');
}

function refuseExternal(schema: string, engine: Engine): void {
  if (engine.session.catalog.schemas.get(schema)?.externalDatabase !== undefined)
    throw new RedshiftError(`schema "${schema}" is external; make an external table in it`);
}

function checkColumns(columns: readonly Column[]): void {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) throw new RedshiftError(`column "${name}" duplicated`);
    if (['oid', 'tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'].includes(name))
      throw new RedshiftError(`column name "${name}" conflicts with a system column name`);
    names.add(name);
  }
  if (columns.length === 0) throw new RedshiftError('a table needs at least one column');
  if (columns.length > 1600) throw new RedshiftError('tables can have at most 1600 columns');
}

async function makeTable(relation: Relation, engine: Engine): Promise<void> {
  for (const column of relation.columns) {
    if (!column.identity) continue;
    const { seed, step } = column.identity;
    const bound =
      step > 0 ? `MINVALUE ${Math.min(seed, 1)}` : `MAXVALUE ${Math.max(seed, 1)} MINVALUE -9223372036854775807`;
    await engine.run(
      `CREATE OR REPLACE SEQUENCE ${sequenceName(relation, column.name)} INCREMENT BY ${step} ${bound} START WITH ${seed}`,
    );
  }
  const columns = relation.columns.map(
    (column) =>
      `${quoteName(column.name)} ${storageOf(column.type)}${column.notNull && !column.identity ? ' NOT NULL' : ''}`,
  );
  await engine.run(
    `CREATE ${relation.temporary ? 'TEMP ' : ''}TABLE ${physicalName(relation)} (${columns.join(', ')})`,
  );
  engine.session.catalog.relations.set(keyOf(relation), relation);
  engine.changed();
}

/** The columns a query's result has as a table. */
function storedColumns(query: BoundQuery, names: readonly string[] | undefined, sortKeys: readonly string[]): Column[] {
  if (names && names.length !== query.columns.length)
    throw new RedshiftError(
      `CREATE TABLE AS specifies ${names.length} column names for ${query.columns.length} columns`,
    );
  return query.columns.map((column, index) => {
    const name = names?.[index] ?? column.name;
    const type: DataType = column.type.name === 'unknown' ? varchar() : column.type;
    if (type.name === 'interval')
      throw new RedshiftError(`column "${name}" has type interval, which tables cannot hold`);
    return { name, type, notNull: false, encoding: defaultEncoding(type, sortKeys.includes(name)) };
  });
}

export async function createTableAs(
  statement: CreateTableAs,
  engine: Engine,
  parameters?: ReadonlyMap<string, Typed>,
): Promise<StatementResult> {
  const where = place(statement.name, engine, statement.temporary);
  if (taken(where, engine)) {
    if (statement.ifNotExists) return engine.done('CREATE TABLE');
    throw new RedshiftError(`Relation "${where.name}" already exists`);
  }
  refuseExternal(where.schema, engine);
  const query = engine.bind(statement.query, parameters);
  const names = query.columns.map((column, index) => statement.columns?.[index] ?? column.name);
  const named = (key: string) => (/^\d+$/.test(key) ? (names[Number(key) - 1] ?? key) : key);
  const attributes: TableAttributes = {
    ...statement.attributes,
    distKey: statement.attributes.distKey && named(statement.attributes.distKey),
    sortKeys: statement.attributes.sortKeys.map(named),
  };
  const columns = storedColumns(query, statement.columns, attributes.sortKeys);
  checkColumns(columns);
  const relation: Relation = {
    kind: 'table',
    ...where,
    columns,
    temporary: statement.temporary,
    ...keysOf(attributes, columns),
    constraints: [],
  };
  await makeTable(relation, engine);
  const binder = engine.binder();
  const values = columns.map((column, index) => {
    const from = query.columns[index] as BoundQuery['columns'][number];
    return binder.caster.cast({ sql: `"source".${quoteName(from.physical)}`, type: from.type }, column.type, 'assign')
      .sql;
  });
  const count = await engine.run(
    `INSERT INTO ${physicalName(relation)} SELECT ${values.join(', ')} FROM (${query.sql}) AS "source"`,
  );
  return engine.done('SELECT', count);
}

export async function createView(statement: CreateView, engine: Engine): Promise<StatementResult> {
  const where = place(statement.name, engine);
  const old = engine.session.catalog.relations.get(keyOf(where));
  if (old && !(statement.replace && old.kind === 'view'))
    throw new RedshiftError(`Relation "${where.name}" already exists`);
  const base = {
    kind: 'view' as const,
    ...where,
    temporary: false,
    distStyle: 'auto' as const,
    sortKeys: [],
    constraints: [],
    query: statement.sql,
  };
  if (statement.lateBinding) {
    engine.session.catalog.relations.set(keyOf(where), { ...base, columns: [], lateBinding: true });
    engine.changed();
    return engine.done('CREATE VIEW');
  }
  const query = engine.bind(engine.binder().parse(statement.sql));
  const columns = storedColumns(query, statement.columns, []);
  const dependsOn = [...engine.session.usage.relations];
  if (old && !old.lateBinding && columns.length < old.columns.length)
    throw new RedshiftError('cannot drop columns from view');
  const relation: Relation = { ...base, columns, dependsOn, materialized: statement.materialized };
  checkColumns(columns);
  engine.session.catalog.relations.set(keyOf(where), relation);
  if (statement.materialized) await fillMaterialized(relation, query, engine);
  engine.changed();
  return engine.done(statement.materialized ? 'CREATE MATERIALIZED VIEW' : 'CREATE VIEW');
}

async function fillMaterialized(relation: Relation, query: BoundQuery, engine: Engine): Promise<void> {
  const values = relation.columns.map(
    (column, index) =>
      `CAST("source".${quoteName((query.columns[index] as { physical: string }).physical)} AS ${storageOf(column.type)}) AS ${quoteName(column.name)}`,
  );
  await engine.run(
    `CREATE OR REPLACE TABLE ${physicalName(relation)} AS SELECT ${values.join(', ')} FROM (${query.sql}) AS "source"`,
  );
}

export async function refreshView(statement: Of<'refresh'>, engine: Engine): Promise<StatementResult> {
  const relation = engine.session.relation(statement.name);
  if (!relation.materialized) throw new RedshiftError(`"${relation.name}" is not a materialized view`);
  await fillMaterialized(relation, engine.bind(engine.binder().parse(relation.query as string)), engine);
  return engine.done('REFRESH');
}

export async function createSchema(
  name: string,
  ifNotExists: boolean,
  engine: Engine,
  externalDatabase?: string,
): Promise<StatementResult> {
  const { schemas } = engine.session.catalog;
  if (schemas.has(name)) {
    if (ifNotExists) return engine.done('CREATE SCHEMA');
    throw new RedshiftError(`Schema "${name}" already exists`);
  }
  if (name.startsWith('pg_') || name === 'headrace') throw new RedshiftError(`unacceptable schema name "${name}"`);
  await engine.run(`CREATE SCHEMA ${quoteName(name)}`);
  schemas.set(name, { name, externalDatabase });
  engine.changed();
  return engine.done('CREATE SCHEMA');
}

export async function createExternalTable(
  statement: ExternalTableDefinition,
  engine: Engine,
): Promise<StatementResult> {
  const where = place(statement.name, engine);
  if (engine.session.catalog.schemas.get(where.schema)?.externalDatabase === undefined)
    throw new RedshiftError(`schema "${where.schema}" is not an external schema`);
  if (taken(where, engine)) throw new RedshiftError(`Relation "${where.name}" already exists`);
  const { format, delimiter, quote, escape, skip, location, partitionKeys } = statement;
  // A partition is not there until ALTER TABLE ADD PARTITION names it.
  const partitions = partitionKeys.length > 0 ? [] : undefined;
  const external: ExternalSource = {
    location,
    format,
    delimiter,
    quote,
    escape,
    nullText: '\\N',
    skip,
    partitionKeys,
    partitions,
  };
  const columns = [...statement.columns, ...partitionKeys].map(
    ({ name, type }): Column => ({ name, type, notNull: false, encoding: 'raw' }),
  );
  checkColumns(columns);
  const relation: Relation = {
    kind: 'external',
    ...where,
    columns,
    temporary: false,
    distStyle: 'auto',
    sortKeys: [],
    constraints: [],
    external,
  };
  engine.session.catalog.relations.set(keyOf(relation), relation);
  engine.changed();
  return engine.done('CREATE EXTERNAL TABLE');
}

export async function createRoutine(statement: CreateRoutine, engine: Engine): Promise<StatementResult> {
  const where = place(statement.name, engine);
  const { routine: kind, parameters, returns, language, body, nonatomic } = statement;
  const routine = { kind, ...where, parameters, returns, language, body, nonatomic };
  const known = engine.session.catalog.routines.get(keyOf(where)) ?? [];
  const types = (one: { readonly parameters: readonly CreateRoutine['parameters'][number][] }) =>
    one.parameters
      .filter((parameter) => parameter.mode !== 'out')
      .map((parameter) => parameter.type.name)
      .join();
  if (!statement.replace && known.some((one) => types(one) === types(routine)))
    throw new RedshiftError(`${kind} "${where.name}" already exists with same argument types`);
  if (language === 'sql') engine.binder().parse(body);
  engine.session.catalog.addRoutine(routine);
  engine.changed();
  return engine.done(kind === 'function' ? 'CREATE FUNCTION' : 'CREATE PROCEDURE');
}

export async function dropObjects(statement: Of<'drop'>, engine: Engine): Promise<StatementResult> {
  for (const name of statement.names) await dropOne(statement, name, engine);
  return engine.done(`DROP ${statement.object.toUpperCase()}`);
}

async function dropOne(statement: Of<'drop'>, name: readonly string[], engine: Engine): Promise<void> {
  const { object, ifExists, cascade } = statement;
  const { catalog } = engine.session;
  const shown = name.join('.');
  if (object === 'schema') return dropSchema(shown, ifExists, cascade, engine);
  if (object === 'function' || object === 'procedure') {
    const parts = engine.session.withoutDatabase(name);
    const schemas = parts.length > 1 ? [parts[0] as string] : engine.session.searchPath();
    const key = schemas
      .map((schema) => keyOf({ schema, name: parts[parts.length - 1] as string }))
      .find((one) => catalog.routines.has(one));
    if (!key && !ifExists) throw new RedshiftError(`${object} ${shown} does not exist`);
    if (key) catalog.routines.delete(key);
    engine.changed();
    return;
  }
  const relation = engine.session.findRelation(name);
  const wanted =
    object === 'table'
      ? relation && relation.kind !== 'view'
      : relation?.kind === 'view' && Boolean(relation.materialized) === (object === 'materialized view');
  if (!relation) {
    if (ifExists) return;
    throw new RedshiftError(`${object === 'table' ? 'Table' : 'View'} "${shown}" does not exist`);
  }
  if (!wanted) throw new RedshiftError(`"${shown}" is not a ${object}`);
  await dropRelation(relation, cascade, engine);
}

export async function dropRelation(relation: Relation, cascade: boolean, engine: Engine): Promise<void> {
  const dependents = engine.session.catalog.dependents(relation);
  if (dependents.length > 0 && !cascade) {
    throw new RedshiftError(
      `cannot drop ${relation.kind} ${relation.name} because other objects depend on it (view ${dependents[0]?.name}); use DROP ... CASCADE to drop the dependent objects too`,
    );
  }
  for (const view of dependents) await dropRelation(view, true, engine);
  if (relation.kind === 'table' || relation.materialized) await engine.run(`DROP TABLE ${physicalName(relation)}`);
  for (const column of relation.columns)
    if (column.identity) await engine.run(`DROP SEQUENCE IF EXISTS ${sequenceName(relation, column.name)}`);
  engine.session.catalog.relations.delete(keyOf(relation));
  engine.changed();
}

async function dropSchema(name: string, ifExists: boolean, cascade: boolean, engine: Engine): Promise<void> {
  const { catalog } = engine.session;
  if (!catalog.schemas.has(name)) {
    if (ifExists) return;
    throw new RedshiftError(`schema "${name}" does not exist`);
  }
  const inside = [...catalog.relations.values()].filter((relation) => relation.schema === name);
  const external = catalog.schemas.get(name)?.externalDatabase !== undefined;
  if (inside.length > 0 && !cascade && !external)
    throw new RedshiftError(`cannot drop schema ${name} because other objects depend on it`);
  for (const relation of inside) if (catalog.relations.has(keyOf(relation))) await dropRelation(relation, true, engine);
  await engine.run(`DROP SCHEMA ${quoteName(name)}`);
  catalog.schemas.delete(name);
  for (const [key, [routine]] of catalog.routines) if (routine?.schema === name) catalog.routines.delete(key);
  engine.changed();
}
