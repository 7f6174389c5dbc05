/** Transactions, settings, DROP, CALL, PREPARE, cursors, and the statements that only keep a real cluster in shape. */
import { parseTableName } from './parse-dml';
import { parseType } from './parse-type';
import { RedshiftError } from './redshift-error';
import type { Statement } from './statement';
import type { TokenCursor } from './token-cursor';

type Reader = (cursor: TokenCursor) => Statement;

const TRANSACTION_WORDS = ['transaction', 'work'];

const begin: Reader = (cursor) => {
  cursor.acceptAny(...TRANSACTION_WORDS);
  while (!cursor.atEnd() && !cursor.is(';')) {
    if (cursor.accept('isolation', 'level')) {
      if (
        !cursor.accept('serializable') &&
        !cursor.accept('read', 'committed') &&
        !cursor.accept('read', 'uncommitted') &&
        !cursor.accept('repeatable', 'read')
      )
        throw cursor.error();
    } else if (cursor.accept('read')) {
      if (!cursor.acceptAny('write', 'only')) throw cursor.error();
    } else if (!cursor.accept(',')) throw cursor.error();
  }
  return { kind: 'transaction', verb: 'begin' };
};

const end =
  (verb: 'commit' | 'rollback'): Reader =>
  (cursor) => {
    cursor.acceptAny(...TRANSACTION_WORDS);
    if (cursor.is('to')) throw cursor.unsupported('ROLLBACK TO SAVEPOINT');
    return { kind: 'transaction', verb };
  };

const set: Reader = (cursor) => {
  const local = cursor.acceptAny('session', 'local') === 'local';
  cursor.accept('session');
  if (cursor.accept('authorization')) {
    if (cursor.is('default') || cursor.peek().text === 'awsuser') cursor.next();
    else throw cursor.unsupported('SET SESSION AUTHORIZATION to another user (privileges are not checked here)');
    return { kind: 'maintenance', tag: 'SET', relations: [] };
  }
  if (local) throw cursor.unsupported('SET LOCAL');
  if (cursor.accept('time', 'zone')) return { kind: 'set', name: 'timezone', value: readValue(cursor) };
  if (cursor.is('seed')) throw cursor.unsupported('SET SEED');
  let name = cursor.next().text;
  while (cursor.accept('.')) name += `.${cursor.label()}`;
  if (!cursor.acceptAny('to', '=')) throw cursor.error();
  return { kind: 'set', name, value: cursor.list(() => readValue(cursor)).join(', ') };
};

function readValue(cursor: TokenCursor): string {
  const negative = cursor.accept('-') ? '-' : '';
  const token = cursor.next();
  if (!['word', 'string', 'number', 'quoted'].includes(token.kind)) throw cursor.error();
  return `${negative}${token.kind === 'word' ? token.raw : token.text}`;
}

const show: Reader = (cursor) => {
  if (
    cursor.is('table') ||
    cursor.is('view') ||
    cursor.is('databases') ||
    cursor.is('schemas') ||
    cursor.is('tables') ||
    cursor.is('columns') ||
    cursor.is('procedure') ||
    cursor.is('external') ||
    cursor.is('datashares') ||
    cursor.is('model') ||
    cursor.is('grants')
  ) {
    throw cursor.unsupported(`SHOW ${cursor.peek().text.toUpperCase()}`);
  }
  if (cursor.accept('time', 'zone')) return { kind: 'show', name: 'timezone' };
  let name = cursor.next().text;
  while (cursor.accept('.')) name += `.${cursor.label()}`;
  return { kind: 'show', name };
};

