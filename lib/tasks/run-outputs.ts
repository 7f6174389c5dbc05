// Values that a job or a container hands back: neither has an answer, so the program writes one JSON object to a place in S3
// that it is told, and a state reads it. In: the task. Out: the place, and the states around the run. Always: the place is
// made of run and task, so a value is never that of another run; it is gone after 30 days.

import { Duration, aws_iam as iam, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import { acknowledge } from '../pipeline/acknowledge';
import type { IPipeline } from '../pipeline/i-pipeline';

export interface OutputPlace {
  readonly bucket: s3.Bucket;
  readonly key: string;
  readonly url: string;
  readonly write: iam.PolicyStatement;
  readonly read: iam.PolicyStatement[];
}

export function outputPlace(pipeline: IPipeline, taskId: string): OutputPlace {
  const bucket = outputBucket(pipeline);
  const key = `outputs/${taskId}/${pipeline.run.id}.json`;
  return {
    bucket,
    key,
    url: `s3://${bucket.bucketName}/${key}`,
    write: new iam.PolicyStatement({
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`outputs/${taskId}/*`)],
    }),
    read: [
      new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('outputs/*')] }),
      // Without it a missing object is reported as a forbidden one.
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    ],
  };
}

/** What follows a run: reading what it left. The task's result is that object, with the fields of `$x` beside it. */
export function readStates(taskId: string, place: OutputPlace, names: readonly string[]): { [name: string]: Json } {
  const missing = `${taskId} succeeded but wrote no ${place.url}, where the outputs ${names.join(', ')} should be: its program writes one JSON object there`;
  return {
    read: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
      Arguments: { Bucket: place.bucket.bucketName, Key: place.key },
      Retry: [
        {
          ErrorEquals: ['S3.S3Exception', 'S3.SdkClientException'],
          IntervalSeconds: 2,
          MaxAttempts: 4,
          BackoffRate: 2,
        },
      ],
      Catch: [{ ErrorEquals: ['S3.NoSuchKeyException'], Next: 'missing' }],
      Output: '{% $merge([$x,$parse($states.result.Body)]) %}',
      End: true,
    },
    missing: { Type: 'Fail', Error: 'Headrace.NoOutput', Cause: missing },
  };
}

/** Small values of runs. */
export function outputBucket(pipeline: IPipeline): s3.Bucket {
  const existing = pipeline.shared.node.tryFindChild('Outputs');
  if (existing !== undefined) return existing as s3.Bucket;
  const bucket = new s3.Bucket(pipeline.shared, 'Outputs', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    lifecycleRules: [{ expiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
  });
  acknowledge(bucket, 'AwsSolutions-S1', 'holds small values for 30 days that only this pipeline reads and writes');
  return bucket;
}
