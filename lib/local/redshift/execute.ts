/** One statement's text, run: parsed, given a transaction of its own where it needs one, and sent to the file that knows it. */
import { alterSchema, alterTable } from './run-alter';
import { runCopy } from './run-copy';
import {
  createExternalTable,
  createRoutine,
  createSchema,
  createTable,
  createTableAs,
  createView,
  dropObjects,
  refreshView,
} from './run-ddl';
import { runDelete, runInsert, runMerge, runTruncate, runUpdate } from './run-dml';
import { callProcedure } from './run-procedure';
import { reset, setSetting, show } from './run-setting';
import { runUnload } from './run-unload';
import { varchar } from './data-type';
import type { Engine } from './engine';
import { parseStatement } from './parse-statement';
import { RedshiftError, unsupported } from './redshift-error';
import type { StatementResult } from './result';
import type { Statement } from './statement';
import type { Typed } from './typed';

type Parameters = ReadonlyMap<string, Typed>;

export async function executeText(sql: string, engine: Engine, parameters?: Parameters): Promise<StatementResult> {
  const statement = parseStatement(sql, engine.session.isOn('enable_case_sensitive_identifier'));
  return execute(statement, engine, parameters);
}

export async function execute(statement: Statement, engine: Engine, parameters?: Parameters): Promise<StatementResult> {
  const { session } = engine;
  session.usage = { userTable: false, relations: new Set() };
  session.lastQueryId++;
  if (statement.kind === 'transaction') return transaction(statement.verb, engine);
  if (engine.aborted)
    throw new RedshiftError('current transaction is aborted, commands ignored until end of transaction block');
  if (engine.inTransaction) {
    try {
      const result = await dispatch(statement, engine, parameters);
      if (statement.kind === 'truncate' && engine.explicit) await engine.commit();
      return result;
    } catch (error) {
      if (engine.explicit) engine.aborted = true;
      throw error;
    }
  }
  session.moment = session.clock();
  if (statement.kind === 'query' && !hasInto(statement)) return dispatch(statement, engine, parameters);
  await engine.begin();
  try {
    const result = await dispatch(statement, engine, parameters);
    if (engine.inTransaction) await engine.commit();
    return result;
  } catch (error) {
    if (engine.inTransaction) await engine.rollback();
    throw error;
  }
}

function hasInto(statement: Statement): boolean {
  return (
    statement.kind === 'query' && statement.query.body.kind === 'select' && statement.query.body.into !== undefined
  );
}

async function transaction(verb: 'begin' | 'commit' | 'rollback', engine: Engine): Promise<StatementResult> {
  if (verb === 'begin') {
    if (engine.inTransaction) return engine.done('BEGIN');
    engine.session.moment = engine.session.clock();
    await engine.begin();
    engine.explicit = true;
    return engine.done('BEGIN');
  }
  if (!engine.inTransaction) return engine.done(verb.toUpperCase());
  if (verb === 'commit' && !engine.aborted) await engine.commit();
  else await engine.rollback();
  return engine.done(verb.toUpperCase());
}

async function dispatch(statement: Statement, engine: Engine, parameters?: Parameters): Promise<StatementResult> {
  switch (statement.kind) {
    case 'query':
      return runQuery(statement, engine, parameters);
    case 'insert':
      return runInsert(statement, engine, parameters);
    case 'update':
      return runUpdate(statement, engine, parameters);
    case 'delete':
      return runDelete(statement, engine, parameters);
    case 'truncate':
      return runTruncate(statement, engine);
    case 'merge':
      return runMerge(statement, engine, parameters);
    case 'createTable':
      return createTable(statement, engine);
    case 'createTableAs':
      return createTableAs(statement, engine, parameters);
    case 'createView':
      return createView(statement, engine);
    case 'createExternalTable':
      return createExternalTable(statement, engine);
    case 'createRoutine':
      return createRoutine(statement, engine);
    case 'createSchema':
      return createSchema(statement.name, statement.ifNotExists, engine);
    case 'createExternalSchema':
      return createSchema(statement.name, statement.ifNotExists, engine, statement.database);
    case 'drop':
      return dropObjects(statement, engine);
    case 'alterTable':
      return alterTable(statement, engine);
    case 'alterSchema':
      return alterSchema(statement, engine);
    case 'principal':
      return principal(statement, engine);
    case 'call':
      return callProcedure(statement, engine, executeText);
    case 'transaction':
      return transaction(statement.verb, engine);
    case 'set':
      return setSetting(statement.name, statement.value, engine);
    case 'reset':
      return reset(statement.name, engine);
    case 'show':
      return show(statement.name, engine);
    case 'copy':
      return runCopy(statement, engine);
    case 'unload':
      return runUnload(statement, engine);
    case 'prepare':
      if (engine.prepared.has(statement.name))
        throw new RedshiftError(`prepared statement "${statement.name}" already exists`);
      parseStatement(statement.sql, engine.session.isOn('enable_case_sensitive_identifier'));
      engine.prepared.set(statement.name, { types: statement.types, sql: statement.sql });
      return engine.done('PREPARE');
    case 'execute':
      return executePrepared(statement, engine);
    case 'deallocate':
      if (!engine.prepared.delete(statement.name))
        throw new RedshiftError(`prepared statement "${statement.name}" does not exist`);
      return engine.done('DEALLOCATE');
    case 'declare':
      if (!engine.explicit) throw new RedshiftError('DECLARE CURSOR may only be used in transaction blocks');
      engine.openCursor(statement.name, await engine.query(statement.query));
      return engine.done('DECLARE CURSOR');
    case 'fetch':
      return fetchRows(statement, engine);
    case 'closeCursor':
      if (!engine.cursors.delete(statement.name)) throw new RedshiftError(`cursor "${statement.name}" does not exist`);
      return engine.done('CLOSE CURSOR');
    case 'explain':
      return explain(statement.inner, engine);
    case 'refresh':
      return refreshView(statement, engine);
    case 'maintenance':
      if (statement.needsIdle && engine.explicit)
        throw new RedshiftError(`${statement.tag} cannot run inside a transaction block`);
      for (const name of statement.relations) engine.session.relation(name);
      return engine.done(statement.tag);
  }
}

