// Two pipelines that share a pool of one slot, and one that runs once at a time.

import { App, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { LambdaTask, Pipeline, Pool, WhenBusy } from 'headrace';

const app = new App();
const stack = new Stack(app, 'Pools', { env: { region: 'us-east-1', account: '000000000000' } });
new s3.Bucket(stack, 'Data', { bucketName: 'operate-data' });
const warehouse = new Pool(stack, 'Warehouse', { slots: 2 });

const one = new Pipeline(stack, 'One', { maxActiveRuns: 1, whenBusy: WhenBusy.QUEUE });
const many = ['A', 'B', 'C', 'D'].map(
  (id, i) => new LambdaTask(one, id, { code: 'test/operate/work.mjs', payload: { id }, pool: warehouse, priority: i }),
);
new LambdaTask(one, 'After', {
  code: 'test/operate/work.mjs',
  payload: { id: 'After' },
  pool: warehouse,
  poolSlots: 2,
}).after(...many);
new LambdaTask(one, 'Broken', {
  code: 'test/operate/work.mjs',
  payload: { id: 'Broken', fail: true },
  pool: warehouse,
});
app.synth();
