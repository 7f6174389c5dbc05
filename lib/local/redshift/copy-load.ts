/** What every way of loading shares: the load itself, the INSERT it ends in, and the error that names file, line and column. */
import { type Column, physicalName, type Relation } from './catalog';
import type { Engine } from './engine';
import type { StoredFile } from './object-store';
import { RedshiftError } from './redshift-error';
import { defaultSql } from './run-dml';
import type { Copy } from './statement';
import { quoteName } from './typed';

export interface Load {
  readonly statement: Copy;
  readonly relation: Relation;
  readonly columns: readonly Column[];
  readonly files: readonly StoredFile[];
  readonly engine: Engine;
}

/** INSERT INTO the table: the loaded columns, then those with an identity or a default. */
export function insertSql(load: Load, values: readonly string[], from: string): string {
  const { relation, columns, engine } = load;
  const rest = relation.columns.filter(
    (column) => !columns.includes(column) && (column.identity || column.defaultSql !== undefined),
  );
  const names = [...columns, ...rest].map((column) => quoteName(column.name)).join(', ');
  return `INSERT INTO ${physicalName(relation)} (${names}) SELECT ${[...values, ...rest.map((column) => defaultSql(column, relation, engine))].join(', ')} FROM ${from}`;
}

export function loadError(
  table: string,
  detail: { file: string; line?: number; column?: string; reason: string },
): RedshiftError {
  const where = `${detail.file}${detail.line === undefined ? '' : `, line ${detail.line}`}${detail.column ? `, column ${detail.column}` : ''}`;
  return new RedshiftError(
    `Load into table '${table}' failed. Check 'stl_load_errors' system table for details: ${where}: ${detail.reason}`,
    { detail: detail as Record<string, string | number> },
  );
}
