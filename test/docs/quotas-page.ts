// The page of quotas, with numbers that are counted in what is synthesized. Out: Markdown.

import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import {
  Alert,
  FargateTask,
  GlueCrawlerTask,
  GlueJobTask,
  GlueScript,
  LambdaTask,
  type Pipeline,
  RedshiftQueryTask,
  Schedule,
  SparkSqlTask,
  Sql,
  Warehouse,
} from '../../lib';
import { DEFINITION_BYTES, HISTORY_EVENTS, PAYLOAD_BYTES } from '../../lib/compile/limits';
import { RESOURCES } from '../../lib/pipeline/stack-size';
import { newPipeline } from '../permissions/every-kind';
import { file } from '../tasks/run-task';

const code = file('index.mjs', 'export const handler = async () => ({});\n');
const warehouse = Warehouse.serverless({ workgroupName: 'dw', database: 'dev' });

const TASKS: { readonly [name: string]: (pipeline: Pipeline, id: string) => unknown } = {
  '`LambdaTask` from a file': (pipeline, id) => new LambdaTask(pipeline, id, { code }),
  '`FargateTask`': (pipeline, id) => new FargateTask(pipeline, id, { image: ContainerImage.fromRegistry('busybox') }),
  '`GlueJobTask` with a script': (pipeline, id) =>
    new GlueJobTask(pipeline, id, { script: GlueScript.pySpark(file('a.py', '')) }),
  '`GlueJobTask` with `jobName`': (pipeline, id) => new GlueJobTask(pipeline, id, { jobName: 'nightly' }),
  '`GlueCrawlerTask`': (pipeline, id) => new GlueCrawlerTask(pipeline, id, { database: 'raw', path: 's3://raw/x/' }),
  '`SparkSqlTask`': (pipeline, id) =>
    new SparkSqlTask(pipeline, id, { sql: Sql.fromString('SELECT 1'), database: 'raw', target: 's3://lake/x/' }),
  '`RedshiftQueryTask`': (pipeline, id) =>
    new RedshiftQueryTask(pipeline, id, { warehouse, sql: Sql.fromString('select 1') }),
};

function resources(build: (pipeline: Pipeline) => void, scheduled = false): number {
  const pipeline = newPipeline(
    scheduled ? { triggers: [Schedule.cron({ hour: '2' })], alerts: [Alert.email('a@example.com')] } : {},
  );
  build(pipeline);
  return Object.keys(Template.fromStack(Stack.of(pipeline)).toJSON()['Resources'] as object).length;
}

const AWS = 'https://docs.aws.amazon.com/';
/** When the figures were compared with copies of the pages. */
const CHECKED = '2026-11-21';
const STEPS = 'step-functions/latest/dg/service-quotas.html';
const IAM = 'IAM/latest/UserGuide/reference_iam-quotas.html';

interface Quota {
  readonly quota: string;
  readonly number: string;
  readonly means: string;
  readonly page: string;
  /** The page itself said so. @default true */
  readonly confirmed?: boolean;
}

