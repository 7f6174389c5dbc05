// Statements of Redshift Serverless: a long one is waited for, one that fails tells the database's own words.

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Pipeline, Platform, RedshiftQueryTask, Sql, Warehouse } from '../lib';
import { Case } from './run-case';

const it = new Case('Redshift');
const platform = new Platform(it.stack, 'Platform', {
  platformName: it.uniqueName(),
  warehouseDatabase: 'dev',
  removalPolicy: RemovalPolicy.DESTROY,
});
const warehouse = Warehouse.ofPlatform(platform);
const query = (pipeline: Pipeline, id: string, sql: string) =>
  new RedshiftQueryTask(pipeline, id, { warehouse, sql: Sql.fromString(sql) });

const good = new Pipeline(it.stack, 'Good', { timeout: Duration.minutes(20) });
query(good, 'Make', 'CREATE TABLE IF NOT EXISTS numbers (n int); INSERT INTO numbers SELECT 1 UNION ALL SELECT 2').next(
  query(good, 'Long', 'SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d'),
);
const bad = new Pipeline(it.stack, 'Bad', { timeout: Duration.minutes(20) });
query(bad, 'Missing', 'SELECT * FROM no_such_table');

it.expectEnd(it.start(good), { status: 'SUCCEEDED', within: Duration.minutes(15) });
it.expectEnd(it.start(bad), { status: 'FAILED', cause: 'Missing', within: Duration.minutes(15) });