const drop: Reader = (cursor) => {
  let object = cursor.next().text;
  if (object === 'materialized') {
    cursor.expect('view');
    object = 'materialized view';
  } else if (object === 'external' || object === 'identity') throw cursor.unsupported(`DROP ${object.toUpperCase()}`);
  const known = ['table', 'view', 'materialized view', 'schema', 'function', 'procedure', 'user', 'group', 'role'];
  if (!known.includes(object)) {
    if (['database', 'datashare', 'library', 'model'].includes(object))
      throw cursor.unsupported(`DROP ${object.toUpperCase()}`);
    throw cursor.error();
  }
  const ifExists = cursor.accept('if', 'exists');
  const names = cursor.list(() => {
    const name = parseTableName(cursor);
    if ((object === 'function' || object === 'procedure') && cursor.is('(')) skipParentheses(cursor);
    return name;
  });
  if (object === 'schema' && cursor.is('drop', 'external', 'database'))
    throw cursor.unsupported('DROP EXTERNAL DATABASE');
  const cascade = cursor.acceptAny('cascade', 'restrict', 'force') === 'cascade';
  if (object === 'user' || object === 'group' || object === 'role') {
    return { kind: 'principal', verb: 'drop', type: object, names: names.map(([name]) => name as string), ifExists };
  }
  return { kind: 'drop', object, names, ifExists, cascade };
};

function skipParentheses(cursor: TokenCursor): void {
  let depth = 0;
  do {
    const token = cursor.next();
    if (token.kind === 'end') throw cursor.error();
    if (token.text === '(' && token.kind === 'operator') depth++;
    if (token.text === ')' && token.kind === 'operator') depth--;
  } while (depth > 0);
}

const grant =
  (tag: string): Reader =>
  (cursor) => {
    const relations: string[][] = [];
    let grants = false;
    while (!cursor.atEnd() && !cursor.is(';')) {
      if (cursor.accept('assumerole')) {
        // Roles are of no account here: everything is read and written as the files allow.
        while (!cursor.atEnd() && !cursor.isAny('to', 'from')) cursor.next();
        continue;
      }
      if (cursor.accept('on')) {
        if (
          cursor.accept('all') ||
          cursor.isAny('schema', 'database', 'function', 'procedure', 'language', 'datashare', 'external')
        )
          cursor.next();
        else {
          cursor.accept('table');
          relations.push(...cursor.list(() => parseTableName(cursor)));
        }
        continue;
      }
      if (cursor.isAny('to', 'from')) grants = true;
      cursor.next();
    }
    if (!grants) throw cursor.error();
    return { kind: 'maintenance', tag, relations };
  };

const analyze: Reader = (cursor) => {
  const tag = cursor.accept('compression') ? 'ANALYZE COMPRESSION' : 'ANALYZE';
  cursor.accept('verbose');
  const relations = cursor.isName() && !cursor.is('predicate') ? [parseTableName(cursor)] : [];
  if (cursor.is('(')) skipParentheses(cursor);
  if (cursor.accept('predicate')) cursor.expect('columns');
  else if (cursor.accept('all')) cursor.expect('columns');
  if (cursor.accept('comprows')) cursor.integer();
  return { kind: 'maintenance', tag, relations };
};

const vacuum: Reader = (cursor) => {
  const mode = cursor.acceptAny('full', 'sort', 'delete', 'reindex', 'recluster');
  if (mode === 'sort' || mode === 'delete') cursor.expect('only');
  const relations = cursor.isName() && !cursor.is('boost') ? [parseTableName(cursor)] : [];
  if (cursor.accept('to')) {
    cursor.integer();
    cursor.expect('percent');
  }
  cursor.accept('boost');
  return { kind: 'maintenance', tag: 'VACUUM', relations, needsIdle: true };
};

const lock: Reader = (cursor) => {
  cursor.accept('table');
  return { kind: 'maintenance', tag: 'LOCK', relations: cursor.list(() => parseTableName(cursor)) };
};

const comment: Reader = (cursor) => {
  cursor.expect('on');
  const object = cursor.next().text;
  if (!['table', 'column', 'view', 'database', 'constraint', 'schema'].includes(object)) throw cursor.error();
  const name = parseTableName(cursor);
  if (object === 'constraint') {
    cursor.expect('on');
    parseTableName(cursor);
  }
  cursor.expect('is');
  if (!cursor.accept('null')) cursor.string();
  const relations = object === 'table' || object === 'view' ? [name] : object === 'column' ? [name.slice(0, -1)] : [];
  return { kind: 'maintenance', tag: 'COMMENT', relations };
};

