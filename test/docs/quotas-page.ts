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
  return `# Quotas

<!-- Made by \`npm run docs:quotas\` from what is synthesized; a test compares. -->

CloudFormation takes ${RESOURCES} resources a stack. A stack that is too large is refused at synth, with the numbers of each pipeline.

| kind of task | resources of a pipeline with one | of each further one | tasks in one stack |
|---|---|---|---|
${rows.join('\n')}

Schedule and alerts add ${scheduled - bare}, most of them once a stack: functions, queue, table and alarms are shared by its pipelines.

| quota | number | what it means here |
|---|---|---|
| size of a definition | ${DEFINITION_BYTES.toLocaleString('en-US')} bytes | cut at synth into several machines of one run |
| events of an execution | ${HISTORY_EVENTS.toLocaleString('en-US')} | the same; \`headrace plan\` shows the number |
| payload | ${PAYLOAD_BYTES.toLocaleString('en-US')} bytes | outputs are small values; too large ones fail by name |
| state machines of an account and region | 100,000 (10,000 before 2025) | one a pipeline, more where it was cut, one per stack for backfills |
| open executions | 1,000,000 | one a run, one more per cut machine and per item of a distributed Map |
| StartExecution | 1,300 at once, then 300 a second (fewer in small regions) | starts are repeated when throttled |
| state transitions | 5,000 at once, then 1,500 a second (fewer in small regions) | throttled runs are slower, not wrong |
| roles of an account | 1,000 | one a container task, about three a pipeline |
| policies of a role | 10,240 characters, then 10 managed ones of 6,144 | statements are merged: 1,000 Glue jobs fit |
| rules of an event bus | 300 | one per alert, three per pipeline with alerts |
| VPCs of a region | 5 | a pipeline with containers makes one: give \`vpc\` or \`platform\` |
| Glue: concurrent job runs | by account and region, and the maximum concurrency of the job | retried apart from the author's count |
| Fargate: vCPUs at once | 6 in a new account | raise it, or use a \`Pool\` |
| Redshift Data API: active statements | 500 | waited for; a \`Pool\` keeps the warehouse's own queues short |

AWS changes numbers and new accounts begin lower: Service Quotas in the console is right, and tells how to have them raised.
`;
}
