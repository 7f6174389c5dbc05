// COPY on real files: packed ones, faulty rows and what is told of them, and a process that is killed in the middle.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBzip2 } from '../../../lib/local/redshift/bzip2';
import { openTestWarehouse, type TestWarehouse } from './warehouse-fixture';

let test: TestWarehouse;
beforeEach(async () => {
  test = await openTestWarehouse();
  await test.warehouse.execute('create table t(id int, v varchar(5))');
});
afterEach(() => test.warehouse.close());

const copy = (options: string) =>
  test.rows(`copy t from 's3://b/f' iam_role default ${options}; select * from t order by 1`);
const GOOD = '1|a\n2|b\n';
const ANSWER = [
  [1, 'a'],
  [2, 'b'],
];

describe('packed files', () => {
  it('gzip, zstd and bzip2', async () => {
    test.put('s3://b/f', gzipSync(GOOD));
    expect(await copy('gzip')).toEqual(ANSWER);
    await test.rows('truncate t');
    // What the zstd command makes of the same text.
    test.put('s3://b/f', Buffer.from('28b52ffd0458410000317c610a327c620a35e019e8', 'hex'));
    expect(await copy('zstd')).toEqual(ANSWER);
    await test.rows('truncate t');
    test.put('s3://b/f', packBzip2(GOOD));
    expect(await copy('bzip2')).toEqual(ANSWER);
  });

  it('a file of another form is refused by name', async () => {
    test.put('s3://b/f', GOOD);
    await expect(copy('bzip2')).rejects.toThrow(/s3:\/\/b\/f: the file is not in bzip2 format/);
    await expect(copy('gzip')).rejects.toThrow(/s3:\/\/b\/f: the file is not in gzip format/);
    await expect(copy('zstd')).rejects.toThrow(/s3:\/\/b\/f: the file is not in zstd format/);
    await expect(copy('lzop')).rejects.toThrow(/COPY of LZOP files/);
  });

  it('no bytes make the bzip2 reader hang or answer wrongly', () => {
    const whole = packBzip2(GOOD);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = Buffer.from(whole);
        broken[at] = (broken[at] as number) ^ flip;
        try {
          // Only what no sum covers may differ unnoticed: the level and the sum of the whole.
          return readBzip2(broken).equals(Buffer.from(GOOD));
        } catch (error) {
          return error instanceof Error;
        }
      }),
    );
  });
});

