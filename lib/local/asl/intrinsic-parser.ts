// Parses intrinsic function calls of JSONPath states: `States.Format('{}', $.a)`. In: the text of a `.$` field.
// Out: a call tree of literals, paths and nested calls. Throws a SyntaxError for anything the service would refuse.

import { type PathExpression, parsePath } from './json-path';

export type Argument =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string; readonly format?: string }
  | { readonly kind: 'path'; readonly path: PathExpression }
  | Call;

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly text: string;
  readonly arguments: readonly Argument[];
}

/** Stand-ins for `\{` and `\}` while Format looks for `{}`. */
export const ESCAPED_OPEN = '\u{F0000}';
export const ESCAPED_CLOSE = '\u{F0001}';

const DEEPEST = 10;

export function isIntrinsic(text: string): boolean {
  return text.startsWith('States.');
}

const cache = new Map<string, Call>();

export function parseIntrinsic(text: string): Call {
  const known = cache.get(text);
  if (known) {
    return known;
  }
  const parser = new Parser(text);
  const call = parser.call(1);
  parser.end();
  if (cache.size > 10_000) {
    cache.clear();
  }
  cache.set(text, call);
  return call;
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  end(): void {
    this.space();
    if (this.at < this.text.length) {
      this.fail('unexpected text');
    }
  }

  call(depth: number): Call {
    if (depth > DEEPEST) {
      this.fail(`more than ${DEEPEST} nested functions`);
    }
    this.space();
    const start = this.at;
    const match = /^States\.[A-Za-z0-9]+/.exec(this.text.slice(this.at));
    if (!match) {
      this.fail('expected a function');
    }
    this.at += match[0].length;
    this.take('(');
    const args: Argument[] = [];
    this.space();
    if (this.text[this.at] !== ')') {
      args.push(this.argument(depth));
      this.space();
      while (this.text[this.at] === ',') {
        this.at += 1;
        args.push(this.argument(depth));
        this.space();
      }
    }
    this.take(')');
    return { kind: 'call', name: match[0], text: this.text.slice(start, this.at), arguments: args };
  }

  private argument(depth: number): Argument {
    this.space();
    const char = this.text[this.at];
    if (char === "'") {
      return this.string();
    }
    if (char === '$') {
      return this.path();
    }
    if (this.text.startsWith('States.', this.at)) {
      return this.call(depth + 1);
    }
    const match = /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(this.text.slice(this.at));
    if (!match) {
      this.fail('expected an argument');
    }
    this.at += match[0].length;
    return { kind: 'literal', value: JSON.parse(match[0].replace(/^-?0+(?=\d)/, '')) as null | boolean | number };
  }

  private string(): Argument {
    let value = '';
    let format = '';
    this.at += 1;
    while (this.text[this.at] !== "'") {
      let char = this.text[this.at];
      if (char === undefined) {
        this.fail("expected '");
      }
      let formatted = char;
      if (char === '\\') {
        this.at += 1;
        char = this.text[this.at];
        if (char === undefined || !"'{}\\".includes(char)) {
          this.fail(`unknown escape \\${char ?? ''}`);
        }
        formatted = char === '{' ? ESCAPED_OPEN : char === '}' ? ESCAPED_CLOSE : char;
      }
      value += char;
      format += formatted;
      this.at += 1;
    }
    this.at += 1;
    return { kind: 'literal', value, format };
  }

  private path(): Argument {
    const start = this.at;
    let nesting = 0;
    let quote = '';
    for (; this.at < this.text.length; this.at += 1) {
      const char = this.text[this.at]!;
      if (quote) {
        quote = char === quote ? '' : quote;
      } else if (nesting > 0 && (char === "'" || char === '"')) {
        quote = char;
      } else if (char === '[' || char === '(') {
        nesting += 1;
      } else if (nesting > 0 && (char === ']' || char === ')')) {
        nesting -= 1;
      } else if (nesting === 0 && (char === ',' || char === ')' || char === ' ')) {
        break;
      }
    }
    return { kind: 'path', path: parsePath(this.text.slice(start, this.at)) };
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) {
      this.at += 1;
    }
  }

  private take(char: string): void {
    this.space();
    if (this.text[this.at] !== char) {
      this.fail(`expected ${char}`);
    }
    this.at += 1;
  }

  private fail(what: string): never {
    throw new SyntaxError(`${what} at ${this.at} in ${this.text}`);
  }
}
