import { App, Stack } from 'aws-cdk-lib';
import { LambdaTask, Pipeline, Retry } from 'headrace';

const stack = new Stack(new App(), 'Reports');
const daily = new Pipeline(stack, 'Daily');

const fetch = new LambdaTask(daily, 'Fetch', {
  code: 'jobs/fetch',
  payload: { day: daily.run.date },
  retry: Retry.times(2),
});
const clean = new LambdaTask(daily, 'Clean', { code: 'jobs/clean', payload: { file: fetch.output('file') } });
const check = new LambdaTask(daily, 'Check', { code: 'jobs/check' });
const publish = new LambdaTask(daily, 'Publish', { code: 'jobs/publish' });

fetch.next(check);
publish.after(clean, check);
