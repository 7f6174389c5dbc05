// Rows as aligned columns for a terminal. In: cells. Out: lines. Always: text from outside is escaped; the last column is not padded.

import { escapeText } from '../../lib/view/escape-text';

export function columns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows.map((row) => row.map((cell) => escapeText(cell)))];
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Colours only where a person looks. */
export function wantsColour(): boolean {
  return process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}
