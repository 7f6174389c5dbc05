// Work in another region than the pipeline's. In: a task and the region. Out: where the task's own resources go, and how
// its service is called from the state machine. Always: one support stack per stack and region, deployed before the stack
// that needs it; one Lambda function per stack that passes calls on, allowed only what its tasks need.

import { Duration, aws_iam as iam, type aws_lambda as lambda, Stack, Stage, Tags, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import { stackFunction } from '../pipeline/stack-function';
import type { IPipeline } from '../pipeline/i-pipeline';
import type { Call } from './polling';

/** How a task calls a service of the AWS SDK. */
export interface ServiceCalls {
  /** Where the task's resources of that region go. */
  readonly home: Construct;
  readonly region: string;
  /** A call as the fields of a Task state. */
  call(action: string, parameters: Json): Call;
  /** JSONata of the service's answer. */
  readonly answer: string;
  /** What the state machine's role needs, given what the service's calls need. */
  permissions(needed: iam.PolicyStatement[]): iam.PolicyStatement[];
}

export function glueCalls(pipeline: IPipeline, region: string | undefined): ServiceCalls {
  const stack = Stack.of(pipeline);
  if (region === undefined || region === stack.region) {
    return {
      home: pipeline.shared,
      region: stack.region,
      call: (action, parameters) => ({
        Resource: `arn:aws:states:::aws-sdk:glue:${action}`,
        Arguments: parameters,
        Retry: RETRY,
      }),
      answer: '$states.result',
      permissions: (needed) => needed,
    };
  }
  const proxy = regionalProxy(stack);
  return {
    home: supportHome(pipeline, region),
    region,
    call: (action, parameters) => ({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: proxy.functionArn, Payload: { region, service: 'glue', action, parameters } },
      Retry: RETRY,
    }),
    answer: '$states.result.Payload',
    permissions: (needed) => {
      for (const statement of needed) {
        proxy.addToRolePolicy(statement);
        acknowledgeWildcards(
          proxy.role!,
          statement.resources,
          'names behind the wildcard begin with what one pipeline makes',
        );
      }
      return [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [proxy.functionArn] })];
    },
  };
}

/** Faults of the way to the service and of the service, not of the work. */
export const SERVICE_FAULTS = [
  'Glue.ThrottlingException',
  'Glue.InternalServiceException',
  'Glue.OperationTimeoutException',
  'Glue.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];
const RETRY: Json = [
  {
    ErrorEquals: SERVICE_FAULTS,
    IntervalSeconds: 2,
    MaxAttempts: 8,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    JitterStrategy: 'FULL',
  },
];

function supportHome(pipeline: IPipeline, region: string): Construct {
  const stack = Stack.of(pipeline);
  if (Token.isUnresolved(region))
    throw new Error(
      `[${pipeline.node.path}] the region of a task is ${region}: expected a name such as us-west-2, known at synth`,
    );
  const stage = Stage.of(stack)!;
  const id = `${stack.stackName}-headrace-${region}`;
  let support = stage.node.tryFindChild(id) as Stack | undefined;
  if (support === undefined) {
    support = new Stack(stage, id, {
      stackName: id,
      description: `crawlers and jobs in ${region} of the pipelines of ${stack.stackName}`,
      env: { ...(Token.isUnresolved(stack.account) ? {} : { account: stack.account }), region },
    });
    stack.addStackDependency(support);
  }
  const existing = support.node.tryFindChild(pipeline.prefix) as Construct | undefined;
  if (existing !== undefined) return existing;
  const home = new Construct(support, pipeline.prefix);
  Tags.of(home).add('headrace:pipeline', pipeline.pipelineName);
  return home;
}

function regionalProxy(stack: Stack): lambda.Function {
  return stackFunction(
    stack,
    'regional',
    'passes calls of state machines on to services of other regions',
    Duration.seconds(60),
  );
}
