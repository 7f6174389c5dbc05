// DynamoDB's condition and update expressions: text in, a small tree out, evaluated against one item. The grammar of
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html for top-level
// attributes; nested paths are refused by name, as is everything else that is not read here.

import type { Json } from './engine';

/** One attribute in the wire's form: `{"S": "x"}`, `{"N": "1"}`, `{"SS": [...]}`. */
export type Attribute = { readonly [type: string]: Json };
export type Item = Map<string, Attribute>;

/** The expression cannot be read, or its operands do not fit. */
export class ExpressionError extends Error {}

export interface Names {
  readonly names: { readonly [placeholder: string]: string };
  readonly values: ReadonlyMap<string, Attribute>;
}

type Token = { readonly kind: 'word' | 'symbol' | 'end'; readonly text: string };

/** Words that an expression may not use bare; the part of DynamoDB's list that pipelines are likely to meet. */
const RESERVED = new Set(
  'add all and any as between by connect count data date day delete filter from group hash index in is key language like list location map name not null of on or order region role second set size status table time timestamp to token ttl type update user uuid value values where year zone'.split(
    ' ',
  ),
);
const FUNCTIONS = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
  'size',
]);

function tokenize(text: string): Token[] {
  if (Buffer.byteLength(text) > 4096)
    throw new ExpressionError('Expression size has exceeded the maximum allowed size of 4 KB');
  const tokens: Token[] = [];
  const pattern = /\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),+-]))/y;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) {
      if (text.slice(at).trim() === '') break;
      throw new ExpressionError(
        `Syntax error; token: "${text.slice(at).trim()[0]}", near: "${text.slice(at, at + 20)}"`,
      );
    }
    tokens.push(match[1] !== undefined ? { kind: 'word', text: match[1] } : { kind: 'symbol', text: match[2]! });
  }
  tokens.push({ kind: 'end', text: '<EOF>' });
  return tokens;
}

class Reader {
  protected readonly tokens: Token[];
  protected at = 0;

  constructor(
    text: string,
    protected readonly item: Item,
    protected readonly given: Names,
  ) {
    this.tokens = tokenize(text);
  }

  protected peek(): Token {
    return this.tokens[this.at]!;
  }

  protected next(): Token {
    return this.tokens[this.at++]!;
  }

  protected is(text: string): boolean {
    return this.peek().text.toUpperCase() === text;
  }

  protected take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  protected expect(text: string): void {
    if (!this.take(text)) this.fail();
  }

  protected fail(): never {
    throw new ExpressionError(`Syntax error; token: "${this.peek().text}"`);
  }

  protected end(): void {
    if (this.peek().kind !== 'end') this.fail();
  }

  protected path(): string {
    const token = this.next();
    if (token.kind !== 'word' || token.text.startsWith(':')) {
      this.at--;
      this.fail();
    }
    if (token.text.startsWith('#')) {
      const name = this.given.names[token.text];
      if (name === undefined)
        throw new ExpressionError(
          `An expression attribute name used in the document path is not defined; attribute name: ${token.text}`,
        );
      return name;
    }
    if (RESERVED.has(token.text.toLowerCase()))
      throw new ExpressionError(`Attribute name is a reserved keyword; reserved keyword: ${token.text}`);
    return token.text;
  }

  protected placeholder(): Attribute {
    const { text } = this.next();
    const value = this.given.values.get(text);
    if (value === undefined)
      throw new ExpressionError(
        `An expression attribute value used in expression is not defined; attribute value: ${text}`,
      );
    return value;
  }

  /** A value, an attribute of the item, or the size of one. */
  protected operand(): Attribute | undefined {
    if (this.peek().text.startsWith(':')) return this.placeholder();
    if (this.is('SIZE') && this.tokens[this.at + 1]?.text === '(') {
      this.at += 2;
      const value = this.item.get(this.path());
      this.expect(')');
      return value === undefined ? undefined : { N: String(sizeOf(value)) };
    }
    return this.item.get(this.path());
  }
}

