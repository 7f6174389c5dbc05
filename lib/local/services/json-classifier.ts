// Glue's JSON classifier: one object a line, or one object over several lines, or one array. In: the beginning of a text. Out: the
// columns with struct<> and array<> types; nothing if it is no JSON. Always: a document that is an array is the one column `array`,
// as in Glue; a line that is broken inside the sample is an error with its number.

import type { CatalogColumn } from './catalog-table';

type Shape =
  | { readonly kind: 'null' }
  | { readonly kind: 'simple'; readonly type: string }
  | { readonly kind: 'array'; readonly item: Shape }
  | { readonly kind: 'struct'; readonly fields: Map<string, Shape> };

export interface JsonShape {
  readonly classification: 'json';
  readonly columns: readonly CatalogColumn[];
  readonly records: number;
  /** How far into the text the records reach. */
  readonly characters: number;
}

const MOST_OBJECTS = 10_000;

export function classifyJson(text: string, complete: boolean, file: string): JsonShape | undefined {
  const start = text.replace(/^\uFEFF/, '').trimStart();
  if (!start.startsWith('{') && !start.startsWith('[')) return undefined;
  const objects =
    start.startsWith('[') || isOneDocument(start, complete)
      ? readDocument(start, complete, file)
      : readLines(text, complete, file);
  if (objects.length === 0) return undefined;
  if (start.startsWith('[')) {
    const item = objects.slice(0, MOST_OBJECTS).map(shapeOf).reduce(merge, { kind: 'null' });
    const columns = [{ name: 'array', type: typeText({ kind: 'array', item }) }];
    return { classification: 'json', records: 1, characters: text.length, columns };
  }
  let shape: Shape = { kind: 'null' };
  for (const each of objects.slice(0, MOST_OBJECTS)) shape = merge(shape, shapeOf(each));
  if (shape.kind !== 'struct') return undefined;
  return {
    classification: 'json',
    records: objects.length,
    characters: text.length,
    columns: [...shape.fields].map(([name, type]) => ({ name: name.toLowerCase(), type: typeText(type) })),
  };
}

/** One object over several lines. */
function isOneDocument(text: string, complete: boolean): boolean {
  if (!complete) return false;
  const first = text.split('\n', 1)[0]!;
  try {
    JSON.parse(first);
    return false;
  } catch {
    return true;
  }
}

function readDocument(text: string, complete: boolean, file: string): unknown[] {
  if (!complete) throw new Error(`${file}: one JSON document larger than 1 MB; write one object a line instead`);
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    throw new Error(`${file}: not JSON: ${(error as Error).message}`);
  }
}

function readLines(text: string, complete: boolean, file: string): unknown[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (!complete) lines.pop(); // The sample ends inside a line.
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw new Error(`${file} line ${index + 1}: not JSON: ${(error as Error).message}`);
    }
  });
}

function shapeOf(value: unknown): Shape {
  if (value === null || value === undefined) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: 'simple', type: 'boolean' };
  if (typeof value === 'string') return { kind: 'simple', type: 'string' };
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return { kind: 'simple', type: 'double' };
    return { kind: 'simple', type: Math.abs(value) < 2 ** 31 ? 'int' : 'bigint' };
  }
  if (Array.isArray(value)) return { kind: 'array', item: value.map(shapeOf).reduce(merge, { kind: 'null' }) };
  return { kind: 'struct', fields: new Map(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)])) };
}

const NUMBERS = ['int', 'bigint', 'double'];

function merge(a: Shape, b: Shape): Shape {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', item: merge(a.item, b.item) };
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields);
    for (const [name, shape] of b.fields) {
      const known = fields.get(name);
      fields.set(name, known ? merge(known, shape) : shape);
    }
    return { kind: 'struct', fields };
  }
  if (a.kind === 'simple' && b.kind === 'simple') {
    if (a.type === b.type) return a;
    const wider = Math.max(NUMBERS.indexOf(a.type), NUMBERS.indexOf(b.type));
    if (NUMBERS.includes(a.type) && NUMBERS.includes(b.type)) return { kind: 'simple', type: NUMBERS[wider]! };
  }
  return { kind: 'simple', type: 'string' };
}

function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'null':
      return 'string';
    case 'simple':
      return shape.type;
    case 'array':
      return `array<${typeText(shape.item)}>`;
    case 'struct':
      return `struct<${[...shape.fields].map(([name, inner]) => `${name.toLowerCase()}:${typeText(inner)}`).join(',')}>`;
  }
}
