/**
 * The quick way for plain files: DuckDB's CSV reader. In: a load. Out: the scan, a check that every row reads as our own
 * reader would read it, and the values; or nothing when an option needs our own reader.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Column } from './catalog';
import type { CopyOptions } from './statement';
import { isText, storageOf } from './data-type';
import type { Load } from './copy-load';
import { quoteText } from './typed';

const SIMPLE_FLAGS = new Set(['noload', 'manifest', 'emptyasnull', 'explicit_ids']);
/** Below this the reader of our own is as quick. */
const WORTHWHILE = 200_000;

export interface FastPlan {
  readonly from: string;
  /** Every row is as our reader would have it. */
  readonly check: string;
  /** The same, but for what the conversion itself would fail on. */
  readonly shape: string;
  readonly values: readonly string[];
}

export function fastPlan(load: Load): FastPlan | undefined {
  const { options } = load.statement;
  if (options.format !== 'csv' && options.format !== 'text') return undefined;
  if ([...options.flags].some((flag) => !SIMPLE_FLAGS.has(flag))) return undefined;
  if (
    options.compression ||
    options.dateFormat ||
    options.timeFormat ||
    options.acceptInvChars !== undefined ||
    options.maxError > 0
  )
    return undefined;
  if (!['utf8', 'utf-8'].includes(options.encoding) || load.columns.length < 2) return undefined;
  const size = load.files.reduce((sum, file) => sum + statSync(file.path).size, 0);
  if (size < WORTHWHILE) return undefined;
  const delimiter = options.delimiter ?? (options.format === 'csv' ? ',' : '|');
  if (delimiter.charCodeAt(0) > 127 || '\n\r"\\'.includes(delimiter)) return undefined;
  const trailing = options.format === 'text' && endsWithDelimiter(load.files[0]?.path ?? '', delimiter);
  const columns = load.columns.map((_, index) => `'c${index}': 'VARCHAR'`);
  if (trailing) columns.push(`'rest': 'VARCHAR'`);
  const quote = options.format === 'csv' ? (options.quote ?? '"') : '';
  const marker = options.nullAs === undefined || options.nullAs === '' ? '\\N' : options.nullAs;
  if (marker.includes(delimiter)) return undefined;
  const files = load.files.map((file) => quoteText(file.path)).join(', ');
  const settings = [
    `columns = {${columns.join(', ')}}`,
    'auto_detect = false',
    'header = false',
    `skip = ${options.ignoreHeader}`,
    `delim = ${quoteText(delimiter)}`,
    `quote = ${quoteText(quote)}`,
    `escape = ${quoteText(quote)}`,
    `nullstr = ${quoteText(marker)}`,
    'null_padding = false',
    'strict_mode = true',
    'max_line_size = 8000000',
  ];
  const parts = load.columns.map((column, index) => fastColumn(`"c${index}"`, column, options));
  const rest = trailing ? [`("rest" IS NULL OR "rest" = '')`] : [];
  const every = (conditions: string[]) => [...conditions, ...rest].join(' AND ');
  return {
    from: `read_csv([${files}], ${settings.join(', ')})`,
    check: every(parts.map((part) => part.check)),
    shape: every(parts.map((part) => part.shape)),
    values: parts.map((part) => part.value),
  };
}

const PATTERNS: Partial<Record<Column['type']['name'], string>> = {
  smallint: '-?[0-9]+',
  integer: '-?[0-9]+',
  bigint: '-?[0-9]+',
  real: '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?',
  double: '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?',
  date: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
  timestamp: '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?)?',
};

function fastColumn(
  sql: string,
  column: Column,
  options: CopyOptions,
): { check: string; shape: string; value: string } {
  const { type } = column;
  const storage = storageOf(type);
  const required = column.notNull;
  if (isText(type)) {
    const empty = options.flags.has('emptyasnull') || options.nullAs === '';
    const value = empty ? `nullif(${sql}, '')` : sql;
    const narrow = type.name === 'char' ? ` AND strlen(${sql}) = length(${sql})` : '';
    const fits = `strlen(${sql}) <= ${type.length ?? 1}${narrow}`;
    const check = required ? `coalesce(${value} IS NOT NULL AND ${fits}, false)` : `(${sql} IS NULL OR (${fits}))`;
    return { check, shape: check, value: type.name === 'char' ? `rtrim(${value}, ' ')` : value };
  }
  const value = `CAST(nullif(${sql}, '') AS ${storage})`;
  const pattern = type.name === 'decimal' ? `-?[0-9]+(\\.[0-9]{0,${type.scale ?? 0}})?` : PATTERNS[type.name];
  if (!pattern) return { check: 'false', shape: 'false', value };
  const shaped = `regexp_full_match(${sql}, '${pattern}')`;
  const whole = (valid: string) =>
    required ? `coalesce(${valid}, false)` : `(${sql} IS NULL OR ${sql} = '' OR ${valid})`;
  return { check: whole(`(${shaped} AND TRY_CAST(${sql} AS ${storage}) IS NOT NULL)`), shape: whole(shaped), value };
}

/** Files written with a delimiter after the last field have one more, empty column. */
function endsWithDelimiter(path: string, delimiter: string): boolean {
  const buffer = Buffer.alloc(65536);
  const handle = openSync(path, 'r');
  try {
    const text = buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, 0));
    return new RegExp(`${delimiter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\r?\\n`).test(
      text.split('\n', 1)[0] === undefined ? '' : `${text.split('\n', 1)[0]}\n`,
    );
  } finally {
    closeSync(handle);
  }
}
