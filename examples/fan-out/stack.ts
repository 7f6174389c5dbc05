// Many sources, staged side by side, and joins that are not nested: each mart waits for its own sources and for nothing
// else, so no mart waits for the slowest source of another. Adding a source or a mart is one entry in sources.json.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, aws_s3 as s3, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Alert, LambdaTask, Param, Pipeline, Retry, type Task, TriggerRule } from 'headrace';

interface Sources {
  readonly sources: readonly string[];
  readonly marts: { readonly [name: string]: readonly string[] };
}

/** What `grantReadWrite` allows: kinds of reading and writing an object, on the bucket's objects. */
const WILDCARDS = [
  'Action::s3:GetObject*',
  'Action::s3:GetBucket*',
  'Action::s3:List*',
  'Action::s3:DeleteObject*',
  'Action::s3:Abort*',
  'Resource::<MartsA4EA582C.Arn>/*',
];

export function buildFanOut(app: App): Stack {
  const stack = new Stack(app, 'FanOutStack', { env: { region: 'eu-west-1' } });
  const bucket = new s3.Bucket(stack, 'Marts', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions::AwsSolutions-S1',
    reason: 'an example without a place for access logs',
  });

  const { sources, marts } = JSON.parse(readFileSync(join(__dirname, 'sources.json'), 'utf8')) as Sources;
  const nightly = new Pipeline(stack, 'Nightly', {
    alerts: [Alert.email('data-oncall@example.com')],
    params: { rows: Param.number({ default: 1000, description: 'rows a source hands over' }) },
    retry: Retry.times(1),
  });
  const job = (id: string, payload: { [key: string]: unknown }, triggerRule?: TriggerRule) => {
    const task = new LambdaTask(nightly, id, {
      code: join(__dirname, 'jobs/mart.mjs'),
      payload: { bucket: bucket.bucketName, day: nightly.run.date, name: id, ...payload },
      ...(triggerRule !== undefined && { triggerRule }),
    });
    bucket.grantReadWrite(task);
    for (const finding of WILDCARDS) {
      Validations.of(task).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[${finding}]`,
        reason: 'objects of one bucket, whose keys are not known beforehand',
      });
    }
    return task;
  };

  const staged = new Map<string, Task>();
  for (const name of sources) staged.set(name, job(`stage_${name}`, { rows: nightly.run.param('rows') }));
  for (const [mart, from] of Object.entries(marts)) {
    const upstream = from.map((name) => staged.get(name) ?? unknownSource(mart, name));
    staged.set(mart, job(mart, { from: upstream.map((task) => task.output('file')) }));
  }
  const last = Object.keys(marts).map((name) => staged.get(name)!);
  job('report', { marts: Object.keys(marts) }, TriggerRule.ALL_DONE_MIN_ONE_SUCCESS).after(...last);
  return stack;
}

function unknownSource(mart: string, name: string): never {
  throw new Error(`sources.json: the mart ${mart} reads ${name}, which is neither a source nor a mart above it`);
}
