// The least permissions of many tasks in few statements. In: statements as the tasks gave them. Out: one statement per
// set of actions and conditions, its resources sorted, without repetition. Always: what was allowed stays allowed; only a list
// of more than RESOURCES_LISTED resources of one kind is widened, to what their names begin with.

import { aws_iam as iam } from 'aws-cdk-lib';

/** A role holds ten policies of 6,144 characters: a thousand ARNs are too many for it, some hundreds are not. */
const RESOURCES_LISTED = 200;

export function mergeStatements(statements: readonly iam.PolicyStatement[]): iam.PolicyStatement[] {
  const groups = new Map<string, { first: iam.PolicyStatement; resources: Set<string> }>();
  for (const statement of statements) {
    const key = JSON.stringify([statement.effect, [...statement.actions].sort(), statement.conditions ?? {}]);
    const group = groups.get(key) ?? { first: statement, resources: new Set<string>() };
    groups.set(key, group);
    for (const resource of statement.resources) group.resources.add(resource);
  }
  return [...groups.keys()].sort().map((key) => {
    const { first, resources } = groups.get(key)!;
    return new iam.PolicyStatement({
      effect: first.effect,
      actions: [...first.actions].sort(),
      resources: fewer([...resources].sort()),
      ...(Object.keys(first.conditions ?? {}).length > 0 ? { conditions: first.conditions } : {}),
    });
  });
}

/** `.../job/orders-a`, `.../job/orders-b` -> `.../job/orders-*`, kind by kind, where a kind has too many. */
function fewer(resources: string[]): string[] {
  const covered = withoutCovered(resources);
  if (covered.length <= RESOURCES_LISTED) return covered;
  const kinds = new Map<string, string[]>();
  for (const resource of covered) {
    const head = resource.slice(0, Math.max(resource.lastIndexOf('/'), resource.lastIndexOf(':')) + 1);
    kinds.set(head, [...(kinds.get(head) ?? []), resource]);
  }
  return [...kinds.values()]
    .flatMap((kind) => (kind.length <= RESOURCES_LISTED ? kind : [`${commonPrefix(kind)}*`]))
    .sort();
}

/** A resource that a wildcard of the same list allows adds nothing. */
function withoutCovered(resources: string[]): string[] {
  const wildcards = resources
    .filter((resource) => resource.endsWith('*') && resource !== '*')
    .map((w) => w.slice(0, -1));
  if (resources.includes('*')) return ['*'];
  return resources.filter(
    (resource) => !wildcards.some((prefix) => resource.startsWith(prefix) && resource !== `${prefix}*`),
  );
}

function commonPrefix(sorted: string[]): string {
  const first = sorted[0]!;
  const last = sorted[sorted.length - 1]!;
  let end = 0;
  while (end < first.length && first[end] === last[end]) end++;
  // Never in the middle of a token: `arn:...${Token[AWS.` would be no text any more.
  const open = first.lastIndexOf('${', end - 1);
  return first.slice(0, open >= 0 && first.indexOf('}', open) >= end ? open : end);
}
