// A query of Athena (Trino's SQL) in DuckDB's words. In: one SELECT, VALUES or WITH, and the values of its question marks. Out: text
// that DuckDB answers as Athena does, with the way back from its places to the author's. Always: a function, a type or an operator
// whose answer is not known to be the same is refused by name and place.

import { AthenaSyntaxError, NotFollowed, type Place, placeOf } from './athena-error';
import { LOSES_DECIMALS, writeCall } from './athena-functions';
import { type Token, tokenize } from './athena-tokens';

export interface AthenaQuery {
  readonly sql: string;
  /** Names that stand in the statement, lower case. */
  readonly names: ReadonlySet<string>;
  /** Whether numbers are divided, averaged or rounded to whole ones, which decimals do differently. */
  readonly divides: boolean;
  /** The author's place for a place of `sql`. */
  readonly place: (offset: number) => Place;
}

/** Words before a bracket that are no functions. */
const KEYWORDS = new Set(
  'in and or not exists select from where on using over as by when then else case values union all except intersect join with filter any some distinct having between like is set sets rollup cube grouping within group limit offset order partition recursive row interval unnest lateral cross'.split(
    ' ',
  ),
);
const REFUSED: { readonly [word: string]: string } = {
  match_recognize: 'MATCH_RECOGNIZE',
  tablesample: 'TABLESAMPLE',
  ordinality: 'WITH ORDINALITY',
  unnest_ordinality: 'WITH ORDINALITY',
  within: 'WITHIN GROUP',
  recursive: 'WITH RECURSIVE',
  fetch: 'FETCH FIRST',
  lateral: 'LATERAL',
  window: 'WINDOW',
  at: 'AT TIME ZONE',
};
/** Of DuckDB alone: Athena knows no such clause. */
const FOREIGN = new Set([
  'qualify',
  'ilike',
  'pivot',
  'unpivot',
  'asof',
  'positional',
  'sample',
  'glob',
  'similar',
  'exclude',
]);
const INTEGERS = new Set(['int', 'integer', 'bigint', 'smallint', 'tinyint']);
const TYPES: { readonly [type: string]: string } = {
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  double: 'DOUBLE',
  decimal: 'DECIMAL',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

/** Of brackets: deeper ones are no statement of a person. */
const DEEPEST = 200;

interface Part {
  readonly text: string;
  readonly start: number;
}

/** @throws AthenaError with the author's place */
export function athenaToDuckDb(text: string, parameters: readonly string[] = []): AthenaQuery {
  const tokens = withParameters(text, tokenize(text), parameters);
  return new Translation(text, tokens).whole();
}

/** Each `?` becomes its value, which is SQL itself: `'abc'`, `12`. */
function withParameters(text: string, tokens: readonly Token[], parameters: readonly string[]): Token[] {
  let used = 0;
  const filled = tokens.flatMap((token) => {
    if (token.raw !== '?') return [token];
    const value = parameters[used++];
    if (value === undefined)
      throw new AthenaSyntaxError(
        `Incorrect number of parameters: expected ${used} but found ${parameters.length}`,
        placeOf(text, token.start),
      );
    const inner = tokenize(value);
    if (
      inner.length > 2 ||
      inner.some((each) => each.kind === 'word' && !/^(null|true|false|date|timestamp)$/.test(each.value))
    )
      throw new AthenaSyntaxError(
        `the execution parameter ${value} is no single value; texts need single quotes`,
        placeOf(text, token.start),
      );
    return inner.map((each) => ({ ...each, start: token.start }));
  });
  if (used < parameters.length)
    throw new AthenaSyntaxError(`Incorrect number of parameters: expected ${used} but found ${parameters.length}`, {
      line: 1,
      column: 1,
    });
  return filled;
}

class Translation {
  private divides = false;

  constructor(
    private readonly text: string,
    private readonly tokens: readonly Token[],
  ) {}

  whole(): AthenaQuery {
    this.checkBrackets();
    const parts = this.emit(0, this.tokens.length);
    const starts: { readonly from: number; readonly start: number }[] = [];
    let sql = '';
    for (const part of parts) {
      if (sql !== '') sql += ' ';
      starts.push({ from: sql.length, start: part.start });
      sql += part.text;
    }
    const names = this.tokens.filter((token) => token.kind === 'word' || token.kind === 'name');
    return {
      sql,
      names: new Set(names.map((token) => token.value.toLowerCase())),
      divides: this.divides,
      place: (offset) => placeOf(this.text, starts.filter((each) => each.from <= offset).at(-1)?.start ?? 0),
    };
  }

  private checkBrackets(): void {
    let depth = 0;
    for (const token of this.tokens) {
      if (token.raw === '(') depth += 1;
      if (token.raw === ')') depth -= 1;
      if (depth > DEEPEST) throw new NotFollowed(`nesting deeper than ${DEEPEST}`, placeOf(this.text, token.start));
      if (depth < 0)
        throw new AthenaSyntaxError("mismatched input ')'. Expecting: <EOF>", placeOf(this.text, token.start));
    }
    const end = placeOf(this.text, this.text.trimEnd().length);
    if (depth > 0) throw new AthenaSyntaxError("mismatched input '<EOF>'. Expecting: ')'", end);
  }

  private emit(from: number, to: number): Part[] {
    const parts: Part[] = [];
    for (let i = from; i < to; i += 1) {
      const token = this.tokens[i]!;
      const put = (text: string) => parts.push({ text, start: token.start });
      this.check(token, i);
      if (
        token.kind === 'word' &&
        this.tokens[i + 1]?.raw === '(' &&
        !KEYWORDS.has(token.value) &&
        this.tokens[i - 1]?.value !== 'as' &&
        this.isCall(i)
      ) {
        const close = this.closing(i + 1);
        put(token.value === 'cast' || token.value === 'try_cast' ? this.cast(i, close) : this.call(i, close));
        i = close;
        continue;
      }
      if (token.value === '/' || token.value === '%') {
        this.divides = true;
        const end = Math.min(this.operandEnd(i + 1), this.tokens.length);
        this.checkOperand(i + 1, end);
        const divisor = this.join(i + 1, end);
        put(`${token.value} athena_divisor(${divisor})`);
        i = end - 1;
        continue;
      }
      put(this.plain(token));
    }
    return parts;
  }

  private checkOperand(from: number, end: number): void {
    const first = this.tokens[from];
    if (first !== undefined && end > from && (first.kind !== 'mark' || /^[-+(?]$/.test(first.raw))) return;
    const place = placeOf(this.text, first?.start ?? this.text.trimEnd().length);
    throw new AthenaSyntaxError(`mismatched input '${first?.raw ?? '<EOF>'}'. Expecting: <expression>`, place);
  }

  private plain(token: Token): string {
    if (token.kind === 'text') return `'${token.value.replaceAll("'", "''")}'`;
    if (token.kind === 'name') return `"${token.value.replaceAll('"', '""')}"`;
    return token.raw;
  }

  private check(token: Token, index: number): void {
    const place = placeOf(this.text, token.start);
    if (token.kind === 'backquoted')
      throw new AthenaSyntaxError(
        'backquoted identifiers are not supported; use double quotes to quote identifiers',
        place,
      );
    if (token.kind === 'word' && this.tokens[index - 1]?.raw !== '.') {
      if (Object.hasOwn(REFUSED, token.value)) throw new NotFollowed(REFUSED[token.value]!, place);
      if (
        FOREIGN.has(token.value) &&
        this.tokens[index - 1]?.value !== 'as' &&
        /^(word|name|text|mark)$/.test(this.tokens[index + 1]?.kind ?? '') &&
        !/^[,.)=<>]$/.test(this.tokens[index + 1]!.raw)
      )
        throw new AthenaSyntaxError(`mismatched input '${token.raw}'`, place);
    }
    if (token.raw === ';' && index < this.tokens.length - 1)
      throw new AthenaSyntaxError('Only one sql statement is allowed', place);
    if (token.raw === '[') throw new NotFollowed('a subscript [...]', place);
    if (token.raw === '->' || token.raw === '=>') throw new NotFollowed(`the operator ${token.raw}`, place);
    if (/^[:@{}]$/.test(token.raw)) throw new AthenaSyntaxError(`mismatched input '${token.raw}'`, place);
  }

  /** `WITH t (a, b) AS`, `AS t (a, b)`: names with columns, no calls. */
  private isCall(index: number): boolean {
    const after = this.tokens[this.closing(index + 1) + 1];
    const before = this.tokens[index - 1];
    const named = before?.value === 'with' || (before?.raw === ',' && after?.value === 'as');
    const next = this.tokens[this.closing(index + 1) + 2];
    if (named && after?.value === 'as' && next?.raw === '(') return false;
    const alias = before?.raw === ')' || before?.kind === 'name';
    return !alias;
  }

  private call(index: number, close: number): string {
    const token = this.tokens[index]!;
    const place = placeOf(this.text, token.start);
    if (LOSES_DECIMALS.has(token.value)) this.divides = true;
    const [first] = [this.tokens[index + 2]];
    if (first?.raw === '*' && close === index + 3) return `${token.value}(*)`;
    if (token.value === 'extract' || token.value === 'position' || token.value === 'trim') {
      if (
        token.value === 'extract' &&
        !/^(year|quarter|month|week|day|hour|minute|second|doy|day_of_year)$/.test(first?.value ?? '')
      )
        throw new NotFollowed(`extract(${first?.raw ?? ''} ...)`, place);
      return `${token.value}(${this.join(index + 2, close)})`;
    }
    const distinct = first?.kind === 'word' && (first.value === 'distinct' || first.value === 'all');
    const ranges = this.arguments(index + 2 + (distinct ? 1 : 0), close);
    const words = ranges.map(([from, to]) => this.join(from, to));
    const literals = ranges.map(([from, to]) => {
      const only = this.tokens[from];
      return to === from + 1 && (only?.kind === 'text' || only?.kind === 'number') ? only.value : undefined;
    });
    if (token.value === 'date_trunc' || token.value === 'date_add')
      return this.dateCall(token, ranges, words, literals);
    const written = writeCall(token.value, words, literals);
    if (written === undefined) throw new NotFollowed(`the function ${token.value}`, place);
    return distinct ? written.replace('(', `(${first.value} `) : written;
  }

  /** Dates stay dates and timestamps timestamps: the argument has to show which it is. */
  private dateCall(
    token: Token,
    ranges: readonly [number, number][],
    words: readonly string[],
    literals: readonly (string | undefined)[],
  ): string {
    const unit = literals[0]?.toLowerCase();
    const range = ranges.at(-1);
    const kind = range === undefined ? undefined : this.kindOf(range);
    if (unit === undefined || kind === undefined)
      throw new NotFollowed(
        `${token.value} of a value whose type the statement does not show (write CAST(x AS date) or CAST(x AS timestamp))`,
        placeOf(this.text, token.start),
      );
    const target = kind === 'date' ? 'DATE' : 'TIMESTAMP';
    if (token.value === 'date_trunc') return `CAST(date_trunc(${words[0]}, ${words[1]}) AS ${target})`;
    if (!/^(second|minute|hour|day|week|month|quarter|year)$/.test(unit))
      throw new NotFollowed(`date_add with the unit ${unit}`, placeOf(this.text, token.start));
    const [count, interval] = unit === 'quarter' ? [`3 * (${words[1]})`, 'MONTH'] : [words[1]!, unit.toUpperCase()];
    return `CAST((${words[2]}) + (CAST(${count} AS INTEGER)) * INTERVAL 1 ${interval} AS ${target})`;
  }

  private kindOf([from, to]: readonly [number, number]): 'date' | 'timestamp' | undefined {
    const first = this.tokens[from]!;
    if (first.value === 'current_date') return 'date';
    if ((first.value === 'date' || first.value === 'timestamp') && first.kind === 'word') return first.value;
    if (first.value === 'date_parse') return 'timestamp';
    if (first.value === 'cast' || first.value === 'try_cast') {
      const type = this.tokens[to - 2]?.value;
      return type === 'date' || type === 'timestamp' ? type : undefined;
    }
    if (first.value === 'date_add' || first.value === 'date_trunc') {
      const inner = this.arguments(from + 2, to - 1).at(-1);
      return inner && this.kindOf(inner);
    }
    return undefined;
  }

  private cast(index: number, close: number): string {
    let depth = 0;
    let as = -1;
    for (let i = index + 2; i < close; i += 1) {
      if (this.tokens[i]!.raw === '(') depth += 1;
      else if (this.tokens[i]!.raw === ')') depth -= 1;
      else if (depth === 0 && this.tokens[i]!.value === 'as' && this.tokens[i]!.kind === 'word') as = i;
    }
    const place = placeOf(this.text, this.tokens[close]!.start);
    if (as < 0) throw new AthenaSyntaxError("mismatched input ')'. Expecting: 'AS'", place);
    const word = this.tokens[index]!.value;
    const inner = this.join(index + 2, as);
    const type = this.tokens[as + 1]!.value;
    const rest = this.tokens.slice(as + 2, close);
    const size = rest.map((token) => token.raw).join('');
    if (type === 'varchar') {
      const plain = word === 'cast' ? `athena_varchar(${inner})` : `TRY_CAST(${inner} AS VARCHAR)`;
      return size === '' ? plain : `left(${plain}, ${rest[1]?.raw ?? ''})`;
    }
    const sized = type === 'decimal' ? /^(\(\d+(,\d+)?\))?$/ : type === 'timestamp' ? /^(\([0-6]\))?$/ : /^$/;
    if (!Object.hasOwn(TYPES, type) || !sized.test(size))
      throw new NotFollowed(`CAST to ${type}${size}`, placeOf(this.text, this.tokens[as + 1]!.start));
    const target =
      type === 'timestamp' ? 'TIMESTAMP' : `${TYPES[type]}${type === 'decimal' && size === '' ? '(38,0)' : size}`;
    if (INTEGERS.has(type)) return `${word}(athena_${word === 'cast' ? '' : 'try_'}integer(${inner}) AS ${target})`;
    return `${word}(${inner} AS ${target})`;
  }

  /** Where the operand that begins here ends: `-1`, `a.b`, `f(x)`, `(…)`, `CASE … END`. */
  private operandEnd(from: number): number {
    let at = from;
    while (this.tokens[at]?.raw === '-' || this.tokens[at]?.raw === '+') at += 1;
    const first = this.tokens[at];
    if (first === undefined) return at;
    if (first.kind === 'word' && first.value === 'case') {
      let depth = 0;
      for (; at < this.tokens.length; at += 1) {
        if (this.tokens[at]!.value === 'case') depth += 1;
        if (this.tokens[at]!.value === 'end') depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    if (first.raw === '(') return this.closing(at) + 1;
    at += 1;
    while (this.tokens[at]?.raw === '.') at += 2;
    if (this.tokens[at]?.raw === '(' && first.kind === 'word') at = this.closing(at) + 1;
    if (this.tokens[at]?.value === 'over') at = this.tokens[at + 1]?.raw === '(' ? this.closing(at + 1) + 1 : at + 2;
    return at;
  }

  private join(from: number, to: number): string {
    return this.emit(from, to)
      .map((part) => part.text)
      .join(' ');
  }

  private arguments(from: number, close: number): [number, number][] {
    const ranges: [number, number][] = [];
    let depth = 0;
    let start = from;
    for (let i = from; i < close; i += 1) {
      const { raw } = this.tokens[i]!;
      if (raw === '(' || raw === '[') depth += 1;
      else if (raw === ')' || raw === ']') depth -= 1;
      else if (raw === ',' && depth === 0) {
        ranges.push([start, i]);
        start = i + 1;
      }
    }
    return start < close ? [...ranges, [start, close]] : ranges;
  }

  private closing(open: number): number {
    let depth = 0;
    for (let i = open; i < this.tokens.length; i += 1) {
      if (this.tokens[i]!.raw === '(') depth += 1;
      if (this.tokens[i]!.raw === ')') depth -= 1;
      if (depth === 0) return i;
    }
    throw new AthenaSyntaxError(
      "mismatched input '<EOF>'. Expecting: ')'",
      placeOf(this.text, this.text.trimEnd().length),
    );
  }
}
