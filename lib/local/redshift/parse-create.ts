/** CREATE statements. */
import { type DataType, type VARBYTE, varchar } from './data-type';
import { parseColumnList, parseTableName } from './parse-dml';
import { parseExternalSchema, parseExternalTable } from './parse-external';
import { parseAttributes, parseColumn, parseConstraint } from './parse-table';
import { parseType } from './parse-type';
import { RedshiftError } from './redshift-error';
import type { ColumnDefinition, Constraint, CreateRoutine, CreateTable, Statement } from './statement';
import type { TokenCursor } from './token-cursor';

export function parseCreate(cursor: TokenCursor): Statement {
  cursor.expect('create');
  const replace = cursor.accept('or', 'replace');
  if (cursor.accept('external')) {
    if (cursor.accept('schema')) return parseExternalSchema(cursor);
    if (cursor.accept('table')) return parseExternalTable(cursor);
    throw cursor.unsupported(`CREATE EXTERNAL ${cursor.peek().text.toUpperCase()}`);
  }
  if (cursor.accept('materialized', 'view')) return parseView(cursor, replace, true);
  if (cursor.accept('view')) return parseView(cursor, replace, false);
  if (cursor.accept('procedure')) return parseRoutine(cursor, replace, 'procedure');
  if (cursor.accept('function')) return parseRoutine(cursor, replace, 'function');
  if (replace) throw cursor.error();
  cursor.accept('local');
  const temporary = cursor.acceptAny('temp', 'temporary') !== undefined;
  if (cursor.accept('table')) return parseTable(cursor, temporary);
  if (temporary) throw cursor.error();
  if (cursor.accept('schema')) return parseSchema(cursor);
  const principal = cursor.acceptAny('user', 'group', 'role');
  if (principal) return parsePrincipal(cursor, principal as 'user' | 'group' | 'role');
  const what = cursor.peek();
  if (['database', 'datashare', 'library', 'model', 'masking', 'rls', 'identity'].includes(what.text))
    throw cursor.unsupported(`CREATE ${what.text.toUpperCase()}`);
  throw new RedshiftError(`CREATE ${what.raw} is not a statement of Redshift`, { position: what.start });
}

function parseTable(cursor: TokenCursor, declared: boolean): Statement {
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  const name = parseTableName(cursor);
  const temporary = declared || (name[name.length - 1] as string).startsWith('#');
  const base = { name, temporary, ifNotExists };
  if (cursor.is('(') && isNameList(cursor)) {
    const columns = parseColumnList(cursor);
    const attributes = parseAttributes(cursor);
    cursor.expect('as');
    return { kind: 'createTableAs', ...base, columns, attributes, query: cursor.query() };
  }
  if (!cursor.is('(')) {
    const attributes = parseAttributes(cursor);
    cursor.expect('as');
    return { kind: 'createTableAs', ...base, attributes, query: cursor.query() };
  }
  const columns: ColumnDefinition[] = [];
  const constraints: Constraint[] = [];
  let like: CreateTable['like'];
  cursor.parenthesized(() =>
    cursor.list(() => {
      if (cursor.accept('like')) {
        const table = parseTableName(cursor);
        const defaults = cursor.accept('including', 'defaults');
        if (!defaults) cursor.accept('excluding', 'defaults');
        like = { table, defaults };
        return;
      }
      const constraint = parseConstraint(cursor);
      if (constraint) constraints.push(constraint);
      else columns.push(parseColumn(cursor, constraints));
    }),
  );
  const attributes = parseAttributes(cursor);
  return { kind: 'createTable', ...base, columns, like, constraints, attributes };
}

/** `(a, b)` names columns of a CREATE TABLE AS; `(a int)` defines them. */
function isNameList(cursor: TokenCursor): boolean {
  const second = cursor.peek(2).text;
  return cursor.peek(1).text !== 'like' && (second === ',' || second === ')');
}

function parseView(cursor: TokenCursor, replace: boolean, materialized: boolean): Statement {
  const name = parseTableName(cursor);
  const columns = cursor.is('(') ? parseColumnList(cursor) : undefined;
  if (materialized) {
    parseAttributes(cursor);
    if (cursor.accept('auto', 'refresh') && !cursor.acceptAny('yes', 'no')) throw cursor.error();
    parseAttributes(cursor);
  }
  cursor.expect('as');
  const mark = cursor.mark();
  cursor.query();
  const sql = cursor.textSince(mark);
  const lateBinding = cursor.accept('with', 'no', 'schema', 'binding');
  return { kind: 'createView', name, replace, materialized, columns, sql, lateBinding };
}