describe('faulty rows', () => {
  const BAD = 'x|a\n2|b\ny|c\n4|toolong\n';

  it('MAXERROR is the number of errors that fails the load', async () => {
    test.put('s3://b/f', BAD);
    await expect(copy('maxerror 3')).rejects.toThrow(/s3:\/\/b\/f, line 4, column v: String length exceeds DDL length/);
    await expect(copy('maxerror 1')).rejects.toThrow(/line 1, column id: Invalid digit, Value 'x'/);
    expect(await test.rows('select count(*) from t')).toEqual([[0]]);
    expect(await copy('maxerror 4')).toEqual([[2, 'b']]);
    await expect(copy('maxerror 4 ignoreallerrors')).rejects.toThrow(
      /IGNOREALLERRORS is not supported with MAXERROR|MAXERROR is not supported/,
    );
  });

  it('are told with file, line, column, code and the raw value, in both views', async () => {
    test.put('s3://b/f', BAD);
    await copy('ignoreallerrors');
    const where = 'where query = pg_last_copy_id() order by line_number';
    expect(
      await test.rows(
        `select filename, line_number, colname, type, col_length, position, raw_line, raw_field_value, err_code, err_reason from stl_load_errors ${where}`,
      ),
    ).toEqual([
      ['s3://b/f', 1, 'id', 'integer', '', 0, 'x|a', 'x', 1207, "Invalid digit, Value 'x'"],
      ['s3://b/f', 3, 'id', 'integer', '', 0, 'y|c', 'y', 1207, "Invalid digit, Value 'y'"],
      [
        's3://b/f',
        4,
        'v',
        'varchar',
        '5',
        2,
        '4|toolong',
        'toolong',
        1204,
        'String length exceeds DDL length (7 bytes for character varying(5))',
      ],
    ]);
    expect(
      await test.rows('select count(*), min(error_code) from sys_load_error_detail where query_id = pg_last_copy_id()'),
    ).toEqual([[3, 1204]]);
  });

  it('the last row of a large file is named, and the table is as it was', async () => {
    await test.rows("insert into t values (0, 'kept')");
    const lines = Array.from({ length: 300_000 }, (_, index) => `${index},v${index % 100}`);
    test.put('s3://b/f', `${lines.join('\n')}\nbroken,v\n`);
    await expect(copy('csv')).rejects.toThrow(/s3:\/\/b\/f, line 300001, column id: Invalid digit, Value 'broken'/);
    expect(await test.rows('select * from t')).toEqual([[0, 'kept']]);
  });

  it('other encodings than UTF-8 are an error unless they are named', async () => {
    test.put('s3://b/f', Buffer.from('1|caf\xe9\n', 'latin1'));
    await expect(copy('')).rejects.toThrow(/line 1: String contains invalid or unsupported UTF8 codepoints/);
    expect(await copy("acceptinvchars as '^'")).toEqual([[1, 'caf^']]);
    await test.rows('truncate t');
    expect(await copy('encoding iso88591')).toEqual([[1, 'café']]);
  });

  it('a line that is no UTF-8 is one faulty row: those after it are loaded', async () => {
    const overlong = '\xe0\x80\x80';
    const surrogate = '\xed\xa0\x80';
    test.put('s3://b/f', Buffer.from(`1|a\n2|\xff\n3|${overlong}\n4|${surrogate}\n5|\xef\xbf\xbd\n6|b\n`, 'latin1'));
    await expect(copy('maxerror 3')).rejects.toThrow(/s3:\/\/b\/f, line 4: .*UTF8/);
    const good = [
      [1, 'a'],
      [5, '\ufffd'],
      [6, 'b'],
    ];
    expect(await copy('maxerror 4')).toEqual(good);
    await test.rows('truncate t');
    test.put('s3://b/f', Buffer.from('1,a\n2,"x\n\xff"\n5,\xef\xbf\xbd\n6,b\n', 'latin1'));
    expect(await copy('csv maxerror 2')).toEqual(good);
  });

  it('a Parquet file that is cut off is named', async () => {
    test.put('s3://b/f', 'PAR1 and no more');
    await expect(copy('format parquet')).rejects.toThrow(/s3:\/\/b\/f: not a readable Parquet file/);
  });
});

describe('a process that is killed during COPY', () => {
  it('leaves a warehouse that opens, with the table as it was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headrace-killed-'));
    const file = join(folder, 'w.duckdb');
    const lines = Array.from({ length: 400_000 }, (_, index) => `${index}|v${index % 100}`);
    writeFileSync(join(folder, 'big'), `${lines.join('\n')}\n`);
    const script = join(folder, 'load.ts');
    writeFileSync(
      script,
      `import { Warehouse } from ${JSON.stringify(join(process.cwd(), 'lib/local/redshift/warehouse'))};
      (async () => {
        const warehouse = await Warehouse.open({ file: ${JSON.stringify(file)}, resolveS3: () => ({ path: ${JSON.stringify(join(folder, 'big'))} }) });
        await warehouse.execute("create table t(id int, v varchar(9)); insert into t values (-1, 'kept')");
        console.log('loading');
        for (;;) await warehouse.execute("begin; copy t from 's3://b/big' iam_role default trimblanks; rollback");
      })();`,
    );
    // Itself, not a wrapper: its lock is gone when it has ended.
    const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve) => child.stdout.on('data', () => setTimeout(resolve, 700)));
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const after = await openTestWarehouse(file);
    expect(await after.rows('select * from t')).toEqual([[-1, 'kept']]);
    expect(await after.rows("insert into t values (1, 'x'); select count(*) from t")).toEqual([[2]]);
    after.warehouse.close();
  });
});

/** Packed by Python's own library, as the tests' machine has one. */
function packBzip2(text: string): Buffer {
  return execFileSync(
    'python3',
    ['-c', 'import bz2,sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))'],
    {
      input: text,
    },
  );
}
