// An airline's sales, one week a run: a container ingests flights as CSV, a crawler finds the tables, Spark SQL joins them into
// Parquet, crawlers in two regions register the result, Redshift loads it. Each Monday, for the seven days before.

import { join } from 'node:path';
import { type App, Aws, aws_iam as iam, aws_s3 as s3, RemovalPolicy, Stack, TimeZone, Validations } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { CfnNamespace, CfnWorkgroup } from 'aws-cdk-lib/aws-redshiftserverless';
import type { Construct } from 'constructs';
import {
  Alert,
  FargateTask,
  GlueCrawlerTask,
  Pipeline,
  RedshiftQueryTask,
  Retry,
  Schedule,
  SparkSqlTask,
  Sql,
  Warehouse,
} from 'headrace';

// A name that is known beforehand: the crawler of another region can have it too.
const LAKE = `sales-lake-${Aws.ACCOUNT_ID}`;

const here = (file: string) => join(__dirname, file);

/** The platform that the pipeline stands on; in a company it is another team's stack. */
function platform(stack: Stack) {
  const bucket = (id: string, logs?: s3.IBucket, bucketName?: string) =>
    new s3.Bucket(stack, id, {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(logs !== undefined && { serverAccessLogsBucket: logs, serverAccessLogsPrefix: `${id}/` }),
      ...(bucketName !== undefined && { bucketName }),
    });
  const logs = bucket('AccessLogs');
  Validations.of(logs).acknowledge({
    id: 'AwsSolutions::AwsSolutions-S1',
    reason: 'this is the bucket that access logs go to',
  });
  const lake = bucket('Lake', logs, LAKE);

  const reader = new iam.Role(stack, 'WarehouseReader', {
    assumedBy: new iam.ServicePrincipal('redshift.amazonaws.com'),
  });
  lake.grantRead(reader, 'flights/*');
  objectsOf(reader, 'flights/*');
  const vpc = new Vpc(stack, 'Network', {
    maxAzs: 3,
    natGateways: 0,
    subnetConfiguration: [{ name: 'Warehouse', subnetType: SubnetType.PRIVATE_ISOLATED }],
    flowLogs: { All: {} },
  });
  const namespace = new CfnNamespace(stack, 'Namespace', {
    namespaceName: 'sales',
    dbName: 'sales',
    defaultIamRoleArn: reader.roleArn,
    iamRoles: [reader.roleArn],
  });
  const workgroup = new CfnWorkgroup(stack, 'Workgroup', {
    workgroupName: 'sales',
    namespaceName: namespace.namespaceName,
    baseCapacity: 8,
    publiclyAccessible: false,
    enhancedVpcRouting: true,
    subnetIds: vpc.isolatedSubnets.map((subnet) => subnet.subnetId),
    securityGroupIds: [vpc.vpcDefaultSecurityGroup],
  });
  workgroup.addResourceDependency(namespace);
  const warehouse = Warehouse.serverless({
    workgroupName: workgroup.workgroupName,
    workgroupArn: workgroup.attrWorkgroupWorkgroupArn,
    database: 'sales',
  });
  for (const name of ['sales_raw', 'sales']) database(stack, name);
  return { lake, warehouse };
}

function database(stack: Stack, name: string): void {
  new CfnDatabase(stack, `Database-${name}`, { catalogId: stack.account, databaseInput: { name } });
}

/** The wildcards of a bucket's grants: objects below one prefix, and the kinds of reading or writing one. */
function objectsOf(construct: Construct, prefix: string): void {
  for (const finding of [
    'Action::s3:GetObject*',
    'Action::s3:GetBucket*',
    'Action::s3:List*',
    'Action::s3:Abort*',
    `Resource::<Lake5F1B88EA.Arn>/${prefix}`,
  ]) {
    Validations.of(construct).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[${finding}]`,
      reason: 'objects below one prefix of one bucket, whose keys are not known beforehand',
    });
  }
}

export function buildSales(app: App): Stack {
  const stack = new Stack(app, 'SalesStack', { env: { region: 'eu-west-1' } });
  const american = new Stack(app, 'SalesCatalogUs', { env: { region: 'us-west-2' } });
  database(american, 'sales_us');
  const { lake, warehouse } = platform(stack);

  const sales = new Pipeline(stack, 'Sales', {
    triggers: [Schedule.cron({ weekDay: 'MON', hour: '2', minute: '30', timeZone: TimeZone.EUROPE_PARIS })],
    alerts: [Alert.email('data-oncall@example.com')],
  });

  const raw = `s3://${LAKE}/raw/`;
  const flights = `s3://${LAKE}/flights/week=${sales.run.date}/`;

  const ingest = new FargateTask(sales, 'Ingest', {
    image: ContainerImage.fromAsset(here('connector')),
    command: ['extract', '--date', sales.run.date, '--output', raw],
    cpu: 512,
    memoryLimitMiB: 1024,
    retry: Retry.times(2),
  });
  lake.grantPut(ingest, 'raw/*');
  objectsOf(ingest, 'raw/*');

  const crawlRaw = new GlueCrawlerTask(sales, 'CrawlRaw', { database: 'sales_raw', path: raw });

  const toParquet = new SparkSqlTask(sales, 'ToParquet', {
    sql: Sql.fromFile(here('sql/to_parquet.sql')),
    database: 'sales_raw',
    sources: [raw],
    parameters: { week: sales.run.date },
    target: flights,
    retry: Retry.times(2),
  });

  const crawlEu = new GlueCrawlerTask(sales, 'CrawlEu', { database: 'sales', path: `s3://${LAKE}/flights/` });
  const crawlUs = new GlueCrawlerTask(sales, 'CrawlUs', {
    database: 'sales_us',
    path: `s3://${LAKE}/flights/`,
    region: 'us-west-2',
  });

  const load = new RedshiftQueryTask(sales, 'Load', {
    warehouse,
    sql: Sql.fromFile(here('sql/load.sql')),
    parameters: { week: sales.run.date, source: flights },
    resultRows: 1,
  });

  ingest.next(crawlRaw).next(toParquet).next(crawlEu, crawlUs);
  load.after(crawlUs);
  return stack;
}
