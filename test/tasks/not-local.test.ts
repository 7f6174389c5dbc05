// Kinds that a laptop has no stand-in for say so, by name, with what to do.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_ec2 as ec2, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import {
  CrawlerTarget,
  EmrCluster,
  EmrContainersTask,
  EmrServerlessJob,
  EmrServerlessTask,
  EmrStep,
  EmrStepTask,
  GlueCrawlerTask,
  GlueDataQualityTask,
  GlueJobTask,
  GlueScript,
  Pipeline,
} from '../../lib';
import { runLocal } from '../../lib/local/local-run';
import { file } from './run-task';

it('EMR, data quality, Ray and crawls of databases are refused by name, and nothing waits for them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-not-local-'));
  const app = new App({ outdir: join(folder, 'cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  const sales = new Pipeline(stack, 'Sales');
  const executionRole = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/x');
  const subnet = ec2.Subnet.fromSubnetId(stack, 'Subnet', 'subnet-1');
  const cluster = new EmrCluster(sales, 'Spark', { releaseLabel: 'emr-7.5.0', subnet });
  const step = EmrStep.spark('s3://code/a.py');
  new EmrStepTask(cluster, 'Step', { step });
  new EmrStepTask(sales, 'Running', { clusterId: 'j-1', step });
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
  new GlueDataQualityTask(sales, 'Quality', { database: 'raw', table: 'a', rules: ['RowCount > 0'] });
  new GlueJobTask(sales, 'Ray', { script: GlueScript.ray(file('a.py', '')) });
  new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', targets: [CrawlerTarget.jdbc('warehouse', 'a/b/%')] });
  app.synth();
  const { tasks } = await runLocal({ assembly: join(folder, 'cdk.out'), store: join(folder, '.headrace') });
  const told = Object.fromEntries(tasks.map((task) => [task.id, `${task.status} ${task.reason ?? ''}`]));
  const refusal = (what: string) =>
    expect.stringMatching(new RegExp(`^failed .*${what}.* has no stand-in on the laptop`));
  expect(told).toEqual({
    SparkCreate: refusal('elasticmapreduce:createCluster.sync'),
    Step: 'upstream_failed ',
    SparkTerminate: 'upstream_failed ',
    Running: refusal('elasticmapreduce:addStep.sync'),
    Serverless: refusal('emr-serverless:startJobRun.sync'),
    OnEks: refusal('emr-containers:startJobRun.sync'),
    Quality: refusal('glue:StartDataQualityRulesetEvaluationRun'),
    Ray: refusal('a Glue job of kind glueray'),
    Crawl: refusal('a crawler over JdbcTargets'),
  });
}, 60_000);
