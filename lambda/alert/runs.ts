// Reads runs for the formatter. In: an execution's ARN. Out: its state, task by task, children included. Always: what cannot be
// read is left out: a thin alert is better than none.

import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { Manifest, RunInput } from '../../lib/compile/manifest';
import { machinesInComment, manifestOfComments } from '../../lib/compile/manifest-comment';
import { RunState } from '../../lib/view/run-state';

const sfn = new SFNClient({});

export interface ReadRun {
  readonly state: RunState;
  readonly status: string;
  readonly logicalDate?: string;
  readonly start?: Date;
  readonly stop?: Date;
  /** By execution, the root's first. */
  readonly histories: readonly (readonly [string, readonly HistoryEvent[]])[];
  /** State transitions, children included, as far as history tells. */
  readonly transitions: number;
}

/** @param ended how the run ended, where an event has told it: reading may lag behind */
export async function readRun(executionArn: string, name: string, ended?: string): Promise<ReadRun> {
  const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const comments = new Map<string, string>();
  await remember(comments, executionArn);
  const histories = await readHistories(executionArn, comments);
  const state = new RunState(manifestOf(comments, name));
  let transitions = 0;
  for (const [arn, events] of histories) {
    for (const event of events) {
      state.add(arn, event);
      if (event.type?.endsWith('StateEntered')) transitions += 1;
    }
  }
  const { startDate, stopDate } = execution;
  const status = ended ?? execution.status ?? 'FAILED';
  // The last event of an execution may come a moment after its status.
  const last = LAST_EVENTS[status];
  if (state.status === 'RUNNING' && last !== undefined) state.add(executionArn, { type: last, timestamp: stopDate });
  state.error ??= execution.error;
  state.cause ??= execution.cause;
  const logicalDate = inputOf(execution.input)?.logicalDate;
  return {
    state,
    status,
    histories,
    transitions,
    ...(typeof logicalDate === 'string' && { logicalDate }),
    ...(startDate !== undefined && { start: startDate }),
    ...(stopDate !== undefined && { stop: stopDate }),
  };
}

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

const LAST_EVENTS: { readonly [status: string]: HistoryEvent['type'] } = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** Without its history. */
export async function describeRun(executionArn: string): Promise<{ status: string; start: Date }> {
  const { status = 'FAILED', startDate } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return { status, start: startDate ?? new Date() };
}

export async function machineOf(stateMachineArn: string): Promise<{ created: Date }> {
  const { creationDate } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return { created: creationDate ?? new Date() };
}

function inputOf(text: string | undefined): RunInput | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as RunInput) : undefined;
  } catch {
    return undefined;
  }
}

/** The run's own history and then that of its child machines. */
async function readHistories(root: string, comments: Map<string, string>): Promise<[string, HistoryEvent[]][]> {
  const histories: [string, HistoryEvent[]][] = [];
  const waiting = [root];
  for (let arn = waiting.shift(); arn !== undefined; arn = waiting.shift()) {
    const events: HistoryEvent[] = [];
    histories.push([arn, events]);
    for (let nextToken: string | undefined, first = true; first || nextToken !== undefined; first = false) {
      const page: { events?: HistoryEvent[]; nextToken?: string } = await sfn.send(
        new GetExecutionHistoryCommand({
          executionArn: arn,
          maxResults: 1000,
          includeExecutionData: true,
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      for (const event of page.events ?? []) {
        events.push(event);
        const child = childOf(event);
        if (child === undefined || !(await ours(comments, child))) continue;
        waiting.push(child);
      }
      nextToken = page.nextToken;
    }
  }
  return histories;
}

/** A child machine of the pipeline, not another pipeline that a task started. */
async function ours(comments: Map<string, string>, executionArn: string): Promise<boolean> {
  const machines = [...comments.values()].flatMap((comment) => machinesInComment(comment) ?? []);
  const machine = executionArn.split(':')[6] ?? '';
  if (!machines.includes(machine)) return false;
  await remember(comments, executionArn);
  return true;
}

async function remember(comments: Map<string, string>, executionArn: string): Promise<void> {
  const machine = executionArn.split(':')[6] ?? '';
  if (comments.has(machine)) return;
  try {
    comments.set(machine, commentOf(await definitionOf(executionArn)));
  } catch (error) {
    console.warn(`the tasks of ${machine} are not known: ${(error as Error).message}`);
    comments.set(machine, '');
  }
}

/** The definition that the run used; if it cannot be had, the one of now. */
async function definitionOf(executionArn: string): Promise<string | undefined> {
  try {
    return (await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }))).definition;
  } catch {
    const stateMachineArn = executionArn.split(':').slice(0, 7).join(':').replace(':execution:', ':stateMachine:');
    return (await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).definition;
  }
}

function commentOf(definition: string | undefined): string {
  return String((JSON.parse(definition ?? '{}') as { Comment?: string }).Comment ?? '');
}

/** The tasks that the comments tell of; those of machines that were never started are not known. */
function manifestOf(comments: ReadonlyMap<string, string>, name: string): Manifest {
  const known = new Map([...comments].filter(([, text]) => text !== ''));
  const root = [...known].find(([, text]) => machinesInComment(text) !== undefined);
  if (root === undefined) return { ...EMPTY, name };
  const parsed = JSON.parse(root[1]) as { machines: string[] };
  const reached = { ...parsed, machines: parsed.machines.filter((machine) => known.has(machine)) };
  return manifestOfComments(new Map([...known, [root[0], JSON.stringify(reached)]]));
}

const EMPTY: Omit<Manifest, 'name'> = {
  version: 1,
  path: '',
  stack: '',
  template: '',
  machines: [],
  tasks: [],
  rendezvous: [],
  params: [],
  triggers: [],
  alerts: [],
};

function childOf(event: HistoryEvent): string | undefined {
  const submitted = event.taskSubmittedEventDetails;
  if (submitted?.resourceType !== 'states') return undefined;
  try {
    return (JSON.parse(submitted.output ?? '{}') as { ExecutionArn?: string }).ExecutionArn;
  } catch {
    return undefined;
  }
}
