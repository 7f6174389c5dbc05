// A pipeline whose bill is read from what is deployed: a Map over items, each an execution of its own, and a task after it.

import { App, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { CustomTask, ForEachTask, Items, Pipeline } from 'headrace';

const app = new App();
const stack = new Stack(app, process.env['OPERATE_STACK'] ?? 'Cost', {
  env: { region: 'us-east-1', account: '000000000000' },
});
const daily = new Pipeline(stack, 'Daily');
const bucket = s3.Bucket.fromBucketName(stack, 'In', 'operate-data');
const perItem = new ForEachTask(daily, 'PerItem', { items: Items.fromS3Objects(bucket, 'items/') });
new CustomTask(perItem, 'List', { resource: 'arn:aws:states:::aws-sdk:s3:listBuckets', permissions: [] });
const resource = 'arn:aws:states:::aws-sdk:s3:headBucket';
new CustomTask(daily, 'Look', { resource, arguments: { Bucket: 'operate-data' }, permissions: [] }).after(perItem);
app.synth();
