import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  CopyFormat,
  CustomTask,
  FileCompression,
  Param,
  RedshiftCopyTask,
  type RedshiftCopyTaskProps,
  RedshiftQueryTask,
  RedshiftUnloadTask,
  Sql,
  UnloadFormat,
  Warehouse,
} from '../../lib';
import { runHere, told } from './run-local';
import { mistakes, pipeline, play } from './run-task';

const warehouse = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });
const finished = { Status: 'FINISHED', ResultRows: 3, Duration: 1e9, HasResultSet: false };

function copy(props: Partial<RedshiftCopyTaskProps> = {}) {
  const sales = pipeline({ params: { prefix: Param.string({ default: 'x' }) } });
  const load = new RedshiftCopyTask(sales, 'Load', {
    warehouse,
    table: 'sales.orders',
    source: `s3://raw/orders/${sales.run.date}/${sales.run.param('prefix')}`,
    format: CopyFormat.CSV,
    ...props,
  });
  return { sales, load };
}

async function sqlOf(props: Partial<RedshiftCopyTaskProps>, params = {}): Promise<string[]> {
  const run = await play(copy(props).sales, (call) => (call.action.startsWith('describe') ? finished : { Id: 'a' }), {
    logicalDate: '2026-03-29T01:00:00Z',
    params,
  });
  expect(run.status).toBe('SUCCEEDED');
  return [run.arguments[0]!['Sql'] ?? run.arguments[0]!['Sqls']].flat() as string[];
}

describe('COPY', () => {
  it('is written from the options', async () => {
    expect(
      await sqlOf({
        columns: ['id', '"Order Date"'],
        ignoreHeader: 1,
        delimiter: ';',
        compression: FileCompression.GZIP,
        nullAs: 'NULL',
        dateFormat: 'auto',
        maxError: 5,
        blanksAsNull: true,
        truncateColumns: false,
        sourceRegion: 'us-west-2',
      }),
    ).toEqual([
      'COPY sales.orders (id, "Order Date") FROM \'s3://raw/orders/2026-03-29/x\' IAM_ROLE DEFAULT FORMAT AS CSV' +
        " DELIMITER ';' IGNOREHEADER 1 GZIP NULL AS 'NULL' DATEFORMAT 'auto' MAXERROR 5 BLANKSASNULL REGION 'us-west-2'",
    ]);
  });

  it('takes a value of the run as one text, whatever it holds', async () => {
    const [sql] = await sqlOf({ format: CopyFormat.PARQUET }, { prefix: "a'; drop table b; --" });
    expect(sql).toBe(
      "COPY sales.orders FROM 's3://raw/orders/2026-03-29/a''; drop table b; --' IAM_ROLE DEFAULT FORMAT AS PARQUET",
    );
  });

  it('runs with what clears the way in one transaction', async () => {
    expect(
      await sqlOf({
        before: Sql.fromString('delete from sales.orders where day = :day;'),
        parameters: { day: '2026-03-29' },
        format: CopyFormat.JSON,
        jsonPaths: 's3://raw/paths.json',
      }),
    ).toEqual([
      "delete from sales.orders where day = '2026-03-29'",
      "COPY sales.orders FROM 's3://raw/orders/2026-03-29/x' IAM_ROLE DEFAULT FORMAT AS JSON 's3://raw/paths.json'",
    ]);
  });

  it('names a role that is given', () => {
    const { sales } = copy();
    const role = iam.Role.fromRoleArn(Stack.of(sales), 'Role', 'arn:aws:iam::111122223333:role/loader');
    return expect(sqlOf({ iamRole: role })).resolves.toEqual([
      "COPY sales.orders FROM 's3://raw/orders/2026-03-29/x' IAM_ROLE 'arn:aws:iam::111122223333:role/loader' FORMAT AS CSV",
    ]);
  });

  it("that fails says file, line, column and reason, which Redshift's own words do not", async () => {
    const own = "ERROR: Load into table 'orders' failed.  Check 'sys_load_error_detail' system table for details.";
    const run = await play(copy().sales, (call, nth) => {
      if (call.action === 'describeStatement') return { Status: 'FAILED', Error: own, RedshiftQueryId: 77 };
      if (call.action === 'executeStatement') return { Id: `s${nth}` };
      const text = (StringValue: string) => ({ StringValue });
      return { Records: [[text('s3://raw/a.csv'), { LongValue: 12 }, text('qty'), text('Invalid digit')]] };
    });
    expect(run.arguments[2]!['Sql']).toContain('FROM sys_load_error_detail WHERE query_id = 77 ');
    expect(run.failure?.Error).toBe('Redshift.StatementFailed');
    expect(run.failure?.Cause).toMatch(
      /^s3:\/\/raw\/a.csv, line 12, column qty: Invalid digit; ERROR: Load into table/,
    );
  });

  it('that fails where nobody can say why fails with the words of Redshift', async () => {
    const own = "Load into table 'orders' failed. Check 'stl_load_errors' system table for details.";
    const run = await play(copy().sales, (call, nth) => {
      if (call.action === 'describeStatement') return { Status: 'FAILED', Error: own, RedshiftQueryId: 77 };
      if (nth === 0) return { Id: 'a' };
      throw new Error('no permission');
    });
    expect(run.failure?.Cause).toContain(own);
  });
});

