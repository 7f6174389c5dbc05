// Calls of the library's own functions out of a task's states. In: the function, what its tasks let it do. Out: the fields of a Task
// state, and what the state machine's role has to be allowed. Always: a fault of the way to the function is no failure of the task.

import { aws_iam as iam, type aws_lambda as lambda } from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import { acknowledgeWildcards } from '../pipeline/acknowledge';

/** Faults of functions that may be called again, also when the answer came too late. */
export const REPEATABLE_FAULTS: readonly string[] = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
];

/** Faults of functions whose work must not be done twice: none of them has heard the call. */
export const LAMBDA_FAULTS = REPEATABLE_FAULTS.filter((fault) => fault !== 'Lambda.ClientExecutionTimeoutException');

/** The Retry field of a state for faults of a service, which are no attempts of the task. */
export function faultRetry(errors: readonly string[]): Json {
  return [
    {
      ErrorEquals: [...errors],
      IntervalSeconds: 2,
      MaxAttempts: 8,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: 'FULL',
    },
  ];
}

export interface CalledFunction {
  /** The call as fields of a Task state. */
  call(payload: { readonly [field: string]: Json }): { Resource: string; Arguments: Json; Retry: Json };
  readonly permissions: iam.PolicyStatement[];
}

/** @param why the sentence for statements of its role that end in a wildcard */
export function calledFunction(
  made: lambda.Function,
  needed: readonly iam.PolicyStatement[],
  why: string,
  faults: readonly string[],
): CalledFunction {
  for (const statement of needed) {
    made.addToRolePolicy(statement);
    acknowledgeWildcards(made.role!, statement.resources, why);
  }
  return {
    call: (payload) => ({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: made.functionArn, Payload: payload },
      Retry: faultRetry(faults),
    }),
    permissions: [mayCall(made.functionArn)],
  };
}

export function mayCall(functionArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] });
}
