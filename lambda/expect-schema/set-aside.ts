// Statements that put the rows that break aside. In: what is expected, the columns that are there, a name that no other attempt has.
// Out: statements in their order, where the rows are. Always: no row is in both places and none is in neither; Athena's source
// stays as it is, a table of Redshift changes in one transaction.

import { isNested, sameType } from './column-type';
import type { Expectation, FoundColumn } from './expectation';
import { brokenRows, converted, identifier, numbered, pairs, presentKey } from './measure';

export interface SetAside {
  readonly statements: readonly string[];
  readonly broken?: string;
  readonly clean?: string;
}

export interface Names {
  /** Catalog database for tables that live as long as their statement. */
  readonly database?: string;
  /** Of letters, digits and `_`. */
  readonly unique: string;
  /** Folder below the places. */
  readonly folder: string;
}

export function setAside(expect: Expectation, source: string, found: readonly FoundColumn[], names: Names): SetAside {
  const wrong = brokenRows(expect, found);
  if (expect.tables !== undefined)
    return { statements: movedRows(expect, expect.tables, found, wrong), broken: expect.tables.broken };
  const { places } = expect;
  const { database } = names;
  if (places === undefined || database === undefined) return { statements: [] };
  const from = numbered(expect, source, found);
  const condition = wrong.length === 0 ? 'false' : wrong.join(' OR ');
  const as = (name: string, value: string) => `${value} AS ${identifier(name)}`;
  const expected = new Map(pairs(expect, found).map(({ column, is }) => [column.name, { type: column.type, is }]));
  const whole = found.map(({ name }) => identifier(name));
  const typed = found.map(({ name }) => {
    const known = expected.get(name);
    if (known === undefined || sameType(known.type, known.is === 'text' ? 'string' : known.is)) return identifier(name);
    return isNested(known.type) ? identifier(name) : as(name, converted(identifier(name), known.type, known.is));
  });
  const made = (kind: 'broken' | 'clean', columns: readonly string[], where: string) => {
    const place = placeOf(places[kind], names);
    const table = `${names.unique}_${kind}`;
    return {
      place,
      statements: [
        `CREATE TABLE ${identifier(database)}.${identifier(table)} WITH (format = 'PARQUET', external_location = '${place.replaceAll("'", "''")}') AS\n` +
          `SELECT ${columns.join(', ')} FROM ${from} WHERE ${where}`,
        // Only the catalog's entry goes: the files of an external table stay.
        `DROP TABLE \`${database}\`.\`${table}\``,
      ],
    };
  };
  const clean = made('clean', typed, `NOT (${condition})`);
  if (condition === 'false') return { statements: clean.statements, clean: clean.place };
  const broken = made('broken', whole, condition);
  return {
    statements: [...broken.statements, ...clean.statements],
    broken: broken.place,
    clean: clean.place,
  };
}

/** The folder of one attempt of one run. */
export function placeOf(place: string, { folder }: Names): string {
  return `${place.replace(/\/?$/, '/')}${folder}/`;
}

function movedRows(
  expect: Expectation,
  { checked, broken }: NonNullable<Expectation['tables']>,
  found: readonly FoundColumn[],
  wrong: readonly string[],
): string[] {
  if (wrong.length === 0) return [];
  const key = presentKey(expect, found);
  const columns = key?.map(identifier) ?? [];
  const whole = columns.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const names = columns.length === 1 ? columns[0]! : `(${columns.join(', ')})`;
  const repeated = `(${whole} AND ${names} IN (SELECT ${columns.join(', ')} FROM ${checked} WHERE ${whole} GROUP BY ${columns.join(', ')} HAVING count(*) > 1))`;
  const conditions = key === undefined ? wrong : [...wrong.slice(0, -1), repeated];
  const list = found.map(({ name }) => identifier(name)).join(', ');
  const where = conditions.join(' OR ');
  return [
    `CREATE TABLE IF NOT EXISTS ${broken} (LIKE ${checked})`,
    `INSERT INTO ${broken} (${list}) SELECT ${list} FROM ${checked} WHERE ${where}`,
    `DELETE FROM ${checked} WHERE ${where}`,
  ];
}
