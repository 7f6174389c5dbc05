// Examples and rules of Redshift's Database Developer Guide, each with its page.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../../lib/local/duckdb';
import { isAggregate } from '../../../lib/local/redshift/bind-aggregate';
import { isWindowFunction } from '../../../lib/local/redshift/bind-window';
import { BUILTINS } from '../../../lib/local/redshift/builtins/builtins';
import type { Json } from '../../../lib/local/redshift/result';
import { openTestWarehouse, type TestWarehouse } from './warehouse-fixture';

let test: TestWarehouse;
beforeAll(async () => {
  test = await openTestWarehouse();
  await test.warehouse.execute(`
    create table category(catid int, catname varchar(10));
    insert into category values (1, 'MLB'), (2, 'NHL'), (3, 'NFL');
    create table event(eventid int, catid int, venue int);
    insert into event values (796, 1, 10), (797, 2, 11), (798, 2, 10);
    create table venue(venue int, vname varchar(9));
    insert into venue values (10, 'ten'), (12, 'twelve');
    create table t(a varchar(5), n int);
    insert into t values ('x', 1), ('x  ', 2), (' x', 3), ('X', 4), (null, 5);
    create table ci(c varchar(10) collate case_insensitive, d varchar(10));
    insert into ci values ('bob', '1'), ('Bob', '2'), ('JOHN', '3'), ('john', '4'), ('Mary', '5');`);
});
afterAll(() => test.warehouse.close());

