// What a run's tasks started in other services, from history alone. In: events. Out: one entry for each thing started, with the task it
// belongs to and when. Always: one pass; what is not understood is left out; a call that the service refused is told as such.
//
//   TaskScheduled (parameters) -> TaskSubmitted (answer of a .sync call) -> TaskSucceeded / TaskFailed (answer, or error and cause)

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Manifest } from '../../compile/manifest';
import type { SiteEvent } from '../site';

export type Fields = { readonly [name: string]: unknown };

export interface StartedWork {
  readonly task: string;
  /** Which attempt of the task, counted from 1. */
  readonly attempt: number;
  /** `ecs`, `glue`, `lambda`, `aws-sdk:redshiftdata`... */
  readonly service: string;
  /** `runTask.sync`, `startCrawler`... */
  readonly action: string;
  readonly parameters: Fields;
  /** The service's answer to the start, where there was one. */
  readonly answer?: Fields;
  /** What it said in the end, or the JSON of the failure's cause. */
  readonly result?: Fields;
  /** The service did not take the call: nothing was started. */
  readonly refused?: true;
  readonly region?: string;
  readonly start: Date;
  readonly end?: Date;
}

/** `glue:startJobRun`, however the state machine calls it: by its own integration or the SDK's, waiting or not. */
export function callOf({ service, action }: { readonly service: string; readonly action: string }): string {
  return `${service.replace(/^aws-sdk:/, '')}:${action.replace(/\..*$/, '')}`;
}

type Open = { -readonly [K in keyof StartedWork]: StartedWork[K] };

interface Flow {
  readonly task?: string;
  readonly compound?: boolean;
  /** The event before entered a Parallel or Map inside the task: what follows is no attempt of the task. */
  readonly inner?: boolean;
  readonly work?: Open;
}

/** @param taskOf the task that an execution works for as a whole: items of a distributed Map */
export function startedWork(
  manifest: Manifest,
  events: readonly SiteEvent[],
  taskOf: (executionArn: string) => string | undefined = () => undefined,
): StartedWork[] {
  const ids = new Set(manifest.tasks.map((task) => task.id));
  const attempts = new Map<string, number>();
  const flows = new Map<string, Map<number, Flow>>();
  const found: Open[] = [];
  for (const { executionArn, event: raw } of events) {
    const event = raw as HistoryEvent;
    const known = flows.get(executionArn) ?? new Map<number, Flow>();
    flows.set(executionArn, known);
    const before = known.get(event.previousEventId ?? 0) ?? itemFlow(taskOf(executionArn));
    const next = step(before, event, ids, attempts);
    if (next.work !== undefined && next.work !== before.work) found.push(next.work);
    known.set(event.id ?? 0, next);
  }
  return found;
}

function itemFlow(task: string | undefined): Flow {
  return task === undefined ? {} : { task, compound: true, inner: true };
}

function step(before: Flow, event: HistoryEvent, ids: ReadonlySet<string>, attempts: Map<string, number>): Flow {
  const type = event.type ?? '';
  const entered = event.stateEnteredEventDetails?.name;
  if (entered !== undefined && before.task === undefined) {
    if (!ids.has(entered)) return {};
    attempts.set(entered, 0);
    return { task: entered, compound: type !== 'TaskStateEntered' };
  }
  if (before.task === undefined) return before;
  const { task } = before;
  if (entered !== undefined) return { ...before, inner: /^(Parallel|Map)StateEntered$/.test(type) };
  if (event.stateExitedEventDetails?.name === task) return {};
  if (type === 'ParallelStateStarted' || type === 'MapStateStarted') {
    if (before.compound && !before.inner) attempts.set(task, attempts.get(task)! + 1);
    return { ...before, inner: false };
  }
  const scheduled = event.taskScheduledEventDetails ?? lambdaCall(event);
  if (scheduled !== undefined) {
    if (!before.compound) attempts.set(task, attempts.get(task)! + 1);
    const { resourceType = '', resource = '', parameters, region } = scheduled;
    return {
      ...before,
      work: {
        task,
        attempt: Math.max(1, attempts.get(task) ?? 1),
        service: resourceType,
        action: resource,
        parameters: fields(parameters),
        start: new Date(event.timestamp!),
        ...(region !== undefined && { region }),
      },
    };
  }
  if (before.work === undefined) return before;
  finish(before.work, event);
  return before;
}

function finish(work: Open, event: HistoryEvent): void {
  const submitted = event.taskSubmittedEventDetails;
  if (submitted !== undefined) work.answer = fields(submitted.output);
  const succeeded = event.taskSucceededEventDetails ?? event.lambdaFunctionSucceededEventDetails;
  const failed = failureIn(event);
  if (succeeded === undefined && failed === undefined) return;
  work.result = fields(succeeded?.output ?? failed?.cause);
  work.end = new Date(event.timestamp!);
  if (failed !== undefined && !/TimedOut$/.test(event.type ?? '') && isRefusal(work, failed.error)) work.refused = true;
}

function failureIn(event: HistoryEvent): { readonly error?: string; readonly cause?: string } | undefined {
  return (
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.taskSubmitFailedEventDetails ??
    event.taskStartFailedEventDetails ??
    event.lambdaFunctionFailedEventDetails ??
    event.lambdaFunctionTimedOutEventDetails ??
    event.lambdaFunctionScheduleFailedEventDetails ??
    event.lambdaFunctionStartFailedEventDetails
  );
}

/** A function that fails was called, and a job that fails has told so in JSON; else it was the call itself that failed. */
function isRefusal({ service, action, answer, result }: Open, error = ''): boolean {
  if (service === 'lambda') return /^Lambda\.\w+Exception$/.test(error);
  return (
    !/\.(sync(:2)?|waitForTaskToken)$/.test(action) || (answer === undefined && Object.keys(result ?? {}).length === 0)
  );
}

function lambdaCall(event: HistoryEvent) {
  const details = event.lambdaFunctionScheduledEventDetails;
  if (details === undefined) return undefined;
  const parameters = JSON.stringify({ FunctionName: details.resource });
  return { resourceType: 'lambda', resource: 'invoke', parameters, region: undefined };
}

export function fields(text: string | undefined): Fields {
  if (text === undefined || !text.startsWith('{')) return {};
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return {};
  }
}

/** The first of the fields that holds a text. */
export function text(from: unknown, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = (from as Fields | undefined)?.[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** What the service calls the thing: from its answer to the start, or from what it said in the end, also one level deeper. */
export function idOf({ answer, result }: StartedWork, ...names: readonly string[]): string | undefined {
  for (const from of [answer, result]) {
    const found =
      text(from, ...names) ??
      Object.values(from ?? {})
        .map((inner) => text(inner, ...names))
        .find(Boolean);
    if (found !== undefined) return found;
  }
  return undefined;
}
