// Findings of security checks that are meant to be so, each with its sentence beside the resource. In: a construct, the
// rule's name, the reason. Out: metadata that cdk-nag reads. Nothing here needs cdk-nag to be installed.

import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::${id}`, reason });
}

/** A wildcard in a policy: the checks name each finding by the resource or action as the template spells it. */
export function acknowledgeWildcards(construct: IConstruct, resources: readonly string[], reason: string): void {
  const stack = Stack.of(construct);
  for (const resource of resources) {
    if (resource.includes('*'))
      acknowledge(construct, `AwsSolutions-IAM5[Resource::${flat(stack.resolve(resource))}]`, reason);
  }
}

function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const [kind, inner] = Object.entries(value as { [kind: string]: any })[0]!;
  if (kind === 'Ref') return `<${inner}>`;
  if (kind === 'Fn::GetAtt') return `<${inner[0]}.${inner[1]}>`;
  if (kind === 'Fn::Join') return (inner[1] as unknown[]).map(flat).join(inner[0] as string);
  return JSON.stringify(value);
}
