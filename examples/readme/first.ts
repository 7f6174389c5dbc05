import { App, Stack } from 'aws-cdk-lib';
import { LambdaTask, Pipeline, Retry } from 'headrace';

const app = new App();
export const daily = new Pipeline(new Stack(app, 'Reports'), 'Daily');

const fetch = new LambdaTask(daily, 'Fetch', {
  code: 'jobs/fetch.mjs',
  payload: { day: daily.run.date },
  retry: Retry.times(2),
});
const clean = new LambdaTask(daily, 'Clean', { code: 'jobs/clean.mjs', payload: { rows: fetch.output('rows') } });
const check = new LambdaTask(daily, 'Check', { code: 'jobs/check.mjs' });
const publish = new LambdaTask(daily, 'Publish', {
  code: 'jobs/publish.mjs',
  payload: { total: clean.output('total') },
});

fetch.next(check);
publish.after(check);
app.synth();
