// One pipeline for every kind of task that the library exports, most in several forms, as an author would write them. A kind
// that is exported and missing here fails the test beside this file.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_batch as batch,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_events as events,
  aws_iam as iam,
  aws_s3 as s3,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  aws_sqs as sqs,
  Duration,
  SecretValue,
  Stack,
} from 'aws-cdk-lib';
import * as headrace from '../../lib';
import { file } from '../tasks/run-task';

const {
  CrawlerTarget,
  CustomTask,
  EmrCluster,
  EmrServerlessJob,
  EmrStep,
  FargateTask,
  GlueScript,
  Items,
  LambdaTask,
  Pipeline,
  Sql,
  Warehouse,
} = headrace;

export const ENV = { account: '111122223333', region: 'eu-west-1' };

export function newPipeline(props: headrace.PipelineProps = {}): headrace.Pipeline {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-kinds-')), analyticsReporting: false });
  return new Pipeline(new Stack(app, 'Demo', { env: ENV }), 'Sales', props);
}

type Build = (sales: headrace.Pipeline) => unknown;

const serverless = Warehouse.serverless({ workgroupName: 'analytics', database: 'dev' });
const provisioned = Warehouse.provisioned({ clusterIdentifier: 'dw', database: 'dev', dbUser: 'etl' });
const image = ecs.ContainerImage.fromRegistry('busybox');
const query = { sql: Sql.fromString('SELECT 1'), database: 'raw', sources: ['s3://data/x/'] };
const expected = { columns: [{ name: 'id', type: 'bigint' }] };
const code = () => file('index.mjs', 'export const handler = async () => ({});\n');
const role = (sales: headrace.Pipeline) =>
  iam.Role.fromRoleArn(Stack.of(sales), 'JobRole', 'arn:aws:iam::111122223333:role/job');
const secret = (sales: headrace.Pipeline) =>
  secretsmanager.Secret.fromSecretCompleteArn(
    Stack.of(sales),
    'Login',
    'arn:aws:secretsmanager:eu-west-1:111122223333:secret:login-AbCdEf',
  );
const cluster = (sales: headrace.Pipeline) => {
  const vpc = ec2.Vpc.fromVpcAttributes(Stack.of(sales), 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['a'],
    publicSubnetIds: ['subnet-1'],
  });
  return ecs.Cluster.fromClusterAttributes(Stack.of(sales), 'Machines', { clusterName: 'machines', vpc });
};
const other = (sales: headrace.Pipeline) => {
  const daily = new Pipeline(Stack.of(sales), 'Daily');
  new LambdaTask(daily, 'Work', { code: code() });
  return daily;
};
const aurora = (sales: headrace.Pipeline) =>
  headrace.Database.dataApi({
    clusterArn: 'arn:aws:rds:eu-west-1:111122223333:cluster:shop',
    secret: secret(sales),
    database: 'shop',
  });
/** Somebody who reads an output. */
const reads = (sales: headrace.Pipeline, message: string) =>
  new headrace.SqsSendMessageTask(sales, 'Reads', {
    queue: sqs.Queue.fromQueueArn(Stack.of(sales), 'Told', 'arn:aws:sqs:eu-west-1:111122223333:told'),
    messageBody: message,
  });
const batchArn = (sales: headrace.Pipeline, what: string) =>
  Stack.of(sales).formatArn({ service: 'batch', resource: what, resourceName: 'x' });

