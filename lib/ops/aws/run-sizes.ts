// Sizes that a run's history does not tell, asked of the account. In: the run's events. Out: memory of the functions that it called, DPU-hours
// of its crawls, some items of its distributed Maps. Always: only reads, each thing once; what may not be asked stays unknown.

import {
  DescribeMapRunCommand,
  type DescribeMapRunCommandOutput,
  GetExecutionHistoryCommand,
} from '@aws-sdk/client-sfn';
import type { Manifest } from '../../compile/manifest';
import type { ItemSample } from '../cost/cost';
import { followedWork } from '../cost/followed-work';
import { mapRunsOf, taskOfChild } from '../map-runs';
import type { SiteEvent } from '../site';
import { type Crawl, type FunctionSize, functionName, type Sizes } from '../cost/sizes';
import type { Aws } from './aws';
import { crawlsIn } from './crawls';
import { inTurns } from './in-turns';
import { listExecutions } from './list-executions';
import { type StartedWork, startedWork } from './started-work';

/** Items whose history is read; the rest is reckoned from them. */
const SAMPLE = 10;
const AT_ONCE = 4;

export async function runSizes(
  aws: Aws,
  manifest: Manifest,
  events: readonly SiteEvent[],
  samples: readonly ItemSample[],
): Promise<Sizes> {
  const all = [...events, ...samples.flatMap((sample) => sample.events)];
  const work = followedWork(startedWork(manifest, all, taskOfChild(mapRunsOf(manifest, events))));
  const called = work.filter(({ service }) => service === 'lambda').map(nameCalled);
  const names = [...new Set(called)].filter((name) => name !== '');
  const functions = new Map<string, FunctionSize>();
  await inTurns(names, AT_ONCE, async (name) => {
    const size = await orUnknown(() => functionSize(aws, name));
    if (size !== undefined) functions.set(name, size);
  });
  const starts = work.filter(({ action, parameters }) => action === 'startCrawler' && parameters['Name'] !== undefined);
  const crawls = await inTurns(starts, AT_ONCE, (start) => orUnknown(() => crawlsOf(aws, start)));
  return { functions, workgroups: new Map(), crawls: crawls.flatMap((some) => some ?? []) };
}

/** Some of the items of each distributed Map of the run. */
export async function itemSamples(
  aws: Aws,
  manifest: Manifest,
  events: readonly SiteEvent[],
): Promise<readonly ItemSample[]> {
  const arns = [...mapRunsOf(manifest, events).keys()];
  const found = await inTurns(arns, 1, (arn) => orUnknown(() => itemSample(aws, arn)));
  return found.flatMap((sample) => sample ?? []);
}

async function itemSample(aws: Aws, mapRunArn: string): Promise<ItemSample> {
  const client = await aws.sfn();
  const run: DescribeMapRunCommandOutput = await client.send(new DescribeMapRunCommand({ mapRunArn }));
  const listed = { of: { mapRunArn }, limit: SAMPLE };
  const executions = (await orUnknown(() => listExecutions(client, listed))) ?? [];
  const histories = await inTurns(executions, AT_ONCE, async ({ executionArn = '' }): Promise<SiteEvent[]> => {
    const { events = [] } = await client.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, includeExecutionData: true }),
    );
    return events.map((event) => ({ executionArn, event }));
  });
  const items = Math.max(run.executionCounts?.total ?? run.itemCounts?.total ?? 0, executions.length);
  return { mapRunArn, items, sampled: executions.length, events: histories.flat() };
}

async function functionSize(aws: Aws, name: string): Promise<FunctionSize> {
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const client = await aws.lambda();
  const told = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  if (told.MemorySize === undefined) throw new Error(`${name} has no memory`);
  return { memoryMb: told.MemorySize, arm: told.Architectures?.includes('arm64') === true };
}

async function crawlsOf(aws: Aws, { parameters, region, start, end }: StartedWork): Promise<Crawl[]> {
  const crawler = String(parameters['Name']);
  const crawls = await crawlsIn(aws, { crawler, region, from: start, ...(end !== undefined && { to: end }) });
  return crawls.flatMap(({ StartTime, DPUHour }) =>
    DPUHour === undefined ? [] : [{ crawler, start: StartTime!, dpuHours: DPUHour }],
  );
}

function nameCalled({ parameters }: StartedWork): string {
  return functionName(String(parameters['FunctionName'] ?? ''));
}

/** A size is worth a question, not a failure: where it may not be asked, the bill says what it does not know. */
async function orUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}
