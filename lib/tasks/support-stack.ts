// Work in another region than the pipeline's. In: a task and the region. Out: where the task's own resources go, and how
// its service is called from the state machine. Always: one support stack per stack and region, deployed before the stack
// that needs it; one Lambda function per stack that passes calls on, allowed only what its tasks need.

import { Duration, type aws_iam as iam, type aws_lambda as lambda, Stack, Stage, Tags, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import { stackFunction } from '../pipeline/stack-function';
import type { IPipeline } from '../pipeline/i-pipeline';
import { faultRetry, LAMBDA_FAULTS, mayCall } from './function-call';
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

/** The services that the stack's function knows the way to. */
export type RegionalService = 'glue' | 'ecs' | 's3' | 'sfn';

export function glueCalls(pipeline: IPipeline, region: string | undefined): ServiceCalls {
  return serviceCalls(pipeline, 'glue', region);
}

/** Calls of a service of the stack's own region, or of another one. */
export function serviceCalls(pipeline: IPipeline, service: RegionalService, region: string | undefined): ServiceCalls {
  const stack = Stack.of(pipeline);
  const faults = [...faultsOf(service), ...LAMBDA_FAULTS];
  if (region === undefined || region === stack.region) {
    return {
      home: pipeline.shared,
      region: stack.region,
      call: (action, parameters) => ({
        Resource: `arn:aws:states:::aws-sdk:${service}:${action}`,
        Arguments: parameters,
        Retry: faultRetry(faults),
      }),
      answer: '$states.result',
      permissions: (needed) => needed,
    };
  }
  if (Token.isUnresolved(region))
    throw new Error(
      `[${pipeline.node.path}] the region of a task is ${region}: expected a name such as us-west-2, known at synth`,
    );
  const proxy = regionalProxy(stack);
  return {
    get home() {
      return supportHome(pipeline, region);
    },
    region,
    call: (action, parameters) => ({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: proxy.functionArn, Payload: { region, service, action, parameters } },
      Retry: faultRetry(faults),
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
      return [mayCall(proxy.functionArn)];
    },
  };
}

/** Faults of the service itself, as Step Functions names them. */
function faultsOf(service: RegionalService): string[] {
  const names = {
    glue: ['ThrottlingException', 'InternalServiceException', 'OperationTimeoutException', 'SdkClientException'],
    ecs: ['ThrottlingException', 'ServerException', 'SdkClientException'],
    s3: ['SlowDownException', 'InternalErrorException', 'SdkClientException'],
    sfn: ['ThrottlingException', 'ExecutionLimitExceededException', 'SdkClientException'],
  };
  const prefix = service.charAt(0).toUpperCase() + service.slice(1);
  return names[service].map((name) => `${prefix}.${name}`);
}

/** Faults of the way to Glue and of Glue, not of the work. */
export const SERVICE_FAULTS = [...faultsOf('glue'), ...LAMBDA_FAULTS];

function supportHome(pipeline: IPipeline, region: string): Construct {
  const stack = Stack.of(pipeline);
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
