// A crawl is waited for and its table is there afterwards; a crawl of a place that its role may not read fails with Glue's words.

import { Duration } from 'aws-cdk-lib';
import { ExpectedResult } from '@aws-cdk/integ-tests-alpha';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { GlueCrawlerTask, GluePartitionSensor, Pipeline } from '../lib';
import { Case } from './run-case';

const it = new Case('Crawler');
const raw = it.bucket('Raw');
const name = it.uniqueName().replace(/-/g, '_');
const database = new CfnDatabase(it.stack, 'Database', { catalogId: it.stack.account, databaseInput: { name } });
const data = new BucketDeployment(it.stack, 'Data', {
  destinationBucket: raw,
  sources: [Source.data('orders/day=2026-01-01/a.csv', 'id,price\n1,2.5\n2,3.5\n')],
});
const daily = new Pipeline(it.stack, 'Daily', { timeout: Duration.minutes(30) });
daily.node.addDependency(database, data);
const crawl = new GlueCrawlerTask(daily, 'Crawl', { database: name, path: `s3://${raw.bucketName}/orders/` });
crawl.next(
  new GluePartitionSensor(daily, 'Partition', {
    database: name,
    table: 'orders',
    partition: { day: '2026-01-01' },
    timeout: Duration.minutes(2),
  }),
);
const table = it.assertions.awsApiCall('glue', 'GetTable', { DatabaseName: name, Name: 'orders' });
table.provider.addToRolePolicy({ Effect: 'Allow', Action: ['glue:GetTable'], Resource: ['*'] });
table.expect(ExpectedResult.objectLike({ Table: { Name: 'orders' } }));
it.expectEnd(it.start(daily), { status: 'SUCCEEDED', within: Duration.minutes(25) }).next(table);
