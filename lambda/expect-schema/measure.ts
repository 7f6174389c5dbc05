// One SELECT that counts everything that may be wrong with rows. In: what is expected, the columns that are there. Out: the statement,
// and how its one row is read. Always: it names only columns that are there; conditions are never NULL.

import { athenaType, baseType, converts, isNested, plainType, sameType, textPattern } from './column-type';
import type { Expectation, ExpectedColumn, FoundColumn } from './expectation';

export interface Measured {
  readonly rows: number;
  readonly nulls: ReadonlyMap<string, number>;
  /** Values that are not of the expected type. */
  readonly strange: ReadonlyMap<string, Strange>;
  /** Values of a key that stand in more than one row, and in how many rows all together. */
  readonly repeated?: { readonly keys: number; readonly rows: number; readonly sample: string | undefined };
  readonly newest?: string;
  /** Columns that no row has, though they could be asked for. */
  readonly absent?: readonly string[];
  /** Rows of which anything is wrong. */
  readonly broken: number;
}

export interface Strange {
  readonly rows: number;
  readonly sample: string | undefined;
}

export interface Measure {
  readonly sql: string;
  read(row: readonly (string | undefined)[]): Measured;
}

export function measure(expect: Expectation, source: string, found: readonly FoundColumn[]): Measure {
  const terms: string[] = ['count(*)'];
  const at = (term: string) => terms.push(term) - 1;
  const nulls = new Map<string, number>();
  const strange = new Map<string, readonly [number, number]>();
  for (const { column, is } of pairs(expect, found)) {
    const name = identifier(column.name);
    if (!column.nullable) nulls.set(column.name, at(counted(`${name} IS NULL`)));
    const condition = strangeness(expect, column, is);
    if (condition !== undefined)
      strange.set(column.name, [at(counted(condition)), at(`min(CASE WHEN ${condition} THEN ${name} END)`)]);
  }
  const wrong = brokenRows(expect, found);
  const broken = wrong.length > 0 ? at(counted(wrong.join(' OR '))) : undefined;
  const fresh = expect.fresh?.column;
  const newest = fresh !== undefined && has(found, fresh) ? at(newestOf(expect, found, fresh)) : undefined;
  const unseen = found
    .filter((column) => column.unseen)
    .map(({ name }) => ({ name, term: at(`count(${identifier(name)})`) }));
  const key = presentKey(expect, found);
  const names = terms.map((_, i) => `c${i}`);
  const plain = `SELECT ${terms.map((term, i) => `${term} AS ${names[i]}`).join(', ')}\nFROM ${numbered(expect, source, found)}`;
  return {
    sql: key === undefined ? plain : withKey(plain, names, key, source),
    read: (row) => {
      const number = (i: number) => Number(row[i] ?? 0);
      return {
        rows: number(0),
        nulls: new Map([...nulls].map(([name, i]) => [name, number(i)])),
        strange: new Map([...strange].map(([name, [i, j]]) => [name, { rows: number(i), sample: row[j] }])),
        ...(key !== undefined && {
          repeated: { keys: number(terms.length), rows: number(terms.length + 1), sample: row[terms.length + 2] },
        }),
        ...(newest !== undefined && row[newest] !== undefined && { newest: row[newest] }),
        absent: unseen.filter(({ term }) => number(term) === 0).map(({ name }) => name),
        broken: broken === undefined ? 0 : number(broken),
      };
    },
  };
}

/** The rows that break, as conditions over `numbered`. */
export function brokenRows(expect: Expectation, found: readonly FoundColumn[]): string[] {
  const conditions = pairs(expect, found).flatMap(({ column, is }) => [
    ...(column.nullable ? [] : [`${identifier(column.name)} IS NULL`]),
    ...[strangeness(expect, column, is)].filter((one) => one !== undefined),
  ]);
  return presentKey(expect, found) === undefined ? conditions : [...conditions, `${REPEATS} > 1`];
}

const REPEATS = 'headrace_repeats';

/** The rows, each with how many rows have its key. */
export function numbered(expect: Expectation, source: string, found: readonly FoundColumn[]): string {
  const key = presentKey(expect, found);
  if (key === undefined) return `${source} t`;
  const columns = key.map(identifier);
  const whole = columns.map((name) => `${name} IS NOT NULL`).join(' AND ');
  return `(SELECT s.*, CASE WHEN ${whole} THEN count(*) OVER (PARTITION BY ${columns.join(', ')}) ELSE 1 END AS ${REPEATS} FROM ${source} s) t`;
}

function withKey(plain: string, names: readonly string[], key: readonly string[], source: string): string {
  const columns = key.map(identifier);
  const whole = columns.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const sample = columns.length === 1 ? `min(${columns[0]})` : 'CAST(NULL AS varchar)';
  return (
    `SELECT ${names.map((name) => `m.${name}`).join(', ')}, d.d0, d.d1, d.d2\nFROM (${plain}) m CROSS JOIN (` +
    `SELECT count(*) AS d0, sum(n) AS d1, ${sample} AS d2 FROM (` +
    `SELECT ${columns.join(', ')}, count(*) AS n FROM ${source} s WHERE ${whole} GROUP BY ${columns.join(', ')} HAVING count(*) > 1) g) d`
  );
}

/** Each expected column that is there, with what it is. */
export function pairs(expect: Expectation, found: readonly FoundColumn[]): { column: ExpectedColumn; is: string }[] {
  return expect.columns.flatMap((column) => {
    const is = found.find(({ name }) => name === column.name)?.type;
    return is === undefined ? [] : [{ column, is }];
  });
}

function has(found: readonly FoundColumn[], name: string): boolean {
  return found.some((each) => each.name === name);
}

/** A key of which a column is missing is not looked for: that column is the news. */
export function presentKey(expect: Expectation, found: readonly FoundColumn[]): readonly string[] | undefined {
  return expect.key?.every((name) => has(found, name)) ? expect.key : undefined;
}

/** Condition of a value that is there and is not of the expected type; undefined where that cannot be, or cannot be asked. */
function strangeness({ engine }: Expectation, { name, type }: ExpectedColumn, is: string): string | undefined {
  if (sameType(type, 'string') || (is !== 'text' && (sameType(type, is) || !converts(is, type)))) return undefined;
  if (isNested(type)) return undefined;
  const column = identifier(name);
  if (engine === 'athena') return `(${column} IS NOT NULL AND ${converted(column, type, is)} IS NULL)`;
  const pattern = sameType(is, 'string') ? textPattern(type) : undefined;
  return pattern === undefined ? undefined : `(${column} IS NOT NULL AND NOT ${column} ~ '${pattern}')`;
}

/** A value as Athena converts it; NULL where it cannot. Times of ISO 8601 are read, too, which its CAST does not take. */
export function converted(column: string, type: string, is: string): string {
  const times = baseType(plainType(type)).startsWith('timestamp') && sameType(is, 'string');
  const text = times ? `regexp_replace(replace(${column}, 'T', ' '), 'Z$', '')` : column;
  return `TRY_CAST(${text} AS ${athenaType(type)})`;
}

function newestOf({ engine, columns }: Expectation, found: readonly FoundColumn[], name: string): string {
  const column = identifier(name);
  const type = columns.find((each) => each.name === name)?.type ?? 'timestamp';
  const is = found.find((each) => each.name === name)!.type;
  // The greatest of texts is not the latest of times.
  const text = engine === 'athena' && sameType(is, 'string') && converts('string', type) && !sameType(type, 'string');
  return `max(${text ? converted(column, type, is) : column})`;
}

function counted(condition: string): string {
  return `count(CASE WHEN ${condition} THEN 1 END)`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