/** Whether the condition holds for the item. */
export function holds(text: string, item: Item, given: Names): boolean {
  return new Condition(text, item, given).evaluate();
}

class Condition extends Reader {
  evaluate(): boolean {
    const value = this.or();
    this.end();
    return value;
  }

  private or(): boolean {
    let value = this.and();
    while (this.take('OR')) {
      const right = this.and();
      value = value || right;
    }
    return value;
  }

  private and(): boolean {
    let value = this.not();
    while (this.take('AND')) {
      const right = this.not();
      value = value && right;
    }
    return value;
  }

  private not(): boolean {
    if (this.take('NOT')) return !this.not();
    if (this.take('(')) {
      const value = this.or();
      this.expect(')');
      return value;
    }
    return this.test();
  }

  private test(): boolean {
    const name = this.peek().text.toLowerCase();
    if (FUNCTIONS.has(name) && name !== 'size' && this.tokens[this.at + 1]?.text === '(') return this.call(name);
    const left = this.operand();
    if (this.take('BETWEEN')) {
      const low = this.operand();
      this.expect('AND');
      const high = this.operand();
      return compare(left, '>=', low) && compare(left, '<=', high);
    }
    if (this.take('IN')) {
      this.expect('(');
      let found = false;
      do {
        if (compare(left, '=', this.operand())) found = true;
      } while (this.take(','));
      this.expect(')');
      return found;
    }
    const comparator = this.next().text;
    if (!['=', '<>', '<', '<=', '>', '>='].includes(comparator)) {
      this.at--;
      this.fail();
    }
    return compare(left, comparator, this.operand());
  }

  private call(name: string): boolean {
    this.at += 2;
    const value = this.item.get(this.path());
    let result: boolean;
    if (name === 'attribute_exists' || name === 'attribute_not_exists') {
      result = (value !== undefined) === (name === 'attribute_exists');
    } else {
      this.expect(',');
      const argument = this.operand();
      result = value !== undefined && argument !== undefined && relate(name, value, argument);
    }
    this.expect(')');
    return result;
  }
}

function relate(name: string, value: Attribute, argument: Attribute): boolean {
  const wanted = Object.values(argument)[0]!;
  if (name === 'attribute_type') return typeOf(value) === wanted;
  if (name === 'begins_with')
    return typeof value['S'] === 'string' && typeof wanted === 'string' && value['S'].startsWith(wanted);
  if (typeof value['S'] === 'string') return typeof wanted === 'string' && value['S'].includes(wanted);
  if (Array.isArray(value['L'])) return value['L'].some((item) => JSON.stringify(item) === JSON.stringify(argument));
  const set = setOf(value);
  return set?.includes(wanted) === true;
}