const QUOTAS: readonly Quota[] = [
  {
    quota: 'resources of a stack',
    number: `${RESOURCES}`,
    means: 'told at synth, with the numbers of each pipeline',
    page: 'AWSCloudFormation/latest/UserGuide/cloudformation-limits.html',
  },
  {
    quota: 'size of a definition',
    number: `${DEFINITION_BYTES.toLocaleString('en-US')} bytes`,
    means: 'cut at synth into several machines of one run',
    page: STEPS,
  },
  {
    quota: 'events of an execution',
    number: HISTORY_EVENTS.toLocaleString('en-US'),
    means: 'the same; `headrace plan` shows the number',
    page: STEPS,
  },
  {
    quota: 'payload',
    number: `${PAYLOAD_BYTES.toLocaleString('en-US')} bytes`,
    means: 'outputs are small values; too large ones fail by name',
    page: STEPS,
  },
  {
    quota: 'state machines of an account and region',
    number: '100,000, at most 150,000',
    means: 'one a pipeline, more where it was cut, one per stack for backfills',
    page: STEPS,
  },
  {
    quota: 'versions of a state machine',
    number: '1,000',
    means: 'one for each deployment that changes a machine of a pipeline that was cut; old ones can be deleted',
    page: STEPS,
  },
  {
    quota: 'open executions',
    number: '1,000,000',
    means: 'one a run, one more per cut machine and per item of a `ForEachTask`',
    page: STEPS,
  },
  {
    quota: 'open Map runs; executions of one at a time',
    number: '1,000; 10,000, begun at 100 a second',
    means: 'a `ForEachTask` is one Map run, a backfill another; further ones wait',
    page: STEPS,
  },
  {
    quota: 'StartExecution',
    number: '1,300 at once, then 300 a second (800 and 150 but in us-east-1, us-west-2, eu-west-1)',
    means: 'starts are repeated when throttled',
    page: STEPS,
  },
  {
    quota: 'state transitions',
    number: '5,000 a second (800 but in those three; fewer in new accounts)',
    means: 'throttled runs are slower, not wrong',
    page: STEPS,
  },
  {
    quota: 'GetExecutionHistory; ListExecutions',
    number: '400 at once, then 20 a second; 200 and 5 (100 and 2)',
    means: 'what `headrace` reads by: over runs are kept on disk, running ones are read from their tail',
    page: STEPS,
  },
  {
    quota: 'roles of an account',
    number: '1,000, at most 5,000',
    means: 'one a container task, about three a pipeline',
    page: IAM,
  },
  {
    quota: 'policies of a role',
    number: '10,240 characters, then 10 managed ones (at most 20) of 6,144',
    means: 'statements are merged: 1,000 Glue jobs fit',
    page: IAM,
  },
  {
    quota: 'rules of an event bus',
    number: '300 (100 in af-south-1 and eu-south-1)',
    means: 'one per alert, three per pipeline with alerts',
    page: 'eventbridge/latest/userguide/eb-quota.html',
  },
  {
    quota: 'VPCs of a region',
    number: '5',
    means: 'a pipeline with containers makes one: give `vpc` or `platform`',
    page: 'vpc/latest/userguide/amazon-vpc-limits.html',
    confirmed: false,
  },
  {
    quota: 'Glue: runs of one job at once',
    number: '1, unless the job says more',
    means: "jobs that are made here allow 10; refusals are retried apart from the author's count",
    page: 'glue/latest/webapi/API_ExecutionProperty.html',
  },
  {
    quota: 'Glue: job runs at once',
    number: 'by account and region',
    means: 'the same',
    page: 'general/latest/gr/glue.html',
    confirmed: false,
  },
  {
    quota: 'Fargate: vCPUs at once',
    number: '6, fewer in a new account',
    means: 'raise it, or use a `Pool`',
    page: 'general/latest/gr/ecs-service.html',
  },
  {
    quota: 'Redshift Data API: active statements',
    number: '500 (an older copy: 200)',
    means: "waited for; a `Pool` keeps the warehouse's own queues short",
    page: 'redshift/latest/mgmt/data-api.html',
    confirmed: false,
  },
];

export function quotasPage(): string {
  const rows = Object.entries(TASKS).map(([name, make]) => {
    const some = (count: number) =>
      resources((pipeline) => {
        for (let i = 0; i < count; i++) make(pipeline, `T${i}`);
      });
    const [one, three] = [some(1), some(3)];
    const each = (three - one) / 2;
    const most = each === 0 ? 'any number' : `about ${Math.floor((RESOURCES - (one - each)) / each)}`;
    return `| ${name} | ${one} | ${each} | ${most} |`;
  });
  const redshift = TASKS['`RedshiftQueryTask`']!;
  const bare = resources((pipeline) => redshift(pipeline, 'T'));
  const scheduled = resources((pipeline) => redshift(pipeline, 'T'), true);
  const quotas = QUOTAS.map(
    ({ quota, number, means, page, confirmed = true }) =>
      `| ${quota} | ${number}${confirmed ? '' : ' `†`'} | ${means} | [${page.split('/')[0]}](${AWS}${page}) |`,
  );
  return `# Quotas

<!-- Made by \`npm run docs:quotas\` from what is synthesized; a test compares. -->

CloudFormation takes ${RESOURCES} resources a stack. A stack that is too large is refused at synth, with the numbers of each pipeline.

| kind of task | resources of a pipeline with one | of each further one | tasks in one stack |
|---|---|---|---|
${rows.join('\n')}

Schedule and alerts add ${scheduled - bare}, most of them once a stack: functions, queue, table and alarms are shared by its pipelines.

| quota | number | what it means here | read in |
|---|---|---|---|
${quotas.join('\n')}

\`†\`: not confirmed: the page could not be read, other copies of it differ or only others tell. Everything else stood on ${CHECKED} in a copy of the page.

AWS changes numbers and new accounts begin lower: Service Quotas in the console is right, and tells how to have them raised.
`;
}
