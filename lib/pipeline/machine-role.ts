// The role of one state machine. In: what its tasks need and what the machine itself does. Out: the role, with the
// statements merged. Always: allowed is what the tasks of this machine need and nothing of other pipelines.

import { ArnFormat, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from './acknowledge';
import { mergeStatements } from './permissions';

export function machineRole(
  scope: Construct,
  id: string,
  description: string,
  statements: readonly iam.PolicyStatement[],
): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, id, {
    description,
    assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: {
          'aws:SourceArn': stack.formatArn({
            service: 'states',
            resource: 'stateMachine',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  });
  const merged = mergeStatements([...statements, logs(), traces()]);
  for (const statement of merged) {
    role.addToPrincipalPolicy(statement);
    acknowledgeWildcards(
      role,
      statement.resources,
      'the names behind the wildcard begin with what this pipeline makes, are made by the service when the task runs, or the action knows no resources',
    );
  }
  acknowledge(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'log delivery, X-Ray and statements of the Redshift Data API know no resources; the latter are limited to their owner',
  );
  return role;
}

/** Step Functions delivers its own log; these actions take no resources. */
function logs(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    resources: ['*'],
  });
}

function traces(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    resources: ['*'],
  });
}

/** ARN of a state machine of the stack, by its name: known before the machine is made. */
export function machineArn(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** What it takes to start a machine, wait for it and stop it. */
export function startAndWait(scope: Construct, name: string): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const executions = stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${name}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [machineArn(scope, name)] }),
    new iam.PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution'], resources: [executions] }),
    managedRule(scope, 'StepFunctionsGetEventsForStepFunctionsExecutionRule'),
  ];
}

/** The rule by which Step Functions learns that a job it waits for has ended. */
export function managedRule(scope: Construct, name: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: name })],
  });
}
