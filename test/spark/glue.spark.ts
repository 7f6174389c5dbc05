// Glue's PySpark scripts on a real PySpark: whole runs of small assemblies.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDuckDb } from '../../lib/local/duckdb';
import { type LocalResult, runLocal } from '../../lib/local/local-run';
import { taskLogs } from '../../lib/local/record';
import { type AssemblyFixture, temporaryFolder, writeAssembly } from '../local/assembly-fixture';

const here = (name: string) => join(__dirname, name);
const call = (resource: string, fields: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Arguments: fields,
});
const put = (key: string, body: string) => call('aws-sdk:s3:putObject', { Bucket: 'lake', Key: key, Body: body });
const job = (name: string, script: string, words: object = {}): AssemblyFixture['resources'] => ({
  [name]: {
    Type: 'AWS::Glue::Job',
    Properties: {
      Name: name,
      Command: {
        Name: 'glueetl',
        ScriptLocation: { 'Fn::Sub': `s3://assets-\${AWS::AccountId}-\${AWS::Region}/${script}` },
      },
      DefaultArguments: words,
    },
  },
});
const resources: NonNullable<AssemblyFixture['resources']> = {
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
  Raw: { Type: 'AWS::Glue::Database', Properties: { DatabaseInput: { Name: 'raw' } } },
};
const orders = {
  One: put('raw/orders/day=2024-01-01/a.csv', 'id,price,note\n1,2.5,x\n2,3.5,\n'),
  Two: put('raw/orders/day=2024-01-02/a.csv', 'id,price,note\n3,1.25,"y"\n'),
};

interface Catalog {
  readonly databases: { readonly [name: string]: { readonly tables: { readonly [name: string]: CatalogEntry } } };
}
interface CatalogEntry {
  readonly table: {
    readonly Parameters: object;
    readonly StorageDescriptor: { readonly Columns: object[]; readonly Location: string };
  };
  readonly partitions: { readonly Values: string[] }[];
}

const catalogOf = (result: LocalResult) =>
  (JSON.parse(readFileSync(join(result.store, 'us-east-1', 'glue', 'catalog.json'), 'utf8')) as Catalog).databases[
    'raw'
  ]!.tables;
const logOf = (result: LocalResult, task: string) => readFileSync(taskLogs(result.folder, task).at(-1)!, 'utf8');
const lake = (result: LocalResult, ...parts: string[]) => join(result.store, 'us-east-1', 's3', 'lake', ...parts);

async function rowsOf(folder: string): Promise<unknown[]> {
  const database = await openDuckDb();
  try {
    return await database.objects(
      `SELECT * FROM read_parquet('${folder}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false) ORDER BY ALL`,
    );
  } finally {
    database.close();
  }
}

describe('a script that uses awsglue', () => {
  it('reads and writes s3:// and the catalog, and is told that bookmarks do nothing', async () => {
    const assembly = writeAssembly({
      resources: {
        ...resources,
        ...job('etl', 'glue_job.py', {
          '--job-bookmark-option': 'job-bookmark-enable',
          '--extra-py-files': 's3://lake/lib/prices.py',
          '--conf': 'spark.sql.shuffle.partitions=2',
        }),
      },
      files: { 'glue_job.py': here('glue_job.py') },
      tasks: {
        ...orders,
        Lib: put('lib/prices.py', 'def net(gross):\n    return gross * 0.5\n'),
        Camel: put('raw/camel/a.json', '{"orderId":7}\n'),
        Nested: put(
          'raw/nested/x/a.json',
          '{"id":1,"customer":{"name":"n"},"items":[{"sku":"a","count":1},{"sku":"b","count":2}]}\n{"id":2,"customer":{"name":"m"},"items":[{"sku":"c","count":1}]}\n',
        ),
        Etl: call('glue:startJobRun.sync', { JobName: 'etl', Arguments: { '--day': '2024-01-01' } }),
      },
    });
    const result = await runLocal({ assembly, store: join(temporaryFolder(), '.headrace') });
    const etl = result.tasks.at(-1)!;
    expect(etl.reason, logOf(result, 'Etl')).toBeUndefined();
    expect(logOf(result, 'Etl')).toContain('job bookmarks do nothing on the laptop');
    // The first order's net is 1.25: filtered away.

    expect(await rowsOf(lake(result, 'out', 'orders'))).toEqual([{ id: 2, gross: 3.5, net: 1.75, day: '2024-01-01' }]);
    const tables = catalogOf(result);
    expect(Object.keys(tables).sort()).toEqual(['camel', 'orders', 'saved', 'taxed', 'totals']);
    expect(tables['taxed']).toMatchObject({
      table: {
        StorageDescriptor: {
          Columns: [{ Name: 'id' }, { Name: 'gross' }, { Name: 'net' }],
          Location: 's3://lake/out/orders/',
        },
      },
      partitions: [{ Values: ['2024-01-01'] }],
    });
    expect(tables['saved']!.partitions.map((each) => each.Values[0]).sort()).toEqual(['2024-02-01', '2024-02-02']);
    expect(tables['totals']!.table).toMatchObject({
      Parameters: { classification: 'parquet' },
      StorageDescriptor: {
        Columns: [
          { Name: 'day', Type: 'string' },
          { Name: 'gross', Type: 'double' },
        ],
      },
    });
    const csv = readdirSync(lake(result, 'out', 'csv')).filter((name) => name.endsWith('.csv'));
    expect(csv.map((name) => readFileSync(lake(result, 'out', 'csv', name), 'utf8'))).toEqual(['id\n1\n2\n']);
    // Neither checksum files nor Spark's own catalog lie in the buckets.
    expect(
      readdirSync(lake(result, 'out', 'orders'), { recursive: true }).filter((name) => String(name).endsWith('.crc')),
    ).toEqual([]);
  });
});