function compare(left: Attribute | undefined, comparator: string, right: Attribute | undefined): boolean {
  if (left === undefined || right === undefined) return comparator === '<>' && left !== right;
  const same = equal(left, right);
  if (comparator === '=') return same;
  if (comparator === '<>') return !same;
  const [type] = Object.keys(left);
  if (type !== typeOf(right) || (type !== 'S' && type !== 'N' && type !== 'B')) return false;
  const order =
    type === 'N' ? Number(left['N']) - Number(right['N']) : compareBytes(String(left[type]), String(right[type]));
  if (comparator === '<') return order < 0;
  if (comparator === '<=') return order <= 0;
  return comparator === '>' ? order > 0 : order >= 0;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function equal(a: Attribute, b: Attribute): boolean {
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  if (type === 'N') return Number(a['N']) === Number(b['N']);
  const [left, right] = [setOf(a), setOf(b)];
  if (left && right) return left.length === right.length && left.every((member) => right.includes(member));
  return JSON.stringify(a[type]) === JSON.stringify(b[type]);
}

function typeOf(value: Attribute): string {
  return Object.keys(value)[0]!;
}

function setOf(value: Attribute): Json[] | undefined {
  const members = value['SS'] ?? value['NS'] ?? value['BS'];
  return Array.isArray(members) ? members : undefined;
}

function sizeOf(value: Attribute): number {
  const inner = Object.values(value)[0]!;
  if (typeof inner === 'string' && 'S' in value) return Buffer.byteLength(inner);
  if (typeof inner === 'string' && 'B' in value) return Buffer.from(inner, 'base64').length;
  if (Array.isArray(inner)) return inner.length;
  if ('M' in value && inner !== null && typeof inner === 'object') return Object.keys(inner).length;
  throw new ExpressionError(
    `Invalid operand type for operator or function; operator or function: size, operand type: ${typeOf(value)}`,
  );
}

/** The item after the update. Every operand reads the item as it was before. */
export function updated(text: string, item: Item, given: Names): Item {
  return new Update(text, item, given).apply();
}

class Update extends Reader {
  private readonly result: Item = new Map(this.item);

  apply(): Item {
    const seen = new Set<string>();
    while (this.peek().kind !== 'end') {
      const clause = this.next().text.toUpperCase();
      if (!['SET', 'ADD', 'REMOVE', 'DELETE'].includes(clause)) {
        this.at--;
        this.fail();
      }
      if (seen.has(clause))
        throw new ExpressionError(`The "${clause}" section can only be used once in an update expression`);
      seen.add(clause);
      do {
        if (clause === 'SET') this.set();
        else if (clause === 'ADD') this.add();
        else if (clause === 'REMOVE') this.result.delete(this.path());
        else this.delete();
      } while (this.take(','));
    }
    if (seen.size === 0) this.fail();
    return this.result;
  }

  private set(): void {
    const name = this.path();
    this.expect('=');
    let value = this.term();
    for (let sign = this.peek().text; sign === '+' || sign === '-'; sign = this.peek().text) {
      this.at++;
      const other = Number(this.term()['N']);
      value = { N: String(Number(value['N']) + (sign === '+' ? other : -other)) };
      if (value['N'] === 'NaN')
        throw new ExpressionError('An operand in the update expression has an incorrect data type');
    }
    this.result.set(name, value);
  }

  private term(): Attribute {
    const name = this.peek().text.toLowerCase();
    if (name === 'if_not_exists' || name === 'list_append') {
      this.at++;
      this.expect('(');
      const first = name === 'if_not_exists' ? this.item.get(this.path()) : this.operand();
      this.expect(',');
      const second = this.term();
      this.expect(')');
      if (name === 'if_not_exists') return first ?? second;
      return { L: [...((first?.['L'] ?? []) as Json[]), ...((second['L'] ?? []) as Json[])] };
    }
    const value = this.operand();
    if (value === undefined)
      throw new ExpressionError('The provided expression refers to an attribute that does not exist in the item');
    return value;
  }

  private add(): void {
    const name = this.path();
    const value = this.placeholder();
    const old = this.item.get(name);
    if (value['N'] !== undefined) {
      if (old !== undefined && old['N'] === undefined) throw wrongType();
      this.result.set(name, { N: String(Number(old?.['N'] ?? 0) + Number(value['N'])) });
      return;
    }
    const members = setOf(value);
    if (members === undefined || (old !== undefined && typeOf(old) !== typeOf(value))) throw wrongType();
    const all = [...(old === undefined ? [] : setOf(old)!)];
    for (const member of members) if (!all.includes(member)) all.push(member);
    this.result.set(name, { [typeOf(value)]: all });
  }

  private delete(): void {
    const name = this.path();
    const gone = setOf(this.placeholder());
    const old = this.item.get(name);
    if (gone === undefined || (old !== undefined && setOf(old) === undefined)) throw wrongType();
    if (old === undefined) return;
    const left = setOf(old)!.filter((member) => !gone.includes(member));
    if (left.length === 0) this.result.delete(name);
    else this.result.set(name, { [typeOf(old)]: left });
  }
}

function wrongType(): ExpressionError {
  return new ExpressionError('An operand in the update expression has an incorrect data type');
}
