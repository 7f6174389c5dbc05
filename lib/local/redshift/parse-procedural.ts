/** PL/pgSQL bodies. In: the text between the dollar quotes. Out: its outer `Block`. What Redshift's dialect lacks is refused by name. */
import type { Block, Code, Declaration } from './procedural-code';
import type { TokenCursor } from './token-cursor';

export function parseBody(cursor: TokenCursor): Block {
  const block = parseBlock(cursor, parseLabel(cursor));
  cursor.accept(';');
  if (!cursor.atEnd()) throw cursor.error();
  return block;
}

function parseLabel(cursor: TokenCursor): string | undefined {
  if (!cursor.accept('<<')) return undefined;
  const label = cursor.label();
  cursor.expect('>>');
  return label;
}

function parseBlock(cursor: TokenCursor, label: string | undefined): Block {
  const declarations: Declaration[] = [];
  if (cursor.accept('declare')) while (!cursor.is('begin')) declarations.push(parseDeclaration(cursor));
  cursor.expect('begin');
  const body = parseUntil(cursor, 'end', 'exception');
  let handler: Code[] | undefined;
  if (cursor.accept('exception')) {
    cursor.expect('when');
    if (!cursor.accept('others')) throw cursor.unsupported('an exception condition other than OTHERS');
    cursor.expect('then');
    handler = parseUntil(cursor, 'end');
  }
  cursor.expect('end');
  if (!cursor.is(';') && !cursor.atEnd()) cursor.label();
  return { kind: 'block', label, declarations, body, handler };
}

function parseUntil(cursor: TokenCursor, ...words: string[]): Code[] {
  const codes: Code[] = [];
  while (!cursor.isAny(...words)) {
    if (cursor.atEnd()) throw cursor.error();
    codes.push(parseCode(cursor));
  }
  return codes;
}

function parseDeclaration(cursor: TokenCursor): Declaration {
  const name = cursor.label();
  if (cursor.accept('alias', 'for')) {
    const aliasFor = cursor.next().text;
    cursor.expect(';');
    return { name, type: '', constant: false, notNull: false, aliasFor };
  }
  if (cursor.accept('cursor')) {
    if (cursor.is('(')) throw cursor.unsupported('a cursor with parameters');
    if (!cursor.acceptAny('for', 'is')) throw cursor.error();
    const query = textUntil(cursor, ';');
    cursor.expect(';');
    return { name, type: 'refcursor', constant: false, notNull: false, query };
  }
  const constant = cursor.accept('constant');
  const type = textUntil(cursor, ';', ':=', '=', 'default', 'not');
  const notNull = cursor.accept('not', 'null');
  const initial = cursor.acceptAny(':=', '=', 'default') ? textUntil(cursor, ';') : undefined;
  cursor.expect(';');
  return { name, type, constant, notNull, initial };
}

/** The text up to one of the words outside parentheses, which stays. */
function textUntil(cursor: TokenCursor, ...words: string[]): string {
  const mark = cursor.mark();
  let depth = 0;
  let cases = 0;
  for (;;) {
    const token = cursor.peek();
    if (token.kind === 'end') throw cursor.error();
    const plain = token.kind === 'word' || token.kind === 'operator';
    if (plain && depth === 0 && cases === 0 && words.includes(token.text)) break;
    if (token.kind === 'operator' && token.text === '(') depth++;
    if (token.kind === 'operator' && token.text === ')') depth--;
    if (token.kind === 'word' && token.text === 'case') cases++;
    if (token.kind === 'word' && token.text === 'end' && cases > 0) cases--;
    cursor.next();
  }
  return cursor.mark() === mark ? '' : cursor.textSince(mark);
}

function statementText(cursor: TokenCursor): string {
  const text = textUntil(cursor, ';');
  cursor.expect(';');
  return text;
}

