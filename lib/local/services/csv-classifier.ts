// Glue's CSV classifier. In: the beginning of a text. Out: delimiter, header, column names and types; nothing if it is no CSV.
// Always: Glue's own types (bigint, double, boolean, string: dates and times stay string) and its own rule for headers.
// https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-builtin-rules

import type { CatalogColumn } from './catalog';

/** In Glue's order of preference. */
const DELIMITERS = [',', '|', '\t', ';', '\u0001'];
/** "Every column in a potential header must have fewer than 150 characters." */
const LONGEST_HEADER = 150;

export interface CsvShape {
  readonly classification: 'csv';
  readonly columns: readonly CatalogColumn[];
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly headerLines: number;
}

/** @param complete the text is the whole file, so that its last line is whole too */
export function classifyCsv(text: string, complete: boolean): CsvShape | undefined {
  let best: { delimiter: string; rows: string[][]; quoted: boolean } | undefined;
  for (const delimiter of DELIMITERS) {
    const { rows, quoted } = readRows(text, delimiter, complete);
    const width = rows[0]?.length ?? 0;
    // "At least two columns and two rows of data", and the rows agree on how many columns there are.
    const regular = rows.filter((row) => row.length === width).length >= rows.length * 0.9;
    if (width >= 2 && rows.length >= 2 && regular && width > (best?.rows[0]?.length ?? 1))
      best = { delimiter, rows, quoted };
  }
  if (!best) return undefined;
  const { rows, delimiter, quoted } = best;
  const header = isHeader(rows[0]!, rows.slice(1));
  const data = header ? rows.slice(1) : rows;
  const names = header ? uniqueNames(rows[0]!) : rows[0]!.map((_, i) => `col${i}`);
  return {
    classification: 'csv',
    columns: names.map((name, i) => ({ name, type: columnType(data.map((row) => row[i] ?? '')) })),
    delimiter,
    quoted,
    headerLines: header ? 1 : 0,
  };
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
  return first.some((_, i) => columnType(data.map((row) => row[i] ?? '')) !== 'string');
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

function columnType(values: readonly string[]): string {
  let type: string | undefined;
  for (const value of values) {
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
  if (/^[+-]?\d{1,19}$/.test(text)) return BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? 'bigint' : 'double';
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return 'double';
  if (/^(true|false)$/i.test(text)) return 'boolean';
  return 'string';
}

/** Enough rows to know the types; a file's beginning may hold a hundred thousand. */
const MOST_ROWS = 10_000;

function readRows(text: string, delimiter: string, complete: boolean): { rows: string[][]; quoted: boolean } {
  const rows: string[][] = [];
  let quoted = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length && rows.length < MOST_ROWS) {
    const row: string[] = [];
    let whole = false;
    for (;;) {
      let value: string;
      if (text[at] === '"') {
        quoted = true;
        const end = closingQuote(text, at + 1);
        value = text.slice(at + 1, end).replaceAll('""', '"');
        at = end + 1;
      } else {
        const start = at;
        while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at += 1;
        value = text.slice(start, at).replace(/\r$/, '');
      }
      row.push(value);
      if (text[at] === delimiter) {
        at += 1;
        continue;
      }
      if (text[at] === '\r') at += 1;
      whole = text[at] === '\n';
      if (!whole && at < text.length) {
        // Something behind a closing quote: take it as it is, up to the line's end.
        while (at < text.length && text[at] !== '\n') at += 1;
        whole = at < text.length;
      }
      at += 1;
      break;
    }
    const empty = row.length === 1 && row[0] === '';
    if (!empty && (whole || complete)) rows.push(row);
  }
  return { rows, quoted };
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return text.length;
}
