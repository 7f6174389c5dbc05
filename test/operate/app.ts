// The pipeline that is operated: its tasks read and write real objects, so that it fails for a reason, and is repaired by removing it.
// Extract and Check do not depend on each other; Load reads what Extract found.

import { App, aws_iam as iam, aws_s3 as s3, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CustomTask, Param, Pipeline, Retry, Schedule } from 'headrace';

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
// Without its object it waits for the second attempt: long enough to be stopped.
const pause = object(
  daily,
  'Pause',
  'getObject',
  daily.run.param('gate'),
  undefined,
  Retry.times(1, { interval: Duration.minutes(10) }),
);
const load = object(
  daily,
  'Load',
  'putObject',
  `out/${daily.run.date}.json`,
  `${extract.output('size')} bytes for ${daily.run.param('table')}`,
);
const report = object(daily, 'Report', 'putObject', `report/${daily.run.date}.json`, 'done');
extract.next(pause).next(load);
load.after(check);
load.next(report);
app.synth();
