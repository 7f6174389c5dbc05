import { describe, expect, it } from 'vitest';
import { openDuckDb } from '../../../lib/local/duckdb';
import { SPARK_PRELUDE, sparkToDuckDb } from '../../../lib/local/services/spark-dialect';

async function answer(text: string, parameters: { [name: string]: string } = {}): Promise<unknown[]> {
  const database = await openDuckDb();
  try {
    await database.run(SPARK_PRELUDE);
    const { rows } = await database.rows(sparkToDuckDb(text, parameters).sql);
    return rows
      .map((row) => (row.length === 1 ? row[0] : row))
      .map((value) => (typeof value === 'bigint' ? Number(value) : value));
  } finally {
    database.close();
  }
}

describe('Spark SQL on DuckDB', () => {
  it.each<[string, unknown]>([
    ['SELECT CAST(1.9 AS int)', 1],
    ['SELECT CAST(-1.9 AS bigint)', -1],
    ["SELECT CAST('12' AS int)", 12],
    ["SELECT CAST('12.7' AS int)", 12],
    ['SELECT 7 / 2', 3.5],
    ['SELECT "a text"', 'a text'],
    ["SELECT 'it''s'", "it's"],
    ['SELECT `odd name` FROM (SELECT 1 AS `odd name`)', 1],
    ['SELECT coalesce(nvl(NULL, 2), 3) -- the rest is a remark', 2],
    ['SELECT NULL <=> NULL', true],
    ['SELECT CAST(1 AS string)', '1'],
  ])('%s', async (text, expected) => {
    expect(await answer(text)).toEqual([expected]);
  });

  it('sorts nulls as Spark does', async () => {
    expect(await answer('SELECT * FROM (VALUES (1), (NULL), (2)) AS t(x) ORDER BY x')).toEqual([null, 1, 2]);
    expect(await answer('SELECT * FROM (VALUES (1), (NULL), (2)) AS t(x) ORDER BY x DESC')).toEqual([2, 1, null]);
  });

  it('takes parameters as texts, whatever they hold', async () => {
    expect(await answer('SELECT :day', { day: "'; DROP TABLE x --" })).toEqual(["'; DROP TABLE x --"]);
  });

  it.each([
    ['SELECT a[0] FROM t', /subscript/],
    ['SELECT x RLIKE "a"', /RLIKE/],
    ['SELECT explode(a) FROM t', /function explode/],
    ['SELECT concat(a, b) FROM t', /function concat/],
    ['SELECT 7 div 2', /DIV/],
    ["SELECT 'a\\nb'", /backslash/],
    ['SELECT :day', /:day has no value/],
    ['SELECT a FROM t LATERAL VIEW x', /LATERAL VIEW/],
  ])('refuses %s by name', (text, message) => {
    expect(() => sparkToDuckDb(text, {})).toThrow(message);
  });
});
