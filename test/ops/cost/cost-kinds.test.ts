// A bill before any run, for every kind of task: each is priced, or named as what has no price here.

import { type App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { type PlannedCost, plannedCost } from '../../../bin/verbs/cost-plan';
import { PRICES } from '../../../lib/ops/cost/prices';
import { KINDS, newPipeline } from '../../permissions/every-kind';

/** What the bill of each kind says beside its transitions: `what: amounts`, or `not priced: ...`. */
const EXPECTED: { readonly [kind: string]: readonly (string | RegExp)[] } = {
  ApprovalTask: ['T (Lambda): at least 1 request, 0 GB-s'],
  AthenaCtasTask: ['T (Athena): at least 10 MB', 'Glue Data Catalog: 1 request', 'S3: 2 PUT and LIST requests'],
  AthenaQueryTask: ['T (Athena): at least 10 MB'],
  BatchTask: ['not priced: Batch: its machines (EC2), or a size that is not told: T'],
  BranchTask: ['Work (Lambda): 1 request, 0 GB-s'],
  CustomTask: ['SNS: 1 message'],
  Ec2Task: ['T (ECS): nothing'],
  'Ec2Task: reports': ['T (ECS): nothing', 'S3: 2 PUT and LIST requests'],
  'EmrStepTask: a cluster of the run': [/^not priced: EMR on EC2: .*: SparkCreate, T$/],
  EmrStepTask: [/^not priced: EMR on EC2: .*: T$/],
  EmrContainersTask: [/^not priced: EMR on EKS: .*: T$/],
  EmrServerlessTask: [/^not priced: EMR Serverless: .*: T$/],
  EventBridgePutEventsTask: ['EventBridge: 1 event'],
  FargateTask: ['T (Fargate): 0.0042 vCPU-h, 0.0083 GB-h'],
  'FargateTask: outputs': ['T (Fargate): 0.0042 vCPU-h, 0.0083 GB-h', 'S3: 1 GET request', 'SQS: 1 request'],
  'FargateTask: reports, spot': ['T (Fargate Spot): at most 0.0042 vCPU-h, 0.0083 GB-h', 'S3: 2 PUT and LIST requests'],
  'ExpectSchemaTask: Athena table': [
    'T (Athena): at least 10 MB',
    'Glue Data Catalog: 1 request',
    /^T \(Lambda\): \d requests, 0 GB-s$/,
  ],
  'ExpectSchemaTask: Athena query, quarantine in S3': [
    'T (Athena): at least 10 MB',
    /^T \(Lambda\): \d requests, 0 GB-s$/,
  ],
  'ExpectSchemaTask: Athena files': [
    'T (Athena): at least 10 MB',
    'Glue Data Catalog: 2 requests',
    /^T \(Lambda\): \d requests, 0 GB-s$/,
  ],
  'ExpectSchemaTask: Redshift': ['T (Redshift Serverless analytics): at least 0.0667 RPU-h'],
  ForEachTask: ['T (Lambda): 1 request, 0 GB-s', 'S3: 1 PUT and LIST request'],
  GlueCrawlerTask: ['T (Glue crawler): at least 0.1667 DPU-h'],
  'GlueCrawlerTask: another region': ['T (Glue crawler): at least 0.1667 DPU-h', 'T (Lambda): 2 requests, 0 GB-s'],
  GlueDataQualityTask: ['T (Glue data quality): 0.0333 DPU-h'],
  GlueJobTask: ['T (Glue): 0.0333 DPU-h'],
  'GlueJobTask: outputs': ['T (Glue): 0.0333 DPU-h', 'S3: 1 GET request', 'SQS: 1 request'],
  'GlueJobTask: an existing job': ['not priced: Glue: a job run whose size is not told: T'],
  'GlueJobTask: another region': ['T (Glue): 0.0333 DPU-h', 'T (Lambda): 2 requests, 0 GB-s'],
  GluePartitionSensor: ['Glue Data Catalog: 1 request'],
  HttpTask: [],
  LambdaTask: ['T (Lambda): 1 request, 0 GB-s'],
  LatestOnlyTask: ['Work (Lambda): 1 request, 0 GB-s'],
  PipelineRunSensor: [],
  PipelineTask: [/^not priced: a run of another state machine/],
  RdsImportTask: ['RDS Data API: 1 request', /^not priced: the database/],
  RdsQueryTask: ['RDS Data API: 1 request', /^not priced: the database/],
  'RdsQueryTask: Data API, a transaction': ['RDS Data API: 3 requests', /^not priced: the database/],
  RedshiftCopyTask: ['T (Redshift Serverless analytics): at least 0.0667 RPU-h'],
  RedshiftQueryTask: ['T (Redshift Serverless analytics): at least 0.0667 RPU-h'],
  'RedshiftQueryTask: provisioned, a database user': ['T (Redshift dw): nothing'],
  'RedshiftQueryTask: a secret': ['T (Redshift dw): nothing'],
  RedshiftUnloadTask: ['T (Redshift Serverless analytics): at least 0.0667 RPU-h'],
  S3CopyTask: ['T (Lambda): 1 request, 0 GB-s', /^not priced: requests to S3 that functions make/],
  S3DeleteTask: ['T (Lambda): 1 request, 0 GB-s', /^not priced: requests to S3 that functions make/],
  S3KeySensor: ['T (Lambda): 1 request, 0 GB-s'],
  SnsPublishTask: ['SNS: 1 message'],
  SparkSqlTask: ['T (Glue): 0.0333 DPU-h'],
  'SqlSensor: Athena': ['T (Athena): at least 10 MB'],
  'SqlSensor: Redshift': ['T (Redshift Serverless analytics): at least 0.0667 RPU-h'],
  SqsSendMessageTask: ['SQS: 1 request'],
};

async function planned(name: string, duration: string[] = [], items: string[] = []): Promise<PlannedCost> {
  const sales = newPipeline();
  KINDS[name]!(sales);
  const folder = (Stack.of(sales).node.root as App).synth().directory;
  return plannedCost(folder, 'Sales', { duration, items }, PRICES, async () => undefined);
}

/** The bill without its transitions, in few words. */
function told({ cost }: PlannedCost): string[] {
  const lines = cost.lines.slice(1).map(({ what, arithmetic, bound }) => {
    const [sum = ''] = arithmetic.split(';');
    const amounts = sum.split(' + ').map((term) => {
      const [amount = '', ...unit] = term.split(' x ')[0]!.split(' ');
      return `${Number(Number(amount.replaceAll(',', '')).toFixed(4))} ${unit.join(' ')}`;
    });
    return `${what}: ${sum === '$0' ? 'nothing' : `${bound === undefined ? '' : `${bound} `}${amounts.join(', ')}`}`;
  });
  return [...lines, ...cost.unpriced.map((what) => `not priced: ${what}`)].sort();
}

describe('what a run would cost', () => {
  it.each(Object.keys(KINDS))('%s', async (name) => {
    const plan = await planned(name);
    const expected = EXPECTED[name] ?? EXPECTED[name.split(':')[0]!];
    expect(expected, 'a new kind: say what its bill is').toBeDefined();
    const lines = told(plan);
    expect(lines).toHaveLength(expected!.length);
    for (const each of expected!)
      expect(lines).toContainEqual(typeof each === 'string' ? each : expect.stringMatching(each));
    expect(plan.cost.lines[0]).toMatchObject({ what: 'Step Functions' });
    expect(plan.atLeast).toBe(true);
  });

  it('grows with durations: compute, and looks at what goes on', async () => {
    const [short, long] = await Promise.all([planned('GlueCrawlerTask'), planned('GlueCrawlerTask', ['T=1h'])]);
    expect(told(long)).toEqual(['T (Glue crawler): at least 1 DPU-h']);
    // 5 s, then longer and longer up to a minute: about one look a minute.
    const transitions = (plan: PlannedCost) => Number(plan.cost.lines[0]!.arithmetic.split(' ')[0]);
    expect(transitions(long) - transitions(short)).toBeGreaterThan(3 * 59);
    expect(transitions(long) - transitions(short)).toBeLessThan(3 * 70);
    expect(long.atLeast).toBe(false);
  });

  it('counts each item of a list', async () => {
    const one = await planned('ForEachTask: objects of S3', ['T=2s']);
    expect(one.notes).toEqual([expect.stringContaining('T: for one item')]);
    const many = await planned('ForEachTask: objects of S3', ['T=2s'], ['T=5000']);
    expect(told(many)).toContain('T (Lambda): 5000 requests, 2500 GB-s');
    expect(many.notes).toEqual([]);
  });

  it('refuses durations and numbers that are none', async () => {
    await expect(planned('LambdaTask', ['T=soon'])).rejects.toThrow(
      '--duration T=soon: expected a task and a duration, Task=90s, Task=10m or Task=1.5h',
    );
    await expect(planned('LambdaTask', ['10m'])).rejects.toThrow('--duration 10m: expected a task');
    await expect(planned('LambdaTask', ['t=10m'])).rejects.toThrow('did you mean T?');
    await expect(planned('LambdaTask', [], ['T=-1'])).rejects.toThrow(
      '--items T=-1: expected a task and a whole number',
    );
  });
});