function parseCode(cursor: TokenCursor): Code {
  const label = parseLabel(cursor);
  const word = cursor.peek().kind === 'word' ? cursor.peek().text : '';
  const second = cursor.peek(1);
  if (second.kind === 'operator' && (second.text === ':=' || second.text === '=') && cursor.peek().kind !== 'string') {
    const target = cursor.label();
    cursor.next();
    return { kind: 'assign', target, value: statementText(cursor) };
  }
  switch (word) {
    case 'declare':
    case 'begin': {
      const block = parseBlock(cursor, label);
      cursor.expect(';');
      return block;
    }
    case 'if':
      return parseIf(cursor);
    case 'loop': {
      cursor.next();
      return { kind: 'loop', label, body: parseLoopBody(cursor) };
    }
    case 'while': {
      cursor.next();
      const test = textUntil(cursor, 'loop');
      cursor.expect('loop');
      return { kind: 'loop', label, test, body: parseLoopBody(cursor) };
    }
    case 'for':
      return parseFor(cursor, label);
    case 'exit':
    case 'continue': {
      cursor.next();
      const to = !cursor.is(';') && !cursor.is('when') ? cursor.label() : undefined;
      const test = cursor.accept('when') ? textUntil(cursor, ';') : undefined;
      cursor.expect(';');
      return { kind: 'exit', next: word === 'continue', label: to, test };
    }
    case 'return':
      cursor.next();
      cursor.expect(';');
      return { kind: 'return' };
    case 'raise':
      return parseRaise(cursor);
    case 'null':
      cursor.next();
      cursor.expect(';');
      return { kind: 'null' };
    case 'commit':
    case 'rollback':
      cursor.next();
      cursor.expect(';');
      return { kind: word };
    case 'get': {
      cursor.expect('get', 'diagnostics');
      const target = cursor.label();
      if (!cursor.acceptAny(':=', '=')) throw cursor.error();
      if (!cursor.accept('row_count')) throw cursor.unsupported('GET DIAGNOSTICS of anything but ROW_COUNT');
      cursor.expect(';');
      return { kind: 'rowCount', target };
    }
    case 'execute': {
      cursor.next();
      const sql = textUntil(cursor, ';', 'into');
      const into = cursor.accept('into') ? cursor.list(() => cursor.label()) : [];
      cursor.expect(';');
      return { kind: 'execute', sql, into };
    }
    case 'select':
    case 'with':
      return parseSelectInto(cursor);
    case 'open':
      return parseOpen(cursor);
    case 'fetch': {
      cursor.next();
      cursor.acceptAny('from', 'next');
      const name = cursor.label();
      cursor.expect('into');
      const into = cursor.list(() => cursor.label());
      cursor.expect(';');
      return { kind: 'fetchInto', cursor: name, into };
    }
    case 'close': {
      cursor.next();
      const name = cursor.label();
      cursor.expect(';');
      return { kind: 'close', cursor: name };
    }
    case 'perform':
    case 'case':
      throw cursor.unsupported(`the procedural statement ${word.toUpperCase()}`);
    default:
      return { kind: 'sql', sql: statementText(cursor) };
  }
}

function parseLoopBody(cursor: TokenCursor): Code[] {
  const body = parseUntil(cursor, 'end');
  cursor.expect('end', 'loop');
  if (!cursor.is(';')) cursor.label();
  cursor.expect(';');
  return body;
}

function parseIf(cursor: TokenCursor): Code {
  cursor.expect('if');
  const branches: { test: string; body: Code[] }[] = [];
  let otherwise: Code[] = [];
  do {
    const test = textUntil(cursor, 'then');
    cursor.expect('then');
    branches.push({ test, body: parseUntil(cursor, 'elsif', 'elseif', 'else', 'end') });
  } while (cursor.acceptAny('elsif', 'elseif'));
  if (cursor.accept('else')) otherwise = parseUntil(cursor, 'end');
  cursor.expect('end', 'if', ';');
  return { kind: 'if', branches, otherwise };
}

function parseFor(cursor: TokenCursor, label: string | undefined): Code {
  cursor.expect('for');
  const target = cursor.list(() => cursor.label());
  cursor.expect('in');
  if (cursor.accept('execute')) {
    const dynamic = textUntil(cursor, 'loop');
    cursor.expect('loop');
    return { kind: 'each', label, target, dynamic, body: parseLoopBody(cursor) };
  }
  if (cursor.startsQuery()) {
    const query = textUntil(cursor, 'loop');
    cursor.expect('loop');
    return { kind: 'each', label, target, query, body: parseLoopBody(cursor) };
  }
  const reverse = cursor.accept('reverse');
  const from = textUntil(cursor, '..');
  cursor.expect('..');
  const to = textUntil(cursor, 'loop', 'by');
  const by = cursor.accept('by') ? textUntil(cursor, 'loop') : undefined;
  cursor.expect('loop');
  return { kind: 'count', label, name: target[0] as string, from, to, by, reverse, body: parseLoopBody(cursor) };
}

function parseRaise(cursor: TokenCursor): Code {
  cursor.expect('raise');
  const level = cursor.acceptAny('info', 'notice', 'warning', 'log', 'debug', 'exception') ?? 'exception';
  const format = cursor.string();
  const args: string[] = [];
  while (cursor.accept(',')) args.push(textUntil(cursor, ',', ';'));
  cursor.expect(';');
  return { kind: 'raise', level, format, args };
}

/** SELECT ... INTO takes the targets out of the statement, wherever they stand. */
function parseSelectInto(cursor: TokenCursor): Code {
  const mark = cursor.mark();
  const head = textUntil(cursor, 'into', ';', 'from');
  if (!cursor.is('into')) {
    cursor.reset(mark);
    return { kind: 'sql', sql: statementText(cursor) };
  }
  cursor.expect('into');
  cursor.accept('strict');
  const into = cursor.list(() => cursor.label());
  const tail = cursor.is(';') ? '' : textUntil(cursor, ';');
  cursor.expect(';');
  return { kind: 'select', sql: `${head} ${tail}`, into };
}

function parseOpen(cursor: TokenCursor): Code {
  cursor.expect('open');
  const name = cursor.label();
  if (cursor.accept(';')) return { kind: 'open', cursor: name };
  cursor.expect('for');
  if (cursor.accept('execute')) return { kind: 'open', cursor: name, dynamic: statementText(cursor) };
  return { kind: 'open', cursor: name, query: statementText(cursor) };
}
