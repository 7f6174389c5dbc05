// Work on all keys that begin with a prefix, through one function of the stack that does a step at a time. In: what to do and where.
// Out: the states and the permission to call the function, which is allowed what its tasks need. Always: the state machine holds
// where the work stopped, so that its length has no limit but the task's; buckets may lie in any region.

import { Aws, Duration, aws_iam as iam, type aws_kms as kms, Stack } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { knownPrefix } from '../pipeline/run-token';
import { stackFunction } from '../pipeline/stack-function';
import type { Task } from '../pipeline/task';
import { asText } from './as-text';
import { type CalledFunction, calledFunction, REPEATABLE_FAULTS } from './function-call';

/** `s3://bucket/prefix` as the function takes it. */
export function placeOf(path: string): { bucket: string; prefix: string } {
  const place = path.slice('s3://'.length);
  const slash = place.indexOf('/');
  return slash < 0
    ? { bucket: place, prefix: '' }
    : { bucket: place.slice(0, slash), prefix: asText(place.slice(slash + 1)) };
}

/** What the function needs for a place; a bucket of another account has to allow it too. */
export function placeStatements(path: string, objectActions: string[]): iam.PolicyStatement[] {
  const known = knownPrefix(path).slice('s3://'.length);
  const [bucket = ''] = known.split('/');
  return [
    new iam.PolicyStatement({
      actions: ['s3:ListBucket', 's3:GetBucketLocation'],
      resources: [`arn:${Aws.PARTITION}:s3:::${bucket}`],
    }),
    ...(objectActions.length === 0
      ? []
      : [
          new iam.PolicyStatement({
            actions: objectActions,
            resources: [`arn:${Aws.PARTITION}:s3:::${known.includes('/') ? known : `${known}/`}*`],
          }),
        ]),
  ];
}

export function keyStatements(keys: readonly kms.IKey[]): iam.PolicyStatement[] {
  if (keys.length === 0) return [];
  return [
    new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: keys.map((key) => key.keyArn),
    }),
  ];
}

export function prefixFunction(task: Task, needed: readonly iam.PolicyStatement[]): CalledFunction {
  const made = stackFunction(
    Stack.of(task),
    's3-prefix',
    'lists, copies and deletes objects for tasks, a step at a time',
    Duration.minutes(15),
  );
  return calledFunction(made, needed, 'the objects behind a prefix that a task names', FAULTS);
}

/** Steps until there is nothing left. The task's result is what all of them did. */
export function steppingStates(
  task: Task,
  made: CalledFunction,
  payload: { readonly [field: string]: Json },
): { [name: string]: Json } {
  const seconds = task.timeout.toSeconds();
  const late = `${task.taskId} was not done within its time limit of ${task.timeout.toHumanString()}: `;
  return {
    begin: {
      Type: 'Pass',
      Assign: { xStep: {}, xBegan: '{% $now() %}', xEnd: `{% $millis()+${seconds * 1000} %}` },
      Next: 'step',
    },
    step: {
      Type: 'Task',
      ...made.call({ ...payload, before: '{% $xBegan %}', step: '{% $xStep %}' }),
      TimeoutSeconds: 900,
      Assign: {
        xStep:
          '{% ($p:=$states.result.Payload;$t:={"objects":$p.objects,"bytes":$p.bytes,"skipped":$p.skipped};' +
          '{"done":$p.done,"after":$p.after,"begun":$p.begun,"total":$t}) %}',
      },
      Next: 'more',
    },
    more: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $xStep.done %}', Next: 'done' },
        { Condition: '{% $millis()<$xEnd %}', Next: 'step' },
      ],
      Default: 'late',
    },
    done: { Type: 'Succeed', Output: '{% $xStep.total %}' },
    late: {
      Type: 'Fail',
      Error: 'Headrace.Timeout',
      Cause: `{% ${quote(late)}&$xStep.total.objects&' objects are done, up to '&$xStep.after %}`,
    },
  };
}

/** A step that is called again does again only what it had begun. */
const FAULTS = [
  ...REPEATABLE_FAULTS,
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'TimeoutError',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
];
