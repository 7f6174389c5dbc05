// Reads runs for the function of alerts. In: an execution's ARN. Out: its state, task by task, children included. Always: of definitions
// and histories that cannot be read the rest is told: a thin alert is better than none; secret params are hidden in all of it.

import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  type ExecutionListItem,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { MANIFEST_VERSION, type Manifest, type RunInput } from '../../lib/compile/manifest';
import { machineOfExecution } from '../../lib/ops/aws/arn';
import { currentManifest, manifestOfRun } from '../../lib/ops/aws/deployed-manifest';
import { ExecutionHistory } from '../../lib/ops/aws/execution-history';
import { HiddenValues } from '../../lib/view/hidden-values';
import { RunState } from '../../lib/view/run-state';

const sfn = new SFNClient({ maxAttempts: 6 });

export interface ReadRun {
  readonly state: RunState;
  readonly status: string;
  readonly logicalDate?: string;
  readonly start?: Date;
  readonly stop?: Date;
  /** Of the root's execution, then of its children's. */
  readonly events: readonly { readonly executionArn: string; readonly event: HistoryEvent }[];
}

/** @param ended how the run ended, where an event has told it: reading may lag behind */
export async function readRun(executionArn: string, ended?: string): Promise<ReadRun> {
  const { input, error, cause, startDate, stopDate, ...execution } = await sfn.send(
    new DescribeExecutionCommand({ executionArn }),
  );
  const manifest = await manifestOf(executionArn);
  const machines = new Set(manifest.machines.map((machine) => machine.name));
  const read = await orElse([], 'its history', () => new ExecutionHistory(sfn, executionArn, machines).refresh());
  const hidden = HiddenValues.ofRun(manifest, inputOf(input) ?? {});
  const events = read.map((each) => ({ ...each, event: hidden.event(each.event) }));
  const state = new RunState(manifest);
  for (const { executionArn: arn, event } of events) state.add(arn, event);
  const status = ended ?? execution.status ?? 'FAILED';
  // The last event of an execution may come a moment after its status.
  const last = LAST_EVENTS[status];
  if (state.status === 'RUNNING' && last !== undefined) state.add(executionArn, { type: last, timestamp: stopDate });
  state.error ??= error && hidden.error(error);
  state.cause ??= cause && hidden.json(cause);
  const logicalDate = inputOf(input)?.logicalDate;
  return {
    state,
    status,
    events,
    ...(typeof logicalDate === 'string' && { logicalDate }),
    ...(startDate !== undefined && { start: startDate }),
    ...(stopDate !== undefined && { stop: stopDate }),
  };
}

const LAST_EVENTS: { readonly [status: string]: HistoryEvent['type'] } = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** Executions of a machine, the last started first. */
export async function recentRuns(
  stateMachineArn: string,
  most: number,
  status?: 'SUCCEEDED',
): Promise<ExecutionListItem[]> {
  const { executions } = await sfn.send(
    new ListExecutionsCommand({
      stateMachineArn,
      maxResults: most,
      ...(status !== undefined && { statusFilter: status }),
    }),
  );
  return executions ?? [];
}

/** Without its history. */
export async function describeRun(executionArn: string): Promise<{ status: string; start: Date }> {
  const { status = 'FAILED', startDate } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return { status, start: startDate ?? new Date() };
}

/** When a machine was deployed first. */
export async function deployedAt(stateMachineArn: string): Promise<Date> {
  const { creationDate } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return creationDate ?? new Date();
}

/** Child machines are called after the root, whose name their own begins with, and know who started them. */
export async function rootOf(executionArn: string): Promise<string> {
  const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const by = inputOf(input)?.['AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID'];
  const child = typeof by === 'string' && machineOfExecution(executionArn).startsWith(`${machineOfExecution(by)}-`);
  return child ? rootOf(by) : executionArn;
}

export function machineArn(executionArn: string): string {
  return executionArn.split(':').slice(0, 7).join(':').replace(':execution:', ':stateMachine:');
}

/** As it was when the run began; if that cannot be had, as it is now. */
async function manifestOf(executionArn: string): Promise<Manifest> {
  const root = machineArn(executionArn);
  const current = () => orElse(UNKNOWN, 'its tasks', () => currentManifest(sfn, root));
  return manifestOfRun(sfn, root, [executionArn]).catch(current);
}

async function orElse<T>(otherwise: T, what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    console.warn(`${what} cannot be read: ${(error as Error).message}`);
    return otherwise;
  }
}

const UNKNOWN: Manifest = {
  ...{ version: MANIFEST_VERSION, name: '', path: '', stack: '', template: '', machines: [], tasks: [] },
  ...{ rendezvous: [], params: [], triggers: [], alerts: [] },
};

function inputOf(text: string | undefined): (RunInput & { readonly [name: string]: unknown }) | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as RunInput & { [name: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}
