/** Plain values as typed SQL, for the variables of a procedure. */
import { commonType, type DataType, INTEGER, storageOf, varchar } from './data-type';
import type { Json, StatementResult } from './result';
import { quoteText, type Typed } from './typed';

export const nothing = (type: DataType): Typed => ({ sql: `CAST(NULL AS ${storageOf(type)})`, type, isNull: true });

/** A plain value as SQL of its type. */
export function constant(value: Json, type: DataType): Typed {
  if (value === null) return nothing(type);
  if (type.name === 'varbyte') return { sql: `unhex(${quoteText(String(value))})`, type };
  const text = type.name === 'timetz' ? String(value).replace('+00', '') : String(value);
  const storage = storageOf(type);
  return { sql: storage === 'VARCHAR' ? quoteText(text) : `CAST(${quoteText(text)} AS ${storage})`, type };
}

export const plainType = (type: DataType): DataType => (type.name === 'unknown' ? varchar() : type);

/** A result's value as a constant; a number keeps the scale it is written with. */
export function fetched(value: Json, result: StatementResult, index: number): Typed {
  const name = result.columns[index]?.typeName ?? 'varchar';
  if (name !== 'numeric') return constant(value, typeOfShort(name));
  return constant(value, { name: 'decimal', precision: 38, scale: (String(value).split('.')[1] ?? '').length });
}

function typeOfShort(name: string): DataType {
  const names: Readonly<Record<string, DataType>> = {
    int2: { name: 'smallint' },
    int4: INTEGER,
    int8: { name: 'bigint' },
    float4: { name: 'real' },
    float8: { name: 'double' },
    bool: { name: 'boolean' },
    bpchar: varchar(),
    varchar: varchar(),
  };
  return names[name] ?? commonType([{ name: name as DataType['name'] }], name);
}
