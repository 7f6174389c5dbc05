/**
 * What of a text counts when rows are put together (GROUP BY, DISTINCT, set operations, windows): not its trailing blanks,
 * and not its case under a case-insensitive collation. CHAR is stored without its padding and needs no trimming.
 */
import type { DataType } from './data-type';
import { quoteName } from './typed';

/** The key as SQL, or nothing where the value itself is the key. */
export function textKey(sql: string, type: DataType): string | undefined {
  const trimmed = type.name === 'varchar' ? `rtrim(${sql}, ' ')` : undefined;
  if (type.insensitive) return `lower(${trimmed ?? sql})`;
  return trimmed;
}

interface KeyedColumn {
  readonly physical: string;
  readonly type: DataType;
}

/** One row of those that count as the same; nothing where a plain DISTINCT does it. */
export function distinctRows(sql: string, columns: readonly KeyedColumn[]): string | undefined {
  if (columns.every(({ physical, type }) => textKey(quoteName(physical), type) === undefined)) return undefined;
  const keys = columns.map(({ physical, type }) => textKey(quoteName(physical), type) ?? quoteName(physical));
  return `SELECT DISTINCT ON (${keys.join(', ')}) * FROM (${sql}) AS "distinct"`;
}

/** UNION, INTERSECT and EXCEPT without ALL over queries with the same columns. */
export function combineRows(
  operator: 'union' | 'intersect' | 'except',
  left: string,
  right: string,
  columns: readonly KeyedColumn[],
): string {
  const plain = `(${left}) ${operator.toUpperCase()} (${right})`;
  if (operator === 'union') return distinctRows(`(${left}) UNION ALL (${right})`, columns) ?? plain;
  const rows = distinctRows(left, columns);
  if (rows === undefined) return plain;
  const same = columns.map(({ physical, type }) => {
    const side = (name: string) => {
      const sql = `"${name}".${quoteName(physical)}`;
      return textKey(sql, type) ?? sql;
    };
    return `${side('left')} IS NOT DISTINCT FROM ${side('right')}`;
  });
  const found = `EXISTS (SELECT 1 FROM (${right}) AS "right" WHERE ${same.join(' AND ')})`;
  return `SELECT * FROM (${rows}) AS "left" WHERE ${operator === 'except' ? 'NOT ' : ''}${found}`;
}