const call: Reader = (cursor) => {
  const name = parseTableName(cursor);
  const args = cursor.parenthesized(() => (cursor.is(')') ? [] : cursor.list(() => cursor.expression())));
  return { kind: 'call', name, args };
};

const prepare: Reader = (cursor) => {
  const name = cursor.name();
  const types = cursor.is('(') ? cursor.parenthesized(() => cursor.list(() => parseType(cursor))) : [];
  cursor.expect('as');
  const mark = cursor.mark();
  while (!cursor.atEnd() && !cursor.is(';')) cursor.next();
  return { kind: 'prepare', name, types, sql: cursor.textSince(mark) };
};

const execute: Reader = (cursor) => {
  const name = cursor.name();
  const args = cursor.is('(') ? cursor.parenthesized(() => cursor.list(() => cursor.expression())) : [];
  return { kind: 'execute', name, args };
};

const fetch: Reader = (cursor) => {
  let count = 1;
  if (cursor.accept('forward'))
    count = cursor.accept('all') ? Number.POSITIVE_INFINITY : cursor.peek().kind === 'number' ? cursor.integer() : 1;
  else if (cursor.accept('all')) count = Number.POSITIVE_INFINITY;
  else if (cursor.peek().kind === 'number') count = cursor.integer();
  else cursor.accept('next');
  if (!cursor.acceptAny('from', 'in')) throw cursor.error();
  return { kind: 'fetch', name: cursor.name(), count };
};

const READERS: Readonly<Record<string, Reader>> = {
  begin,
  start: (cursor) => {
    cursor.expect('transaction');
    return begin(cursor);
  },
  commit: end('commit'),
  end: end('commit'),
  rollback: end('rollback'),
  abort: end('rollback'),
  set,
  show,
  drop,
  analyze,
  analyse: analyze,
  vacuum,
  lock,
  comment,
  call,
  prepare,
  execute,
  fetch,
  reset: (cursor) => {
    if (cursor.accept('session', 'authorization')) return { kind: 'maintenance', tag: 'RESET', relations: [] };
    if (cursor.accept('all')) return { kind: 'reset', name: 'all' };
    let name = cursor.next().text;
    while (cursor.accept('.')) name += `.${cursor.label()}`;
    return { kind: 'reset', name };
  },
  grant: grant('GRANT'),
  revoke: grant('REVOKE'),
  truncate: (cursor) => {
    cursor.accept('table');
    return { kind: 'truncate', table: parseTableName(cursor) };
  },
  deallocate: (cursor) => {
    cursor.accept('prepare');
    return { kind: 'deallocate', name: cursor.name() };
  },
  declare: (cursor) => {
    const name = cursor.name();
    cursor.expect('cursor');
    cursor.expect('for');
    return { kind: 'declare', name, query: cursor.query() };
  },
  close: (cursor) => ({ kind: 'closeCursor', name: cursor.name() }),
  refresh: (cursor) => {
    cursor.expect('materialized', 'view');
    return { kind: 'refresh', name: parseTableName(cursor) };
  },
};

export function parseAdmin(cursor: TokenCursor): Statement {
  const token = cursor.peek();
  const reader = token.kind === 'word' && Object.hasOwn(READERS, token.text) ? READERS[token.text] : undefined;
  if (reader) {
    cursor.next();
    return reader(cursor);
  }
  if (['use', 'cancel', 'attach', 'detach', 'insert_external', 'desc', 'describe'].includes(token.text))
    throw cursor.unsupported(`the statement ${token.text.toUpperCase()}`);
  if (token.kind === 'end') throw new RedshiftError('the statement is empty');
  throw cursor.error();
}
