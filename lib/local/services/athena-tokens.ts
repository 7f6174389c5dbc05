// A statement of Athena cut into tokens. In: text. Out: tokens with their place in it. Always: comments are gone, texts and quoted
// names are unescaped, and what cannot be a token is a syntax error with its place.

import { AthenaSyntaxError, type Place, placeOf } from './athena-error';

export interface Token {
  readonly kind: 'word' | 'name' | 'backquoted' | 'text' | 'number' | 'mark' | 'end';
  /** Lower case for words, the bare name or text for quoted ones. */
  readonly value: string;
  /** As written. */
  readonly raw: string;
  readonly start: number;
}

const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?\*\/|\s+)|('(?:[^']|'')*')|("(?:[^"]|"")+")|(`(?:[^`]|``)+`)|(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_][\w]*)|(<>|<=|>=|!=|\|\||->|=>|[-+*/%(),.=<>[\];?:@{}])/gy;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new AthenaSyntaxError(`extraneous input '${text[start]}'`, placeOf(text, start));
    const [raw, space, literal, quoted, backquoted, number, word] = match;
    if (space !== undefined) continue;
    const add = (kind: Token['kind'], value: string) => tokens.push({ kind, value, raw, start });
    if (literal !== undefined) add('text', literal.slice(1, -1).replaceAll("''", "'"));
    else if (quoted !== undefined) add('name', quoted.slice(1, -1).replaceAll('""', '"'));
    else if (backquoted !== undefined) add('backquoted', backquoted.slice(1, -1).replaceAll('``', '`'));
    else if (number !== undefined) add('number', number);
    else if (word !== undefined) add('word', word.toLowerCase());
    else add('mark', raw);
  }
  return tokens;
}

/** Reads tokens one after the other, for statements with a grammar of their own. */
export class Cursor {
  private at = 0;

  constructor(
    readonly text: string,
    private readonly tokens: readonly Token[],
  ) {}

  get next(): Token {
    return this.tokens[this.at] ?? { kind: 'end', value: '<EOF>', raw: '<EOF>', start: this.text.trimEnd().length };
  }

  get done(): boolean {
    return this.next.kind === 'end';
  }

  /** The rest of the statement from here, as written. */
  get rest(): string {
    return this.text.slice(this.next.start);
  }

  place(token: Token = this.next): Place {
    return placeOf(this.text, token.start);
  }

  take(): Token {
    const token = this.next;
    this.at += 1;
    return token;
  }

  /** Takes these words if they come next, all of them. */
  takes(...words: readonly string[]): boolean {
    const come = words.every((word, i) => {
      const token = this.tokens[this.at + i];
      return token !== undefined && (token.kind === 'word' || token.kind === 'mark') && token.value === word;
    });
    if (come) this.at += words.length;
    return come;
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.takes(word)) throw this.mismatch(`'${word.toUpperCase()}'`);
  }

  string(): string {
    const token = this.take();
    if (token.kind !== 'text') throw this.mismatch('<string>', token);
    return token.value;
  }

  /** A name, however it is quoted. */
  name(): string {
    const token = this.take();
    if (token.kind !== 'word' && token.kind !== 'name' && token.kind !== 'backquoted')
      throw this.mismatch('<identifier>', token);
    return token.value.toLowerCase();
  }

  /** `[catalog.][database.]name` */
  qualified(current: string): { database: string; name: string; token: Token } {
    const token = this.next;
    const parts = [this.name()];
    while (this.takes('.')) parts.push(this.name());
    if (parts.length > 2 && parts[0] !== 'awsdatacatalog') throw this.mismatch("'awsdatacatalog'", token);
    return { name: parts.at(-1)!, database: parts.at(-2) ?? current, token };
  }

  end(): void {
    this.takes(';');
    if (!this.done) throw this.mismatch('<EOF>');
  }

  mismatch(expected: string, token: Token = this.next): AthenaSyntaxError {
    return new AthenaSyntaxError(`mismatched input '${token.raw}'. Expecting: ${expected}`, this.place(token));
  }
}
