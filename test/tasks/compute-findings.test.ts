// AwsSolutions over every kind of task that computes: what is found is acknowledged beside the resource, or this fails.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  aws_batch as batch,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_iam as iam,
  Duration,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import aslValidator = require('asl-validator');
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import {
  AthenaCtasTask,
  AthenaQueryTask,
  BatchTask,
  CrawlerTarget,
  CustomTask,
  Ec2Task,
  EmrCluster,
  EmrContainersTask,
  EmrServerlessJob,
  EmrServerlessTask,
  EmrStep,
  EmrStepTask,
  FargateTask,
  GlueCrawlerTask,
  GlueDataQualityTask,
  GlueExecutionClass,
  GlueJobTask,
  GlueScript,
  Pipeline,
  Sql,
} from '../../lib';
import { definitions } from '../assembly';
import { file } from './run-task';

it.each([{ region: 'eu-west-1', account: '111122223333' }, {}])(
  'every kind of task that computes is free of findings in %j',
  (env) => {
    const outdir = mkdtempSync(join(tmpdir(), 'headrace-nag-'));
    const app = new App({ outdir });
    const stack = new Stack(app, 'Demo', { env });
    const sales = new Pipeline(stack, 'Sales');
    const image = ecs.ContainerImage.fromRegistry('busybox');
    const spot = new FargateTask(sales, 'Spot', { image, spot: true, reports: true, heartbeat: Duration.minutes(5) });
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a'],
      publicSubnetIds: ['subnet-1'],
    });
    const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Machines', { clusterName: 'machines', vpc });
    new Ec2Task(sales, 'Machine', { image, cluster, reports: true });
    new GlueJobTask(sales, 'Flex', {
      script: GlueScript.pySpark(file('a.py', '')),
      executionClass: GlueExecutionClass.FLEX,
      connections: ['warehouse'],
    });
    new GlueJobTask(sales, 'Ray', { script: GlueScript.ray(file('a.py', '')) });
    new GlueCrawlerTask(sales, 'Crawl', {
      database: 'raw',
      targets: [
        CrawlerTarget.jdbc('warehouse', 'a/b/%'),
        CrawlerTarget.delta(['s3://data/x/'], { nativeTables: false }),
      ],
    });
    for (const region of [undefined, 'us-west-2']) {
      new GlueDataQualityTask(sales, `Quality${region ?? ''}`, {
        database: 'raw',
        table: 'a',
        rules: ['RowCount > 0'],
        sources: ['s3://data/x/'],
        ...(region !== undefined && { region }),
      });
    }
    const query = { sql: Sql.fromString('SELECT 1'), database: 'raw', sources: ['s3://data/x/'] };
    new AthenaQueryTask(sales, 'Query', { ...query, targets: ['s3://lake/y/'] });
    new AthenaCtasTask(sales, 'Table', { ...query, table: 'daily', target: 's3://lake/daily/' });
    const spark = new EmrCluster(sales, 'Spark', { releaseLabel: 'emr-7.5.0', subnet: vpc.publicSubnets[0]! });
    new EmrStepTask(spark, 'Step', { step: EmrStep.spark('s3://code/a.py') });
    const executionRole = iam.Role.fromRoleArn(stack, 'JobRole', 'arn:aws:iam::111122223333:role/job');
    new EmrServerlessTask(sales, 'Serverless', {
      applicationId: 'app',
      job: EmrServerlessJob.spark('s3://code/a.py'),
      executionRole,
    });
    new EmrContainersTask(sales, 'OnEks', {
      virtualClusterId: 'vc',
      releaseLabel: 'emr-7.5.0-latest',
      entryPoint: 's3://code/a.py',
      executionRole,
    });
    const arn = (what: string) => stack.formatArn({ service: 'batch', resource: what, resourceName: 'x' });
    new BatchTask(sales, 'Job', {
      jobDefinition: batch.EcsJobDefinition.fromJobDefinitionArn(stack, 'Def', arn('job-definition')),
      jobQueue: batch.JobQueue.fromJobQueueArn(stack, 'Queue', arn('job-queue')),
    });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { rows: spot.output('rows') },
      permissions: [],
    });
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
    for (const machine of definitions(outdir)) {
      // The validator knows real ARNs and names, not CloudFormation's words for them; its texts end with the line.
      const text = machine.text
        .replaceAll('${AWS::Partition}', 'aws')
        .replace(/\$\{[^}]*\}/g, 'x')
        .replace(/(?<!\\)\\n/g, ' ');
      const { isValid, errorsText } = aslValidator(JSON.parse(text) as object);
      expect(isValid, errorsText('\n')).toBe(true);
    }
  },
);