function parseRoutine(cursor: TokenCursor, replace: boolean, routine: 'function' | 'procedure'): CreateRoutine {
  const name = parseTableName(cursor);
  const parameters: CreateRoutine['parameters'] = cursor.parenthesized(() =>
    cursor.is(')') ? [] : cursor.list(() => parseParameter(cursor)),
  );
  let returns: CreateRoutine['returns'];
  let nonatomic = false;
  let language: string | undefined;
  let body: string | undefined;
  for (;;) {
    if (cursor.accept('returns')) returns = parseType(cursor);
    else if (cursor.accept('language')) language = cursor.next().text;
    else if (cursor.accept('as')) body = cursor.string();
    else if (cursor.acceptAny('volatile', 'stable', 'immutable')) continue;
    else if (routine === 'procedure' && cursor.accept('nonatomic')) nonatomic = true;
    else if (cursor.accept('security')) {
      if (!cursor.acceptAny('invoker', 'definer')) throw cursor.error();
    } else if (cursor.accept('set')) {
      cursor.next();
      if (!cursor.acceptAny('to', '=')) throw cursor.error();
      cursor.next();
    } else if (routine === 'procedure' && body !== undefined && cursor.is('create')) {
      // Some scripts leave out the semicolon between two procedures; the rest is not part of this one.
      throw cursor.error();
    } else break;
  }
  if (body === undefined || language === undefined) throw cursor.error();
  if (!['sql', 'plpgsql', 'plpythonu'].includes(language))
    throw new RedshiftError(`language "${language}" does not exist`);
  if (routine === 'function' && !returns) throw new RedshiftError('function result type must be specified');
  return { kind: 'createRoutine', routine, name, replace, parameters, returns, language, body, nonatomic };
}

function parseParameter(cursor: TokenCursor): CreateRoutine['parameters'][number] {
  let mode = parseMode(cursor);
  const mark = cursor.mark();
  let name: string | undefined;
  if (cursor.isName()) {
    const following = cursor.peek(1);
    const bareType =
      following.text === ',' ||
      following.text === ')' ||
      following.text === '(' ||
      following.text === 'precision' ||
      following.text === 'varying';
    if (!bareType) {
      name = cursor.name();
      mode = parseMode(cursor) ?? mode;
    }
  }
  if (cursor.is('refcursor')) return { name, type: cursorType(cursor), mode: mode ?? 'in', cursor: true };
  try {
    return {
      name,
      type: cursor.is('any') || cursor.is('record') ? special(cursor) : parseType(cursor),
      mode: mode ?? 'in',
    };
  } catch (error) {
    if (name === undefined) throw error;
    cursor.reset(mark);
    return { type: parseType(cursor), mode: mode ?? 'in' };
  }
}

/** A cursor's name travels as text. */
function cursorType(cursor: TokenCursor): DataType {
  cursor.expect('refcursor');
  return varchar();
}

function special(cursor: TokenCursor): typeof VARBYTE {
  throw cursor.unsupported(`a parameter of type ${cursor.peek().text}`);
}

function parseMode(cursor: TokenCursor): 'in' | 'out' | 'inout' | undefined {
  return cursor.acceptAny('in', 'out', 'inout') as 'in' | 'out' | 'inout' | undefined;
}

function parseSchema(cursor: TokenCursor): Statement {
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  const name = cursor.accept('authorization') ? cursor.name() : cursor.name();
  if (cursor.accept('authorization')) cursor.name();
  if (cursor.accept('quota')) {
    if (!cursor.accept('unlimited')) {
      cursor.integer();
      if (!cursor.acceptAny('mb', 'gb', 'tb')) throw cursor.error();
    }
  }
  return { kind: 'createSchema', name, ifNotExists };
}

function parsePrincipal(cursor: TokenCursor, type: 'user' | 'group' | 'role'): Statement {
  const names = [cursor.name()];
  // What a local run cannot tell apart (passwords, limits) is read and left.
  while (!cursor.atEnd() && !cursor.is(';')) cursor.next();
  return { kind: 'principal', verb: 'create', type, names, ifExists: false };
}
