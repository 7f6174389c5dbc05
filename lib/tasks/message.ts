// What the kinds share that send messages. In: props. Out: parts of a call. Always: a repeated attempt of one visit of the
// task is the same message, where the service can tell.

import { aws_iam as iam, type aws_kms as kms, Duration } from 'aws-cdk-lib';
import { expression, quote } from '../compile/expression';
import { Retry } from '../pipeline/retry';
import type { Task } from '../pipeline/task';
import { asText } from './as-text';

/** The id by which a queue or topic knows a message that it has already: made of the run, the task and the attempt. */
export function deduplicationId(task: Task): string {
  return expression(
    `$hash($states.context.Execution.Id&${quote(`/${task.taskId}/`)}&$states.context.State.EnteredTime,'SHA-256')`,
  );
}

export function textAttributes(given: { readonly [name: string]: string }): { [name: string]: object } {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, { DataType: 'String', StringValue: asText(value) }]),
  );
}

/** What it takes to write to something that is encrypted with a key of the account. */
export function encryptWith(key: kms.IKey | undefined): iam.PolicyStatement[] {
  if (key === undefined) return [];
  return [new iam.PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [key.keyArn] })];
}

/** Faults of the way to a service, or too many calls at once. */
export function transportRetry(...errors: string[]): Retry[] {
  return [Retry.times(6, { on: errors, interval: Duration.seconds(2), maxDelay: Duration.minutes(1) })];
}
