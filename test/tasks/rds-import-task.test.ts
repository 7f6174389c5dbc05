import { aws_ec2 as ec2, aws_secretsmanager as secretsmanager, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Database, RdsImportTask, type RdsImportTaskProps, RdsQueryTask, Sql } from '../../lib';
import { postgresPrograms, startPostgres } from '../lambda/postgres-server';
import { runHere, told } from './run-local';
import { mistakes, pipeline, play } from './run-task';

const day = { logicalDate: '2026-03-29T01:00:00Z' };

function load(engine: 'postgres' | 'mysql', props: Partial<RdsImportTaskProps> = {}) {
  const sales = pipeline();
  const stack = Stack.of(sales);
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Login', 'shop');
  const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 1 });
  const database = Database[engine]({ secret, database: 'shop', vpc, host: 'db.local' });
  const task = new RdsImportTask(sales, 'Load', {
    database,
    table: 'shop.orders',
    source: `s3://raw/${sales.run.date}/orders.csv`,
    columns: ['id', 'city'],
    delimiter: ';',
    header: true,
    ...props,
  });
  return { sales, database, task };
}

async function statementOf(engine: 'postgres' | 'mysql', props: Partial<RdsImportTaskProps> = {}) {
  const run = await play(load(engine, props).sales, () => ({ Payload: { resultRows: 1, rowCounts: [1] } }), day);
  return run.arguments[0]!['Payload'].statements[0];
}

describe('RdsImportTask', () => {
  it('calls the import function of PostgreSQL, everything bound', async () => {
    const { sql, values } = await statementOf('postgres', { nullAs: "n'a" });
    expect(sql).toBe(
      'SELECT aws_s3.table_import_from_s3($1, $2, $3, aws_commons.create_s3_uri($4, $5, $6)) AS message',
    );
    expect(values).toEqual([
      'shop.orders',
      'id,city',
      "(FORMAT csv, DELIMITER ';', HEADER true, NULL 'n''a')",
      'raw',
      '2026-03-29/orders.csv',
      'eu-west-1',
    ]);
  });

  it('writes LOAD DATA FROM S3 for Aurora MySQL, which binds nothing there', async () => {
    expect(await statementOf('mysql', { sourceRegion: 'us-west-2' })).toMatchObject({
      sql:
        "LOAD DATA FROM S3 PREFIX 's3-us-west-2://raw/2026-03-29/orders.csv' INTO TABLE shop.orders CHARACTER SET utf8mb4" +
        " FIELDS TERMINATED BY ';' OPTIONALLY ENCLOSED BY '\"' IGNORE 1 LINES (id, city)",
      values: [],
    });
  });

  it.each<['postgres' | 'mysql', Partial<RdsImportTaskProps>, string]>([
    ['postgres', { table: 'a; drop table b' }, 'table is "a; drop table b": expected a name'],
    ['postgres', { source: 's3://raw/' }, 'source is "s3://raw/": name a key in the bucket'],
    ['postgres', { delimiter: '||' }, 'delimiter is "||": expected one character'],
    ['mysql', { nullAs: '-' }, 'nullAs is given for MySQL'],
  ])('fails on %s with %j', (engine, props, message) => {
    expect(mistakes(load(engine, props).sales)).toContain(message);
  });

  it.skipIf(postgresPrograms() === undefined)(
    'is a call that PostgreSQL takes',
    async () => {
      const server = await startPostgres(postgresPrograms()!, 'pw');
      try {
        const { sales, database, task } = load('postgres');
        // The extension exists on RDS only: functions of its names and types stand for it, and tell what they got.
        const extension = `
        create schema aws_s3; create schema aws_commons;
        create type aws_commons._s3_uri_1 as (bucket text, file_path text, region text);
        create function aws_commons.create_s3_uri(s3_bucket text, s3_key text, aws_region text) returns aws_commons._s3_uri_1
          language sql as $$ select row(s3_bucket, s3_key, aws_region)::aws_commons._s3_uri_1 $$;
        create function aws_s3.table_import_from_s3(table_name text, column_list text, options text, s3_info aws_commons._s3_uri_1)
          returns text language sql as $$ select concat_ws('|', table_name, column_list, options, s3_info) $$`;
        const first = new RdsQueryTask(sales, 'Extension', { database, sql: Sql.fromString(extension) });
        const check = new RdsQueryTask(sales, 'Check', {
          database,
          sql: Sql.fromString('select 1 / (:message = :wanted)::int as same'),
          parameters: {
            message: task.output('message'),
            wanted:
              "shop.orders|id,city|(FORMAT csv, DELIMITER ';', HEADER true)|(raw,2026-03-29/orders.csv,eu-west-1)",
          },
        });
        first.next(task).next(check);
        const login = { username: 'etl', password: 'pw', host: '127.0.0.1', port: server.port, dbname: 'postgres' };
        const result = await runHere(sales, { input: day, secrets: { shop: JSON.stringify(login) } });
        expect(told(result)).toEqual({ Extension: 'succeeded', Load: 'succeeded', Check: 'succeeded' });
      } finally {
        await server.stop();
      }
    },
    60_000,
  );
});
