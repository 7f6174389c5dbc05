// Functions of Athena's SQL in DuckDB's words. In: a function's name and its arguments, already translated. Out: text that gives
// Athena's answer. Always: only functions whose answer is known to be the same are here; every other one is refused by name.
// https://docs.aws.amazon.com/athena/latest/ug/functions.html

/** Same name, same answer. */
const SAME = new Set(
  (
    'count sum avg min max coalesce nullif upper lower trim ltrim rtrim length replace round abs sqrt exp ln power pow ' +
    'year month day hour minute second quarter row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value ' +
    'nth_value stddev_samp stddev_pop var_samp var_pop stddev variance corr covar_samp covar_pop regr_slope regr_intercept lpad rpad reverse ' +
    'concat_ws strpos bool_and bool_or count_if starts_with array_agg cardinality date pi log10 log2 sin cos tan asin acos atan atan2 ' +
    'bitwise_and bitwise_or bitwise_xor chr codepoint is_nan from_unixtime translate split unnest now'
  ).split(' '),
);

const RENAMED: { readonly [name: string]: string } = {
  cardinality: 'len',
  codepoint: 'unicode',
  is_nan: 'isnan',
  from_unixtime: 'to_timestamp',
  split: 'string_split',
  pow: 'power',
  stddev: 'stddev_samp',
  variance: 'var_samp',
  bitwise_and: 'bit_and_of',
  bitwise_or: 'bit_or_of',
  bitwise_xor: 'xor',
};

type Write = (words: readonly string[], literals: readonly (string | undefined)[]) => string | undefined;

/** What needs other words. Undefined: not with these arguments. */
const WRITTEN: { readonly [name: string]: Write } = {
  floor: ([x]) => `athena_floor(${x})`,
  ceil: ([x]) => `athena_ceil(${x})`,
  ceiling: ([x]) => `athena_ceil(${x})`,
  sign: ([x]) => `athena_sign(${x})`,
  mod: (a) => `((${a[0]}) % athena_divisor(${a[1]}))`,
  // A NULL makes the whole NULL.
  concat: (a) => (a.length > 1 ? `(${a.join(' || ')})` : undefined),
  greatest: (a) => unlessNull(a, `greatest(${a.join(', ')})`),
  least: (a) => unlessNull(a, `least(${a.join(', ')})`),
  if: (a) => `CASE WHEN ${a[0]} THEN ${a[1]}${a[2] === undefined ? '' : ` ELSE ${a[2]}`} END`,
  arbitrary: ([x]) => `any_value(${x})`,
  any_value: ([x]) => `any_value(${x})`,
  approx_distinct: (a) => (a.length === 1 ? `count(DISTINCT ${a[0]})` : undefined),
  every: ([x]) => `bool_and(${x})`,
  max_by: (a) => (a.length === 2 ? `arg_max_null(${a.join(', ')})` : undefined),
  min_by: (a) => (a.length === 2 ? `arg_min_null(${a.join(', ')})` : undefined),
  substr: (a, l) => (l[1] === '0' ? undefined : `substr(${a.join(', ')})`),
  substring: (a, l) => (l[1] === '0' ? undefined : `substr(${a.join(', ')})`),
  random: (a) => (a.length === 0 ? 'random()' : undefined),
  rand: (a) => (a.length === 0 ? 'random()' : undefined),
  to_unixtime: ([x]) => `epoch(${x})`,
  day_of_week: ([x]) => `isodow(${x})`,
  dow: ([x]) => `isodow(${x})`,
  day_of_month: ([x]) => `day(${x})`,
  day_of_year: ([x]) => `dayofyear(${x})`,
  doy: ([x]) => `dayofyear(${x})`,
  week: ([x]) => `week(${x})`,
  week_of_year: ([x]) => `week(${x})`,
  // Whole units between the two, not borders crossed.
  date_diff: ([unit, from, to], [literal]) => (literal === undefined ? undefined : `date_sub(${unit}, ${from}, ${to})`),
  date_parse: ([x], [, format]) => dateFormat(format, (each) => `strptime(${x}, ${each})`),
  date_format: ([x], [, format]) => dateFormat(format, (each) => `strftime(${x}, ${each})`),
  regexp_like: (a) => `regexp_matches(${a.join(', ')})`,
  regexp_extract: (a) => `CASE WHEN regexp_matches(${a[0]}, ${a[1]}) THEN regexp_extract(${a.join(', ')}) END`,
  regexp_replace: (a, l) =>
    a[2] === undefined
      ? `regexp_replace(${a[0]}, ${a[1]}, '', 'g')`
      : l[2] === undefined
        ? undefined
        : `regexp_replace(${a[0]}, ${a[1]}, ${text(l[2].replaceAll('\\', '\\\\').replace(/\$(\d)/g, '\\$1'))}, 'g')`,
  json_extract_scalar: (a, l) => (l[1] === undefined ? undefined : `athena_json_scalar(${a.join(', ')})`),
  element_at: () => undefined,
  array_join: (a) => (a.length === 2 ? `array_to_string(${a.join(', ')})` : undefined),
  contains: (a) => `list_contains(${a.join(', ')})`,
};

