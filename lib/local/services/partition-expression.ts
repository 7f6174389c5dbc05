// The Expression of GetPartitions: which partitions a caller wants. In: its text and the table's partition keys. Out: a test for
// the values of one partition. Always: values are compared as the key's type says; a word that Glue's own grammar does not have is
// an InvalidInputException that names it.
// https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html

import { ServiceError } from '../engine';
import type { CatalogColumn } from './catalog-table';

type Test = (values: readonly string[]) => boolean;
type Operand = (values: readonly string[]) => string;

const TOKEN = /\s*(?:('(?:[^']|'')*')|([-+]?\d+(?:\.\d+)?)|(<=|>=|<>|!=|[=<>(),])|([A-Za-z_]\w*|`[^`]+`|"[^"]+"))/y;
const NUMERIC = /^(tinyint|smallint|int|integer|bigint|float|double|decimal)/;

export function partitionTest(expression: string, keys: readonly CatalogColumn[]): Test {
  const parser = new ExpressionParser(expression, keys);
  return parser.whole();
}

class ExpressionParser {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly keys: readonly CatalogColumn[],
  ) {
    TOKEN.lastIndex = 0;
    while (text.slice(TOKEN.lastIndex).trim() !== '') {
      const from = TOKEN.lastIndex;
      const match = TOKEN.exec(text);
      if (!match) throw this.wrong(`cannot be read from here: ${text.slice(from, from + 30)}`);
      this.tokens.push(match[1] ?? match[2] ?? match[3] ?? match[4]!);
    }
  }

  whole(): Test {
    const test = this.either();
    if (this.at < this.tokens.length) throw this.wrong(`has ${this.tokens[this.at]} where it should end`);
    return test;
  }

  private either(): Test {
    const tests = [this.both()];
    while (this.takes('or')) tests.push(this.both());
    return (values) => tests.some((test) => test(values));
  }

  private both(): Test {
    const tests = [this.one()];
    while (this.takes('and')) tests.push(this.one());
    return (values) => tests.every((test) => test(values));
  }

  private one(): Test {
    if (this.takes('not')) {
      const test = this.one();
      return (values) => !test(values);
    }
    if (this.takes('(')) {
      const test = this.either();
      this.expect(')');
      return test;
    }
    return this.comparison();
  }

  private comparison(): Test {
    const from = this.at;
    const left = this.operand();
    const order = this.order(from);
    const negated = this.takes('not');
    if (this.takes('in')) {
      this.expect('(');
      const list = [this.operand()];
      while (this.takes(',')) list.push(this.operand());
      this.expect(')');
      return (values) => list.some((each) => order(left(values), each(values)) === 0) !== negated;
    }
    if (this.takes('between')) {
      const low = this.operand();
      this.expect('and');
      const high = this.operand();
      return (values) => (order(left(values), low(values)) >= 0 && order(left(values), high(values)) <= 0) !== negated;
    }
    if (this.takes('like')) {
      const pattern = this.operand();
      return (values) => like(pattern(values)).test(left(values)) !== negated;
    }
    const sign = negated ? undefined : this.tokens[this.at++];
    const right = this.operand();
    const compared = (values: readonly string[]) => order(left(values), right(values));
    switch (sign) {
      case '=':
        return (values) => compared(values) === 0;
      case '<>':
      case '!=':
        return (values) => compared(values) !== 0;
      case '<':
        return (values) => compared(values) < 0;
      case '<=':
        return (values) => compared(values) <= 0;
      case '>':
        return (values) => compared(values) > 0;
      case '>=':
        return (values) => compared(values) >= 0;
      default:
        throw this.wrong(`has ${sign ?? 'its end'} where a comparison should be`);
    }
  }

  private operand(): Operand {
    const token = this.tokens[this.at++];
    if (token === undefined) throw this.wrong('ends where a value should be');
    if (token.startsWith("'")) return () => token.slice(1, -1).replaceAll("''", "'");
    if (/^[-+]?\d/.test(token)) return () => token;
    const index = this.keyAt(token);
    if (index < 0)
      throw this.wrong(
        `names ${token}, which is none of the partition keys ${this.keys.map((key) => key.name).join(', ')}`,
      );
    return (values) => values[index] ?? '';
  }

  private keyAt(token: string): number {
    const name = token.replace(/^[`"]|[`"]$/g, '').toLowerCase();
    return this.keys.findIndex((key) => key.name.toLowerCase() === name);
  }

  /** Numbers are compared as numbers where the key on either side is one. */
  private order(from: number): (a: string, b: string) => number {
    const near = this.tokens.slice(from, from + 3).map((token) => this.keys[this.keyAt(token)]?.type ?? '');
    if (near.some((type) => NUMERIC.test(type))) return (a, b) => Number(a) - Number(b);
    return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  }

  private takes(word: string): boolean {
    if (this.tokens[this.at]?.toLowerCase() !== word) return false;
    this.at += 1;
    return true;
  }

  private expect(word: string): void {
    if (!this.takes(word)) throw this.wrong(`has ${this.tokens[this.at] ?? 'its end'} where ${word} should be`);
  }

  private wrong(what: string): ServiceError {
    return new ServiceError('Glue.InvalidInputException', `Unsupported expression '${this.text}': it ${what}`);
  }
}

function like(pattern: string): RegExp {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${source}$`, 's');
}
