// The Lambda functions that the package ships, one of each per stack. In: a handler's name. Out: the function, made on first
// use. Always: a role of its own that may write its log and nothing else; who needs more adds it. Calls that nobody waits for
// and that keep failing end in the stack's queue of undelivered events.

import {
  Duration,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_logs as logs,
  RemovalPolicy,
  type Stack,
  aws_sqs as sqs,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { lambdaAsset } from './assets';

export function stackFunction(stack: Stack, name: string, description: string, timeout: Duration): lambda.Function {
  const id = `Headrace-${name}`;
  const existing = stack.node.tryFindChild(id);
  if (existing !== undefined) return existing.node.findChild('Function') as lambda.Function;
  const deadLetterQueue = undelivered(stack);
  return packagedFunction(new Construct(stack, id), name, { description, timeout, memorySize: 256, deadLetterQueue });
}

export interface PackagedFunction extends Omit<lambda.FunctionOptions, 'role' | 'logGroup' | 'architecture'> {
  readonly description: string;
  readonly timeout: Duration;
  readonly memorySize: number;
}

/** A handler of the package as a function, its log and its role below `scope`. */
export function packagedFunction(scope: Construct, name: string, options: PackagedFunction): lambda.Function {
  const logGroup = new logs.LogGroup(scope, 'Logs', {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(scope, 'Role', {
    description: options.description,
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  logGroup.grantWrite(role);
  const made = new lambda.Function(scope, 'Function', {
    ...options,
    role,
    logGroup,
    runtime: lambda.Runtime.NODEJS_22_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(lambdaAsset(name)),
  });
  acknowledge(made, 'AwsSolutions-L1', 'the handlers are tested on Node.js 22, which is supported');
  return made;
}

/** Where events end that could not be delivered: schedules that could not start a run, alerts that could not be sent. */
export function undelivered(stack: Stack): sqs.Queue {
  const id = 'HeadraceUndelivered';
  const existing = stack.node.tryFindChild(id);
  if (existing !== undefined) return existing as sqs.Queue;
  const queue = new sqs.Queue(stack, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(queue, 'AwsSolutions-SQS3', 'this is the queue for what could not be delivered');
  return queue;
}
