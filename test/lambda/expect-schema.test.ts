// The function behind checks of data, beside what local runs show of it: hostile names and values, files that are no such files,
// answers of all services.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handler, type NextCall, type Step } from '../../lambda/expect-schema';
import { looksLike, plainType, sameType, textPattern } from '../../lambda/expect-schema/column-type';
import type { Expectation } from '../../lambda/expect-schema/expectation';
import { judge, told } from '../../lambda/expect-schema/judge';
import { measure } from '../../lambda/expect-schema/measure';
import { parquetColumns } from '../../lambda/expect-schema/parquet-columns';
import { cellsOf, columnsOf } from '../../lambda/expect-schema/sql-answer';
import { csvHeader, jsonKeys } from '../../lambda/expect-schema/text-columns';
import { openDuckDb } from '../../lib/local/duckdb';

const expectation = (change: Partial<Expectation> = {}): Expectation => ({
  engine: 'athena',
  source: 'orders',
  columns: [{ name: 'amount', type: 'double', nullable: true }],
  extraColumns: true,
  policy: 'fail',
  ...change,
});
const names = { database: 'lake', unique: 'headrace_1', folder: 'run-1/Check' };
const next = async (call: Partial<NextCall>) =>
  (await handler({ action: 'next', expect: expectation(), what: 'table t', names, ...call })) as Step;

describe('types', () => {
  it.each([
    ['varchar(20)', 'string'],
    ['character varying(10)', 'string'],
    ['int8', 'bigint'],
    ['INTEGER', 'int'],
    ['double precision', 'double'],
    ['decimal( 10, 2 )', 'decimal(10,2)'],
    ['numeric(10,2)', 'decimal(10,2)'],
    ['timestamp(3)', 'timestamp'],
    ['timestamp with time zone', 'timestamptz'],
    ['array<struct<a: int>>', 'array<struct<a:int>>'],
  ])('%s is %s', (given, plain) => {
    expect(plainType(given)).toBe(plain);
  });

  it('without a size or parts fit to any', () => {
    expect(sameType('decimal(10,2)', 'decimal')).toBe(true);
    expect(sameType('decimal(10,2)', 'decimal(12,2)')).toBe(false);
    expect(sameType('array<string>', 'array')).toBe(true);
    expect(sameType('array<string>', 'map<string,string>')).toBe(false);
    expect(sameType('int', 'bigint')).toBe(false);
  });

  it.each([
    ['7', 'bigint'],
    ['12.5e3', 'double'],
    ['12,50', 'string'],
    ['2024-01-31', 'date'],
    ['2024-01-31T10:00', 'timestamp'],
    ['TRUE', 'boolean'],
    ['', 'string'],
  ])('the text %j looks like %s', (text, type) => {
    expect(looksLike(text)).toBe(type);
  });

  it('have patterns that numbers of their own match', () => {
    const javascript = (type: string) => new RegExp(textPattern(type)!.replaceAll('[[:space:]]', '\\s'));
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        javascript('double').test(String(value)),
      ),
    );
    fc.assert(fc.property(fc.integer(), (value) => javascript('bigint').test(String(value))));
    expect(javascript('double').test('12,50')).toBe(false);
    expect(javascript('date').test('2024-1-1')).toBe(false);
  });
});

describe('what a file begins with', () => {
  it('is its names, quoted or not, packed or not', () => {
    const text = '\ufeffid,"a ""b"", c",\r\n1,2,3\n';
    expect(csvHeader(Buffer.from(text), ',')).toEqual(['id', 'a "b", c', '']);
    expect(csvHeader(gzipSync(text), ',')).toEqual(['id', 'a "b", c', '']);
    expect(csvHeader(Buffer.from('a|b'), '|')).toEqual(['a', 'b']);
    expect(csvHeader(Buffer.alloc(0), ',')).toEqual([]);
  });

  it('is read as it was written, whatever the names are', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1 })
      .map((text) => text.trim())
      .filter((text) => text !== '' && !text.startsWith('\ufeff'));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (list) => {
        const line = list.map((each) => `"${each.replaceAll('"', '""')}"`).join(',');
        const read = csvHeader(Buffer.from(`${line}\nmore`), ',');
        expect(read).toEqual(list.map((each) => Buffer.from(each).toString('utf8').trim()));
      }),
    );
  });

  it('is the keys of whole lines', () => {
    expect(jsonKeys(Buffer.from('{"a":1}\n\n{"b":{"c":2}}\n{"cut":'), false)).toEqual(['a', 'b']);
    expect(jsonKeys(Buffer.from('{"__proto__":1}'), true)).toEqual(['__proto__']);
    for (const text of ['[1]', '7', 'null', '{"a":', 'x'])
      expect(() => jsonKeys(Buffer.from(text), true)).toThrow('one JSON object a line');
  });

  it('may be anything, which is an error and never without end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        try {
          parquetColumns(Buffer.from(bytes));
        } catch (error) {
          expect((error as Error).message).toMatch(/footer|schema|column/);
        }
      }),
      { numRuns: 2000 },
    );
    // A list of two thousand million structs, and structs in structs.
    for (const bytes of [[0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07], Array.from({ length: 5000 }, () => 0x1c)])
      expect(() => parquetColumns(Buffer.from(bytes))).toThrow();
  });
});

