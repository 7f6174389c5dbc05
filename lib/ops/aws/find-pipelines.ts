// The pipelines of an account and region, by the tags of their root machines. In: the clients. Out: name -> ARN of the root. Always:
// one search over tags where AWS knows it; where that is not allowed, or an emulator has none, machine by machine.

import { ListTagsForResourceCommand, paginateListStateMachines, type SFNClient } from '@aws-sdk/client-sfn';
import { PIPELINE_TAG, ROOT_TAG } from '../../compile/manifest-comment';
import type { Aws } from './aws';
import { inTurns } from './in-turns';

type Tag = { readonly key: string; readonly value: string };

export async function findPipelines(aws: Aws): Promise<Map<string, string>> {
  const found = (await byTags(aws)) ?? [];
  return new Map(found.length > 0 ? found : await machineByMachine(await aws.sfn()));
}

async function byTags(aws: Aws): Promise<[string, string][] | undefined> {
  const { paginateGetResources } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await aws.tagging();
  const request = { ResourceTypeFilters: ['states:stateMachine'], TagFilters: [{ Key: ROOT_TAG }] };
  const found: [string, string][] = [];
  try {
    for await (const page of paginateGetResources({ client }, request)) {
      for (const { ResourceARN, Tags = [] } of page.ResourceTagMappingList ?? []) {
        const name = Tags.find((tag) => tag.Key === PIPELINE_TAG)?.Value;
        if (ResourceARN !== undefined && name !== undefined) found.push([name, ResourceARN]);
      }
    }
    return found;
  } catch (error) {
    // Whoever may not search tags may still list machines, and an emulator may not know the search.
    if (!/AccessDenied|NotImplemented|UnknownOperation|InternalFailure/.test((error as Error).name)) throw error;
    return undefined;
  }
}

async function machineByMachine(client: SFNClient): Promise<[string, string][]> {
  const arns: string[] = [];
  for await (const page of paginateListStateMachines({ client, pageSize: 1000 }, {}))
    arns.push(...(page.stateMachines ?? []).map((machine) => machine.stateMachineArn!));
  const found = await inTurns(arns, 4, async (resourceArn): Promise<[string, string][]> => {
    const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
    const value = (key: string) => (tags as Tag[]).find((tag) => tag.key === key)?.value;
    const name = value(PIPELINE_TAG);
    return name !== undefined && value(ROOT_TAG) !== undefined ? [[name, resourceArn]] : [];
  });
  return found.flat();
}
