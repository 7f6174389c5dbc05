// Glue's CSV classifier. In: the beginning of a text. Out: delimiter, header, column names and types; nothing if it is no CSV.
// Always: Glue's own types (bigint, double, boolean, string: dates and times stay string) and its own rule for headers.
// https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-builtin-rules

import type { CatalogColumn } from './catalog-table';

/** In Glue's order of preference. */
const DELIMITERS = [',', '|', '\t', ';', '\u0001'];
/** "Every column in a potential header must have fewer than 150 characters." */
const LONGEST_HEADER = 150;

export interface CsvShape {
  readonly classification: 'csv';
  readonly columns: readonly CatalogColumn[];
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly quote?: string;
  readonly serde: 'LazySimpleSerDe' | 'OpenCSVSerDe';
  readonly headerLines: number;
  /** Rows of data that were read. */
  readonly records: number;
  /** How far into the text they reach. */
  readonly characters: number;
}

/** A CSV classifier of the author's. */
export interface CsvRules {
  readonly delimiter?: string;
  readonly quote: string;
  readonly header: 'UNKNOWN' | 'PRESENT' | 'ABSENT';
  readonly names: readonly string[];
  readonly singleColumn: boolean;
  readonly trim: boolean;
  readonly serde: 'LazySimpleSerDe' | 'OpenCSVSerDe';
}

/** A template's CsvClassifier.
 * @throws Error naming what the laptop does not follow */
export function csvRules(given: { readonly [name: string]: unknown }): CsvRules {
  if (given['CustomDatatypeConfigured'] === true)
    throw new Error('a CsvClassifier with CustomDatatypes is not followed here');
  const serde = given['Serde'];
  return {
    ...(typeof given['Delimiter'] === 'string' && { delimiter: given['Delimiter'] }),
    quote: typeof given['QuoteSymbol'] === 'string' ? given['QuoteSymbol'] : '"',
    header:
      given['ContainsHeader'] === 'PRESENT' || given['ContainsHeader'] === 'ABSENT'
        ? given['ContainsHeader']
        : 'UNKNOWN',
    names: (given['Header'] as readonly string[] | undefined) ?? [],
    singleColumn: given['AllowSingleColumn'] === true,
    trim: given['DisableValueTrimming'] === false,
    serde: serde === 'OpenCSVSerDe' ? serde : 'LazySimpleSerDe',
  };
}

const PROBE_CHARACTERS = 65_536;

/** @param complete the text is the whole file, so that its last line is whole too */
export function classifyCsv(text: string, complete: boolean, rules?: CsvRules): CsvShape | undefined {
  const quote = rules?.quote ?? '"';
  const delimiter = rules?.delimiter ?? probeDelimiter(text, complete, quote);
  if (delimiter === undefined) return undefined;
  const { rows, quoted, end } = readRows(text, { delimiter, quote, complete });
  const [first] = rows;
  if (first === undefined || (first.length < 2 && !rules?.singleColumn) || (rows.length < 2 && !rules))
    return undefined;
  const header = rules && rules.header !== 'UNKNOWN' ? rules.header === 'PRESENT' : isHeader(first, rows.slice(1));
  const data = header ? rows.slice(1) : rows;
  const given = rules?.names.map((name) => name.toLowerCase()) ?? [];
  const names = given.length > 0 ? given : header ? uniqueNames(first) : first.map((_, i) => `col${i}`);
  return {
    classification: 'csv',
    // The OpenCSVSerDe reads texts only.
    columns: names.map((name, i) => ({ name, type: rules?.serde === 'OpenCSVSerDe' ? 'string' : columnType(data, i) })),
    delimiter,
    quoted,
    ...(rules && { quote }),
    serde: rules?.serde ?? 'LazySimpleSerDe',
    headerLines: header ? 1 : 0,
    records: data.length,
    characters: end,
  };
}

/** The delimiter that divides the first rows into the most columns, the same number in each. */
function probeDelimiter(text: string, complete: boolean, quote: string): string | undefined {
  let best: { delimiter: string; width: number } | undefined;
  const probe = text.slice(0, PROBE_CHARACTERS);
  for (const delimiter of DELIMITERS) {
    const { rows } = readRows(probe, { delimiter, quote, complete: complete && probe.length === text.length });
    const width = rows[0]?.length ?? 0;
    // "At least two columns and two rows of data", and the rows agree on how many columns there are.
    const regular = rows.filter((row) => row.length === width).length >= rows.length * 0.9;
    if (width >= 2 && rows.length >= 2 && regular && width > (best?.width ?? 1)) best = { delimiter, width };
  }
  return best?.delimiter;
}

