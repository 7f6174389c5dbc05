// Columns of a Parquet file. In: its footer. Out: names and types as the Data Catalog writes them. Always: a type that the catalog has no
// word for is an error that names the column.
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

import type { FoundColumn } from './expectation';
import { readStruct, type Struct, type Value } from './thrift';

interface Node {
  readonly name: string;
  readonly element: Struct;
  readonly children: readonly Node[];
}

export function parquetColumns(footer: Buffer): { readonly columns: FoundColumn[]; readonly rows: number } {
  const file = readStruct(footer);
  const elements = file.get(2);
  if (!Array.isArray(elements) || elements.length === 0) throw new Error('the footer has no schema');
  let at = 0;
  const node = (): Node => {
    const element = elements[at++] as Struct | undefined;
    if (!(element instanceof Map)) throw new Error('the schema ends too early');
    const count = number(element.get(5)) ?? 0;
    const children: Node[] = [];
    while (children.length < count) children.push(node());
    return { name: String(element.get(4) ?? ''), element, children };
  };
  return {
    columns: node().children.map((child) => ({ name: child.name.toLowerCase(), type: typeOf(child) })),
    rows: number(file.get(3)) ?? 0,
  };
}

const PHYSICAL = ['boolean', 'int', 'bigint', 'timestamp', 'float', 'double', 'binary', 'binary'];
const REPEATED = 2;
/** Numbers of the older annotation. */
const UTF8 = 0;
const MAP = 1;
const LIST = 3;
const ENUM = 4;
const DECIMAL = 5;
const DATE = 6;
const TIMESTAMPS = [9, 10];
const JSON_TEXT = 19;
const SMALL: { readonly [converted: number]: string } = { 15: 'tinyint', 16: 'smallint' };

function typeOf(node: Node): string {
  const { element } = node;
  if (number(element.get(3)) === REPEATED) return `array<${plain(node)}>`;
  return plain(node);
}

function plain({ name, element, children }: Node): string {
  const converted = number(element.get(6));
  const logical = element.get(10);
  const is = (id: number) => logical instanceof Map && logical.has(id);
  const physical = number(element.get(1));
  if (physical === undefined) {
    const [only] = children;
    if (only !== undefined && (converted === LIST || is(3))) {
      // Written in three levels, or by old writers in two.
      const inner =
        only.children.length === 1 && !/^(array|.*_tuple)$/.test(only.name) ? typeOf(only.children[0]!) : plain(only);
      return `array<${inner}>`;
    }
    if (only !== undefined && (converted === MAP || is(2)) && only.children.length === 2)
      return `map<${only.children.map(typeOf).join(',')}>`;
    return `struct<${children.map((child) => `${child.name.toLowerCase()}:${typeOf(child)}`).join(',')}>`;
  }
  if (converted === DECIMAL || is(5)) return `decimal(${number(element.get(8)) ?? 10},${number(element.get(7)) ?? 0})`;
  if (converted === UTF8 || converted === ENUM || converted === JSON_TEXT || is(1) || is(4) || is(12)) return 'string';
  if (converted === DATE || is(6)) return 'date';
  if ((converted !== undefined && TIMESTAMPS.includes(converted)) || is(8)) return 'timestamp';
  if (converted !== undefined && Object.hasOwn(SMALL, converted)) return SMALL[converted]!;
  const type = PHYSICAL[physical];
  if (type === undefined) throw new Error(`the column ${name} has the unknown type ${physical}`);
  return type;
}

function number(value: Value | undefined): number | undefined {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
}
