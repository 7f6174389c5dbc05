// AwsSolutions over an app with every kind: what is found is acknowledged beside the resource, or this fails.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_ecs as ecs, Duration, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import {
  Alert,
  CustomTask,
  FargateTask,
  ForEachTask,
  GlueCrawlerTask,
  GlueJobTask,
  GlueScript,
  Items,
  LambdaTask,
  Pipeline,
  RedshiftQueryTask,
  Schedule,
  SparkSqlTask,
  Sql,
  Warehouse,
} from '../../lib';
import { file } from '../tasks/run-task';

it.each([{ region: 'eu-west-1', account: '111122223333' }, {}])(
  'every kind of task is free of findings in %j',
  (env) => {
    const outdir = mkdtempSync(join(tmpdir(), 'headrace-nag-'));
    const app = new App({ outdir });
    const sales = new Pipeline(new Stack(app, 'Demo', { env }), 'Sales', {
      triggers: [Schedule.rate(Duration.hours(1))],
      alerts: [Alert.email('a@example.com')],
    });
    const container = new FargateTask(sales, 'Container', {
      image: ecs.ContainerImage.fromRegistry('busybox'),
      environment: { A: '1' },
    });
    const job = new GlueJobTask(sales, 'Job', { script: GlueScript.pySpark(file('a.py', '')) });
    new GlueJobTask(sales, 'Shell', { script: GlueScript.pythonShell(file('a.py', '')), region: 'us-west-2' });
    new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: 's3://data/' });
    new GlueCrawlerTask(sales, 'CrawlFar', { database: 'raw', path: 's3://data/', region: 'us-west-2' });
    const sql = new SparkSqlTask(sales, 'Sql', {
      sql: Sql.fromString('select 1'),
      database: 'raw',
      target: 's3://lake/x/',
      sources: ['s3://data/'],
    });
    new RedshiftQueryTask(sales, 'Load', {
      warehouse: Warehouse.serverless({ workgroupName: 'a', database: 'dev' }),
      sql: Sql.fromString('select 1'),
    });
    new LambdaTask(sales, 'Function', {
      code: file('a.py', ''),
      payload: { rows: [container.output('rows'), job.output('rows'), sql.output('rows')] },
    });
    const each = new ForEachTask(sales, 'Each', { items: Items.fromOutput(job.output('files')) });
    new LambdaTask(each, 'Function', { code: file('a.py', ''), payload: { item: each.item() } });
    new CustomTask(sales, 'Custom', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] }).after(job);
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
  },
);