it('an error is its last line, with the line of the script', async () => {
  const assembly = writeAssembly({
    resources: { ...resources, ...job('bad', 'failing_job.py') },
    files: { 'failing_job.py': here('failing_job.py') },
    tasks: { Bad: call('glue:startJobRun.sync', { JobName: 'bad' }) },
  });
  const result = await runLocal({ assembly, store: join(temporaryFolder(), '.headrace') });
  expect(result.tasks[0]).toMatchObject({ status: 'failed', error: 'States.TaskFailed' });
  expect(result.tasks[0]!.reason).toMatch(/ValueError: no orders of customer 3 \(line 11 of the script\)$/);
  expect(JSON.parse(result.tasks[0]!.cause!)).toMatchObject({
    JobRunState: 'FAILED',
    ErrorMessage: 'ValueError: no orders of customer 3 (line 11 of the script)',
  });
  expect(existsSync(lake(result, 'x'))).toBe(false);
});

describe("the library's own Spark SQL script", () => {
  const sql =
    'SELECT day, count(*) AS orders, sum(price) AS total, max(note) AS note, sum(CAST(price AS int)) AS whole FROM orders WHERE day >= :first GROUP BY day';
  const assembly = () =>
    writeAssembly({
      resources: {
        ...resources,
        ...job('spark', 'spark_sql.py'),
        Orders: {
          Type: 'AWS::Glue::Table',
          Properties: {
            DatabaseName: 'raw',
            TableInput: {
              Name: 'orders',
              PartitionKeys: [{ Name: 'day', Type: 'string' }],
              StorageDescriptor: {
                Columns: [
                  { Name: 'id', Type: 'bigint' },
                  { Name: 'price', Type: 'double' },
                  { Name: 'note', Type: 'string' },
                ],
                Location: 's3://lake/raw/orders/',
                SerdeInfo: {
                  SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
                  Parameters: { 'field.delim': ',' },
                },
              },
              Parameters: { classification: 'csv', 'skip.header.line.count': '1' },
            },
          },
        },
      },
      files: { 'spark_sql.py': join(__dirname, '../../lambda/spark-sql/spark_sql.py') },
      tasks: {
        ...orders,
        ...Object.fromEntries(
          ['2024-01-01', '2024-01-02'].map((day) => [
            `Partition ${day}`,
            call('aws-sdk:glue:createPartition', {
              DatabaseName: 'raw',
              TableName: 'orders',
              PartitionInput: { Values: [day], StorageDescriptor: { Location: `s3://lake/raw/orders/day=${day}/` } },
            }),
          ]),
        ),
        Spark: call('glue:startJobRun.sync', {
          JobName: 'spark',
          Arguments: {
            '--headrace_sql_text': sql,
            '--headrace_database': 'raw',
            '--headrace_target': 's3://lake/out/',
            '--headrace_format': 'parquet',
            '--headrace_mode': 'overwrite',
            '--headrace_partition_by': 'day',
            '--headrace_param_first': '2024-01-01',
            '--headrace_output': 's3://lake/answer.json',
          },
        }),
      },
    });

  it('gives the same rows on Spark and on DuckDB', async () => {
    const run = async () => {
      const result = await runLocal({ assembly: assembly(), store: join(temporaryFolder(), '.headrace') });
      const task = result.tasks.at(-1)!;
      expect(task.reason, logOf(result, 'Spark')).toBeUndefined();
      return { rows: await rowsOf(lake(result, 'out')), answer: readFileSync(lake(result, 'answer.json'), 'utf8') };
    };
    const duck = await run();
    process.env['HEADRACE_SPARK_SQL'] = 'spark';
    try {
      const spark = await run();
      expect(spark.rows).toEqual(duck.rows);
      expect(JSON.parse(spark.answer)).toEqual(JSON.parse(duck.answer));
      expect(spark.rows).toEqual([
        { orders: '1', total: 1.25, note: '"y"', whole: '1', day: '2024-01-02' },
        { orders: '2', total: 6, note: 'x', whole: '5', day: '2024-01-01' },
      ]);
    } finally {
      delete process.env['HEADRACE_SPARK_SQL'];
    }
  });
});
