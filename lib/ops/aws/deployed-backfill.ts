// Backfills in the account: executions of the stack's backfill machine. In: the pipeline's root and its backfill machine. Out: one
// started, the latest with its items, one stopped. Always: it goes on without whoever started it.

import {
  DescribeExecutionCommand,
  ListMapRunsCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { type BackfillInput, type BackfillItem, itemOf, itemRun, itemText } from '../../compile/backfill';
import type { Manifest } from '../../compile/manifest';
import { OperatorError } from '../../compile/operator-error';
import { executionArn, nameOfExecution, nameOfMachine, siblingMachine } from './arn';
import { executionLink } from '../../view/console-link';
import { listExecutions } from './list-executions';

export interface Backfill {
  readonly id: string;
  readonly status: string;
  readonly start: string;
  readonly items: readonly BackfillItem[];
  readonly maxActive: number;
  readonly params?: { readonly [name: string]: unknown };
  readonly place: string;
  readonly link: string;
}

/** Backfills further back than that are not looked for. */
const LOOKED_AT = 100;

export class DeployedBackfills {
  private readonly machine: string;

  /** @throws OperatorError if the pipeline was deployed without */
  constructor(
    private readonly client: SFNClient,
    private readonly root: string,
    manifest: Manifest,
  ) {
    if (manifest.backfill === undefined) {
      throw new OperatorError(`pipeline ${manifest.name} was deployed without a backfill machine: it has no schedule`);
    }
    this.machine = siblingMachine(root, manifest.backfill);
  }

  async start(
    id: string,
    items: readonly BackfillItem[],
    more: Pick<BackfillInput, 'maxActive' | 'params'>,
  ): Promise<Backfill> {
    const input: BackfillInput = { machine: this.root, items: items.map(itemText), ...more };
    const { executionArn: place, startDate } = await this.client.send(
      new StartExecutionCommand({ stateMachineArn: this.machine, name: id, input: JSON.stringify(input) }),
    );
    const start = startDate!.toISOString();
    return { id, status: 'RUNNING', start, items, ...more, place: place!, link: executionLink(place!) };
  }

  /** The last one of this pipeline. */
  async latest(): Promise<Backfill | undefined> {
    const listed = await listExecutions(this.client, { of: { stateMachineArn: this.machine }, limit: LOOKED_AT });
    for (const { executionArn: place } of listed) {
      const seen = await this.client.send(new DescribeExecutionCommand({ executionArn: place! }));
      const input = JSON.parse(seen.input ?? '{}') as BackfillInput;
      if (input.machine !== this.root) continue;
      return {
        id: seen.name!,
        status: seen.status!,
        start: seen.startDate!.toISOString(),
        items: input.items.map(itemOf),
        maxActive: input.maxActive,
        ...(input.params && { params: input.params }),
        place: place!,
        link: executionLink(place!),
      };
    }
    return undefined;
  }

  /** Ends the backfill and the runs it has started. @returns names of the runs that were stopped */
  async stop({ place, items }: Backfill, cause: string): Promise<string[]> {
    const stop = (arn: string) =>
      this.client.send(new StopExecutionCommand({ executionArn: arn, error: 'Headrace.Stopped', cause }));
    await stop(place);
    // What a distributed map started may outlive it.
    const { mapRuns = [] } = await this.client.send(new ListMapRunsCommand({ executionArn: place }));
    for (const { mapRunArn } of mapRuns) {
      const items = await listExecutions(this.client, { of: { mapRunArn: mapRunArn! }, status: 'RUNNING' });
      for (const item of items) await stop(item.executionArn!);
    }
    const stopped: string[] = [];
    const wanted = new Set(items.map(itemRun));
    const running = await listExecutions(this.client, { of: { stateMachineArn: this.root }, status: 'RUNNING' });
    for (const execution of running.filter(({ name }) => wanted.has(name!))) {
      await stop(executionArn(this.root, execution.name!));
      stopped.push(nameOfExecution(execution.executionArn!));
    }
    return stopped;
  }

  get name(): string {
    return nameOfMachine(this.machine);
  }
}
