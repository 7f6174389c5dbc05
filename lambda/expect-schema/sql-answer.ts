// Answers of Athena, of Redshift's Data API and of the Data Catalog. In: as the services give them. Out: columns, and the cells of the first
// row. Always: a NULL is undefined.

import { plainType } from './column-type';
import type { FoundColumn } from './expectation';

type Fields = { readonly [name: string]: unknown };
export type Answer = Fields | readonly Fields[];

/** One item is not always a list, where JSONata has handed it on. */
function list(value: unknown): Fields[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as Fields[];
}

export function columnsOf(answer: Answer): FoundColumn[] {
  const from = answer as Fields;
  const found = [
    ...list(from['columns']),
    ...list(from['keys']),
    ...list((from['ResultSetMetadata'] as Fields | undefined)?.['ColumnInfo']),
    ...list(from['ColumnMetadata']),
  ];
  return (
    found
      // Iceberg keeps what a table no longer has.
      .filter((column) => (column['Parameters'] as Fields | undefined)?.['iceberg.field.current'] !== 'false')
      .map((column) => ({
        name: String(column['Label'] || column['Name']).toLowerCase(),
        type: sized(String(column['Type'] ?? column['TypeName'] ?? 'string'), column['Precision'], column['Scale']),
      }))
  );
}

/** A decimal's size stands beside its name. */
function sized(type: string, precision: unknown, scale: unknown): string {
  const plain = plainType(type);
  return plain === 'decimal' && Number(precision) > 0 ? `decimal(${Number(precision)},${Number(scale ?? 0)})` : plain;
}

/** Athena gives the names of the columns as the first row. */
export function cellsOf(answer: Answer): (string | undefined)[] {
  const from = answer as Fields;
  const rows = list(from['Rows']);
  if (rows.length > 0) {
    const last = rows.length > 1 ? rows[1]! : {};
    return list(last['Data']).map((cell) => textOf(cell['VarCharValue']));
  }
  const records = from['Records'] as unknown[] | undefined;
  const first = Array.isArray(records?.[0]) ? (records[0] as Fields[]) : ((records ?? []) as Fields[]);
  return first.map((field) =>
    field['IsNull'] === true
      ? undefined
      : textOf(field['StringValue'] ?? field['LongValue'] ?? field['DoubleValue'] ?? field['BooleanValue']),
  );
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
