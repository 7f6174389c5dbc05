// Spark SQL in DuckDB's words. In: one SELECT and its parameters. Out: text that DuckDB answers as Spark does, and the words that
// may be table names. Always: a function or operator whose answer is not known to be Spark's is refused by name.

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'parameter' | 'mark';
  /** As DuckDB reads it. */
  readonly text: string;
  /** Lower case for words, the bare name for quoted ones. */
  readonly value: string;
}

export interface SparkQuery {
  readonly sql: string;
  /** Names that stand in the statement, lower case. */
  readonly names: ReadonlySet<string>;
}

/** Functions with the same answer in both, for the types they take in both. */
const SAME = new Set(
  (
    'count sum avg min max coalesce nullif upper lower trim ltrim rtrim length substr substring replace round floor ceil ceiling abs sqrt exp ' +
    'ln power pow sign greatest least year month day hour minute quarter dayofmonth date_trunc row_number rank dense_rank ' +
    'percent_rank cume_dist ntile lag lead first_value last_value nth_value stddev_samp stddev_pop var_samp var_pop corr covar_samp covar_pop ' +
    'lpad rpad reverse repeat concat_ws md5 any_value bool_and bool_or count_if ifnull nvl if'
  ).split(' '),
);
const RENAMED: { readonly [name: string]: string } = {
  nvl: 'coalesce',
  ifnull: 'coalesce',
  dayofmonth: 'day',
  stddev: 'stddev_samp',
  variance: 'var_samp',
  mean: 'avg',
};
/** Words before a bracket that are no functions. */
const KEYWORDS = new Set(
  'in and or not exists select from where on using over as by when then else case values union all except intersect join with filter any some distinct having between like is set sets rollup cube grouping within group limit partition order cast try_cast extract interval decimal varchar char'.split(
    ' ',
  ),
);
const REFUSED: { readonly [word: string]: string } = {
  lateral: 'LATERAL VIEW',
  distribute: 'DISTRIBUTE BY',
  cluster: 'CLUSTER BY',
  sort: 'SORT BY',
  rlike: 'RLIKE',
  regexp: 'REGEXP',
  div: 'DIV',
  tablesample: 'TABLESAMPLE',
  pivot: 'PIVOT',
  unpivot: 'UNPIVOT',
  transform: 'TRANSFORM',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
  insert: 'INSERT',
  create: 'CREATE',
};
const INTEGERS = new Set(['int', 'integer', 'bigint', 'long', 'smallint', 'short', 'tinyint', 'byte']);
const TYPES: { readonly [name: string]: string } = {
  string: 'VARCHAR',
  long: 'BIGINT',
  short: 'SMALLINT',
  byte: 'TINYINT',
  timestamp_ntz: 'TIMESTAMP',
  real: 'FLOAT',
  binary: 'BLOB',
};

/** Macros that the translated text calls. */
export const SPARK_PRELUDE = `
CREATE MACRO spark_integer(x) AS CASE
  WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR typeof(x) LIKE 'DECIMAL%' OR (typeof(x) = 'VARCHAR' AND regexp_matches(x::VARCHAR, '[.eE]'))
  THEN CAST(trunc(CAST(x AS DOUBLE)) AS BIGINT) ELSE CAST(x AS BIGINT) END;
SET default_null_order = 'nulls_first_on_asc_last_on_desc';`;

/** @throws Error naming what is refused */
export function sparkToDuckDb(text: string, parameters: { readonly [name: string]: string }): SparkQuery {
  const tokens = tokenize(text, parameters);
  const names = new Set(
    tokens.filter((token) => token.kind === 'word' || token.kind === 'name').map((token) => token.value.toLowerCase()),
  );
  return { sql: emit(tokens, 0, tokens.length), names };
}

