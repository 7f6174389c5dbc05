import { Size } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  FileCompression,
  Param,
  RedshiftUnloadTask,
  type RedshiftUnloadTaskProps,
  Sql,
  UnloadFormat,
  Warehouse,
} from '../../lib';
import { allowed, mistakes, pipeline, play } from './run-task';

const warehouse = Warehouse.provisioned({ clusterIdentifier: 'dw', database: 'dev', dbUser: 'etl' });
const finished = { Status: 'FINISHED', ResultRows: 3, Duration: 1e9, HasResultSet: false };

function unload(props: Partial<RedshiftUnloadTaskProps> = {}) {
  const sales = pipeline({ params: { city: Param.string({ default: 'Oslo' }) } });
  new RedshiftUnloadTask(sales, 'Out', {
    warehouse,
    query: Sql.fromString("select 'it''s', day from orders where city = :city;"),
    parameters: { city: sales.run.param('city') },
    target: `s3://lake/orders/${sales.run.date}/`,
    ...props,
  });
  return sales;
}

async function sqlOf(props: Partial<RedshiftUnloadTaskProps>, params = {}): Promise<unknown> {
  const run = await play(unload(props), (call) => (call.action.startsWith('describe') ? finished : { Id: 'a' }), {
    logicalDate: '2026-03-29T01:00:00Z',
    params,
  });
  expect(run.status).toBe('SUCCEEDED');
  return run.arguments[0]!['Sql'];
}

describe('UNLOAD', () => {
  it('is written from the options, its query as one literal', async () => {
    expect(
      await sqlOf({ partitionBy: ['day'], cleanPath: true, manifest: true, maxFileSize: Size.mebibytes(256) }),
    ).toBe(
      "UNLOAD ('select ''it''''s'', day from orders where city = ''Oslo''') TO 's3://lake/orders/2026-03-29/'" +
        ' IAM_ROLE DEFAULT FORMAT AS PARQUET PARTITION BY (day) MANIFEST CLEANPATH MAXFILESIZE 256 MB',
    );
    expect(
      await sqlOf({
        format: UnloadFormat.TEXT,
        delimiter: '\\t',
        header: true,
        nullAs: '',
        addQuotes: true,
        escape: true,
        compression: FileCompression.ZSTD,
        allowOverwrite: true,
        parallel: false,
        extension: 'tsv.zst',
        targetRegion: 'us-west-2',
      }),
    ).toMatch(
      / IAM_ROLE DEFAULT HEADER DELIMITER AS '\\\\t' NULL AS '' ADDQUOTES ESCAPE ZSTD ALLOWOVERWRITE PARALLEL OFF EXTENSION 'tsv.zst' REGION AS 'us-west-2'$/,
    );
  });

  it('keeps a value of the run inside its two literals', async () => {
    expect(await sqlOf({}, { city: "x' or 'a'='a" })).toContain("city = ''x'''' or ''''a''''=''''a''') TO");
  });

  it('may run statements on its cluster only', () => {
    expect(allowed(unload())['redshift-data:ExecuteStatement']).toEqual([
      'arn:<AWS::Partition>:redshift:eu-west-1:111122223333:cluster:dw',
    ]);
  });

  it('that fails shows the query with its parameters by name', async () => {
    const run = await play(
      unload(),
      (call) => (call.action === 'executeStatement' ? { Id: 'a' } : { Status: 'FAILED', Error: 'no table' }),
      { params: { city: 'Secret City' } },
    );
    expect(run.failure?.Cause).toContain("no table (statement a); SQL: UNLOAD (select 'it''s', day from orders where");
    expect(run.failure?.Cause).not.toContain('Secret City');
  });
});

describe('fails', () => {
  const { CSV, JSON: JSON_FORMAT, TEXT } = UnloadFormat;
  it.each<[string, Partial<RedshiftUnloadTaskProps>, string]>([
    ['with a header in Parquet', { header: true }, 'header is given with format parquet, which UNLOAD refuses'],
    ['with compression of Parquet', { compression: FileCompression.GZIP }, 'compression is given with format parquet'],
    ['with a delimiter in JSON', { format: JSON_FORMAT, delimiter: ';' }, 'delimiter is given with format json'],
    ['with escapes in CSV', { format: CSV, escape: true }, 'escape is given with format csv'],
    ['with LZOP', { format: TEXT, compression: FileCompression.LZOP }, 'compression is LZOP, which COPY reads'],
    ['with both ways to overwrite', { allowOverwrite: true, cleanPath: true }, 'allowOverwrite and cleanPath are both'],
    ['with tiny files', { maxFileSize: Size.mebibytes(1) }, 'maxFileSize is 1 MB: expected 5 MB to 6.2 GB'],
    ['with an odd ending', { extension: "a'b" }, 'extension is "a\'b": expected letters'],
    ['with two statements', { query: Sql.fromString('select :city; select 2') }, 'query holds 2 statements'],
    ['with a target that is not S3', { target: 'lake' }, 'target is "lake": expected a place in S3'],
    ['with no partition', { partitionBy: [] }, 'partitionBy is empty'],
    ['with a parameter missing', { parameters: {} }, 'query has :city, which parameters do not give'],
  ])('%s', (_, props, message) => {
    expect(mistakes(unload(props))).toContain(message);
  });
});