const ANSWERS: readonly [page: string, sql: string, rows: Json[][]][] = [
  // Arrays searched, sorted, and as sets.
  ['array_sort', "select array_sort(array('b', 'a', 0, null, 1, false))", [['[false,0,1,"a","b",null]']]],
  ['array_sort', "select array_sort(array('b', 'a', 0, null, 1, false), false)", [['[null,"b","a",1,0,false]']]],
  ['array_sort', "select array_sort(array('b', 'a', 0, null, 1, false), false, false)", [['["b","a",1,0,false,null]']]],
  ['array_except', "select array_except(array('a','b','c'), array('b','c','d'))", [['["a"]']]],
  ['array_except', "select array_except(array('b','b','b','b'), array('b','b'))", [['["b","b"]']]],
  ['array_except', "select array_except(array('a','b','b'), array('b'), true)", [['["a"]']]],
  ['array_except', "select array_except(array('a', null), array(null))", [['["a"]']]],
  ['array_contains', "select array_contains(array('red','green'), 'red')", [[true]]],
  [
    'array_contains',
    "select array_contains(array('red', null), 'x'), array_contains(array('red', null), null)",
    [[false, true]],
  ],
  [
    'array_contains',
    "select array_contains(array('red', null), 'x', false), array_contains(array('red'), null, false)",
    [[null, null]],
  ],
  ['array_position', 'select array_position(array(1, 2, 2), 2), array_position(array(1), 3)', [[1, -1]]],
  ['array_positions', 'select array_positions(array(1, 2, 2), 2), array_positions(array(1), 3)', [['[1,2]', '[]']]],
  ['array_distinct', "select array_distinct(array(1, 1, 'a', null, null))", [['[1,"a",null]']]],
  ['array_intersection', 'select array_intersection(array(1, 1, 2), array(1, 3, 2))', [['[1,2]']]],
  [
    'r_lower_attribute_names',
    `select lower_attribute_names(json_parse('{"A":{"Bc":[{"D":"E"}]}}')), upper_attribute_names(json_parse('{"a":1}'))`,
    [['{"a":{"bc":[{"d":"E"}]}}', '{"A":1}']],
  ],
  // Joins with (+) in WHERE.
  [
    'r_WHERE_oracle_outer',
    'select catname, eventid from category, event where category.catid=event.catid(+) and eventid(+)=796 order by 1',
    [
      ['MLB', 796],
      ['NFL', null],
      ['NHL', null],
    ],
  ],
  [
    'r_WHERE_oracle_outer',
    'select catname, eventid from category, event where category.catid=event.catid(+) and eventid=796',
    [['MLB', 796]],
  ],
  [
    'r_WHERE_oracle_outer',
    'select c.catid, e.eventid, v.vname from event e, category c, venue v where e.catid(+)=c.catid and e.venue=v.venue(+) order by 1, 2',
    [
      [1, 796, 'ten'],
      [2, 797, null],
      [2, 798, 'ten'],
      [3, null, null],
    ],
  ],
  // Trailing blanks do not tell values apart.
  ['r_Character_types', 'select count(*) from (select a from t group by a) q', [[4]]],
  ['r_Character_types', "select count(*) from t where a = 'x'", [[2]]],
  ['r_Character_types', "select count(*) n from t group by a having a = 'x'", [[2]]],
  ['r_Character_types', 'select count(*) from (select distinct a from t) q', [[4]]],
  ['r_Character_types', "select count(*) from (select a from t union select 'x') q", [[4]]],
  ['r_Character_types', "select a from t intersect select 'x    '", [['x']]],
  ['r_Character_types', "select count(*) from (select a from t except select 'x') q", [[3]]],
  [
    'r_Character_types',
    'select n, row_number() over (partition by a order by n) from t order by 1 limit 2',
    [
      [1, 1],
      [2, 2],
    ],
  ],
  ['r_Character_types', 'select upper(a) || count(*)::varchar from t group by a having count(*) > 1', [['X2']]],
  [
    'r_Character_types',
    'select a, (select max(n) from t i where i.a = t.a) from t group by a order by 2 limit 1',
    [['x', 2]],
  ],
  // Letter case does not, under a case-insensitive collation.
  ['r_CREATE_TABLE_examples', "select d from ci where c = 'JOHN' order by 1", [['3'], ['4']]],
  [
    'r_CREATE_DATABASE',
    'select lower_c, n from (select max(d) lower_c, count(*) n from ci group by c) q order by 1',
    [
      ['2', 2],
      ['4', 2],
      ['5', 1],
    ],
  ],
  [
    'r_CREATE_DATABASE',
    'select d, rank() over (order by c) from ci order by 1 limit 3',
    [
      ['1', 1],
      ['2', 1],
      ['3', 3],
    ],
  ],
  ['r_CREATE_DATABASE', 'select count(distinct c) from ci', [[3]]],
  // SUPER.
  [
    'operators-functions',
    'select array_flatten(x) from (select array(1, array(2, array(3, array()))) as x) q',
    [['[1,2,3]']],
  ],
  ['array_flatten', 'select array_flatten(array(array(1,2),array(3)))', [['[1,2,3]']]],
  // Types and numbers.
  ['r_STDDEV_functions', 'select cast(1.236 as dec(4,2))', [['1.24']]],
  ['r_CAST_function', 'select cast(109.652 as decimal(4,1))', [['109.7']]],
  ['r_numeric_computations201', 'select 7/2, -7/2, 7/2.0', [[3, -3, '3.5000']]],
  ['r_ROUND', 'select round(28.05, 1), round(-2.5), trunc(115.995, 2)', [['28.10', '-3.0', '115.990']]],
  // Settings of the session's own.
  [
    'r_CURRENT_SETTING',
    "set app_context.user_id to 'XXX'; select current_setting('app_context.user_id', false)",
    [['XXX']],
  ],
  // Keys by the column's place.
  [
    'r_CTAS_examples',
    `create table eventdistsort distkey (1) sortkey (1,3) as select eventid, venue, catid from event;
     select "column", distkey, sortkey from pg_table_def where tablename = 'eventdistsort'`,
    [
      ['eventid', true, 1],
      ['venue', false, 0],
      ['catid', false, 2],
    ],
  ],
  // Constraints get names.
  [
    'r_ALTER_TABLE_examples_basic',
    `create table p(id int primary key, q int references p(id), unique(q));
     alter table p drop constraint p_pkey;
     select constraint_name, constraint_type from information_schema.table_constraints where table_name = 'p' order by 1`,
    [
      ['p_q_fkey', 'FOREIGN KEY'],
      ['p_q_key', 'UNIQUE'],
    ],
  ],
  ['r_SELECT_list', 'select amc, pmc from (select 1 amc) at, (select 2 pmc) pt', [[1, 2]]],
];

describe('answers as documented', () => {
  for (const [page, sql, rows] of ANSWERS)
    it(`${page}: ${sql.replace(/\s+/g, ' ').slice(0, 90)}`, async () => expect(await test.rows(sql)).toEqual(rows));
});

