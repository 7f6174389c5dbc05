import { aws_iam as iam, Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, type CustomTaskProps, Retry } from '../../lib';
import { allowed, fails, mistakes, pipeline, play } from './run-task';

function custom(props: Partial<CustomTaskProps>) {
  const sales = pipeline();
  new CustomTask(sales, 'Any', { resource: 'arn:aws:states:::aws-sdk:s3:copyObject', permissions: [], ...props });
  return sales;
}

it('calls what it says, with the permissions it says', async () => {
  const permissions = [new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: ['arn:aws:s3:::b/*'] })];
  const sales = custom({ permissions, arguments: { Bucket: 'b', Key: '{% 1 + 1 %}' } });
  expect((await play(sales, () => ({}))).arguments).toEqual([{ Bucket: 'b', Key: 2 }]);
  expect(allowed(sales)['s3:PutObject']).toEqual(['arn:aws:s3:::b/*']);
});

it('retries faults of the service apart from its own', async () => {
  const serviceRetry = [Retry.times(2, { on: ['S3.SlowDown'], interval: Duration.seconds(1) })];
  const run = await play(custom({ serviceRetry }), (_, nth) => fails(nth < 5 ? 'S3.SlowDown' : 'Other'));
  expect(run.calls).toHaveLength(3);
});

describe('fails', () => {
  it.each([
    [
      'with something that is no integration',
      { resource: 's3:copyObject' },
      'resource is "s3:copyObject": expected one of Step Functions',
    ],
    [
      'with a wait that there is not',
      { resource: 'arn:aws:states:::aws-sdk:glue:startCrawler.sync' },
      'calls of the AWS SDK never wait',
    ],
    ['with a frame around its outputs', { outputs: '{% $states.result %}' }, 'write the expression without {% %}'],
  ])('%s', (_, props, message) => {
    expect(mistakes(custom(props))).toContain(message);
  });
});
