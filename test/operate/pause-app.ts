// Pipelines with what starts them: several schedules and a rule; one schedule alone, of another pipeline; none.

import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { CustomTask, Param, Pipeline, Schedule } from 'headrace';

const app = new App();
const stack = new Stack(app, process.env['OPERATE_STACK'] ?? 'Pause', {
  env: { region: 'us-east-1', account: '000000000000' },
});
const task = (pipeline: Pipeline) =>
  new CustomTask(pipeline, 'List', { resource: 'arn:aws:states:::aws-sdk:s3:listBuckets', permissions: [] });

task(
  new Pipeline(stack, 'Daily', {
    params: { full: Param.boolean({ default: false }) },
    triggers: [
      Schedule.cron({ hour: '2', minute: '30', timeZone: TimeZone.EUROPE_PARIS, window: Duration.minutes(15) }),
      Schedule.cron({ weekDay: 'SUN', params: { full: true } }),
      Schedule.rate(Duration.hours(6), { enabled: false }),
    ],
  }),
);
task(new Pipeline(stack, 'Other', { triggers: [Schedule.cron({ hour: '2', minute: '30' })] }));
task(new Pipeline(stack, 'Idle'));
app.synth();
