// One pipeline a mood: all tasks of Works do their work, Fails has some that fail, twice, and all of Holds go on until they are stopped. What they
// use exists already, made by services.ts under the mood's name.

import {
  App,
  aws_batch as batch,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_iam as iam,
  aws_lambda as lambda,
  Duration,
  Stack,
} from 'aws-cdk-lib';
import {
  AthenaQueryTask,
  BatchTask,
  EmrCluster,
  EmrServerlessJob,
  EmrServerlessTask,
  EmrStep,
  EmrStepTask,
  FargateTask,
  GlueCrawlerTask,
  GlueDataQualityTask,
  GlueJobTask,
  LambdaTask,
  Pipeline,
  PipelineTask,
  RedshiftQueryTask,
  Retry,
  Sql,
  Warehouse,
} from 'headrace';
import { ACCOUNT, LOGS, REGION, names } from './names';

const app = new App();
const stack = new Stack(app, 'Services', { env: { region: REGION, account: ACCOUNT } });
const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ACCOUNT}:role/any`);
const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Net', {
  vpcId: 'vpc-1',
  availabilityZones: [`${REGION}a`],
  publicSubnetIds: ['subnet-1'],
});
const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
const ids = JSON.parse(process.env['SERVICES_IDS'] ?? '{}') as Record<string, string>;

function tasks(pipeline: Pipeline, mood: string) {
  const own = names(mood);
  const retry = mood === 'fails' ? Retry.times(1, { interval: Duration.seconds(1) }) : Retry.none();
  const at = <T>(make: (id: string) => T, id: string) => make(`${mood}-${id}`);
  const clusterId = ids[`cluster ${mood}`] ?? 'j-1';
  const cluster = at(
    (id) => ecs.Cluster.fromClusterAttributes(stack, id, { clusterName: own.cluster, vpc }),
    'cluster',
  );
  new FargateTask(pipeline, 'Container', {
    retry,
    cluster,
    securityGroups: [group],
    containerName: 'main',
    taskDefinition: at(
      (id) =>
        ecs.FargateTaskDefinition.fromFargateTaskDefinitionAttributes(stack, id, {
          taskDefinitionArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${own.family}:1`,
          taskRole: role,
          executionRole: role,
        }),
      'definition',
    ),
  });
  new GlueJobTask(pipeline, 'Job', { retry, jobName: own.job });
  new GlueCrawlerTask(pipeline, 'Crawl', { retry, crawlerName: own.crawler });
  new BatchTask(pipeline, 'Array', {
    retry,
    jobDefinition: at(
      (id) => batch.EcsJobDefinition.fromJobDefinitionArn(stack, id, jobDefinition(own.definition)),
      'job',
    ),
    jobQueue: at((id) => batch.JobQueue.fromJobQueueArn(stack, id, jobQueue(own.queue)), 'queue'),
  });
  new EmrStepTask(pipeline, 'Step', { retry, clusterId, step: EmrStep.spark('s3://code/job.py') });
  new EmrServerlessTask(pipeline, 'Spark', {
    retry,
    applicationId: ids[`application ${mood}`] ?? '0',
    executionRole: role,
    job: EmrServerlessJob.spark('s3://code/job.py'),
    logUri: `s3://${LOGS}/serverless/`,
  });
  new AthenaQueryTask(pipeline, 'Query', {
    retry,
    database: 'lake',
    workGroup: own.workGroup,
    sql: Sql.fromString('SELECT 1'),
  });
  new LambdaTask(pipeline, 'Function', {
    retry,
    function: at((id) => lambda.Function.fromFunctionName(stack, id, own.function), 'function'),
  });
  if (mood === 'fails') return;
  const warehouse = Warehouse.provisioned({ clusterIdentifier: own.warehouse, database: 'dev', dbUser: 'etl' });
  new RedshiftQueryTask(pipeline, 'Statement', { retry, warehouse, sql: Sql.fromString('SELECT 1') });
  if (mood !== 'hold') return;
  new GlueDataQualityTask(pipeline, 'Quality', {
    retry,
    database: 'lake',
    table: 'sales',
    rulesetName: own.ruleset,
    role,
  });
  new EmrStepTask(pipeline, 'OldStep', {
    retry,
    clusterId: ids[`cluster ${mood} old`] ?? 'j-1',
    step: EmrStep.spark('s3://code/job.py'),
  });
}

function jobDefinition(name: string): string {
  return `arn:aws:batch:${REGION}:${ACCOUNT}:job-definition/${name}:1`;
}

function jobQueue(name: string): string {
  return `arn:aws:batch:${REGION}:${ACCOUNT}:job-queue/${name}`;
}

tasks(new Pipeline(stack, 'Works'), 'works');
tasks(new Pipeline(stack, 'Fails'), 'fails');
const holds = new Pipeline(stack, 'Holds');
tasks(holds, 'hold');
// A run that waits for another one, whose crawler nobody would stop.
const inner = new Pipeline(stack, 'Inner');
new GlueCrawlerTask(inner, 'Crawl', { crawlerName: names('hold inner').crawler });
new PipelineTask(holds, 'Other', { target: inner });
// A cluster of the run's own: nobody would terminate it any more.
const own = new EmrCluster(holds, 'Own', {
  releaseLabel: 'emr-7.5.0',
  subnet: vpc.publicSubnets[0]!,
  serviceRole: role,
  instanceRole: role,
});
new EmrStepTask(own, 'Inside', { step: EmrStep.spark('s3://code/job.py') });
app.synth();
