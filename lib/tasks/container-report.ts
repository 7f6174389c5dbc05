// A container that reports: signs of life, values, its own words for a failure. In: the run of the container and the place of the
// token. Out: the states. Always: one branch waits for the container itself and the other for its report, so that the first
// of them to fail ends both: a container that dies fails the task at once with ECS's reason, and one that is silent for too
// long is stopped by Step Functions, because the branch that waits for it is aborted.

import { type Duration, aws_iam as iam } from 'aws-cdk-lib';
import { expression, quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { acknowledge } from '../pipeline/acknowledge';
import type { IPipeline } from '../pipeline/i-pipeline';
import { outputBucket } from './run-outputs';

export interface ReportPlace {
  readonly bucket: string;
  readonly key: string;
  readonly url: string;
  /** What the state machine needs. */
  readonly machine: iam.PolicyStatement[];
  /** What the program needs. */
  readonly program: iam.PolicyStatement[];
}

/** Where the token lies for the one container that may read it. */
export function reportPlace(pipeline: IPipeline, taskId: string): ReportPlace {
  const bucket = outputBucket(pipeline);
  const key = `outputs/${taskId}/${pipeline.run.id}.token`;
  return {
    bucket: bucket.bucketName,
    key,
    url: `s3://${bucket.bucketName}/${key}`,
    machine: [
      new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('outputs/*')] }),
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    ],
    program: [
      new iam.PolicyStatement({
        actions: ['s3:GetObject', 's3:DeleteObject'],
        resources: [bucket.arnForObjects(`outputs/${taskId}/*`)],
      }),
      // Without it a token that is not there yet is reported as a forbidden one.
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
      new iam.PolicyStatement({
        actions: ['states:SendTaskHeartbeat', 'states:SendTaskSuccess', 'states:SendTaskFailure'],
        resources: ['*'],
      }),
    ],
  };
}

export function acknowledgeReports(role: iam.IRole): void {
  acknowledge(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'answers to task tokens know no resources: the token itself, which only this container is given, is the permission',
  );
}

export interface Report {
  readonly taskId: string;
  readonly place: ReportPlace;
  readonly timeout: Duration;
  readonly heartbeat?: Duration;
  /** The state that runs the container and waits for it, without Next, End, Output, Catch. */
  readonly run: { readonly [field: string]: Json };
  /** JSONata of the container's `$states.result`: outputs that it need not report. */
  readonly outputs: string;
  readonly catches: Json;
}

/**
 * `both`: `run` then `reported`, beside `report`. The program takes the token away when it has reported, so a token that still
 * lies there when the container has ended tells that it never did.
 */
export function reportingStates(report: Report): { [name: string]: Json } {
  const { taskId, place, heartbeat } = report;
  const forgotten =
    `the container of ${taskId} ended with exit code 0 but never reported: ` +
    'its program has to report success, or the task has to be set without reports';
  const hung =
    `${taskId} gave no sign of life for ${heartbeat?.toHumanString() ?? ''}: it hangs, or does not report often enough; ` +
    'its container has been stopped';
  const wait = {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:s3:putObject.waitForTaskToken',
    Arguments: { Bucket: place.bucket, Key: place.key, Body: '{% $states.context.Task.Token %}' },
    TimeoutSeconds: report.timeout.toSeconds(),
    ...(heartbeat !== undefined && {
      HeartbeatSeconds: heartbeat.toSeconds(),
      Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'silent' }],
    }),
    Output: "{% $type($states.result)='object'?$states.result:{} %}",
    End: true,
  };
  return {
    both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'run',
          States: {
            run: { ...report.run, Output: expression(report.outputs), Next: 'reported' },
            reported: {
              Type: 'Task',
              Resource: 'arn:aws:states:::aws-sdk:s3:listObjectsV2',
              Arguments: { Bucket: place.bucket, Prefix: place.key, MaxKeys: 1 },
              Retry: [
                {
                  ErrorEquals: ['S3.S3Exception', 'S3.SdkClientException'],
                  IntervalSeconds: 2,
                  MaxAttempts: 4,
                  BackoffRate: 2,
                },
              ],
              Output: expression(`$states.result.KeyCount>0?$error(${quote(forgotten)}):$states.input`),
              End: true,
            },
          },
        },
        {
          StartAt: 'report',
          States: {
            report: wait,
            ...(heartbeat !== undefined && {
              silent: { Type: 'Fail', Error: 'Headrace.HeartbeatTimeout', Cause: expression(quote(hung)) },
            }),
          },
        },
      ],
      Catch: report.catches,
      Output: '{% $merge($states.result) %}',
      End: true,
    },
  };
}
