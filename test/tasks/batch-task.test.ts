import { aws_batch as batch, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { BatchTask, type BatchTaskProps } from '../../lib';
import { allowed, fails, mistakes, pipeline, play } from './run-task';

function job(props: (date: string) => Partial<BatchTaskProps> = () => ({})) {
  const sales = pipeline();
  const stack = Stack.of(sales);
  const arn = (what: string) => `arn:aws:batch:eu-west-1:111122223333:${what}`;
  new BatchTask(sales, 'Render', {
    jobDefinition: batch.EcsJobDefinition.fromJobDefinitionArn(stack, 'Def', arn('job-definition/render:3')),
    jobQueue: batch.JobQueue.fromJobQueueArn(stack, 'Queue', arn('job-queue/nightly')),
    ...props(sales.run.date),
  });
  return sales;
}

describe('a job', () => {
  it('is submitted with what the task lays over its definition', async () => {
    const run = await play(
      job((date) => ({
        command: ['render', date],
        environment: { DAY: date },
        parameters: { day: date },
        arraySize: 100,
        attempts: 3,
        vcpus: 2,
        memoryMiB: 4096,
        timeout: Duration.hours(1),
      })),
      () => ({ JobId: 'job-1' }),
      { logicalDate: '2026-03-29T01:00:00Z' },
    );
    expect(run.calls).toEqual(['batch:submitJob']);
    expect(run.arguments[0]).toMatchObject({
      JobName: 'Demo-Sales-C8F38FD9-Render',
      ArrayProperties: { Size: 100 },
      RetryStrategy: { Attempts: 3 },
      Timeout: { AttemptDurationSeconds: 3600 },
      Parameters: { day: '2026-03-29' },
      ContainerOverrides: {
        Command: ['render', '2026-03-29'],
        ResourceRequirements: [
          { Type: 'VCPU', Value: '2' },
          { Type: 'MEMORY', Value: '4096' },
        ],
      },
    });
    expect(run.arguments[0]!['ContainerOverrides'].Environment).toContainEqual({ Name: 'DAY', Value: '2026-03-29' });
  });

  it('that says nothing keeps what its definition says', async () => {
    const run = await play(job(), () => ({ JobId: 'job-1' }));
    expect(Object.keys(run.arguments[0]!['ContainerOverrides'])).toEqual(['Environment']);
    expect(run.arguments[0]).not.toHaveProperty('RetryStrategy');
  });

  it('that failed tells reason, exit code and log', async () => {
    const cause = JSON.stringify({
      JobId: 'job-1',
      Status: 'FAILED',
      StatusReason: 'Essential container in task exited',
      Container: { ExitCode: 137, Reason: 'OutOfMemoryError', LogStreamName: 'render/default/1' },
    });
    expect((await play(job(), () => fails('States.TaskFailed', cause))).failure).toEqual({
      Error: 'Batch.JobFailed',
      Cause:
        'job job-1 ended as FAILED: Essential container in task exited; exit code 137: OutOfMemoryError (log stream render/default/1)',
    });
  });

  it('of many copies tells how many failed', async () => {
    const cause = JSON.stringify({
      JobId: 'job-1',
      Status: 'FAILED',
      StatusReason: 'Array Child Job failed',
      ArrayProperties: { Size: 100, StatusSummary: { FAILED: 3, SUCCEEDED: 97 } },
    });
    expect((await play(job(), () => fails('States.TaskFailed', cause))).failure?.Cause).toBe(
      'job job-1 ended as FAILED: Array Child Job failed; 3 of 100 copies failed',
    );
  });

  it('may be submitted to its queue alone, and terminated when the run is stopped', () => {
    const rights = allowed(job());
    expect(rights['batch:SubmitJob']).toEqual([
      'arn:aws:batch:eu-west-1:111122223333:job-definition/render:3',
      'arn:aws:batch:eu-west-1:111122223333:job-queue/nightly',
    ]);
    expect(rights['batch:TerminateJob']).toEqual(['arn:<AWS::Partition>:batch:eu-west-1:111122223333:job/*']);
  });
});

describe('fails', () => {
  it.each([
    ['with an array of one', { arraySize: 1 }, 'arraySize is 1: expected a whole number from 2 to 10000'],
    ['with too many attempts', { attempts: 11 }, 'attempts is 11: expected a whole number from 1 to 10'],
    ['with a variable of Batch', { environment: { AWS_BATCH_JOB_ID: 'x' } }, 'AWS_BATCH_JOB_ID is not the author'],
  ])('%s', (_, props, message) => {
    expect(mistakes(job(() => props))).toContain(message);
  });
});
