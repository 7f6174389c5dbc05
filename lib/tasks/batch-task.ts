import { type aws_batch as batch, Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { managedRule } from '../pipeline/machine-role';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { syncStates } from './sync-run';

/** What a job of AWS Batch may say. */
export interface BatchTaskProps extends TaskProps {
  /** What runs. */
  readonly jobDefinition: batch.IJobDefinition;
  /** Where it waits for its turn. */
  readonly jobQueue: batch.IJobQueue;
  /**
   * Command of the container; may hold run values and outputs.
   * @default - the definition's
   */
  readonly command?: string[];
  /**
   * Environment of the container; may hold run values and outputs. `HEADRACE_RUN_ID`, `HEADRACE_TASK` and `HEADRACE_LOGICAL_DATE` are always set.
   * @default - the definition's
   */
  readonly environment?: { [name: string]: string };
  /**
   * Values of `Ref::name` in the definition's command; may hold run values and outputs.
   * @default - the definition's
   */
  readonly parameters?: { [name: string]: string };
  /**
   * The same work this many times, side by side: each copy finds its number in `AWS_BATCH_JOB_ARRAY_INDEX`. 2 to 10,000.
   * @default - once
   */
  readonly arraySize?: number;
  /**
   * How often Batch itself tries a job that failed, beside `retry`, 1 to 10.
   * @default - as the definition says
   */
  readonly attempts?: number;
  /** @default - the definition's */
  readonly vcpus?: number;
  /** @default - the definition's */
  readonly memoryMiB?: number;
  /** @default - the definition's */
  readonly gpus?: number;
}

/**
 * Runs a job of AWS Batch and waits for its end; a failure tells Batch's reason, the container's exit code and its log stream. Of
 * an array the whole is waited for; it fails with any of its copies. Outputs: `jobId`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
 */
export class BatchTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly work: BatchTaskProps,
  ) {
    super(scope, id, work);
    const { arraySize, attempts, environment } = work;
    const whole = (value: number, least: number, most: number) =>
      Number.isInteger(value) && value >= least && value <= most;
    if (arraySize !== undefined && !whole(arraySize, 2, 10_000))
      this.addProblem(`arraySize is ${arraySize}: expected a whole number from 2 to 10000; leave it out for one job`);
    if (attempts !== undefined && !whole(attempts, 1, 10))
      this.addProblem(`attempts is ${attempts}: expected a whole number from 1 to 10`);
    for (const name of Object.keys(environment ?? {})) {
      if (name.startsWith('HEADRACE_') || name.startsWith('AWS_BATCH'))
        this.addProblem(`the environment variable ${name} is not the author's to set: choose another name`);
    }
  }

  public toSpec(): TaskSpec {
    const { work, pipeline, taskId } = this;
    const stack = Stack.of(this);
    const sizes = Object.entries({ VCPU: work.vcpus, MEMORY: work.memoryMiB, GPU: work.gpus }).flatMap(
      ([Type, value]) => (value === undefined ? [] : [{ Type, Value: String(value) }]),
    );
    const environment = {
      HEADRACE_RUN_ID: pipeline.run.id,
      HEADRACE_TASK: taskId,
      HEADRACE_LOGICAL_DATE: pipeline.run.logicalDate,
      ...work.environment,
    };
    return {
      kind: 'BatchTask',
      states: syncStates({
        resource: 'arn:aws:states:::batch:submitJob.sync',
        arguments: {
          // Batch takes letters, digits, - and _.
          JobName: `${pipeline.prefix}-${taskId}`.replace(/[^-_A-Za-z0-9]/g, '-').slice(0, 128),
          JobDefinition: work.jobDefinition.jobDefinitionArn,
          JobQueue: work.jobQueue.jobQueueArn,
          ...(work.arraySize !== undefined && { ArrayProperties: { Size: work.arraySize } }),
          ...(work.attempts !== undefined && { RetryStrategy: { Attempts: work.attempts } }),
          ...(work.parameters !== undefined && {
            Parameters: Object.fromEntries(
              Object.entries(work.parameters).map(([name, value]) => [name, asText(value)]),
            ),
          }),
          // Of each of Batch's own attempts: a job that nobody waits for any more ends by itself.
          Timeout: { AttemptDurationSeconds: Math.max(60, this.timeout.toSeconds()) },
          ContainerOverrides: {
            ...(work.command !== undefined && { Command: work.command.map(asText) }),
            Environment: Object.entries(environment).map(([Name, value]) => ({ Name, Value: asText(value) })),
            ...(sizes.length > 0 && { ResourceRequirements: sizes }),
          },
          PropagateTags: true,
        },
        timeout: this.timeout,
        faults: [
          Retry.times(8, {
            on: ['Batch.AWSBatchException', 'Batch.ServerException', 'Batch.SdkClientException'],
            interval: Duration.seconds(5),
            maxDelay: Duration.minutes(2),
          }),
        ],
        error: 'Batch.JobFailed',
        reason: ENDED,
        outputs: "{'jobId':$states.result.JobId}",
      }),
      permissions: [
        new iam.PolicyStatement({
          actions: ['batch:SubmitJob'],
          resources: [work.jobDefinition.jobDefinitionArn, work.jobQueue.jobQueueArn],
        }),
        // Jobs are named by the service.
        new iam.PolicyStatement({ actions: ['batch:DescribeJobs'], resources: ['*'] }),
        new iam.PolicyStatement({
          actions: ['batch:TerminateJob'],
          resources: [stack.formatArn({ service: 'batch', resource: 'job', resourceName: '*' })],
        }),
        managedRule(this, 'StepFunctionsGetEventsForBatchJobsRule'),
      ],
      log: { service: 'logs', group: '/aws/batch/job' },
    };
  }
}

/** JSONata: why a job failed, from Batch's description of it. The last attempt counts. */
const ENDED =
  "$k:=$exists($j.Container)?$j.Container:$j.Attempts[-1].Container;$a:=$j.ArrayProperties;'job '&$j.JobId&' ended as '&$j.Status&" +
  "($exists($j.StatusReason)?': '&$j.StatusReason:'')&($exists($k.ExitCode)?'; exit code '&$k.ExitCode:'')&" +
  "($exists($k.Reason)?': '&$k.Reason:'')&($exists($k.LogStreamName)?' (log stream '&$k.LogStreamName&')':'')&" +
  "($exists($a.StatusSummary.FAILED)?'; '&$a.StatusSummary.FAILED&' of '&$a.Size&' copies failed':'')";
