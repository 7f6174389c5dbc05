// AwsSolutions over the kinds that move data, send, wait and ask: what is found is acknowledged beside the resource.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_ec2 as ec2,
  aws_events as events,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  aws_sqs as sqs,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import {
  ApprovalTask,
  CopyFormat,
  Database,
  EventBridgePutEventsTask,
  GluePartitionSensor,
  HttpTask,
  Pipeline,
  PipelineRunSensor,
  PipelineTask,
  RdsQueryTask,
  RedshiftCopyTask,
  RedshiftUnloadTask,
  S3CopyTask,
  S3DeleteTask,
  S3KeySensor,
  SnsPublishTask,
  Sql,
  SqlSensor,
  SqsSendMessageTask,
  Warehouse,
} from '../../lib';

it.each([{ region: 'eu-west-1', account: '111122223333' }, {}])('they are free of findings in %j', (env) => {
  const outdir = mkdtempSync(join(tmpdir(), 'headrace-nag-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'Demo', { env });
  const other = new Pipeline(stack, 'Other');
  new EventBridgePutEventsTask(other, 'Event', { source: 'a', detailType: 'b' });
  const sales = new Pipeline(stack, 'Sales');
  const warehouse = Warehouse.serverless({ workgroupName: 'a', database: 'dev' });
  const sql = Sql.fromString('select 1');
  const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Login', 'shop');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a'],
    privateSubnetIds: ['subnet-1'],
  });
  const connection = events.Connection.fromEventBusArn(
    stack,
    'Api',
    'arn:aws:events:eu-west-1:111122223333:connection/api/1',
    'arn:aws:secretsmanager:eu-west-1:111122223333:secret:events!connection/api/1',
  );
  new RedshiftCopyTask(sales, 'Copy', { warehouse, table: 't', source: 's3://raw/x/', format: CopyFormat.PARQUET });
  new RedshiftUnloadTask(sales, 'Unload', { warehouse, query: sql, target: 's3://lake/x/' });
  new RdsQueryTask(sales, 'Network', { database: Database.postgres({ secret, database: 'd', vpc, host: 'h' }), sql });
  new RdsQueryTask(sales, 'DataApi', {
    database: Database.dataApi({ secret, database: 'd', clusterArn: 'arn:aws:rds:eu-west-1:111122223333:cluster:c' }),
    sql,
  });
  new PipelineTask(sales, 'Start', { target: other });
  new PipelineRunSensor(sales, 'Wait', { target: other });
  new HttpTask(sales, 'Http', { connection, endpoint: `https://api.example.com/${sales.run.date}` });
  new SqsSendMessageTask(sales, 'Send', {
    queue: sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:q'),
    messageBody: '',
  });
  new SnsPublishTask(sales, 'Tell', {
    topic: sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:t'),
    message: '',
  });
  new S3CopyTask(sales, 'Mirror', { source: 's3://raw/x/', targets: ['s3://lake/x/'] });
  new S3DeleteTask(sales, 'Delete', { path: `s3://raw/tmp/${sales.run.date}/` });
  new S3KeySensor(sales, 'Keys', { path: 's3://raw/x/' });
  new GluePartitionSensor(sales, 'Partition', { database: 'raw', table: 't', partition: { a: 'b' } });
  new SqlSensor(sales, 'Sql', { warehouse, sql });
  new SqlSensor(sales, 'Athena', { athena: { database: 'raw', outputLocation: 's3://results/' }, sql });
  new ApprovalTask(sales, 'Approve', { question: 'Sure?' });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  let told = '';
  try {
    app.synth();
  } catch (error) {
    told = (error as Error).message;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  const found = report.pluginReports.flatMap((plugin: any) =>
    plugin.violations.flatMap((rule: any) =>
      rule.violatingConstructs.map((at: any) => `${rule.ruleName} ${at.constructPath}`),
    ),
  );
  expect([found, told.slice(0, 500)]).toEqual([[], '']);
});
