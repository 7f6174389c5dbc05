// What a run did to each task, from histories alone: a task ran if its own state was entered; how it ended, if it did not
// succeed, is the letter that the root machine's last state was given. Both sources are held against each other. Histories
// of child machines are followed by the executions that their parents started.

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Outcome } from '../../lib/compile/model';
import type { Emulator, Ended } from './emulator';

export interface TaskRun {
  readonly outcome: Outcome | 'contradiction';
  /** Milliseconds since the epoch; absent if the task never started. */
  readonly started?: number;
  readonly ended?: number;
  /** Evaluated Arguments of the last attempt. */
  readonly arguments?: unknown;
}

export interface PipelineRun {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
  readonly tasks: ReadonlyMap<string, TaskRun>;
  readonly executions: number;
  readonly transitions: number;
  readonly events: number;
}

const LETTERS: Readonly<Record<string, Outcome>> = { f: 'failed', s: 'skipped', u: 'upstream_failed' };

/** Reads a run that has ended; `order` is the compiler's order of tasks, `lost` are those whose machine died. */
export async function readRun(
  emulator: Emulator,
  ended: Ended,
  order: readonly string[],
  lost: ReadonlySet<string> = new Set(),
): Promise<PipelineRun> {
  const histories = await allHistories(emulator, ended.arn);
  const spans = new Map<string, Span>();
  for (const history of histories) readSpans(history, new Set(order), spans);
  const letters = finalLetters(histories[0]!, ended);
  const tasks = order.map((id, index): [string, TaskRun] => {
    const letter = letters[`t${index}`];
    const span = spans.get(id);
    const outcome = letter === undefined ? 'succeeded' : (LETTERS[letter] ?? 'contradiction');
    // Skipped is possible both ways: a task may also ask for it while it runs.
    const mustHaveRun = (outcome === 'succeeded' || outcome === 'failed') && !lost.has(id);
    const agrees = outcome === 'skipped' || mustHaveRun === (span !== undefined);
    return [id, { outcome: agrees ? outcome : 'contradiction', ...span }];
  });
  return {
    status: ended.status,
    error: ended.error,
    cause: ended.cause,
    tasks: new Map(tasks),
    executions: histories.length,
    transitions: histories.flat().filter((event) => event.type?.endsWith('StateEntered')).length,
    events: histories.flat().length,
  };
}

interface Span {
  readonly started: number;
  ended?: number;
  arguments?: unknown;
}

function readSpans(history: readonly HistoryEvent[], ids: ReadonlySet<string>, spans: Map<string, Span>): void {
  const entries = new Map<number, Span>();
  for (const event of history) {
    const entered = event.stateEnteredEventDetails?.name;
    const exited = event.stateExitedEventDetails?.name;
    if (entered !== undefined && ids.has(entered)) {
      const span = { started: event.timestamp!.getTime() };
      spans.set(entered, span);
      entries.set(event.id!, span);
    } else if (event.type === 'TaskScheduled') {
      const span = entries.get(event.previousEventId!);
      if (span !== undefined) span.arguments = JSON.parse(event.taskScheduledEventDetails!.parameters!);
    } else if (exited !== undefined && ids.has(exited)) {
      spans.get(exited)!.ended = event.timestamp!.getTime();
    }
  }
}

/** `{"t3":"f",...}`: the output of a run that succeeded, the input of the state that failed it. */
function finalLetters(root: readonly HistoryEvent[], ended: Ended): Readonly<Record<string, string>> {
  const failed = root.filter((event) => event.type === 'FailStateEntered').at(-1);
  const text = ended.output ?? failed?.stateEnteredEventDetails?.input;
  if (text === undefined)
    throw new Error(`the run ended ${ended.status} without an outcome map: ${ended.error} ${ended.cause}`);
  return JSON.parse(text) as Record<string, string>;
}

/** The root's history first. */
async function allHistories(emulator: Emulator, root: string): Promise<HistoryEvent[][]> {
  const arns = new Set([root]);
  const histories: HistoryEvent[][] = [];
  for (const arn of arns) {
    const events = await emulator.history(arn);
    histories.push(events);
    for (const event of events) {
      if (event.taskSubmittedEventDetails?.resourceType !== 'states') continue;
      const answer = JSON.parse(event.taskSubmittedEventDetails.output ?? '{}') as { ExecutionArn?: string };
      if (answer.ExecutionArn !== undefined) arns.add(answer.ExecutionArn);
    }
  }
  return histories;
}
