import { aws_ec2 as ec2, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  EmrCluster,
  type EmrClusterProps,
  EmrStep,
  EmrStepTask,
  type Pipeline,
  TriggerRule,
} from '../../lib';
import { allowed, fails, mistakes, pipeline, play, template } from './run-task';

function cluster(sales: Pipeline, props: Partial<EmrClusterProps> = {}) {
  const vpc = new ec2.Vpc(Stack.of(sales), 'Vpc', { maxAzs: 1 });
  return new EmrCluster(sales, 'Spark', { releaseLabel: 'emr-7.5.0', subnet: vpc.publicSubnets[0]!, ...props });
}

function withSteps(names = ['Clean', 'Join']) {
  const sales = pipeline();
  const spark = cluster(sales);
  const steps = names.map((name) => new EmrStepTask(spark, name, { step: EmrStep.spark(`s3://code/${name}.py`) }));
  return { sales, spark, steps };
}

const answer =
  (failing: string[] = []) =>
  ({ action, arguments: given }: { action: string; arguments: any }) => {
    if (failing.includes(action) || failing.includes(given.Step?.Name?.split(' ')[1]))
      return fails(
        'States.TaskFailed',
        JSON.stringify({
          Step: {
            Id: 's-1',
            Status: {
              State: 'FAILED',
              FailureDetails: { Reason: 'Unknown Error.', Message: 'table orders not found', LogFile: 's3://log/s-1/' },
            },
          },
        }),
      );
    return action === 'createCluster'
      ? { ClusterId: 'j-1' }
      : action === 'addStep'
        ? { ClusterId: 'j-1', Step: { Id: 's-1' } }
        : { ClusterId: 'j-1' };
  };

describe('a cluster for one run', () => {
  it('is made, used by the tasks inside it, and terminated', async () => {
    const { sales } = withSteps();
    const run = await play(sales, answer());
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls.map((call) => call.split(':')[1])).toEqual([
      'createCluster',
      'addStep',
      'addStep',
      'terminateCluster',
    ]);
    expect(run.arguments[1]).toMatchObject({
      ClusterId: 'j-1',
      Step: { ActionOnFailure: 'CONTINUE', HadoopJarStep: { Jar: 'command-runner.jar' } },
    });
    expect(run.arguments.at(-1)).toEqual({ ClusterId: 'j-1' });
  });

  it('is terminated when a step failed, and the run fails all the same', async () => {
    const { sales } = withSteps();
    const run = await play(sales, answer(['Clean']));
    expect(run.calls.at(-1)).toBe('elasticmapreduce:terminateCluster');
    expect(run.status).toBe('FAILED');
    expect(run.cause).toContain('Clean');
  });

  it('is terminated after all that is inside, whatever waits for what', async () => {
    const { sales, steps } = withSteps(['A', 'B', 'C']);
    steps[0]!.next(steps[1]!).next(steps[2]!);
    const run = await play(sales, answer(['A']));
    expect(run.calls.map((call) => call.split(':')[1])).toEqual(['createCluster', 'addStep', 'terminateCluster']);
    expect(run.status).toBe('FAILED');
  });

  it('that could not be made fails the run, and nothing is terminated', async () => {
    const { sales } = withSteps();
    const run = await play(sales, answer(['createCluster']));
    expect(run.calls).toEqual(['elasticmapreduce:createCluster']);
    expect(run.status).toBe('FAILED');
  });

  it('holds tasks that are no steps, too', async () => {
    const { sales, spark } = withSteps(['A']);
    new CustomTask(spark, 'Notify', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      permissions: [],
      triggerRule: TriggerRule.ALL_DONE,
    });
    const run = await play(sales, answer());
    expect(run.calls[0]).toBe('elasticmapreduce:createCluster');
    expect(run.calls).toContain('sqs:sendMessage');
    expect(run.calls.at(-1)).toBe('elasticmapreduce:terminateCluster');
  });

  it('lets what comes after it start when the work is done', async () => {
    const { sales, spark } = withSteps(['A']);
    const after = new CustomTask(sales, 'After', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    const before = new CustomTask(sales, 'Before', { resource: 'arn:aws:states:::sns:publish', permissions: [] });
    spark.after(before).next(after);
    const run = await play(sales, answer());
    expect(run.calls[0]).toBe('sns:publish');
    expect(run.calls).toContain('sqs:sendMessage');
    const failed = await play(sales, answer(['A']));
    expect(failed.calls).not.toContain('sqs:sendMessage');
    expect(failed.calls).toContain('elasticmapreduce:terminateCluster');
  });

  it('ends by itself when the whole run is gone', async () => {
    const { sales } = withSteps();
    const run = await play(sales, answer());
    expect(run.arguments[0]).toMatchObject({
      AutoTerminationPolicy: { IdleTimeout: 3600 },
      Instances: { KeepJobFlowAliveWhenNoSteps: true, TerminationProtected: false },
    });
  });

  it('has roles of its own, which grants add to', () => {
    const { sales, spark } = withSteps();
    new Bucket(Stack.of(sales), 'Lake').grantRead(spark);
    const roles = Object.values(template(sales).findResources('AWS::IAM::Role')).map((role) =>
      JSON.stringify(role['Properties'].AssumeRolePolicyDocument),
    );
    expect(roles.filter((role) => role.includes('ec2.amazonaws.com'))).toHaveLength(1);
    expect(roles.filter((role) => role.includes('elasticmapreduce.amazonaws.com'))).toHaveLength(1);
    expect(JSON.stringify(template(sales).findResources('AWS::IAM::Policy'))).toContain('SparkInstanceRole');
    const rights = allowed(sales);
    expect([...new Set(rights['elasticmapreduce:TerminateJobFlows'])]).toEqual([
      'arn:<AWS::Partition>:elasticmapreduce:eu-west-1:111122223333:cluster/*',
    ]);
    expect(rights['iam:PassRole']!.every((resource) => resource !== '*')).toBe(true);
  });
});

