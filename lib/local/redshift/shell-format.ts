/** Results as a person or a program reads them: aligned columns, CSV, or a JSON object a row. */
import { RedshiftError } from './redshift-error';
import type { Json, StatementResult } from './result';

export type ShellFormat = 'table' | 'csv' | 'json';

export function formatted(result: StatementResult, format: ShellFormat): string {
  if (format === 'table') return formatResult(result);
  if (result.columns.length === 0) return '';
  const names = result.columns.map((column) => column.name);
  if (format === 'csv') return [names, ...result.rows].map((row) => row.map(csvCell).join(',')).join('\n');
  return result.rows
    .map((row) => JSON.stringify(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))))
    .join('\n');
}

function csvCell(value: Json): string {
  const text = value === null ? '' : String(value);
  // An empty text is told apart from NULL by its quotes.
  return /[",\r\n]/.test(text) || value === '' ? `"${text.replace(/"/g, '""')}"` : text;
}

/** A result as psql shows it: numbers to the right, a rule under the names, the row count below. */
export function formatResult(result: StatementResult): string {
  const notices = (result.notices ?? []).map((notice) => `INFO:  ${notice}\n`).join('');
  if (result.columns.length === 0) return `${notices}${result.kind}${result.rowCount > 0 ? ` ${result.rowCount}` : ''}`;
  const cells = result.rows.map((row) => row.map(cellText));
  const widths = result.columns.map((column, index) =>
    Math.max(column.name.length, ...cells.map((row) => (row[index] ?? '').length)),
  );
  const numeric = result.columns.map((column) => /^(int|float|numeric)/.test(column.typeName));
  const line = (row: readonly string[]) =>
    row
      .map((text, index) => ` ${numeric[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)} `)
      .join('|')
      .trimEnd();
  const head = result.columns
    .map((column, index) => ` ${column.name.padEnd(widths[index] ?? 0)} `)
    .join('|')
    .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  const count = `(${result.rows.length} row${result.rows.length === 1 ? '' : 's'})`;
  return `${notices}${[head, rule, ...cells.map(line), count].join('\n')}\n`;
}

function cellText(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  // A line feed or escape in a value must not reach the terminal as such.
  return String(value).replace(/[\u0000-\u001f\u007f]/g, (char) => JSON.stringify(char).slice(1, -1));
}

/** The message, and the line it is about with a mark under the place. */
export function formatError(error: unknown, sql: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof RedshiftError) || error.position === undefined || error.position > sql.length) return message;
  const before = sql.slice(0, error.position);
  const start = before.lastIndexOf('\n') + 1;
  const line = sql.slice(start).split('\n', 1)[0] ?? '';
  const label = `LINE ${before.split('\n').length}: `;
  return `${message}\n${label}${line}\n${' '.repeat(label.length + error.position - start)}^`;
}