/** Functions whose answer for decimals is a decimal in Athena and a double here. */
export const LOSES_DECIMALS = new Set(['avg', 'floor', 'ceil', 'ceiling', 'sign']);

/** The call in DuckDB's words; undefined for a function that is not followed. */
export function writeCall(
  name: string,
  words: readonly string[],
  literals: readonly (string | undefined)[],
): string | undefined {
  if (Object.hasOwn(WRITTEN, name)) return WRITTEN[name]!(words, literals);
  if (!SAME.has(name)) return undefined;
  return `${Object.hasOwn(RENAMED, name) ? RENAMED[name]! : name}(${words.join(', ')})`;
}

/** Macros that translated statements call, and settings with Athena's meaning. */
export const ATHENA_PRELUDE = `
SET default_null_order = 'nulls_last';
SET integer_division = true;
CREATE MACRO athena_divisor(x) AS CASE WHEN x = 0 THEN error(CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT')
  THEN 'NOT_SUPPORTED: division by the double 0 (Infinity or NaN) is not supported where Athena''s SQL runs on the laptop''s engine'
  ELSE 'DIVISION_BY_ZERO: Division by zero' END) ELSE x END;
CREATE MACRO athena_integer(x) AS CASE
  WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR typeof(x) LIKE 'DECIMAL%' THEN CAST(round(CAST(x AS DOUBLE)) AS BIGINT)
  WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(trim(CAST(x AS VARCHAR)), '[+-]?[0-9]+')
  THEN error('INVALID_CAST_ARGUMENT: Cannot cast ''' || CAST(x AS VARCHAR) || ''' to BIGINT') ELSE CAST(x AS BIGINT) END;
CREATE MACRO athena_try_integer(x) AS CASE
  WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR typeof(x) LIKE 'DECIMAL%' THEN TRY_CAST(round(CAST(x AS DOUBLE)) AS BIGINT)
  WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(trim(CAST(x AS VARCHAR)), '[+-]?[0-9]+') THEN NULL ELSE TRY_CAST(x AS BIGINT) END;
CREATE MACRO athena_varchar(x) AS CASE
  WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR regexp_matches(typeof(x), '^(TIMESTAMP|STRUCT|MAP)|\\[\\]$')
  THEN error('NOT_SUPPORTED: CAST of ' || lower(typeof(x)) || ' to varchar is not supported where Athena''s SQL runs on the laptop''s engine')
  ELSE CAST(x AS VARCHAR) END;
CREATE MACRO athena_json_scalar(j, p) AS CASE
  WHEN NOT json_valid(CAST(j AS VARCHAR)) OR json_type(CAST(j AS VARCHAR), p) IN ('OBJECT', 'ARRAY') THEN NULL
  ELSE json_extract_string(CAST(j AS VARCHAR), p) END;
CREATE MACRO athena_floor(x BIGINT) AS x, (x DOUBLE) AS floor(x);
CREATE MACRO athena_ceil(x BIGINT) AS x, (x DOUBLE) AS ceil(x);
CREATE MACRO athena_sign(x BIGINT) AS CAST(sign(x) AS BIGINT), (x DOUBLE) AS CAST(sign(x) AS DOUBLE);
CREATE MACRO bit_and_of(a, b) AS a & b;
CREATE MACRO bit_or_of(a, b) AS a | b;`;

function unlessNull(words: readonly string[], call: string): string {
  return `CASE WHEN ${words.map((word) => `(${word}) IS NULL`).join(' OR ')} THEN NULL ELSE ${call} END`;
}

/** MySQL's letters in strftime's. */
const LETTERS: { readonly [letter: string]: string } = {
  Y: '%Y',
  y: '%y',
  m: '%m',
  d: '%d',
  H: '%H',
  i: '%M',
  s: '%S',
  S: '%S',
  T: '%H:%M:%S',
  a: '%a',
  b: '%b',
  M: '%B',
  W: '%A',
  j: '%j',
  p: '%p',
  I: '%I',
  h: '%I',
  '%': '%%',
};

function dateFormat(format: string | undefined, call: (format: string) => string): string | undefined {
  if (format === undefined) return undefined;
  let known = true;
  const other = format.replace(/%(.)/g, (_, letter: string) => {
    known &&= Object.hasOwn(LETTERS, letter);
    return LETTERS[letter] ?? '';
  });
  return known ? call(text(other)) : undefined;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
