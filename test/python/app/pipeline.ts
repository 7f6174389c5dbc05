// The same pipeline as pipeline.py, statement by statement: what both synthesize has to be the same text. It uses every
// kind of value that crosses from Python: enums, durations, lists, maps, unions, structs, tokens in texts, an own kind.

import { App, Duration, Stack, TimeZone, aws_ecs as ecs, aws_iam as iam, aws_sqs as sqs } from 'aws-cdk-lib';
import {
  Alert,
  Condition,
  CustomTask,
  FargateTask,
  FileFormat,
  GlueCrawlerTask,
  GlueJobTask,
  GlueScript,
  GlueWorker,
  LambdaTask,
  OnTaskFailure,
  Param,
  Pipeline,
  RedshiftQueryTask,
  Retry,
  Schedule,
  SparkSqlTask,
  Sql,
  Task,
  type TaskProps,
  type TaskSpec,
  TriggerRule,
  Warehouse,
} from 'headrace';
import type { Construct } from 'constructs';

interface SendTaskProps extends TaskProps {
  readonly queue: sqs.IQueue;
  readonly text: string;
}

/** A kind of task of the author's own. */
class SendTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly send: SendTaskProps,
  ) {
    super(scope, id, send);
  }

  toSpec(): TaskSpec {
    return {
      kind: 'SendTask',
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { QueueUrl: this.send.queue.queueUrl, MessageBody: { text: this.send.text } },
      outputs: "{'id': $states.result.MessageId}",
      permissions: [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.send.queue.queueArn] })],
      serviceRetry: [Retry.times(3, { interval: Duration.seconds(2), on: ['Sqs.SdkClientException'] })],
    };
  }
}

const app = new App({ outdir: process.argv[2]! });
const stack = new Stack(app, 'Shop', { env: { region: 'eu-west-1' } });
const queue = new sqs.Queue(stack, 'Queue', { enforceSSL: true });

const sales = new Pipeline(stack, 'Sales', {
  triggers: [Schedule.cron({ hour: '2', minute: '30', timeZone: TimeZone.EUROPE_PARIS })],
  alerts: [Alert.email('data@example.com')],
  params: {
    day: Param.string({ default: 'today', description: 'the day to load' }),
    limit: Param.number({ default: 5 }),
  },
  onTaskFailure: OnTaskFailure.CONTINUE,
  timeout: Duration.hours(6),
  retry: Retry.times(1, { interval: Duration.seconds(10), jitter: false }),
});

const extract = new FargateTask(sales, 'Extract', {
  image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/alpine:3.20'),
  command: ['extract', '--date', sales.run.date, `--run=${sales.run.id}`],
  environment: { STAGE: 'test', QUEUE: queue.queueName },
  cpu: 512,
  memoryLimitMiB: 1024,
});
const crawl = new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: 's3://lake/orders/', region: 'us-west-2' });
const enrich = new GlueJobTask(sales, 'Enrich', {
  script: GlueScript.pySpark('test/python/app/enrich.py'),
  arguments: { day: sales.run.param('day'), from: sales.run.intervalStart },
  worker: GlueWorker.G_2X,
  workers: 4,
  retry: Retry.times(2, { maxDelay: Duration.minutes(5), on: ['States.Timeout'] }),
});
const report = new SparkSqlTask(sales, 'Report', {
  sql: Sql.fromString('select * from raw.orders'),
  database: 'raw',
  target: 's3://lake/report/',
  format: FileFormat.CSV,
});
const load = new RedshiftQueryTask(sales, 'Load', {
  warehouse: Warehouse.serverless({ workgroupName: 'shop', database: 'dev' }),
  sql: Sql.fromFile('test/python/app/load.sql'),
  parameters: { day: sales.run.date, rows: enrich.output('rows') },
  resultRows: 1,
});
const notify = new LambdaTask(sales, 'Notify', {
  code: 'test/python/app/notify.py',
  payload: { text: `loaded ${load.output('days')} days "${sales.run.logicalDate}"`, tags: ['a', 'b'], deep: { n: 1 } },
  runIf: Condition.isGreaterThan(load.output('days'), 0),
  timeout: Duration.minutes(3),
});
const send = new SendTask(sales, 'Send', {
  queue,
  text: `run ${sales.run.id} of ${stack.stackName}`,
  triggerRule: TriggerRule.ALL_DONE,
});
const copy = new CustomTask(sales, 'Copy', {
  resource: 'arn:aws:states:::aws-sdk:s3:copyObject',
  arguments: { Bucket: 'lake', CopySource: 'lake/a', Key: `copies/${send.output('id')}` },
  permissions: [
    new iam.PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: ['arn:aws:s3:::lake/*'] }),
  ],
});

extract.next(crawl).next(enrich, report);
load.after(report);
send.after(notify, crawl);
copy.after(send);

app.synth();
