// A stack that CloudFormation would refuse for its number of resources. In: a stack. Out: what is wrong, with numbers: which pipeline
// brings how many, of what. Always: told before CDK's own check, which knows no pipelines.

import { CfnResource, type Stack, Stack as Stacks } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isPipeline } from './i-pipeline';

/** Resources in one template. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const RESOURCES = 500;
const LIMIT_CONTEXT = '@aws-cdk/core:stackResourceLimit';

export function stackTooLarge(stack: Stack): string | undefined {
  const limit = (stack.node.tryGetContext(LIMIT_CONTEXT) as number | undefined) ?? RESOURCES;
  const resources = stack.node
    .findAll()
    .filter((node): node is CfnResource => CfnResource.isCfnResource(node) && Stacks.of(node) === stack);
  if (limit === 0 || resources.length <= limit) return undefined;
  const owners = countBy(resources, (resource) => ownerOf(resource));
  const kinds = countBy(resources, (resource) => resource.cfnResourceType);
  return (
    `the stack ${stack.stackName} has ${resources.length} resources, CloudFormation takes ${limit}: ` +
    `${told(owners, 5)}; of them ${told(kinds, 4)}. Put pipelines into stacks of their own (or a NestedStack, which counts as one), ` +
    'share what is made per task (an existing jobName, taskDefinition, function), or make one long list of equal tasks a ForEachTask'
  );
}

function ownerOf(resource: IConstruct): string {
  return resource.node.scopes.find(isPipeline)?.node.path ?? 'outside of pipelines';
}

function countBy<T>(items: readonly T[], key: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function told(counts: [string, number][], most: number): string {
  const rest = counts.slice(most).reduce((sum, [, count]) => sum + count, 0);
  const shown = counts.slice(0, most).map(([name, count]) => `${count} ${name}`);
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join(', ');
}
