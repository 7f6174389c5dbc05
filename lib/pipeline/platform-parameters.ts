// How a platform is found by stacks that do not share its app: SSM parameters under one path, read when a stack is deployed. In: a
// name. Out: parameters written, or tokens of their values. Always: names of parameters are known at synth, values are not.

import { aws_ssm as ssm, Fn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What a platform tells of itself. */
export type PlatformFact =
  | 'vpc-id'
  | 'subnet-ids'
  | 'cluster-name'
  | 'alert-topic-arn'
  | 'workgroup-name'
  | 'workgroup-arn'
  | 'warehouse-database'
  | `bucket/${string}`;

export function parameterName(platformName: string, fact: PlatformFact): string {
  return `/headrace/platform/${platformName}/${fact}`;
}

export function publish(scope: Construct, platformName: string, fact: PlatformFact, value: string): void {
  new ssm.StringParameter(scope, `Parameter-${fact.replace('/', '-')}`, {
    parameterName: parameterName(platformName, fact),
    description: `${fact} of the platform ${platformName}`,
    stringValue: value,
  });
}

/** The value, at deployment; a fact that the platform does not have stops the deployment with the parameter's name. */
export function fact(scope: Construct, platformName: string, which: PlatformFact): string {
  return ssm.StringParameter.valueForStringParameter(scope, parameterName(platformName, which));
}

/** So many values of a list. */
export function facts(scope: Construct, platformName: string, which: PlatformFact, count: number): string[] {
  const all = Fn.split(',', fact(scope, platformName, which), count);
  return Array.from({ length: count }, (_, index) => Fn.select(index, all));
}