function isHeader(first: readonly string[], data: readonly string[][]): boolean {
  const last = first.length - 1;
  const named = first.every((value, i) => {
    const text = value.trim();
    if (text === '') return i === last; // A trailing delimiter leaves the last one empty.
    return text.length < LONGEST_HEADER && valueType(text) === 'string' && /^[^\d\s]/.test(text);
  });
  if (!named) return false;
  // "Sufficiently different": some column below is not text, or the names never come again as values.
  return first.some((_, i) => columnType(data, i) !== 'string');
}

function uniqueNames(header: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return header.map((raw, i) => {
    const name = raw.trim().toLowerCase() || `col${i}`;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

function columnType(rows: readonly string[][], column: number): string {
  let type: string | undefined;
  for (const row of rows) {
    const value = row[column] ?? '';
    if (value === '') continue;
    const found = valueType(value.trim());
    if (type === undefined || type === found) type = found;
    else if ((type === 'bigint' && found === 'double') || (type === 'double' && found === 'bigint')) type = 'double';
    else return 'string';
    if (type === 'string') return type;
  }
  return type ?? 'string';
}

function valueType(text: string): string {
  const first = text.charCodeAt(0);
  // Most texts are told apart by their first letter.
  const numeric = (first >= 48 && first <= 57) || first === 45 || first === 43 || first === 46;
  if (!numeric) return /^(true|false)$/i.test(text) ? 'boolean' : 'string';
  const digitsFrom = first === 45 || first === 43 ? 1 : 0;
  let at = digitsFrom;
  while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
  if (at === text.length && at > digitsFrom) {
    if (at - digitsFrom < 19) return 'bigint';
    return at - digitsFrom === 19 && BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? 'bigint' : 'double';
  }
  const whole = at > digitsFrom;
  if (text.charCodeAt(at) === 46) {
    const fraction = at + 1;
    at = fraction;
    while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
    if (at === text.length) return whole || at > fraction ? 'double' : 'string';
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+$/.test(text) ? 'double' : 'string';
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Enough rows to know the types; a file's beginning may hold a hundred thousand. */
const MOST_ROWS = 5_000;

interface Reading {
  readonly delimiter: string;
  readonly quote: string;
  readonly complete: boolean;
}

/** Rows of the text, and where the last whole one ends. */
function readRows(text: string, reading: Reading): { rows: string[][]; quoted: boolean; end: number } {
  const rows: string[][] = [];
  let quoted = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let end = at;
  while (at < text.length && rows.length < MOST_ROWS) {
    const stop = text.indexOf('\n', at);
    const line = text.slice(at, stop < 0 ? text.length : stop);
    let row: string[];
    let whole = stop >= 0;
    if (reading.quote === '' || !line.includes(reading.quote)) {
      row = (line.endsWith('\r') ? line.slice(0, -1) : line).split(reading.delimiter);
      at = stop < 0 ? text.length : stop + 1;
    } else {
      const found = readQuoted(text, at, reading);
      ({ row, whole } = found);
      at = found.next;
      quoted ||= found.quoted;
    }
    const empty = row.length === 1 && row[0] === '';
    if (whole || reading.complete) end = at;
    if (!empty && (whole || reading.complete)) rows.push(row);
  }
  return { rows, quoted, end: Math.min(end, text.length) };
}

/** A row with a quote somewhere: it may go on over several lines. */
function readQuoted(
  text: string,
  from: number,
  { delimiter, quote }: Reading,
): { row: string[]; whole: boolean; next: number; quoted: boolean } {
  const row: string[] = [];
  let at = from;
  let quoted = false;
  for (;;) {
    if (text[at] === quote) {
      quoted = true;
      const close = closingQuote(text, at + 1, quote);
      row.push(text.slice(at + 1, close).replaceAll(quote + quote, quote));
      at = close + 1;
    } else {
      const start = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at += 1;
      row.push(text.slice(start, at).replace(/\r$/, ''));
    }
    if (text[at] === delimiter) {
      at += 1;
      continue;
    }
    // Something behind a closing quote: take it as it is, up to the line's end.
    while (at < text.length && text[at] !== '\n') at += 1;
    return { row, whole: at < text.length, next: at + 1, quoted };
  }
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at;
  }
  return text.length;
}
