/**
 * Statement text in, tokens out. Always: a token knows its place in the text, string values are unescaped as Redshift
 * does it (doubled quotes and backslash escapes), and comments are gone.
 */
import { RedshiftError } from './redshift-error';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'operator' | 'parameter' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** For words: lower case. For operators: the operator. For parameters: its number or name. Otherwise the value. */
  readonly text: string;
  /** The characters as written. */
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

const OPERATORS = [
  '!~~*',
  '!~*',
  '!~~',
  '~~*',
  '||/',
  '::',
  '||',
  '<=',
  '>=',
  '<>',
  '!=',
  '~*',
  '!~',
  '~~',
  '|/',
  '<<',
  '>>',
  ':=',
  '..',
  '=>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '<',
  '>',
  '=',
  '~',
  '&',
  '|',
  '#',
  '@',
  '!',
  '(',
  ')',
  '[',
  ']',
  ',',
  ';',
  '.',
  ':',
  '?',
  '{',
  '}',
  '\\',
  '`',
];
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const DOLLAR = /\$([A-Za-z_]\w*)?\$/y;
const PARAMETER = /\$(\d+)/y;
const NAMED = /:([A-Za-z_]\w*)/y;

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: TokenKind, text: string, end: number) => {
    tokens.push({ kind, text, raw: sql.slice(at, end), start: at, end });
    at = end;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql);
  };
  for (;;) {
    at = skipBlanks(sql, at);
    if (at >= sql.length) break;
    const char = sql[at] as string;
    if (char === "'") {
      const [value, end] = readString(sql, at);
      push('string', value, end);
      continue;
    }
    if (char === '"') {
      const [value, end] = readQuoted(sql, at);
      push('quoted', value, end);
      continue;
    }
    if (char === '$') {
      const dollar = match(DOLLAR);
      if (dollar) {
        const close = sql.indexOf(dollar[0], at + dollar[0].length);
        if (close < 0) throw new RedshiftError('unterminated dollar-quoted string', { position: at });
        push('string', sql.slice(at + dollar[0].length, close), close + dollar[0].length);
        continue;
      }
      const parameter = match(PARAMETER);
      if (parameter) {
        push('parameter', parameter[1] as string, at + parameter[0].length);
        continue;
      }
    }
    const previous = tokens[tokens.length - 1];
    if (char === ':' && sql[at + 1] !== ':' && sql[at + 1] !== '=' && previous?.text !== '[') {
      const named = match(NAMED);
      if (named) {
        push('parameter', named[1] as string, at + named[0].length);
        continue;
      }
    }
    const temporary = char === '#' && /[A-Za-z_]/.test(sql[at + 1] ?? '') && !endsOperand(previous);
    if (temporary) {
      WORD.lastIndex = at + 1;
      const word = (WORD.exec(sql) as RegExpExecArray)[0];
      push('word', `#${word.toLowerCase()}`, at + 1 + word.length);
      continue;
    }
    const word = match(WORD);
    if (word) {
      push('word', foldCase(word[0]), at + word[0].length);
      continue;
    }
    const number = match(NUMBER);
    if (number) {
      push('number', number[0], at + number[0].length);
      continue;
    }
    const operator = OPERATORS.find((candidate) => sql.startsWith(candidate, at));
    if (!operator) throw new RedshiftError(`syntax error at or near "${char}"`, { position: at });
    push('operator', operator, at + operator.length);
  }
  tokens.push({ kind: 'end', text: '', raw: '', start: sql.length, end: sql.length });
  return tokens;
}

/** Redshift folds only ASCII letters of an identifier. */
export function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

function endsOperand(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    (token.kind === 'number' || token.kind === 'string' || token.text === ')' || token.text === ']')
  );
}

function skipBlanks(sql: string, start: number): number {
  let at = start;
  for (;;) {
    while (at < sql.length && /\s|\ufeff/.test(sql[at] as string)) at++;
    if (sql.startsWith('--', at)) {
      const line = sql.indexOf('\n', at);
      at = line < 0 ? sql.length : line + 1;
    } else if (sql.startsWith('/*', at)) {
      let depth = 1;
      const open = at;
      at += 2;
      while (depth > 0) {
        if (at >= sql.length) throw new RedshiftError('unterminated /* comment', { position: open });
        if (sql.startsWith('/*', at)) {
          depth++;
          at += 2;
        } else if (sql.startsWith('*/', at)) {
          depth--;
          at += 2;
        } else at++;
      }
    } else return at;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function readString(sql: string, start: number): [string, number] {
  let value = '';
  let at = start + 1;
  for (;;) {
    const char = sql[at];
    if (char === undefined) throw new RedshiftError('unterminated quoted string', { position: start });
    if (char === "'") {
      if (sql[at + 1] === "'") {
        value += "'";
        at += 2;
        continue;
      }
      return [value, at + 1];
    }
    if (char === '\\' && at + 1 < sql.length) {
      const octal = /^[0-7]{1,3}/.exec(sql.slice(at + 1, at + 4));
      if (octal) {
        value += String.fromCharCode(Number.parseInt(octal[0], 8));
        at += 1 + octal[0].length;
      } else {
        const next = String.fromCodePoint(sql.codePointAt(at + 1) as number);
        value += ESCAPES[next] ?? next;
        at += 1 + next.length;
      }
      continue;
    }
    value += char;
    at++;
  }
}

function readQuoted(sql: string, start: number): [string, number] {
  let value = '';
  let at = start + 1;
  for (;;) {
    const char = sql[at];
    if (char === undefined) throw new RedshiftError('unterminated quoted identifier', { position: start });
    if (char === '"') {
      if (sql[at + 1] !== '"') break;
      at++;
    }
    value += char;
    at++;
  }
  if (value === '') throw new RedshiftError('zero-length delimited identifier', { position: start });
  return [value, at + 1];
}

/** Splits a script into the texts of its statements; empty statements are dropped. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let used = false;
  for (const token of tokenize(sql)) {
    const ends = token.kind === 'end' || (token.kind === 'operator' && token.text === ';');
    if (!ends) used = true;
    else {
      if (used) statements.push(sql.slice(start, token.start).trim());
      start = token.end;
      used = false;
    }
  }
  return statements;
}