/** `Kind` or `Kind: form`. */
export const KINDS: { readonly [name: string]: Build } = {
  ApprovalTask: (sales) => new headrace.ApprovalTask(sales, 'T', { question: 'Go on?' }),
  AthenaCtasTask: (sales) =>
    new headrace.AthenaCtasTask(sales, 'T', { ...query, table: 'daily', target: 's3://lake/daily/' }),
  'AthenaQueryTask: rows': (sales) => new headrace.AthenaQueryTask(sales, 'T', { ...query, resultRows: 1 }),
  'AthenaQueryTask: writing': (sales) =>
    new headrace.AthenaQueryTask(sales, 'T', { ...query, targets: ['s3://lake/y/'] }),
  BatchTask: (sales) =>
    new headrace.BatchTask(sales, 'T', {
      jobDefinition: batch.EcsJobDefinition.fromJobDefinitionArn(
        Stack.of(sales),
        'Def',
        batchArn(sales, 'job-definition'),
      ),
      jobQueue: batch.JobQueue.fromJobQueueArn(Stack.of(sales), 'Queue', batchArn(sales, 'job-queue')),
    }),
  BranchTask: (sales) => {
    const next = new LambdaTask(sales, 'Work', { code: code() });
    new headrace.BranchTask(sales, 'T').otherwise(next);
  },
  CustomTask: (sales) =>
    new CustomTask(sales, 'T', {
      resource: 'arn:aws:states:::aws-sdk:sns:publish',
      arguments: { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:t', Message: 'x' },
      permissions: [
        new iam.PolicyStatement({ actions: ['sns:Publish'], resources: ['arn:aws:sns:eu-west-1:111122223333:t'] }),
      ],
    }),
  Ec2Task: (sales) => new headrace.Ec2Task(sales, 'T', { image, cluster: cluster(sales) }),
  'Ec2Task: reports': (sales) => new headrace.Ec2Task(sales, 'T', { image, cluster: cluster(sales), reports: true }),
  'EmrStepTask: a cluster of the run': (sales) => {
    const vpc = ec2.Vpc.fromVpcAttributes(Stack.of(sales), 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a'],
      publicSubnetIds: ['subnet-1'],
    });
    const spark = new EmrCluster(sales, 'Spark', { releaseLabel: 'emr-7.5.0', subnet: vpc.publicSubnets[0]! });
    new headrace.EmrStepTask(spark, 'T', { step: EmrStep.spark('s3://code/a.py') });
  },
  'EmrStepTask: an existing cluster': (sales) =>
    new headrace.EmrStepTask(sales, 'T', {
      clusterId: 'j-1',
      step: EmrStep.spark('s3://code/a.py'),
      executionRole: role(sales),
    }),
  EmrContainersTask: (sales) =>
    new headrace.EmrContainersTask(sales, 'T', {
      virtualClusterId: 'vc',
      releaseLabel: 'emr-7.5.0-latest',
      entryPoint: 's3://code/a.py',
      executionRole: role(sales),
    }),
  EmrServerlessTask: (sales) =>
    new headrace.EmrServerlessTask(sales, 'T', {
      applicationId: 'app',
      job: EmrServerlessJob.spark('s3://code/a.py'),
      executionRole: role(sales),
    }),
  EventBridgePutEventsTask: (sales) =>
    new headrace.EventBridgePutEventsTask(sales, 'T', { source: 'sales', detailType: 'done', detail: { a: 1 } }),
  FargateTask: (sales) => new FargateTask(sales, 'T', { image }),
  'ExpectSchemaTask: Athena table': (sales) =>
    new headrace.ExpectSchemaTask(sales, 'T', {
      ...expected,
      data: headrace.ExpectedData.table({ database: 'raw', table: 'orders', sources: ['s3://data/x/'] }),
    }),
  'ExpectSchemaTask: Athena query, quarantine in S3': (sales) =>
    new headrace.ExpectSchemaTask(sales, 'T', {
      ...expected,
      data: headrace.ExpectedData.athenaQuery(query),
      policy: headrace.SchemaPolicy.quarantine({ broken: 's3://lake/broken/', clean: 's3://lake/clean/' }),
    }),
  'ExpectSchemaTask: Athena files': (sales) =>
    new headrace.ExpectSchemaTask(sales, 'T', {
      ...expected,
      data: headrace.ExpectedData.files({
        path: 's3://data/x/',
        format: headrace.ExpectedFormat.PARQUET,
        database: 'raw',
      }),
    }),
  'ExpectSchemaTask: Redshift': (sales) =>
    new headrace.ExpectSchemaTask(sales, 'T', {
      ...expected,
      data: headrace.ExpectedData.redshiftTable(serverless, 'sales.orders'),
      policy: headrace.SchemaPolicy.quarantineTable('sales.orders_broken'),
    }),
  'FargateTask: outputs': (sales) => reads(sales, new FargateTask(sales, 'T', { image }).output('rows')),
  'FargateTask: reports, spot': (sales) =>
    new FargateTask(sales, 'T', { image, spot: true, reports: true, heartbeat: Duration.minutes(5) }),
  'ForEachTask: objects of S3': (sales) => {
    const each = new headrace.ForEachTask(sales, 'T', {
      items: Items.fromS3Objects(s3.Bucket.fromBucketName(Stack.of(sales), 'In', 'raw'), 'orders/'),
    });
    new LambdaTask(each, 'Load', { code: code(), payload: { key: each.item('Key') } });
  },
  GlueCrawlerTask: (sales) =>
    new headrace.GlueCrawlerTask(sales, 'T', { database: 'raw', targets: [CrawlerTarget.s3('s3://data/x/')] }),
  'GlueCrawlerTask: another region': (sales) =>
    new headrace.GlueCrawlerTask(sales, 'T', { database: 'raw', path: 's3://data/x/', region: 'us-west-2' }),
  GlueDataQualityTask: (sales) =>
    new headrace.GlueDataQualityTask(sales, 'T', { database: 'raw', table: 'a', rules: ['RowCount > 0'] }),
  GlueJobTask: (sales) => new headrace.GlueJobTask(sales, 'T', { script: GlueScript.pySpark(file('a.py', '')) }),
  'GlueJobTask: outputs': (sales) =>
    reads(sales, new headrace.GlueJobTask(sales, 'T', { script: GlueScript.pySpark(file('a.py', '')) }).output('rows')),
  'GlueJobTask: an existing job': (sales) => new headrace.GlueJobTask(sales, 'T', { jobName: 'nightly' }),
  'GlueJobTask: another region': (sales) =>
    new headrace.GlueJobTask(sales, 'T', { script: GlueScript.pySpark(file('a.py', '')), region: 'us-west-2' }),
  GluePartitionSensor: (sales) =>
    new headrace.GluePartitionSensor(sales, 'T', { database: 'raw', table: 'a', partition: { day: sales.run.date } }),
  HttpTask: (sales) =>
    new headrace.HttpTask(sales, 'T', {
      connection: new events.Connection(Stack.of(sales), 'Api', {
        authorization: events.Authorization.apiKey(
          'x-api-key',
          SecretValue.secretsManager('api', { jsonField: 'key' }),
        ),
      }),
      endpoint: 'https://api.example.com/v1/',
    }),
  LambdaTask: (sales) => new LambdaTask(sales, 'T', { code: code() }),
  LatestOnlyTask: (sales) =>
    new headrace.LatestOnlyTask(sales, 'T').next(new LambdaTask(sales, 'Work', { code: code() })),
  PipelineRunSensor: (sales) => new headrace.PipelineRunSensor(sales, 'T', { target: other(sales) }),
  PipelineTask: (sales) => new headrace.PipelineTask(sales, 'T', { target: other(sales) }),
  'PipelineTask: not waited for': (sales) =>
    new headrace.PipelineTask(sales, 'T', { target: other(sales), waitForEnd: false }),
  'RdsImportTask: Data API': (sales) =>
    new headrace.RdsImportTask(sales, 'T', {
      database: aurora(sales),
      table: 'shop.orders',
      source: 's3://raw/orders.csv',
    }),
  'RdsQueryTask: Data API': (sales) =>
    new headrace.RdsQueryTask(sales, 'T', { database: aurora(sales), sql: Sql.fromString('select 1') }),
  'RdsQueryTask: Data API, a transaction': (sales) =>
    new headrace.RdsQueryTask(sales, 'T', { database: aurora(sales), sql: Sql.fromString('select 1; select 2') }),
  'RdsQueryTask: Data API, one statement after the other': (sales) =>
    new headrace.RdsQueryTask(sales, 'T', {
      database: aurora(sales),
      sql: Sql.fromString('select 1; select 2'),
      transaction: false,
    }),
  RedshiftCopyTask: (sales) =>
    new headrace.RedshiftCopyTask(sales, 'T', {
      warehouse: serverless,
      table: 'a.b',
      source: 's3://raw/x/',
      format: headrace.CopyFormat.CSV,
    }),
  'RedshiftQueryTask: serverless': (sales) =>
    new headrace.RedshiftQueryTask(sales, 'T', {
      warehouse: serverless,
      sql: Sql.fromString('select 1'),
      resultRows: 1,
    }),
  'RedshiftQueryTask: provisioned, a database user': (sales) =>
    new headrace.RedshiftQueryTask(sales, 'T', { warehouse: provisioned, sql: Sql.fromString('select 1') }),
  'RedshiftQueryTask: a secret': (sales) =>
    new headrace.RedshiftQueryTask(sales, 'T', {
      warehouse: Warehouse.provisioned({ clusterIdentifier: 'dw', database: 'dev', secret: secret(sales) }),
      sql: Sql.fromString('select 1; select 2'),
    }),
  RedshiftUnloadTask: (sales) =>
    new headrace.RedshiftUnloadTask(sales, 'T', {
      warehouse: serverless,
      query: Sql.fromString('select 1'),
      target: 's3://lake/x/',
    }),
  S3CopyTask: (sales) => new headrace.S3CopyTask(sales, 'T', { source: 's3://a/x/', targets: ['s3://b/x/'] }),
  S3DeleteTask: (sales) => new headrace.S3DeleteTask(sales, 'T', { path: 's3://a/x/' }),
  S3KeySensor: (sales) => new headrace.S3KeySensor(sales, 'T', { path: 's3://a/x/' }),
  SnsPublishTask: (sales) =>
    new headrace.SnsPublishTask(sales, 'T', {
      topic: sns.Topic.fromTopicArn(Stack.of(sales), 'Topic', 'arn:aws:sns:eu-west-1:111122223333:t'),
      message: 'x',
    }),
  SparkSqlTask: (sales) => new headrace.SparkSqlTask(sales, 'T', { ...query, target: 's3://lake/x/' }),
  'RedshiftQueryTask: one statement after the other': (sales) =>
    new headrace.RedshiftQueryTask(sales, 'T', {
      warehouse: serverless,
      sql: Sql.fromString('select 1; select 2'),
      transaction: false,
    }),
  'SqlSensor: Athena': (sales) =>
    new headrace.SqlSensor(sales, 'T', { sql: Sql.fromString('select 1'), athena: { database: 'raw' } }),
  'SqlSensor: Redshift': (sales) =>
    new headrace.SqlSensor(sales, 'T', { sql: Sql.fromString('select 1'), warehouse: serverless }),
  SqsSendMessageTask: (sales) =>
    new headrace.SqsSendMessageTask(sales, 'T', {
      queue: sqs.Queue.fromQueueArn(Stack.of(sales), 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:q'),
      messageBody: 'x',
    }),
};

/** Names of the exported classes that are kinds of tasks. */
export function exportedKinds(): string[] {
  return Object.entries(headrace)
    .filter(([, one]) => typeof one === 'function' && one.prototype instanceof headrace.Task)
    .map(([name]) => name)
    .sort();
}
