// A pipeline with a secret param: one task writes it, one fails with it in the error, one reads what the first left.

import { App, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { CustomTask, Param, Pipeline, Retry } from 'headrace';

const app = new App();
const stack = new Stack(app, process.env['OPERATE_STACK'] ?? 'Secret', {
  env: { region: 'us-east-1', account: '000000000000' },
});
const pipeline = new Pipeline(stack, 'Daily', { params: { token: Param.string({ secret: true }) } });
const token = pipeline.run.param('token');
const permissions = [new iam.PolicyStatement({ actions: ['s3:*'], resources: ['arn:aws:s3:::operate-data/*'] })];
const object = (id: string, action: string, more: object, outputs?: string) =>
  new CustomTask(pipeline, id, {
    resource: `arn:aws:states:::aws-sdk:s3:${action}`,
    arguments: { Bucket: 'operate-data', ...more },
    permissions,
    retry: Retry.none(),
    ...(outputs !== undefined && { outputs }),
  });

const write = object('Write', 'putObject', { Key: 'secret.txt', Body: `is ${token}` }, "{'tag':$states.result.ETag}");
const check = object('Check', 'getObject', { Key: `gone/${token}` });
const read = object('Read', 'putObject', { Key: 'read.txt', Body: write.output('tag') });
write.next(check);
check.next(read);
app.synth();
