// What the machines of every kind may do beside what their states call: an action that is missing fails, and so does one that
// nothing calls.

import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Pipeline } from '../../lib';
import { type Asl, flat } from '../tasks/run-task';
import { exportedKinds, KINDS, newPipeline } from './every-kind';
import { neededBy } from './needed';

/** What every machine may do, whatever its tasks are: deliver its own log, hand over its traces. */
const ALWAYS = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

const CATALOG = [
  'GetDatabase',
  'GetDatabases',
  'GetTable',
  'GetTables',
  'GetPartition',
  'GetPartitions',
  'BatchGetPartition',
];
const PARTITIONS = ['UpdateTable', 'CreatePartition', 'BatchCreatePartition'];
const READS = ['GetObject', 'ListBucket', 'GetBucketLocation'];
const RESULTS = [
  ...READS,
  'PutObject',
  'AbortMultipartUpload',
  'ListMultipartUploadParts',
  'ListBucketMultipartUploads',
];
const of = (service: string, ...lists: string[][]) => lists.flat().map((action) => `${service}:${action}`);

/** What a service does in its caller's name, which the calls themselves do not show. */
const BESIDE: readonly { readonly kinds: RegExp; readonly actions: readonly string[]; readonly because: string }[] = [
  {
    kinds: /Athena(?!CtasTask)/,
    actions: [...of('glue', CATALOG), ...of('s3', RESULTS)],
    because: 'Athena reads the catalog and the data, and writes results, as whoever asks',
  },
  {
    kinds: /^AthenaCtasTask/,
    actions: [...of('glue', CATALOG, PARTITIONS, ['CreateTable']), ...of('s3', RESULTS)],
    because: 'Athena makes the table and writes its files as whoever asks',
  },
  {
    kinds: /^AthenaQueryTask: writing/,
    actions: [...of('glue', PARTITIONS, ['UpdatePartition']), 's3:DeleteObject'],
    because: 'INSERT, MERGE, OPTIMIZE and VACUUM change files and partitions as whoever asks',
  },
  {
    kinds: /quarantine in S3/,
    actions: ['glue:CreateTable', 'glue:DeleteTable'],
    because: 'Athena makes a table of the rows, and takes its entry away, as whoever asks',
  },
  {
    kinds: /outputs|reports/,
    actions: ['s3:ListBucket'],
    because: 'without it S3 calls an object that is not there a forbidden one',
  },
];

/** Actions that know no resources, or none that could be named before the run. */
const NO_RESOURCE: { readonly [action: string]: string } = {
  'logs:': 'the delivery of logs is the account’s, not of one log group',
  'xray:': 'traces have no ARNs',
  'redshift-data:': 'statements have no ARNs: the condition limits them to those that the machine itself began',
  'elasticmapreduce:RunJobFlow': 'the cluster does not exist yet',
  'batch:DescribeJobs': 'the action knows no resources',
};

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: string;
}

function statements(sales: Pipeline): Statement[] {
  const template = Template.fromStack(Stack.of(sales));
  const policies = {
    ...template.findResources('AWS::IAM::Policy'),
    ...template.findResources('AWS::IAM::ManagedPolicy'),
  };
  return Object.entries(policies)
    .filter(([id]) => id.startsWith('SalesHeadraceMachine'))
    .flatMap(([, policy]) => policy['Properties'].PolicyDocument.Statement as Asl[])
    .map(({ Action, Resource, Condition }) => ({
      actions: [Action].flat() as string[],
      resources: [Resource].flat().map(flat),
      condition: JSON.stringify(Condition ?? {}),
    }));
}

function definitions(sales: Pipeline): Asl[] {
  const machines = Template.fromStack(Stack.of(sales)).findResources('AWS::StepFunctions::StateMachine');
  return Object.entries(machines)
    .filter(([id]) => id.startsWith('SalesHeadraceMachine'))
    .map(([, machine]) => JSON.parse(flat(machine['Properties'].DefinitionString)) as Asl);
}

describe('the role of a machine', () => {
  it('is looked at for every kind of task that there is', () => {
    const here = new Set(Object.keys(KINDS).map((name) => name.split(':')[0]!));
    expect(exportedKinds().filter((kind) => !here.has(kind))).toEqual([]);
  });

  it.each(Object.keys(KINDS))('allows what the states of a %s call, and nothing else', (name) => {
    const sales = newPipeline();
    KINDS[name]!(sales);
    const beside = BESIDE.filter(({ kinds }) => kinds.test(name)).flatMap(({ actions }) => actions);
    const needed = new Set([...ALWAYS, ...beside]);
    for (const definition of definitions(sales)) for (const action of neededBy(definition)) needed.add(action);
    const allowed = new Set(statements(sales).flatMap(({ actions }) => actions));
    expect({
      missing: [...needed].filter((action) => !allowed.has(action)).sort(),
      superfluous: [...allowed].filter((action) => !needed.has(action)).sort(),
    }).toEqual({ missing: [], superfluous: [] });
  });

  it.each(Object.keys(KINDS))('names the resources of a %s, where its services know any', (name) => {
    const sales = newPipeline();
    KINDS[name]!(sales);
    const wide = statements(sales).filter(({ resources }) => resources.includes('*'));
    const unexplained = wide
      .flatMap(({ actions }) => actions)
      .filter((action) => !Object.keys(NO_RESOURCE).some((known) => action.startsWith(known)));
    expect(unexplained).toEqual([]);
    for (const { actions, condition } of wide) {
      if (actions.some((action) => action.startsWith('redshift-data:'))) expect(condition).toContain('statement-owner');
    }
  });
});