describe('on this computer', () => {
  const world = {
    objects: { 'raw/orders/2026-03-29/a.csv': 'id;qty\n1;2\n2;3\n', 'raw/orders/2026-03-29/b.csv': 'id;qty\n3;1\n' },
    input: { logicalDate: '2026-03-29T00:00:00Z' },
  };

  function there(ignoreHeader: number) {
    const sales = pipeline();
    const make = new RedshiftQueryTask(sales, 'Make', {
      warehouse,
      sql: Sql.fromString('create table orders (id int, qty int)'),
    });
    const load = new RedshiftCopyTask(sales, 'Load', {
      warehouse,
      table: 'orders',
      source: `s3://raw/orders/${sales.run.date}/`,
      format: CopyFormat.CSV,
      delimiter: ';',
      ignoreHeader,
      before: Sql.fromString('delete from orders'),
    });
    const back = new RedshiftUnloadTask(sales, 'Back', {
      warehouse,
      query: Sql.fromString("select id, qty, 'it''s' as note from orders where qty >= :least::int order by id"),
      parameters: { least: '2' },
      target: `s3://lake/orders/${sales.run.date}/`,
      format: UnloadFormat.CSV,
      header: true,
      parallel: false,
      cleanPath: true,
    });
    const check = new RedshiftQueryTask(sales, 'Check', {
      warehouse,
      sql: Sql.fromString('select :loaded as loaded, :unloaded as unloaded, count(*) as n from orders'),
      parameters: { loaded: load.output('loadedRows'), unloaded: back.output('unloadedRows') },
      resultRows: 1,
    });
    make.next(load).next(back).next(check);
    return { sales, check };
  }

  it('rows come in and go out, counted', async () => {
    const { sales, check } = there(1);
    new CustomTask(sales, 'Told', {
      resource: 'arn:aws:states:::events:putEvents',
      arguments: {
        Entries: [
          {
            Source: 'test',
            DetailType: 'told',
            Detail: { text: `${check.output('loaded')} ${check.output('unloaded')} ${check.output('n')}` },
          },
        ],
      },
      permissions: [],
    });
    const result = await runHere(sales, world);
    expect(told(result)).toEqual({
      Make: 'succeeded',
      Load: 'succeeded',
      Back: 'succeeded',
      Check: 'succeeded',
      Told: 'succeeded',
    });
    const { readFileSync, readdirSync } = await import('node:fs');
    const folder = `${result.store}/eu-west-1/s3/lake/orders/2026-03-29`;
    expect(readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))).toEqual([
      "id,qty,note\n1,2,it's\n2,3,it's\n",
    ]);
    expect(readFileSync(`${result.store}/eu-west-1/events/events.jsonl`, 'utf8')).toContain('"text":"3 2 3"');
  });

  it('a bad line is named', async () => {
    const result = await runHere(there(0).sales, world);
    expect(told(result)['Load']).toMatch(/failed: statement 2 of \d: .*a\.csv.* line 1/);
  });
});

describe('fails', () => {
  const { PARQUET, JSON: JSON_FORMAT, FIXED_WIDTH } = CopyFormat;
  it.each<[string, Partial<RedshiftCopyTaskProps>, string]>([
    ['with a delimiter for Parquet', { format: PARQUET, delimiter: ';' }, 'delimiter is given with format parquet'],
    [
      'with compression for Parquet',
      { format: PARQUET, compression: FileCompression.GZIP },
      'compression is given with',
    ],
    ['with header lines in JSON', { format: JSON_FORMAT, ignoreHeader: 1 }, 'ignoreHeader is given with format json'],
    [
      'with JSONPaths for CSV',
      { jsonPaths: 'auto' },
      'jsonPaths is given with format csv, which COPY refuses: it goes',
    ],
    ['with escapes in CSV', { escape: true }, 'escape is given with format csv, which COPY refuses: it goes with text'],
    ['without widths', { format: FIXED_WIDTH }, 'fixedWidth is missing'],
    ['with a long delimiter', { delimiter: '||' }, 'delimiter is "||": expected a single character'],
    ['with half an error', { maxError: 0.5 }, 'maxError is 0.5: expected a whole number from 0 to 100000'],
    [
      'with SQL for a table',
      { table: 'a; drop table b' },
      'table is "a; drop table b": expected a name such as orders',
    ],
    ['with SQL for a column', { columns: ['a) from'] }, 'columns is "a) from": expected a name'],
    ['with a source that is not S3', { source: '/tmp/x' }, 'source is "/tmp/x": expected a place in S3'],
    ['with Parquet of another region', { format: PARQUET, sourceRegion: 'us-west-2' }, 'in its own region only'],
    ['with a parameter that nobody reads', { parameters: { a: '1' } }, 'the parameter a does nothing'],
    ['with a parameter missing', { before: Sql.fromString('delete from a where b = :c') }, 'before has :c, which'],
  ])('%s', (_, props, message) => {
    expect(mistakes(copy(props).sales)).toContain(message);
  });

  it('with a table name of the run, which would be SQL', () => {
    const sales = pipeline();
    new RedshiftCopyTask(sales, 'L', { warehouse, table: `a_${sales.run.date}`, source: 's3://a/', format: PARQUET });
    expect(mistakes(sales)).toContain('table holds a value that is not known at synth');
  });
});