async function runQuery(
  statement: Extract<Statement, { kind: 'query' }>,
  engine: Engine,
  parameters?: Parameters,
): Promise<StatementResult> {
  const { query } = statement;
  if (query.body.kind === 'select' && query.body.into) {
    const { into, ...body } = query.body;
    const temporary = into.temporary || (into.name[into.name.length - 1] as string).startsWith('#');
    return createTableAs(
      {
        kind: 'createTableAs',
        name: into.name,
        temporary,
        ifNotExists: false,
        attributes: { sortKeys: [], interleaved: false },
        query: { ...query, body },
      },
      engine,
      parameters,
    );
  }
  return engine.query(query, parameters);
}

async function executePrepared(
  statement: Extract<Statement, { kind: 'execute' }>,
  engine: Engine,
): Promise<StatementResult> {
  const prepared = engine.prepared.get(statement.name);
  if (!prepared) throw new RedshiftError(`prepared statement "${statement.name}" does not exist`);
  if (statement.args.length !== prepared.types.length)
    throw new RedshiftError(`wrong number of parameters for prepared statement "${statement.name}"`);
  const binder = engine.binder();
  const parameters = new Map<string, Typed>();
  statement.args.forEach((arg, index) => {
    const type = prepared.types[index] as Typed['type'];
    // CHAR without a length takes any text here, as a parameter's length is not part of its type.
    parameters.set(String(index + 1), binder.implicit(binder.bind(arg), type.name === 'char' ? varchar() : type));
  });
  const inner = parseStatement(prepared.sql, engine.session.isOn('enable_case_sensitive_identifier'));
  return dispatch(inner, engine, parameters);
}

function fetchRows(statement: Extract<Statement, { kind: 'fetch' }>, engine: Engine): StatementResult {
  const cursor = engine.cursors.get(statement.name);
  if (!cursor) throw new RedshiftError(`cursor "${statement.name}" does not exist`);
  const rows = cursor.result.rows.slice(cursor.at, cursor.at + statement.count);
  cursor.at += rows.length;
  return { ...cursor.result, kind: 'FETCH', rows, rowCount: rows.length };
}

/** The plan is DuckDB's, not Redshift's: it says that the statement can run, and roughly how. */
async function explain(inner: Statement, engine: Engine): Promise<StatementResult> {
  if (inner.kind !== 'query' && inner.kind !== 'createTableAs') throw unsupported(`EXPLAIN of ${inner.kind}`);
  const bound = engine.bind(inner.query);
  const { rows } = await engine.rows(`EXPLAIN ${bound.sql}`);
  const lines = String(rows[0]?.[1] ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return {
    kind: 'EXPLAIN',
    columns: [{ name: 'QUERY PLAN', typeName: 'varchar' }],
    rows: lines.map((line) => [line]),
    rowCount: lines.length,
  };
}

function principal(statement: Extract<Statement, { kind: 'principal' }>, engine: Engine): StatementResult {
  const { principals } = engine.session.catalog;
  for (const name of statement.names) {
    const known = principals.get(name) === statement.type;
    if (statement.verb === 'create') {
      if (principals.has(name)) throw new RedshiftError(`${statement.type} "${name}" already exists`);
      principals.set(name, statement.type);
    } else if (!known) {
      if (!statement.ifExists) throw new RedshiftError(`${statement.type} "${name}" does not exist`);
    } else if (statement.verb === 'drop') principals.delete(name);
  }
  engine.changed();
  return engine.done(`${statement.verb.toUpperCase()} ${statement.type.toUpperCase()}`);
}
