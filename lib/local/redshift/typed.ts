/** A bound expression: DuckDB SQL with the Redshift type of its value. */
import type { DataType } from './data-type';

export interface Typed {
  readonly sql: string;
  readonly type: DataType;
  /** The text of a string literal, read by whatever type it meets. */
  readonly literal?: string;
  /** The value of a number or boolean written out. */
  readonly constant?: string;
  readonly isNull?: boolean;
  /** The column name Redshift would give the expression. */
  readonly label?: string;
  /** A date or time literal as written, for what depends on its zone. */
  readonly written?: string;
  /** Holds an aggregate outside any window. */
  readonly aggregated?: boolean;
}

export function quoteText(text: string): string {
  const quoted = `'${text.replace(/'/g, "''")}'`;
  return text.includes('\u0000') ? `replace(${quoted.replace(/\u0000/g, '\ue000')}, '\ue000', chr(0))` : quoted;
}

/** A name as DuckDB sees it. DuckDB ignores case, so an upper-case letter (only possible in a case-sensitive name) is marked. */
export function quoteName(name: string): string {
  return `"${name.replace(/[A-Z]/g, (letter) => `^${letter.toLowerCase()}`).replace(/"/g, '""')}"`;
}
