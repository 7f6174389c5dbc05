import { App, Stack, aws_s3 as s3 } from 'aws-cdk-lib';
import { BranchTask, Condition, ForEachTask, Items, LambdaTask, Param, Pipeline, TaskGroup } from 'headrace';

const app = new App();
const stack = new Stack(app, 'Files');
const daily = new Pipeline(stack, 'Daily', { params: { full: Param.boolean({ default: false }) } });
const task = (scope: Pipeline | TaskGroup, id: string) => new LambdaTask(scope, id, { code: 'jobs/check.mjs' });

const stage = new TaskGroup(daily, 'Stage');
const create = task(stage, 'Create');
const perFile = new ForEachTask(stage, 'PerFile', {
  items: Items.fromS3Objects(new s3.Bucket(stack, 'Incoming'), `orders/${daily.run.date}/`),
  maxConcurrency: 100,
  toleratedFailureShare: 0.01,
});
const load = new LambdaTask(perFile, 'Load', { code: 'jobs/fetch.mjs', payload: { key: perFile.item('Key') } });
new LambdaTask(perFile, 'Clean', { code: 'jobs/clean.mjs', payload: { rows: load.output('rows') } });
create.next(perFile);
task(stage, 'Drop').asTeardown([create]).after(perFile);

const how = new BranchTask(daily, 'How');
how.when(Condition.isTrue(daily.run.param('full')), task(daily, 'Rebuild')).otherwise(task(daily, 'Append'));
how.after(perFile);
app.synth();