describe('the statement', () => {
  it('keeps hostile names of columns inside their quotes', async () => {
    const evil = 'x" FROM secrets; DROP TABLE orders; --';
    const expected = expectation({ columns: [{ name: evil, type: 'bigint', nullable: false }], key: [evil] });
    const { sql, read } = measure(expected, 'orders', [{ name: evil, type: 'string' }]);
    const database = await openDuckDb();
    try {
      await database.run(
        `CREATE TABLE orders AS SELECT unnest(['1', '1', 'a', NULL]) AS "${evil.replaceAll('"', '""')}"`,
      );
      const [row] = await database.objects(sql);
      const measured = read(Object.values(row!).map((value) => (value === null ? undefined : String(value))));
      expect(measured).toMatchObject({ rows: 4, broken: 4, repeated: { keys: 1, rows: 2, sample: '1' } });
      expect(measured.nulls.get(evil)).toBe(1);
      expect(measured.strange.get(evil)).toEqual({ rows: 1, sample: 'a' });
    } finally {
      database.close();
    }
  });

  it('asks no cast that Athena refuses', () => {
    const ask = (type: string, is: string) =>
      measure(expectation({ columns: [{ name: 'a', type, nullable: true }] }), 't', [{ name: 'a', type: is }]).sql;
    expect(ask('double', 'date')).not.toContain('TRY_CAST');
    expect(ask('string', 'double')).not.toContain('TRY_CAST');
    expect(ask('array<int>', 'string')).not.toContain('TRY_CAST');
    expect(ask('int', 'bigint')).toContain('TRY_CAST("a" AS integer)');
    expect(ask('float', 'string')).toContain('TRY_CAST("a" AS real)');
  });
});

describe('the verdict', () => {
  it('is one line a problem, whatever the data say', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
        (sample, name) => {
          const expected = expectation({ columns: [{ name, type: 'double', nullable: true }] });
          const measured = { rows: 1, nulls: new Map(), strange: new Map([[name, { rows: 1, sample }]]), broken: 1 };
          const [problem] = judge(expected, [{ name, type: 'string' }], measured, undefined).problems;
          expect(problem).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
          expect(problem!.length).toBeLessThan(1200);
        },
      ),
    );
  });

  it('of ten thousand problems fits into a cause and into outputs', async () => {
    const columns = Array.from({ length: 10_000 }, (_, i) => ({ name: `column_${i}`, type: 'int', nullable: true }));
    const call = {
      expect: expectation({ columns, policy: 'warn' }),
      progress: { stage: 'measure' as const, found: [] },
    };
    const warned = await next({ ...call, answer: { Rows: [{}, { Data: [] }] } });
    expect(warned.out!.problems).toHaveLength(31);
    expect(warned.out!.problems.at(-1)).toBe('and 9970 more');
    expect(
      told(
        't',
        Array.from({ length: 30 }, () => 'x'.repeat(5000)),
      ).length,
    ).toBeLessThan(8100);
  });

  it.each([
    ['2024-01-05 10:00:00.000', '2024-01-05T12:00:00Z', true],
    ['2024-01-05 10:00:00.000 UTC', '2024-01-05T14:00:01Z', false],
    ['2024-01-05 10:00:00+02', '2024-01-05T12:00:00Z', false],
    ['2024-01-05', '2024-01-05T02:00:00Z', true],
    ['yesterday', '2024-01-05T02:00:00Z', false],
    ['2024-01-05', 'now', false],
  ])('of the newest value %s at %s', (newest, asOf, ok) => {
    const fresh = { seconds: 3 * 3600, column: 'amount', asOf };
    const measured = { rows: 1, nulls: new Map(), strange: new Map(), broken: 0, newest };
    const { problems } = judge(expectation({ fresh }), [{ name: 'amount', type: 'double' }], measured, undefined);
    expect(problems).toHaveLength(ok ? 0 : 1);
  });

  it('names a column that may have been renamed', () => {
    const measured = { rows: 1, nulls: new Map(), strange: new Map(), broken: 0 };
    expect(
      judge(expectation({ extraColumns: false }), [{ name: 'amont', type: 'double' }], measured, undefined).problems,
    ).toEqual(['column `amount` (double) is missing; column `amont`, which nobody expects, is there']);
  });
});

describe('answers', () => {
  it('of Athena, Redshift and the catalog are columns and cells', () => {
    expect(
      columnsOf({ ResultSetMetadata: { ColumnInfo: [{ Name: 'A', Type: 'decimal', Precision: 10, Scale: 2 }] } }),
    ).toEqual([{ name: 'a', type: 'decimal(10,2)' }]);
    expect(columnsOf({ ColumnMetadata: [{ Name: 'x', Label: 'b', TypeName: 'int4' }] })).toEqual([
      { name: 'b', type: 'int' },
    ]);
    // JSONata hands on one item without its list.
    expect(columnsOf({ columns: { Name: 'a', Type: 'string' }, keys: [{ Name: 'day', Type: 'date' }] })).toHaveLength(
      2,
    );
    expect(cellsOf({ Rows: [{}, { Data: [{ VarCharValue: '1' }, {}, { VarCharValue: '' }] }] })).toEqual([
      '1',
      undefined,
      '',
    ]);
    expect(cellsOf({ Records: [[{ LongValue: 1 }, { IsNull: true }, { StringValue: 'x' }]] })).toEqual([
      '1',
      undefined,
      'x',
    ]);
    expect(cellsOf({ Rows: [{ Data: [{ VarCharValue: 'name' }] }] })).toEqual([]);
  });

  it('to a call that is none is an error', async () => {
    await expect(handler({ action: 'other' } as never)).rejects.toThrow('expected heads or next');
    await expect(next({ table: { columns: [] } })).rejects.toMatchObject({ name: 'Headrace.NoColumns' });
  });
});
