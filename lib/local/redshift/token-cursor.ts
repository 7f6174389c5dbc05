/** Walks over the tokens of one statement. Every parser part reads through it; errors name the token at fault. */
import { RedshiftError, unsupported } from './redshift-error';
import { isReserved } from './reserved-words';
import type { Expr, Query } from './syntax';
import { type Token, tokenize } from './tokenizer';

/** The two recursive parts of the grammar, handed in so that the parser files need not import each other in a ring. */
export interface Grammar {
  readonly expression: (cursor: TokenCursor) => Expr;
  readonly query: (cursor: TokenCursor) => Query;
}

export class TokenCursor {
  private readonly tokens: Token[];
  private at = 0;

  public constructor(
    public readonly sql: string,
    private readonly grammar: Grammar,
    /** Delimited identifiers keep their case (enable_case_sensitive_identifier). */
    public readonly caseSensitive = false,
  ) {
    this.tokens = tokenize(sql);
  }

  public expression(): Expr {
    return this.grammar.expression(this);
  }

  public query(): Query {
    return this.grammar.query(this);
  }

  /** True when a query (perhaps in parentheses) starts here. */
  public startsQuery(): boolean {
    let ahead = 0;
    while (this.peek(ahead).kind === 'operator' && this.peek(ahead).text === '(') ahead++;
    const token = this.peek(ahead);
    return token.kind === 'word' && (token.text === 'select' || token.text === 'with' || token.text === 'values');
  }

  public peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token;
  }

  public next(): Token {
    const token = this.peek();
    if (this.at < this.tokens.length - 1) this.at++;
    return token;
  }

  public mark(): number {
    return this.at;
  }

  public reset(mark: number): void {
    this.at = mark;
  }

  public get position(): number {
    return this.peek().start;
  }

  public atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  /** True when the next tokens are these words (or operators). */
  public is(...words: string[]): boolean {
    return words.every((word, index) => {
      const token = this.peek(index);
      return (token.kind === 'word' || token.kind === 'operator') && token.text === word;
    });
  }

  public isAny(...words: string[]): boolean {
    return words.some((word) => this.is(word));
  }

  /** Takes the words when they come next. */
  public accept(...words: string[]): boolean {
    if (!this.is(...words)) return false;
    for (const _ of words) this.next();
    return true;
  }

  /** Takes one of the words when it comes next, and says which. */
  public acceptAny(...words: string[]): string | undefined {
    const found = words.find((word) => this.is(word));
    if (found !== undefined) this.next();
    return found;
  }

  public expect(...words: string[]): void {
    for (const word of words) if (!this.accept(word)) throw this.error();
  }

  public expectEnd(): void {
    this.accept(';');
    if (!this.atEnd()) throw this.error();
  }

  /** A name: a word that is not reserved, or a delimited identifier. */
  public name(): string {
    const token = this.peek();
    if (token.kind === 'quoted') {
      this.next();
      return this.quotedName(token);
    }
    if (token.kind !== 'word' || isReserved(token.text)) throw this.error();
    this.next();
    return token.text;
  }

  public isName(): boolean {
    const token = this.peek();
    return token.kind === 'quoted' || (token.kind === 'word' && !isReserved(token.text));
  }

  /** After a dot or AS any word may stand. */
  public label(): string {
    const token = this.peek();
    if (token.kind === 'quoted') return this.name();
    if (token.kind !== 'word') throw this.error();
    this.next();
    return token.text;
  }

  public quotedName(token: Token): string {
    return this.caseSensitive ? token.text : token.text.toLowerCase();
  }

  public string(): string {
    const token = this.peek();
    if (token.kind !== 'string') throw this.error();
    this.next();
    return token.text;
  }

  public integer(): number {
    const negative = this.accept('-');
    const token = this.peek();
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw this.error();
    this.next();
    return negative ? -Number(token.text) : Number(token.text);
  }

  public list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.accept(',')) items.push(read());
    return items;
  }

  public parenthesized<T>(read: () => T): T {
    this.expect('(');
    const value = read();
    this.expect(')');
    return value;
  }

  /** The text from a mark up to the last token taken. */
  public textSince(mark: number): string {
    const first = this.tokens[mark] as Token;
    const last = this.tokens[Math.max(this.at - 1, mark)] as Token;
    return this.sql.slice(first.start, last.end);
  }

  public error(message?: string): RedshiftError {
    const token = this.peek();
    if (message) return new RedshiftError(message, { position: token.start });
    if (token.kind === 'end') return new RedshiftError('syntax error at end of input', { position: token.start });
    return new RedshiftError(`syntax error at or near "${token.raw}"`, { position: token.start });
  }

  public unsupported(construct: string): RedshiftError {
    return unsupported(construct, this.position);
  }
}
