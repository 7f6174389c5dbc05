import { App, Aspects, aws_iam as iam, aws_kms as kms, aws_logs as logs, Stack } from 'aws-cdk-lib';
import { LambdaTask, Pipeline } from 'headrace';

const app = new App();
const stack = new Stack(app, 'Reports');
const key = new kms.Key(stack, 'LogKey', { enableKeyRotation: true });
const daily = new Pipeline(stack, 'Daily');
new LambdaTask(daily, 'Fetch', { code: 'jobs/fetch.mjs' });

// CloudWatch has to be allowed to use the key.
key.grantEncryptDecrypt(new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`));
Aspects.of(stack).add({
  visit: (node) => {
    if (node instanceof logs.CfnLogGroup) node.kmsKeyId = key.keyArn;
  },
});
app.synth();