function emit(tokens: readonly Token[], from: number, to: number): string {
  const parts: string[] = [];
  for (let i = from; i < to; i += 1) {
    const token = tokens[i]!;
    const calls = tokens[i + 1]?.text === '(';
    if (token.kind === 'word') {
      if (Object.hasOwn(REFUSED, token.value) && tokens[i - 1]?.text !== '.') throw refused(REFUSED[token.value]!);
      if ((token.value === 'cast' || token.value === 'try_cast') && calls) {
        const close = closing(tokens, i + 1);
        parts.push(castOf(tokens, i, close));
        i = close;
        continue;
      }
      if (calls && !KEYWORDS.has(token.value) && tokens[i - 1]?.value !== 'as') {
        const name = Object.hasOwn(RENAMED, token.value) ? RENAMED[token.value]! : token.value;
        if (!SAME.has(name)) throw refused(`the function ${token.value}`);
        parts.push(name);
        continue;
      }
    }
    if (token.text === '[') throw refused('a subscript [...] (Spark counts from 0)');
    parts.push(token.text === '<=>' ? 'IS NOT DISTINCT FROM' : token.text);
  }
  return parts.join(' ');
}

/** Spark cuts a fraction off where DuckDB rounds. */
function castOf(tokens: readonly Token[], at: number, close: number): string {
  let depth = 0;
  let as = -1;
  for (let i = at + 2; i < close; i += 1) {
    if (tokens[i]!.text === '(') depth += 1;
    else if (tokens[i]!.text === ')') depth -= 1;
    else if (depth === 0 && tokens[i]!.value === 'as' && tokens[i]!.kind === 'word') as = i;
  }
  if (as < 0) throw new Error('CAST without AS in the statement');
  const inner = emit(tokens, at + 2, as);
  const type = tokens[as + 1]?.value ?? '';
  const rest = tokens
    .slice(as + 2, close)
    .map((token) => token.text)
    .join('');
  if (/^(array|map|struct)$/.test(type)) throw refused(`CAST to ${type}`);
  const target = `${Object.hasOwn(TYPES, type) ? TYPES[type]! : type}${rest}`;
  return `${tokens[at]!.value}(${INTEGERS.has(type) ? `spark_integer(${inner})` : inner} AS ${target})`;
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i += 1) {
    if (tokens[i]!.text === '(') depth += 1;
    if (tokens[i]!.text === ')') depth -= 1;
    if (depth === 0) return i;
  }
  throw new Error('a bracket of the statement is never closed');
}

const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?\*\/|\s+)|('(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")|`((?:[^`]|``)+)`|:([A-Za-z_]\w*)|(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(<=>|<>|<=|>=|!=|==|\|\||::|->|[-+*/%(),.=<>[\]{};?&|^~!])/gy;

function tokenize(text: string, parameters: { readonly [name: string]: string }): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`the statement cannot be read from here: ${text.slice(at, at + 40)}`);
    const [, space, quoted, name, parameter, number, word, mark] = match;
    if (space !== undefined) continue;
    if (quoted !== undefined) {
      if (quoted.includes('\\')) throw refused('a backslash in a text');
      const inner = quoted.slice(1, -1).replaceAll(quoted[0]! + quoted[0]!, quoted[0]!);
      tokens.push({ kind: 'text', text: sqlText(inner), value: inner });
    } else if (name !== undefined) {
      const bare = name.replaceAll('``', '`');
      tokens.push({ kind: 'name', text: `"${bare.replaceAll('"', '""')}"`, value: bare });
    } else if (parameter !== undefined) {
      if (!Object.hasOwn(parameters, parameter))
        throw new Error(`the statement's parameter :${parameter} has no value`);
      tokens.push({ kind: 'parameter', text: sqlText(parameters[parameter]!), value: parameter });
    } else if (number !== undefined) {
      tokens.push({ kind: 'number', text: number, value: number });
    } else if (word !== undefined) {
      tokens.push({ kind: 'word', text: word, value: word.toLowerCase() });
    } else {
      if (mark === '::' || mark === '->' || mark === '{' || mark === '?') throw refused(`the operator ${mark}`);
      tokens.push({ kind: 'mark', text: mark!, value: mark! });
    }
  }
  return tokens;
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A construct whose answer on DuckDB is not known to be Spark's. */
export class SparkDialectRefusal extends Error {}

function refused(what: string): Error {
  return new SparkDialectRefusal(
    `${what} is not supported where Spark SQL runs on the laptop's engine; run the task on AWS, or write the statement without it`,
  );
}