const REFUSALS: readonly [page: string, sql: string, message: RegExp][] = [
  [
    'r_WHERE_oracle_outer',
    'select 1 from category, event where category.catid(+)=event.catid or event.catid=0',
    /\(\+\) not allowed in operand of OR or IN/,
  ],
  [
    'r_WHERE_oracle_outer',
    'select 1 from category, event, venue where event.catid(+)=category.catid and event.venue(+)=venue.venue',
    /A table may be outer joined to at most one other table/,
  ],
  ['r_WHERE_oracle_outer', 'select catid(+) from event', /\(\+\) may be used in the WHERE clause/],
  ['r_CREATE_DATABASE', 'select c = d from ci', /Query with different collations is not supported yet/],
  ['r_CREATE_DATABASE', 'select coalesce(c, d) from ci', /Query with different collations/],
  ['r_CREATE_DATABASE', 'select c || d from ci', /Query with different collations/],
  ['r_COLLATE', 'select replace(c, $$b$$, $$x$$) from ci', /REPLACE on a case-insensitive column/],
  ['r_SET_SESSION_AUTHORIZATION', 'set session authorization bob', /SET SESSION AUTHORIZATION/],
  ['declare', 'declare c cursor for select 1', /only be used in transaction blocks/],
  ['r_numeric_computations201', 'select 2147483647 + 1', /overflow/i],
  ['r_ABS', 'select abs(-2147483648)', /overflow/i],
  ['r_Numeric_types201', 'select 1e400', /out of range/],
  [
    'r_CONNECT_BY_clause',
    'select id from (select 1 as id, 2 as p union all select 2, 1) h start with id = 1 connect by prior id = p',
    /runs in a circle/,
  ],
  ['r_numeric_computations201', 'select 5 % 0', /division by zero/],
  ['c_unsupported-postgresql-functions', 'select string_agg(a, $$,$$) from t', /function string_agg does not exist/],
  ['r_SELECT_list', 'select distinct a from t order by n', /ORDER BY expressions must appear in select list/],
];

describe('errors as documented', () => {
  for (const [page, sql, message] of REFUSALS)
    it(`${page}: ${sql.slice(0, 90)}`, async () => {
      await expect(test.rows(sql.replaceAll('$$', "'"))).rejects.toThrow(message);
    });
});

describe('functions of DuckDB', () => {
  it('are refused by name unless Redshift has them too', async () => {
    const database = await openDuckDb();
    const { rows } = await database.rows(
      "select distinct function_name from duckdb_functions() where regexp_full_match(function_name, '[a-z_][a-z0-9_]*')",
    );
    database.close();
    const names = rows
      .map(([name]) => String(name))
      .filter((name) => {
        const call = { kind: 'call' as const, name, args: [], position: 0 };
        // TRIM and EXISTS have a grammar of their own.
        return (
          !['trim', 'exists'].includes(name) && !BUILTINS.has(name) && !isAggregate(call) && !isWindowFunction(name)
        );
      });
    expect(names.length).toBeGreaterThan(300);
    for (const name of names) {
      const outcome = await test.rows(`select ${name}(1)`).then(
        (answer) => `answered ${JSON.stringify(answer)}`,
        (error: Error) => error.message,
      );
      expect(outcome, name).toMatch(/does not exist|not supported|syntax error|is not an aggregate/);
    }
  });
});

describe('cursors of procedures', () => {
  it('are fetched by the name that the caller gave, until the transaction ends', async () => {
    await test.warehouse.execute(`create or replace procedure get_result_set(param in integer, rs_out inout refcursor) as $$
      begin open rs_out for select catid, catname from category where catid >= param order by 1; end; $$ language plpgsql`);
    await test.warehouse.execute('begin');
    expect(await test.rows("call get_result_set(2, 'mycursor')")).toEqual([['mycursor']]);
    expect(await test.rows('fetch 1 from mycursor')).toEqual([[2, 'NHL']]);
    expect(await test.rows('fetch all from mycursor')).toEqual([[3, 'NFL']]);
    await test.warehouse.execute('commit');
    await expect(test.rows('fetch all from mycursor')).rejects.toThrow(/cursor "mycursor" does not exist/);
  });
});

describe('external partitions', () => {
  it('are there once they are added, wherever their files are', async () => {
    test.put('s3://lake/x/p1/f.txt', '1\n');
    test.put('s3://lake/other/f.txt', '2\n');
    await test.warehouse.execute(`
      create external schema sp from data catalog database 'd' iam_role default create external database if not exists;
      create external table sp.x(a int) partitioned by (day char(10)) row format delimited fields terminated by '|' stored as textfile location 's3://lake/x/'`);
    expect(await test.rows('select * from sp.x')).toEqual([]);
    await test.warehouse.execute(
      "alter table sp.x add partition(day='2024-01-01') location 's3://lake/x/p1/' partition(day='2024-01-02') location 's3://lake/other/'",
    );
    expect(await test.rows('select * from sp.x order by 1')).toEqual([
      [1, '2024-01-01'],
      [2, '2024-01-02'],
    ]);
    await test.warehouse.execute("alter table sp.x drop partition(day='2024-01-02')");
    expect(await test.rows('select count(*) from sp.x')).toEqual([[1]]);
    await expect(test.rows("alter table sp.x drop partition(day='2024-01-02')")).rejects.toThrow(/does not exist/);
  });
});