describe('a step', () => {
  it('that failed tells what EMR says and where its log is', async () => {
    const { sales } = withSteps(['Clean']);
    const run = await play(sales, answer(['Clean']));
    expect(run.failure).toEqual({
      Error: 'EMR.StepFailed',
      Cause: 'step s-1 ended as FAILED: Unknown Error.; table orders not found; log in s3://log/s-1/',
    });
  });

  it('on a cluster that runs already may touch that cluster alone', () => {
    const sales = pipeline();
    new EmrStepTask(sales, 'Clean', {
      clusterId: 'j-ABC',
      step: EmrStep.hive('s3://code/a.q', { variables: { d: '1' } }),
    });
    expect(allowed(sales)['elasticmapreduce:AddJobFlowSteps']).toEqual([
      'arn:<AWS::Partition>:elasticmapreduce:eu-west-1:111122223333:cluster/j-ABC',
    ]);
    expect(allowed(sales)['elasticmapreduce:CancelSteps']).toHaveLength(1);
  });

  it('is what the cluster is told', () => {
    expect(
      EmrStep.spark('s3://a/x.jar', { mainClass: 'Main', conf: { 'spark.x': '1' }, arguments: ['--day', '1'] }).args,
    ).toEqual([
      'spark-submit',
      '--deploy-mode',
      'cluster',
      '--class',
      'Main',
      '--conf',
      'spark.x=1',
      's3://a/x.jar',
      '--day',
      '1',
    ]);
    expect(EmrStep.hive('s3://a/q.q', { variables: { day: '1' } }).args.slice(-4)).toEqual([
      '-f',
      's3://a/q.q',
      '-d',
      'day=1',
    ]);
    expect(EmrStep.jar('s3://a/x.jar').args).toEqual([]);
  });
});

describe('fails', () => {
  it('without a cluster', () => {
    const sales = pipeline();
    new EmrStepTask(sales, 'Clean', { step: EmrStep.spark('s3://code/a.py') });
    expect(mistakes(sales)).toContain(
      '[Demo/Sales/Clean] clusterId is missing: name a running cluster, or put the task',
    );
  });

  it('with a cluster of its own inside another', () => {
    const sales = pipeline();
    new EmrStepTask(cluster(sales), 'Clean', { clusterId: 'j-1', step: EmrStep.spark('s3://code/a.py') });
    expect(mistakes(sales)).toContain('clusterId is given for a task inside Demo/Sales/Spark');
  });

  it('with nothing inside', () => {
    const sales = pipeline();
    cluster(sales);
    expect(mistakes(sales)).toContain('[Demo/Sales/Spark] no task lies inside it: the cluster would be made');
  });

  it('without a machine for the data', () => {
    const sales = pipeline();
    const spark = cluster(sales, { coreInstanceCount: 0 });
    new EmrStepTask(spark, 'Clean', { step: EmrStep.spark('s3://code/a.py') });
    expect(mistakes(sales)).toContain('coreInstanceCount is 0: expected at least 1');
  });
});
