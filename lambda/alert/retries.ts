// Attempts of tasks that failed and are made again. In: lines of a state machine's log. Out: the task, with the error of that attempt, where
// it is still going on. Always: calls inside a task that repeat themselves are no attempts of the task; what cannot be found is left out.

import { gunzipSync } from 'node:zlib';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { LogLines, PipelineFacts } from '../../lib/compile/alert-request';
import type { TaskView } from '../../lib/view/run-state';
import { machineArn, type ReadRun, readRun, rootOf } from './runs';

export interface FailedAttempt {
  readonly executionArn: string;
  /** Of the event in the execution's history. */
  readonly id: number;
}

export interface RetriedTask {
  readonly run: ReadRun;
  /** The root's execution. */
  readonly root: string;
  readonly source: PipelineFacts;
  readonly task: TaskView;
}

export function failedAttempts({ awslogs }: LogLines): FailedAttempt[] {
  const { logEvents = [] } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString()) as {
    logEvents?: { message: string }[];
  };
  return logEvents.flatMap(({ message }) => {
    const {
      id,
      type,
      execution_arn: executionArn,
    } = JSON.parse(message) as {
      id?: string;
      type?: string;
      execution_arn?: string;
    };
    if (id === undefined || executionArn === undefined || type?.startsWith('Execution')) return [];
    return [{ executionArn, id: Number(id) }];
  });
}

export async function retriedTask(executionArn: string, id: number): Promise<RetriedTask | undefined> {
  const root = await rootOf(executionArn);
  const run = await readRun(root);
  const own = run.events.filter((each) => each.executionArn === executionArn);
  const events = new Map(own.map(({ event }) => [event.id, event]));
  const failure = events.get(id);
  const found = failure === undefined ? undefined : taskOf(run, events, failure);
  if (found === undefined || found.task.status !== 'running') return undefined;
  const source: PipelineFacts = {
    pipeline: run.state.manifest.name,
    environment: process.env['ENVIRONMENT'] ?? '',
    stateMachineArn: machineArn(root),
  };
  const { error = 'unknown error', cause } = found;
  return { run, root, source, task: { ...found.task, error, ...(cause !== undefined && { cause }) } };
}

interface Fault {
  readonly error?: string;
  readonly cause?: string;
}

/** Back to the state that was entered: the task's own, or, where the whole of a task of several states failed, the one around them. */
function taskOf(run: ReadRun, events: ReadonlyMap<number | undefined, HistoryEvent>, failure: HistoryEvent) {
  const whole = failure.type === 'ParallelStateFailed';
  let { error, cause } = faultOf(failure);
  for (let at: HistoryEvent | undefined = failure; at !== undefined; at = events.get(at.previousEventId)) {
    if (error === undefined) ({ error, cause } = faultOf(at));
    const name = at.stateEnteredEventDetails?.name;
    if (name === undefined) continue;
    const task = run.state.task(name);
    if (task !== undefined) return { task, error, cause };
    if (!whole) return undefined;
  }
  return undefined;
}

function faultOf(event: HistoryEvent): Fault {
  const details = Object.entries(event).find(([key]) => /(Failed|TimedOut)EventDetails$/.test(key))?.[1] as
    | Fault
    | undefined;
  return details ?? {};
}
