// The pipeline that is operated: its tasks read and write real objects, so that it fails for a reason, and is repaired by removing it.
// Extract and Check do not depend on each other; Load reads what Extract found.

import { App, aws_iam as iam, aws_s3 as s3, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CustomTask, Param, Pipeline, Retry, Schedule, Task, type TaskSpec } from 'headrace';

/** Long enough to be stopped: deployed because of its wait (locally a task's own waits are short), here because of its retry. */
class Pause extends Task {
  toSpec(): TaskSpec {
    const Arguments = { Bucket: bucketName, Key: this.pipeline.run.param('gate') };
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 600, MaxAttempts: 1 }];
    return {
      kind: 'Pause',
      startAt: 'wait',
      states: {
        wait: { Type: 'Wait', Seconds: this.pipeline.run.param('pause'), Next: 'look' },
        look: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
          Arguments,
          Retry,
          Output: {},
          End: true,
        },
      },
    };
  }
}

const app = new App();
// A server that runs already may know runs of the same names.
const stack = new Stack(app, process.env['OPERATE_STACK'] ?? 'Operate', {
  env: { region: 'us-east-1', account: '000000000000' },
});
const bucketName = 'operate-data';
new s3.Bucket(stack, 'Data', { bucketName });

const daily = new Pipeline(stack, 'Daily', {
  triggers: [Schedule.cron({ hour: '2', minute: '30' })],
  params: {
    pause: Param.number({ default: 0 }),
    gate: Param.string({ default: 'raw.json' }),
    copies: Param.number({ default: 1 }),
    table: Param.string({ default: 'sales' }),
  },
  timeout: Duration.hours(1),
  retry: Retry.none(),
});

const object = (
  scope: Construct,
  id: string,
  action: 'getObject' | 'putObject',
  Key: string,
  Body?: string,
  retry = Retry.none(),
) =>
  new CustomTask(scope, id, {
    retry,
    resource: `arn:aws:states:::aws-sdk:s3:${action}`,
    arguments: { Bucket: bucketName, Key, ...(Body !== undefined && { Body }) },
    outputs: action === 'getObject' ? "{'size':$states.result.ContentLength}" : undefined,
    permissions: [
      new iam.PolicyStatement({
        actions: [`s3:${action === 'getObject' ? 'Get' : 'Put'}Object`],
        resources: [`arn:aws:s3:::${bucketName}/*`],
      }),
    ],
  });

const extract = object(daily, 'Extract', 'getObject', 'raw.json');
const check = object(daily, 'Check', 'getObject', 'check.json');
const pause = new Pause(daily, 'Pause');
const text = `${extract.output('size')} bytes for ${daily.run.param('table')}`;
const load = object(daily, 'Load', 'putObject', `out/${daily.run.date}.json`, text);
const report = object(daily, 'Report', 'putObject', `report/${daily.run.date}.json`, 'done');
extract.next(pause).next(load);
load.after(check);
load.next(report);
app.synth();
