// Pipelines that are run where they were deployed: a container, a Glue job, a statement of Redshift, a rendezvous (edges that cannot be
// nested) and a run of another pipeline; and one that fails and says so on the event bus.

import { App, aws_events as events, aws_events_targets as targets, aws_sqs as sqs, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Alert, FargateTask, GlueJobTask, Pipeline, PipelineTask, RedshiftQueryTask, Sql, Warehouse } from '../../lib';
import { TASK_SOURCE } from '../../lib/compile/alert-request';

const app = new App();
const stack = new Stack(app, 'Runs', { env: { region: 'eu-west-1' } });
const image = ContainerImage.fromRegistry('busybox');
const warehouse = Warehouse.provisioned({ clusterIdentifier: 'dw', database: 'dev', dbUser: 'etl' });

const inner = new Pipeline(stack, 'Inner');
new GlueJobTask(inner, 'Job', { jobName: 'nightly' });

const outer = new Pipeline(stack, 'Outer');
const ingest = new FargateTask(outer, 'Ingest', { image });
const clean = new GlueJobTask(outer, 'Clean', { jobName: 'nightly' });
const load = new RedshiftQueryTask(outer, 'Load', { warehouse, sql: Sql.fromString('select 1') });
const report = new RedshiftQueryTask(outer, 'Report', { warehouse, sql: Sql.fromString('select 2') });
const child = new PipelineTask(outer, 'Child', { target: inner });
const last = new GlueJobTask(outer, 'Last', { jobName: 'nightly' });
// The letter N, twice: Load waits for both, Report for Clean alone.
ingest.next(load);
clean.next(load, report);
load.next(child);
report.next(child, last);

const failing = new Pipeline(stack, 'Failing', { alerts: [Alert.email('data-oncall@example.com')] });
new GlueJobTask(failing, 'Missing', { jobName: 'no-such-job' }).next(
  new GlueJobTask(failing, 'After', { jobName: 'nightly' }),
);
const heard = new sqs.Queue(stack, 'Heard', { queueName: 'heard' });
new events.Rule(stack, 'Hears', {
  eventPattern: { source: [TASK_SOURCE] },
  targets: [new targets.SqsQueue(heard)],
});
app.synth();
