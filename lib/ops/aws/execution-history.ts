// The history of a run, its child machines' included, as it grows. In: the root's ARN. Out: at each call the events that are new, in
// order. Always: pages come from the tail and stop where the last call had come to, so that watching costs one page a look and not
// the whole history; each event is given once, though pages shift while the history grows, or a look fails halfway; executions of other
// pipelines that a task started are not followed.

import { paginateGetExecutionHistory, type HistoryEvent, type SFNClient } from '@aws-sdk/client-sfn';
import type { SiteEvent } from '../site';
import { machineOfExecution } from './arn';

const PAGE = 1000;

export class ExecutionHistory {
  private readonly last = new Map<string, number>();
  private readonly ended = new Set<string>();
  /** Read and not yet given. */
  private found: { readonly executionArn: string; readonly event: HistoryEvent }[] = [];

  /** @param machines names of the pipeline's machines */
  constructor(
    private readonly client: SFNClient,
    root: string,
    private readonly machines: ReadonlySet<string>,
  ) {
    this.last.set(root, 0);
  }

  /** Whatever happened since the last call. */
  async refresh(): Promise<(SiteEvent & { readonly event: HistoryEvent })[]> {
    // Children are added while this goes on, and are then visited too.
    for (const arn of this.last.keys()) {
      if (this.ended.has(arn)) continue;
      for (const event of await this.since(arn, this.last.get(arn)!)) {
        this.found.push({ executionArn: arn, event });
        this.last.set(arn, event.id!);
        if (/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(event.type!)) this.ended.add(arn);
        const child = childOf(event);
        if (child !== undefined && this.machines.has(machineOfExecution(child)) && !this.last.has(child)) {
          this.last.set(child, 0);
        }
      }
    }
    const { found } = this;
    this.found = [];
    return found;
  }

  /** Executions seen so far, the root first. */
  executions(): string[] {
    return [...this.last.keys()];
  }

  private async since(executionArn: string, last: number): Promise<HistoryEvent[]> {
    const found: HistoryEvent[] = [];
    // The first look asks for whole pages, a later one only for what probably came since.
    const paging = { client: this.client, pageSize: last === 0 ? PAGE : 100 };
    const request = { executionArn, reverseOrder: true, includeExecutionData: true };
    for await (const page of paginateGetExecutionHistory(paging, request)) {
      for (const event of page.events ?? []) {
        if (event.id! <= last) return found.reverse();
        if (event.id! < (found.at(-1)?.id ?? Number.POSITIVE_INFINITY)) found.push(event);
      }
    }
    return found.reverse();
  }
}

/** The execution that a nested call started. */
export function childOf(event: HistoryEvent): string | undefined {
  const submitted = event.taskSubmittedEventDetails;
  if (submitted?.resourceType !== 'states') return undefined;
  try {
    return (JSON.parse(submitted.output ?? '{}') as { ExecutionArn?: string }).ExecutionArn;
  } catch {
    return undefined;
  }
}
