// The app whose templates are recorded with each version: everything that keeps state or bears a name, in one platform and two
// pipelines. What is changed here is a change for users only where it changes templates; so add to it, and record again.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import {
  Alert,
  FargateTask,
  GlueCrawlerTask,
  GlueDataQualityTask,
  GlueJobTask,
  GlueScript,
  LambdaTask,
  Pipeline,
  Platform,
  RedshiftQueryTask,
  Schedule,
  SparkSqlTask,
  Sql,
  Warehouse,
} from '../../lib';
import { buildFanOut } from '../../examples/fan-out/stack';
import { buildSales } from '../../examples/sales-pipeline/stack';

export interface Templates {
  readonly [stack: string]: { readonly Resources: { readonly [id: string]: object } };
}

const env = { account: '111122223333', region: 'eu-west-1' };
const here = (name: string) => join(__dirname, 'files', name);

function platformApp(app: App): void {
  const platform = new Platform(new Stack(app, 'Shared', { env }), 'Platform', {
    platformName: 'data',
    buckets: ['raw', 'lake'],
    databases: ['raw', 'lake'],
    warehouseDatabase: 'dw',
    alertEmails: ['data-oncall@example.com'],
  });
  const team = new Stack(app, 'Team', { env });
  const orders = new Pipeline(team, 'Orders', {
    platform,
    triggers: [Schedule.cron({ hour: '2', minute: '30' })],
    alerts: [Alert.topic(platform.alertTopic)],
  });
  const code = here('step.mjs');
  const ingest = new FargateTask(orders, 'Ingest', { image: ContainerImage.fromRegistry('busybox') });
  const crawl = new GlueCrawlerTask(orders, 'Crawl', { database: 'raw', path: 's3://raw/orders/' });
  const crawlUs = new GlueCrawlerTask(orders, 'CrawlUs', {
    database: 'raw',
    path: 's3://raw/orders/',
    region: 'us-west-2',
  });
  const job = new GlueJobTask(orders, 'Clean', { script: GlueScript.pySpark(here('clean.py')) });
  const check = new GlueDataQualityTask(orders, 'Check', { database: 'raw', table: 'orders', rules: ['RowCount > 0'] });
  const parquet = new SparkSqlTask(orders, 'ToParquet', {
    sql: Sql.fromString('SELECT * FROM orders'),
    database: 'raw',
    target: 's3://lake/orders/',
  });
  const load = new RedshiftQueryTask(orders, 'Load', {
    warehouse: Warehouse.ofPlatform(platform),
    sql: Sql.fromString('select 1'),
  });
  // Crossing edges: a rendezvous, with its table.
  ingest.next(crawl, job);
  crawl.next(check, crawlUs);
  job.next(check, parquet);
  check.next(load);
  parquet.next(load);
  const alone = new Pipeline(team, 'Alone', { alerts: [Alert.email('a@example.com')] });
  new FargateTask(alone, 'Ingest', { image: ContainerImage.fromRegistry('busybox') }).next(
    new LambdaTask(alone, 'Step', { code }),
  );
}

/** Today's templates, without what may change at any time: definitions, assets' keys, words. */
export function templates(): Templates {
  const found: { [stack: string]: Templates[string] } = {};
  for (const build of [platformApp, buildSales, buildFanOut]) {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-upgrade-')), analyticsReporting: false });
    build(app);
    for (const { stackName, template } of app.synth().stacksRecursively)
      found[stackName] = {
        Resources: without((template as Templates[string]).Resources) as Templates[string]['Resources'],
      };
  }
  return found;
}

const CHANGING = [
  'DefinitionString',
  'DefinitionS3Location',
  'DefinitionSubstitutions',
  'Code',
  'Description',
  'Metadata',
];

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !CHANGING.includes(name))
      .map(([name, inner]) => [name, without(inner)]),
  );
}
