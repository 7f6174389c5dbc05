// Parses the service's JSONPath dialect into steps. In: text that starts with `$`. Out: steps, and whether the path can
// only ever name one value (definite). Throws a SyntaxError that says where. Filters: json-path-filter.ts evaluates them.

export type Step =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'filter'; readonly filter: Filter };

export type Operand =
  | {
      readonly kind: 'literal';
      readonly value: null | boolean | number | string | (null | boolean | number | string)[];
    }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'path'; readonly root: '@' | '$'; readonly path: ParsedPath };

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'exists'; readonly operand: Operand }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Operand; readonly right: Operand };

export interface ParsedPath {
  readonly steps: readonly Step[];
  readonly definite: boolean;
  /** A function at the end: `length` of `$.items.length()`. */
  readonly call?: string;
}

const NAME = /[^\s.[\]()'",:?@$*=!<>&|~{}+]/;
const COMPARATORS = ['==', '!=', '<=', '>=', '=~', '<', '>', 'nin', 'in'];

/** Parses what follows the leading `$` (and variable name, if any). */
export function parseSteps(text: string, offset = 0): ParsedPath {
  const reader = new Reader(text, offset);
  const path = reader.path();
  reader.end();
  return path;
}

class Reader {
  private depth = 0;

  constructor(
    private readonly text: string,
    private at: number,
  ) {}

  end(): void {
    if (this.at < this.text.length) {
      this.fail('unexpected text');
    }
  }

  path(): ParsedPath {
    const steps: Step[] = [];
    let call: string | undefined;
    while (call === undefined) {
      const char = this.text[this.at];
      if (char === '.') {
        this.at += 1;
        if (this.text[this.at] === '.') {
          this.at += 1;
          steps.push({ kind: 'descend' });
          if (this.text[this.at] === '[') {
            continue;
          }
        }
        if (this.text[this.at] === '*') {
          steps.push(this.star());
          continue;
        }
        const name = this.name();
        if (this.text.startsWith('()', this.at)) {
          this.at += 2;
          call = name;
        } else {
          steps.push({ kind: 'names', names: [name] });
        }
      } else if (char === '[') {
        steps.push(this.bracket());
      } else {
        break;
      }
    }
    const definite = steps.every(
      (step) =>
        (step.kind === 'names' && step.names.length === 1) || (step.kind === 'indexes' && step.indexes.length === 1),
    );
    return { steps, definite, ...(call !== undefined && { call }) };
  }

  private star(): Step {
    this.at += 1;
    return { kind: 'wildcard' };
  }

  private name(): string {
    const start = this.at;
    while (this.at < this.text.length && NAME.test(this.text[this.at]!)) {
      this.at += 1;
    }
    if (this.at === start) {
      this.fail('expected a field name');
    }
    return this.text.slice(start, this.at);
  }

  private bracket(): Step {
    this.take('[');
    this.space();
    const char = this.text[this.at];
    let step: Step;
    if (char === '*') {
      step = this.star();
    } else if (char === '?') {
      this.at += 1;
      this.space();
      this.take('(');
      step = { kind: 'filter', filter: this.either() };
      this.space();
      this.take(')');
    } else if (char === "'" || char === '"') {
      step = { kind: 'names', names: this.list(() => this.quoted()) };
    } else {
      step = this.numbers();
    }
    this.space();
    this.take(']');
    return step;
  }

  private numbers(): Step {
    const first = this.integer();
    this.space();
    if (this.text[this.at] === ':') {
      this.at += 1;
      const to = this.integer();
      let by: number | undefined;
      if (this.text[this.at] === ':') {
        this.at += 1;
        by = this.integer();
      }
      return { kind: 'slice', from: first, to, by };
    }
    if (first === undefined) {
      this.fail('expected an index, a quoted name, * or a filter');
    }
    const indexes = [first];
    while (this.text[this.at] === ',') {
      this.at += 1;
      this.space();
      indexes.push(this.integer() ?? this.fail('expected an index'));
      this.space();
    }
    return { kind: 'indexes', indexes };
  }

  private integer(): number | undefined {
    const match = /^-?\d+/.exec(this.text.slice(this.at, this.at + 20));
    if (match) {
      this.at += match[0].length;
      return Number(match[0]);
    }
    return undefined;
  }

  private list<T>(item: () => T): T[] {
    const items = [item()];
    this.space();
    while (this.text[this.at] === ',') {
      this.at += 1;
      this.space();
      items.push(item());
      this.space();
    }
    return items;
  }

  private quoted(): string {
    const quote = this.text[this.at];
    if (quote !== "'" && quote !== '"') {
      this.fail('expected a quoted text');
    }
    let value = '';
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== quote) {
      if (this.text[this.at] === '\\' && this.at + 1 < this.text.length) {
        this.at += 1;
      }
      value += this.text[this.at];
      this.at += 1;
    }
    this.take(quote!);
    return value;
  }

  private either(): Filter {
    this.depth += 1;
    if (this.depth > 100) {
      this.fail('filter nested too deeply');
    }
    const parts = [this.both()];
    while (this.skip('||')) {
      parts.push(this.both());
    }
    this.depth -= 1;
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  private both(): Filter {
    const parts = [this.single()];
    while (this.skip('&&')) {
      parts.push(this.single());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  private single(): Filter {
    this.space();
    if (this.text[this.at] === '!' && this.text[this.at + 1] !== '=') {
      this.at += 1;
      this.depth += 1;
      const part = this.single();
      this.depth -= 1;
      return { kind: 'not', part };
    }
    if (this.skip('(')) {
      const inner = this.either();
      this.space();
      this.take(')');
      return inner;
    }
    const left = this.operand();
    this.space();
    const operator = COMPARATORS.find((candidate) => this.text.startsWith(candidate, this.at));
    if (!operator) {
      return { kind: 'exists', operand: left };
    }
    this.at += operator.length;
    this.space();
    return { kind: 'compare', operator, left, right: this.operand() };
  }

  private operand(): Operand {
    this.space();
    const char = this.text[this.at];
    if (char === '@' || char === '$') {
      this.at += 1;
      return { kind: 'path', root: char, path: this.path() };
    }
    if (char === "'" || char === '"') {
      return { kind: 'literal', value: this.quoted() };
    }
    if (char === '/') {
      return this.regex();
    }
    if (char === '[') {
      this.at += 1;
      this.space();
      const items = this.text[this.at] === ']' ? [] : this.list(() => this.scalar());
      this.take(']');
      return { kind: 'literal', value: items };
    }
    return { kind: 'literal', value: this.scalar() };
  }

  private scalar(): null | boolean | number | string {
    this.space();
    const char = this.text[this.at];
    if (char === "'" || char === '"') {
      return this.quoted();
    }
    const match = /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(this.text.slice(this.at));
    if (!match) {
      this.fail('expected a value');
    }
    this.at += match[0].length;
    return JSON.parse(match[0]) as null | boolean | number;
  }

  private regex(): Operand {
    const start = this.at + 1;
    let end = start;
    while (end < this.text.length && this.text[end] !== '/') {
      end += this.text[end] === '\\' ? 2 : 1;
    }
    const source = this.text.slice(start, end);
    this.at = end;
    this.take('/');
    const flags = /^[a-z]*/.exec(this.text.slice(this.at))![0];
    this.at += flags.length;
    return { kind: 'regex', source, flags: flags.includes('i') ? 'i' : '' };
  }

  private skip(token: string): boolean {
    this.space();
    if (this.text.startsWith(token, this.at)) {
      this.at += token.length;
      return true;
    }
    return false;
  }

  private space(): void {
    while (this.text[this.at] === ' ') {
      this.at += 1;
    }
  }

  private take(char: string): void {
    if (this.text[this.at] !== char) {
      this.fail(`expected ${char}`);
    }
    this.at += 1;
  }

  private fail(what: string): never {
    throw new SyntaxError(`${what} at ${this.at} in ${this.text}`);
  }
}
