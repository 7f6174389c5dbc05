// Crawlers over real folders: what they find, what they do to a catalog that has tables already, and what they cannot read.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDuckDb } from '../../../lib/local/duckdb';
import { Glue } from '../../../lib/local/services/glue';
import { localWorld } from './local-world';

const region = 'us-east-1';

function crawler(properties: object = {}, more: { [id: string]: { Type: string; Properties: object } } = {}) {
  const local = localWorld({
    Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
    Crawler: {
      Type: 'AWS::Glue::Crawler',
      Properties: {
        Name: 'crawl',
        DatabaseName: 'raw',
        Targets: { S3Targets: [{ Path: 's3://lake/raw' }] },
        ...properties,
      },
    },
    ...more,
  });
  const glue = new Glue(local.world);
  const ask = (action: string, input: object) => glue.handle({ action, input: input as never, region }) as Promise<any>;
  const crawl = async () => {
    await ask('StartCrawler', { Name: 'crawl' });
    for (;;) {
      const { Crawler: told } = await ask('GetCrawler', { Name: 'crawl' });
      if (told.State === 'READY') return told.LastCrawl;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const tables = async (): Promise<any[]> => (await ask('GetTables', { DatabaseName: 'raw' })).TableList;
  const columns = (table: any) =>
    table.StorageDescriptor.Columns.map((each: any) => `${each.Name} ${each.Type}`).join(', ');
  const partitions = async (TableName: string) =>
    (await ask('GetPartitions', { DatabaseName: 'raw', TableName })).Partitions.map((each: any) =>
      each.Values.join('/'),
    );
  return { ...local, ask, crawl, tables, columns, partitions };
}

const orders = 'id,price\n1,1.5\n2,2.5\n';

describe('a crawl', () => {
  it('writes the table as Glue does', async () => {
    const { put, crawl, tables, columns, partitions } = crawler({ TablePrefix: 'p_' });
    put('lake', 'raw/day=2024-01-01/a.csv', orders);
    put('lake', 'raw/day=2024-01-02/a.csv', orders);
    put('lake', 'raw/day=2024-01-02/_SUCCESS', '');
    put('lake', 'raw/day=2024-01-03/empty.csv', '');
    expect(await crawl()).toMatchObject({ Status: 'SUCCEEDED' });
    const [table] = await tables();
    expect(table).toMatchObject({
      Name: 'p_raw',
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [{ Name: 'day', Type: 'string' }],
      Parameters: {
        UPDATED_BY_CRAWLER: 'crawl',
        classification: 'csv',
        'skip.header.line.count': '1',
        recordCount: '4',
        objectCount: '2',
        sizeKey: String(2 * orders.length),
        averageRecordSize: '11',
        typeOfData: 'file',
        compressionType: 'none',
        delimiter: ',',
        columnsOrdered: 'true',
        areColumnsQuoted: 'false',
        'partition_filtering.enabled': 'true',
      },
      StorageDescriptor: {
        Location: 's3://lake/raw/',
        SerdeInfo: {
          SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
          Parameters: { 'field.delim': ',' },
        },
      },
    });
    expect(columns(table)).toBe('id bigint, price double');
    expect(await partitions('p_raw')).toEqual(['2024-01-01', '2024-01-02']);
  });

  it('makes tables of unlike folders, of every kind of file', async () => {
    const { world, put, crawl, tables, columns } = crawler();
    put('lake', 'raw/csv/a.csv', orders);
    put('lake', 'raw/lines/a.json', '{"a":1,"b":{"c":"x"}}\n{"a":2147483648,"d":[1.5]}\n');
    put('lake', 'raw/array/a.json', '[{"a":1},{"a":2}]');
    put('lake', 'raw/zipped/a.tsv.gz', gzipSync('k\tv\n1\tx\n2\ty\n'));
    put('lake', 'raw/text/readme.md', 'no data at all\n');
    put('lake', 'raw/parquet/x', '');
    const database = await openDuckDb();
    await database.run(
      `COPY (SELECT 1::INT AS i, {'x': 1.5::DECIMAL(5,2)} AS s, DATE '2024-01-01' AS d) TO '${join(world.bucketFolder('lake'), 'raw/parquet/a.parquet')}' (FORMAT parquet)`,
    );
    database.close();
    expect(await crawl()).toMatchObject({ Status: 'SUCCEEDED' });
    expect((await tables()).map((table) => [table.Name, table.Parameters.classification, columns(table)])).toEqual([
      ['array', 'json', 'array array<struct<a:int>>'],
      ['csv', 'csv', 'id bigint, price double'],
      ['lines', 'json', 'a bigint, b struct<c:string>, d array<double>'],
      ['parquet', 'parquet', 'i int, s struct<x:decimal(5,2)>, d date'],
      ['zipped', 'csv', 'k bigint, v string'],
    ]);
  });

  it('takes the LazySimpleSerDe for quoted values too, and says so', async () => {
    const { put, crawl, tables, notes } = crawler();
    put('lake', 'raw/a.csv', 'id,name\n1,"a, b"\n2,"c"\n');
    await crawl();
    const [table] = await tables();
    expect(table.StorageDescriptor.SerdeInfo.SerializationLibrary).toMatch(/LazySimpleSerDe$/);
    expect(notes).toEqual([expect.stringMatching(/crawler crawl: values of raw are quoted/)]);
  });

  it('follows a CSV classifier', async () => {
    const { put, crawl, tables, columns, notes } = crawler(
      { Classifiers: ['mine'] },
      {
        Classifier: {
          Type: 'AWS::Glue::Classifier',
          Properties: {
            CsvClassifier: {
              Name: 'mine',
              Delimiter: '~',
              QuoteSymbol: "'",
              ContainsHeader: 'ABSENT',
              Header: ['A', 'B'],
              Serde: 'OpenCSVSerDe',
            },
          },
        },
      },
    );
    put('lake', 'raw/a.txt', "1~'x~y'\n2~'z'\n");
    expect(await crawl()).toMatchObject({ Status: 'SUCCEEDED' });
    const [table] = await tables();
    expect(columns(table)).toBe('a string, b string');
    expect(table.StorageDescriptor.SerdeInfo).toMatchObject({ Parameters: { separatorChar: '~', quoteChar: "'" } });
    expect(notes).toEqual([]);
  });

  it('leaves out what the patterns exclude and looks at a sample', async () => {
    const { put, crawl, tables, columns } = crawler({
      Targets: { S3Targets: [{ Path: 's3://lake/raw/', Exclusions: ['**/tmp/**', '*.{bak,old}'], SampleSize: 1 }] },
    });
    put('lake', 'raw/a.csv', orders);
    put('lake', 'raw/b.csv', 'id,price\nx,1.5\ny,2.5\n');
    put('lake', 'raw/c.bak', '{"other":1}\n');
    put('lake', 'raw/deep/tmp/c.csv', 'q\n');
    expect(await crawl()).toMatchObject({ Status: 'SUCCEEDED' });
    const [table, ...others] = await tables();
    expect(others).toEqual([]);
    // The second file is not looked at.
    expect(columns(table)).toBe('id bigint, price double');
    expect(table.Parameters).toMatchObject({ objectCount: '2', exclusions: '["**/tmp/**","*.{bak,old}"]' });
  });

  it('combines compatible schemas where it is told to', async () => {
    const Configuration = JSON.stringify({ Version: 1, Grouping: { TableGroupingPolicy: 'CombineCompatibleSchemas' } });
    const { put, crawl, tables } = crawler({ Configuration });
    put('lake', 'raw/x/a.csv', 'a,b\n1,2\n3,4\n');
    put('lake', 'raw/y/a.csv', 'c,d\n1,2\n3,4\n');
    await crawl();
    expect((await tables()).map((table) => [table.Name, table.PartitionKeys[0].Name])).toEqual([
      ['raw', 'partition_0'],
    ]);
  });

  it('names the tables of the level it is told', async () => {
    const Configuration = JSON.stringify({ Version: 1, Grouping: { TableLevelConfiguration: 3 } });
    const { put, crawl, tables, partitions } = crawler({ Configuration });
    put('lake', 'raw/x/2024/a.csv', orders);
    put('lake', 'raw/y/2024/a.csv', orders);
    expect(await crawl()).toMatchObject({ Status: 'SUCCEEDED' });
    expect((await tables()).map((table) => [table.Name, table.StorageDescriptor.Location])).toEqual([
      ['x', 's3://lake/raw/x/'],
      ['y', 's3://lake/raw/y/'],
    ]);
    expect(await partitions('x')).toEqual(['2024']);
  });
});

describe('a crawl over what was crawled before', () => {
  const changed = 'id,price,note\n1,1.5,x\n2,2.5,y\n';
  async function again(properties: object, then: (local: ReturnType<typeof crawler>) => void) {
    const local = crawler(properties);
    local.put('lake', 'raw/orders/day=1/a.csv', orders);
    local.put('lake', 'raw/other/a.json', '{"k":1}\n');
    await local.crawl();
    then(local);
    expect(await local.crawl()).toMatchObject({ Status: 'SUCCEEDED' });
    const found = await local.tables();
    const table = (name: string) => found.find((each) => each.Name === name);
    return { ...local, table };
  }

  it('updates the table and adds partitions', async () => {
    const { table, columns, partitions } = await again({}, ({ put }) => {
      put('lake', 'raw/orders/day=1/a.csv', changed);
      put('lake', 'raw/orders/day=2/a.csv', changed);
    });
    expect(columns(table('orders'))).toBe('id bigint, price double, note string');
    expect(table('orders').VersionId).toBe('1');
    expect(await partitions('orders')).toEqual(['1', '2']);
  });

  it('with LOG leaves the table and still adds partitions', async () => {
    const policy = { SchemaChangePolicy: { UpdateBehavior: 'LOG', DeleteBehavior: 'LOG' } };
    const { table, columns, partitions } = await again(policy, ({ put, world }) => {
      put('lake', 'raw/orders/day=2/a.csv', 'id,price\nx,1.5\ny,2.5\n');
      put('lake', 'raw/third/a.json', '{"q":"x"}\n');
      rmSync(join(world.bucketFolder('lake'), 'raw/other/a.json'));
    });
    expect(columns(table('orders'))).toBe('id bigint, price double');
    expect(await partitions('orders')).toEqual(['1', '2']);
    expect(table('other').Parameters.DEPRECATED_BY_CRAWLER).toBeUndefined();
  });

  it('marks what is gone as deprecated, and takes the mark away when it is back', async () => {
    const { table, put, crawl, tables } = await again({}, (local) => {
      local.put('lake', 'raw/third/a.json', '{"q":"x"}\n');
      rmSync(join(local.world.bucketFolder('lake'), 'raw/other/a.json'));
    });
    expect(table('other').Parameters.DEPRECATED_BY_CRAWLER).toMatch(/^\d+$/);
    put('lake', 'raw/other/a.json', '{"k":1}\n');
    await crawl();
    const back = (await tables()).find((each) => each.Name === 'other');
    expect(back.Parameters.DEPRECATED_BY_CRAWLER).toBeUndefined();
  });

  it('deletes tables and partitions where it is told to, but none of others', async () => {
    const policy = { SchemaChangePolicy: { DeleteBehavior: 'DELETE_FROM_DATABASE' } };
    const { table, partitions, ask, crawl, tables } = await again(policy, ({ put, world }) => {
      put('lake', 'raw/orders/day=2/a.csv', orders);
      put('lake', 'raw/third/a.json', '{"q":"x"}\n');
      rmSync(join(world.bucketFolder('lake'), 'raw/orders/day=1'), { recursive: true });
      rmSync(join(world.bucketFolder('lake'), 'raw/other'), { recursive: true });
    });
    expect(table('other')).toBeUndefined();
    expect(await partitions('orders')).toEqual(['2']);
    await ask('CreateTable', {
      DatabaseName: 'raw',
      TableInput: { Name: 'mine', StorageDescriptor: { Location: 's3://lake/raw/mine/' } },
    });
    await crawl();
    expect((await tables()).map((each) => each.Name)).toContain('mine');
  });

  it('with CRAWL_NEW_FOLDERS_ONLY looks at no folder again', async () => {
    const properties = {
      RecrawlPolicy: { RecrawlBehavior: 'CRAWL_NEW_FOLDERS_ONLY' },
      SchemaChangePolicy: { UpdateBehavior: 'LOG', DeleteBehavior: 'LOG' },
      Targets: { S3Targets: [{ Path: 's3://lake/raw/orders/' }] },
    };
    const { partitions, table } = await again(properties, ({ put, world }) => {
      // Would fail the crawl if it were read.
      writeFileSync(join(world.bucketFolder('lake'), 'raw/orders/day=1/a.csv'), Buffer.from([0x50, 0x4b, 3, 4]));
      put('lake', 'raw/orders/day=2/a.csv', orders);
    });
    expect(await partitions('orders')).toEqual(['1', '2']);
    expect(table('orders')).toBeDefined();
  });

  it('does not take the name of a table of another place', async () => {
    const local = crawler();
    await local.ask('CreateDatabase', { DatabaseInput: { Name: 'raw' } });
    await local.ask('CreateTable', {
      DatabaseName: 'raw',
      TableInput: { Name: 'raw', StorageDescriptor: { Location: 's3://elsewhere/' } },
    });
    local.put('lake', 'raw/a.csv', orders);
    await local.crawl();
    expect((await local.tables()).map((each) => each.Name)).toEqual([
      'raw',
      expect.stringMatching(/^raw_[0-9a-f]{32}$/),
    ]);
  });
});

describe('fails with the name of the file', () => {
  it.each([
    [
      'a truncated Parquet file',
      'a.parquet',
      Buffer.from('PAR1\u0015\u0004\u0015'),
      /^s3:\/\/lake\/raw\/a\.parquet: damaged Parquet file/,
    ],
    [
      'another encoding',
      'a.csv',
      Buffer.from('id,name\n1,caf\xe9\n2,x\n', 'latin1'),
      /^s3:\/\/lake\/raw\/a\.csv: not UTF-8 text/,
    ],
    ['UTF-16', 'a.csv', Buffer.from('\ufeffid,n\n1,2\n', 'utf16le'), /^s3:\/\/lake\/raw\/a\.csv: UTF-16 text/],
    [
      'damaged gzip',
      'a.csv.gz',
      Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]),
      /^s3:\/\/lake\/raw\/a\.csv\.gz: damaged gzip/,
    ],
    ['ORC', 'a.orc', Buffer.from('ORC\u0001'), /^s3:\/\/lake\/raw\/a\.orc: ORC files are not crawled/],
    ['a broken line of JSON', 'a.json', Buffer.from('{"a":1}\n{"a":\n'), /^s3:\/\/lake\/raw\/a\.json line 2: not JSON/],
  ])('%s', async (_, name, body, expected) => {
    const { put, crawl } = crawler();
    put('lake', `raw/${name}`, body);
    expect(await crawl()).toMatchObject({ Status: 'FAILED', ErrorMessage: expect.stringMatching(expected) as string });
  });

  it('and what has no stand-in by its name', async () => {
    const { crawl } = crawler({ Targets: { S3Targets: [], JdbcTargets: [{ Path: 'x' }] } });
    expect(await crawl()).toMatchObject({
      Status: 'FAILED',
      ErrorMessage: expect.stringMatching(/JdbcTargets/) as string,
    });
  });
});
