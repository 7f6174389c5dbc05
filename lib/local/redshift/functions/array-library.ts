/** What is searched for in arrays, and arrays as sets. In: arrays as JSON text, as SUPER travels. Out: the same, positions, or a yes or no. */
import { JsonNumber, parseSuper, type SuperValue, writeSuper } from './json-value';
import { arrayOf, compareSuper } from './super-library';
import type { Udf } from './udf';

/** Equal as `=` has it; NULL is a value like others. */
function same(a: SuperValue, b: SuperValue): boolean {
  return a === null || b === null ? a === b : compareSuper(a, b) === 0;
}

/** @returns null where a NULL could be what is searched for, and NULLs are not searched for */
function positions(text: string, wanted: string, nullMatch: boolean, name: string): number[] | null {
  const items = arrayOf(text, name);
  const [value = null] = wantedOf(wanted);
  if (value === null && !nullMatch) return null;
  const found = items.flatMap((item, index) => (same(item, value) ? [index] : []));
  return found.length === 0 && !nullMatch && items.includes(null) ? null : found;
}

/** A list of JSON texts. */
const wantedOf = (list: string): SuperValue[] =>
  (JSON.parse(list) as (string | null)[]).map((each) => (each === null ? null : parseSuper(each)));

function distinct(items: readonly SuperValue[]): SuperValue[] {
  const found: SuperValue[] = [];
  for (const item of items) if (!found.some((each) => same(each, item))) found.push(item);
  return found;
}

/** The items of one array that have a partner in the other, or have none; each partner counts once unless both are sets. */
function matched(left: string, right: string, asSets: boolean, name: string, wanted: boolean): string {
  const others = arrayOf(right, name);
  const items = arrayOf(left, name);
  const kept = (asSets ? distinct(items) : items).filter((item) => {
    const at = others.findIndex((other) => same(other, item));
    if (at >= 0 && !asSets) others.splice(at, 1);
    return at >= 0 === wanted;
  });
  return writeSuper(kept);
}

/** Types in the order in which they are sorted. */
const ranks = [
  (value: SuperValue) => typeof value === 'boolean',
  (value: SuperValue) => value instanceof JsonNumber,
  (value: SuperValue) => typeof value === 'string',
  Array.isArray,
];

function rank(value: SuperValue): number {
  const found = ranks.findIndex((is) => is(value));
  return found < 0 ? ranks.length : found;
}

function sorted(text: string, ascending: boolean, nullsFirst: boolean): string {
  const items = arrayOf(text, 'array_sort');
  const values = items.filter((item) => item !== null);
  values.sort((a, b) => rank(a) - rank(b) || (compareSuper(a, b) ?? (writeSuper(a) < writeSuper(b) ? -1 : 1)));
  if (!ascending) values.reverse();
  const nulls = items.filter((item) => item === null);
  return writeSuper(nullsFirst ? [...nulls, ...values] : [...values, ...nulls]);
}

export function renamed(text: string, upper: boolean): string {
  const change = (value: SuperValue): SuperValue => {
    if (Array.isArray(value)) return value.map(change);
    if (!(value instanceof Map)) return value;
    return new Map([...value].map(([key, item]) => [upper ? key.toUpperCase() : key.toLowerCase(), change(item)]));
  };
  return writeSuper(change(parseSuper(text)));
}

export const ARRAY_LIBRARY: Udf[] = [
  {
    name: 'rs_array_contains',
    signature: 'VVB:B',
    run: (text: string, wanted: string, nulls: boolean) => {
      const found = positions(text, wanted, nulls, 'array_contains');
      return found && found.length > 0;
    },
  },
  {
    name: 'rs_array_position',
    signature: 'VVB:I',
    run: (text: string, wanted: string, nulls: boolean) => {
      const found = positions(text, wanted, nulls, 'array_position');
      return found && (found[0] ?? -1);
    },
  },
  {
    name: 'rs_array_positions',
    signature: 'VVB:V',
    run: (text: string, wanted: string, nulls: boolean) => {
      const found = positions(text, wanted, nulls, 'array_positions');
      return found && JSON.stringify(found);
    },
  },
  {
    name: 'rs_array_distinct',
    signature: 'V:V',
    run: (text: string) => writeSuper(distinct(arrayOf(text, 'array_distinct'))),
  },
  {
    name: 'rs_array_except',
    signature: 'VVB:V',
    run: (a: string, b: string, asSets: boolean) => matched(a, b, asSets, 'array_except', false),
  },
  {
    name: 'rs_array_intersection',
    signature: 'VVB:V',
    run: (a: string, b: string, asSets: boolean) => matched(a, b, asSets, 'array_intersection', true),
  },
  { name: 'rs_array_sort', signature: 'VBB:V', run: sorted },
  { name: 'rs_super_names', signature: 'VB:V', run: renamed },
];
