import { Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  EmrContainersTask,
  EmrServerlessJob,
  EmrServerlessTask,
  type EmrServerlessTaskProps,
  Retry,
} from '../../lib';
import { allowed, fails, pipeline, play } from './run-task';

function role(sales: ReturnType<typeof pipeline>) {
  return iam.Role.fromRoleArn(Stack.of(sales), 'JobRole', 'arn:aws:iam::111122223333:role/spark-job');
}

function serverless(props: Partial<EmrServerlessTaskProps> = {}) {
  const sales = pipeline();
  new EmrServerlessTask(sales, 'Clean', {
    applicationId: 'app1',
    job: EmrServerlessJob.spark('s3://code/clean.py', {
      arguments: ['--day', sales.run.date],
      parameters: '--conf a=b',
    }),
    executionRole: role(sales),
    ...props,
  });
  return sales;
}

describe('a job on EMR Serverless', () => {
  it('is waited for by Step Functions, with the time limit of the task', async () => {
    const run = await play(
      serverless({ timeout: Duration.hours(2), logUri: 's3://logs/' }),
      () => ({ JobRunId: 'jr' }),
      {
        logicalDate: '2026-03-29T01:00:00Z',
      },
    );
    expect(run.calls).toEqual(['emr-serverless:startJobRun']);
    expect(run.arguments[0]).toMatchObject({
      ApplicationId: 'app1',
      ExecutionTimeoutMinutes: 120,
      JobDriver: {
        SparkSubmit: {
          EntryPoint: 's3://code/clean.py',
          EntryPointArguments: ['--day', '2026-03-29'],
          SparkSubmitParameters: '--conf a=b',
        },
      },
      ConfigurationOverrides: { MonitoringConfiguration: { S3MonitoringConfiguration: { LogUri: 's3://logs/' } } },
    });
  });

  it('has a client token made when it runs: another attempt starts another job, a repeated call does not', async () => {
    const run = await play(serverless({ retry: Retry.times(1) }), (_, nth) =>
      nth === 0
        ? fails('EMRServerless.SdkClientException')
        : nth === 1
          ? fails('States.TaskFailed', '{}')
          : { JobRunId: 'jr' },
    );
    const [lost, failed, again] = run.arguments.map((given) => given['ClientToken'] as string);
    expect(lost).toBe(failed);
    expect(again).not.toBe(failed);
    const other = await play(serverless(), () => ({ JobRunId: 'jr' }));
    expect(other.arguments[0]!['ClientToken']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that failed tells the details of the service', async () => {
    const cause = JSON.stringify({ JobRunId: 'jr-1', State: 'FAILED', StateDetails: 'Job failed: AnalysisException' });
    const run = await play(serverless(), () => fails('States.TaskFailed', cause));
    expect(run.failure).toEqual({
      Error: 'EMRServerless.JobRunFailed',
      Cause: 'job run jr-1 ended as FAILED: Job failed: AnalysisException',
    });
  });

  it('may be a job of Hive', async () => {
    const run = await play(
      serverless({ job: EmrServerlessJob.hive('s3://code/q.sql', { initQueryFile: 's3://code/i.sql' }) }),
      () => ({ JobRunId: 'jr' }),
    );
    expect(run.arguments[0]!['JobDriver']).toEqual({
      Hive: { Query: 's3://code/q.sql', InitQueryFile: 's3://code/i.sql' },
    });
  });

  it('two in one stack, one after the other, hand on their ids', async () => {
    const sales = serverless();
    const first = sales.node.findChild('Clean') as EmrServerlessTask;
    const second = new EmrServerlessTask(sales, 'Join', {
      applicationId: 'app1',
      job: EmrServerlessJob.spark('s3://code/join.py', { arguments: [first.output('jobRunId')] }),
      executionRole: iam.Role.fromRoleArn(Stack.of(sales), 'R', 'arn:aws:iam::111122223333:role/x'),
    });
    new CustomTask(sales, 'Tell', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] }).after(second);
    const run = await play(sales, () => ({ JobRunId: 'jr-1' }));
    expect(run.arguments[1]!['JobDriver'].SparkSubmit.EntryPointArguments).toEqual(['jr-1']);
    expect(run.status).toBe('SUCCEEDED');
  });

  it('may be started on its application alone, seen, cancelled, and given its role', () => {
    const rights = allowed(serverless());
    const head = 'arn:<AWS::Partition>:emr-serverless:eu-west-1:111122223333:/applications/app1';
    expect(rights['emr-serverless:StartJobRun']).toEqual([head]);
    expect(rights['emr-serverless:CancelJobRun']).toEqual([`${head}/jobruns/*`]);
    expect(rights['iam:PassRole']).toEqual(['arn:aws:iam::111122223333:role/spark-job']);
  });
});

describe('a job on EMR on EKS', () => {
  const onEks = () => {
    const sales = pipeline();
    new EmrContainersTask(sales, 'Clean', {
      virtualClusterId: 'vc1',
      releaseLabel: 'emr-7.5.0-latest',
      entryPoint: 's3://code/clean.py',
      sparkSubmit: { parameters: '--conf a=b' },
      executionRole: role(sales),
    });
    return sales;
  };

  it('is waited for, and its failure told', async () => {
    const run = await play(onEks(), () => ({ Id: 'jr' }));
    expect(run.arguments[0]).toMatchObject({
      VirtualClusterId: 'vc1',
      JobDriver: { SparkSubmitJobDriver: { EntryPoint: 's3://code/clean.py', SparkSubmitParameters: '--conf a=b' } },
    });
    const cause = JSON.stringify({
      Id: 'jr-1',
      State: 'FAILED',
      StateDetails: 'pod evicted',
      FailureReason: 'USER_ERROR',
    });
    expect((await play(onEks(), () => fails('States.TaskFailed', cause))).failure).toEqual({
      Error: 'EMRContainers.JobRunFailed',
      Cause: 'job run jr-1 ended as FAILED: pod evicted (USER_ERROR)',
    });
  });

  it('may be started with its role alone', () => {
    const rights = allowed(onEks());
    const head = 'arn:<AWS::Partition>:emr-containers:eu-west-1:111122223333:/virtualclusters/vc1';
    expect(rights['emr-containers:StartJobRun']).toEqual([head]);
    expect(rights['emr-containers:CancelJobRun']).toEqual([`${head}/jobruns/*`]);
  });
});
