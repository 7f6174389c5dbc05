// What an alert knows, for machines and for whoever writes its text. In: a run as its history tells it, or what was found out about a
// pipeline. Out: plain facts in the shape of the published schema. Always: texts from outside are masked and cut, with their end
// kept; at most TASKS_TOLD tasks are told in full, the rest by number.

import { firstCause } from './first-cause';
import { maskSecrets } from './mask-secrets';
import type { PipelineFacts } from '../compile/alert-request';
import { executionLink } from './console-link';
import { readableCause } from './cause';
import type { RunState, TaskView } from './run-state';

export const ALERT_SCHEMA = 'headrace.alert/1';

export const ALERT_EVENTS = [
  'task_failed',
  'run_failed',
  'recovered',
  'late',
  'missed',
  'retrying',
  'succeeded',
  'test',
] as const;
export type AlertEventName = (typeof ALERT_EVENTS)[number];

export interface TaskFacts {
  readonly id: string;
  readonly kind?: string;
  /** Attempts made, retries included. */
  readonly attempts?: number;
  readonly error: string;
  /** The human sentence inside the cause. */
  readonly reason: string;
  /** The cause as the service gave it, cut. */
  readonly cause?: string;
  /** Where the task's log is in the console. */
  readonly log?: string;
}

export interface RunFacts {
  readonly id: string;
  readonly executionArn: string;
  /** `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED` */
  readonly status: string;
  /** ISO 8601. */
  readonly logicalDate?: string;
  readonly start?: string;
  readonly end?: string;
  readonly link: string;
}

export interface AlertFacts {
  readonly schema: typeof ALERT_SCHEMA;
  readonly event: AlertEventName;
  /** `error`, `warning` or `info` */
  readonly severity: string;
  /** The same for everything that tells of the same thing: for deduplication by whoever receives it. */
  readonly key: string;
  /** When it was found out; ISO 8601. */
  readonly time: string;
  readonly pipeline: string;
  /** The stack, and with it the stage, that the pipeline is deployed in. */
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly run?: RunFacts;
  /** The task it is about, of `task_failed` and `retrying`. */
  readonly task?: string;
  /** Failed tasks, at most 25. */
  readonly failed: readonly TaskFacts[];
  /** All failed tasks. */
  readonly failedCount: number;
  /** Ids of tasks that did not run because of it, at most 100. */
  readonly notRun: readonly string[];
  readonly notRunCount: number;
  /** Ids of tasks that were running when the run was ended, at most 100. */
  readonly stopped: readonly string[];
  /** Seconds: how long it takes or took, and what was expected. */
  readonly seconds?: number;
  readonly expectedSeconds?: number;
  /** Why the run itself failed, where no task did. */
  readonly reason?: string;
  /** The last run that succeeded; ISO 8601. */
  readonly lastSuccess?: string;
  /** The command that repairs it. */
  readonly repair?: string;
}

export const TASKS_TOLD = 25;
const IDS_TOLD = 100;
const REASON_CHARS = 1_500;
const CAUSE_CHARS = 4_000;

export interface RunAlert {
  readonly source: PipelineFacts;
  readonly event: AlertEventName;
  readonly time: string;
  readonly executionArn: string;
  readonly status: string;
  readonly state: RunState;
  readonly logicalDate?: string;
  /** The task that failed, of `task_failed`. */
  readonly task?: string;
  readonly seconds?: number;
  readonly expectedSeconds?: number;
  /** Where a task's log is. */
  readonly logOf?: (task: TaskView) => string | undefined;
}

/** Facts about a run. */
export function runFacts(alert: RunAlert): AlertFacts {
  const { state, event, executionArn, task } = alert;
  // Where it ran: a laptop and an emulator have accounts of their own.
  const source = { ...alert.source, stateMachineArn: executionArn };
  const id = executionArn.split(':')[7] ?? executionArn;
  const views = state.tasks();
  const failed = views.filter(
    (view) => view.status === 'failed' && !view.kept && (task === undefined || view.id === task),
  );
  const waiting = views.filter(
    (view) => !view.kept && (view.status === 'upstream_failed' || view.status === 'waiting'),
  );
  const held = event === 'task_failed' ? waiting.filter((view) => dependsOn(state, view.id, task)) : waiting;
  const stopped = views.filter((view) => view.status === 'aborted').map((view) => view.id);
  const ended = event === 'run_failed';
  const elsewhere = failed.length > 0 || (state.error === undefined && state.cause === undefined);
  const reason = ended && !elsewhere ? plainReason(state.error, state.cause) : undefined;
  const told = event === 'task_failed' || ended;
  return {
    ...common(source, event, alert.time),
    key: [source.pipeline, id, event, ...(task === undefined ? [] : [task])].join('/'),
    run: {
      id,
      executionArn,
      status: alert.status,
      ...(alert.logicalDate !== undefined && { logicalDate: alert.logicalDate }),
      ...(state.start !== undefined && { start: iso(state.start) }),
      ...(state.end !== undefined && { end: iso(state.end) }),
      link: executionLink(executionArn),
    },
    ...(task !== undefined && { task }),
    failed: told ? failed.slice(0, TASKS_TOLD).map((view) => taskFacts(view, alert.logOf?.(view))) : [],
    failedCount: told ? failed.length : 0,
    notRun: told ? held.slice(0, IDS_TOLD).map((view) => view.id) : [],
    notRunCount: told ? held.length : 0,
    stopped: ended ? stopped.slice(0, IDS_TOLD) : [],
    ...(alert.seconds !== undefined && { seconds: alert.seconds }),
    ...(alert.expectedSeconds !== undefined && { expectedSeconds: alert.expectedSeconds }),
    ...(reason !== undefined && { reason }),
    ...(told && { repair: command(source, `rerun ${source.pipeline} ${id} --failed`) }),
    ...(event === 'late' && { repair: command(source, `status ${source.pipeline} ${id}`) }),
  };
}

export interface MissedAlert {
  readonly source: PipelineFacts;
  readonly time: string;
  readonly expectedSeconds: number;
  /** ISO 8601; absent if no run ever succeeded. */
  readonly lastSuccess?: string;
  /** ISO 8601: since when it was to succeed. */
  readonly since: string;
}

/** No run succeeded in time. */
export function missedFacts({ source, time, expectedSeconds, lastSuccess, since }: MissedAlert): AlertFacts {
  return {
    ...common(source, 'missed', time),
    key: [source.pipeline, 'missed', since].join('/'),
    ...nothingFailed(),
    expectedSeconds,
    seconds: Math.round((Date.parse(time) - Date.parse(since)) / 1000),
    ...(lastSuccess !== undefined && { lastSuccess }),
    repair: command(source, `runs ${source.pipeline}`),
  };
}

/** A sample, sent the way of all others. */
export function testFacts(source: PipelineFacts, time: string): AlertFacts {
  return { ...common(source, 'test', time), key: [source.pipeline, 'test', time].join('/'), ...nothingFailed() };
}

const SEVERITIES: { readonly [event in AlertEventName]: string } = {
  task_failed: 'error',
  run_failed: 'error',
  missed: 'error',
  late: 'warning',
  retrying: 'warning',
  recovered: 'info',
  succeeded: 'info',
  test: 'info',
};

function common(source: PipelineFacts, event: AlertEventName, time: string) {
  const [, , , region = '', account = ''] = source.stateMachineArn.split(':');
  const { pipeline, environment } = source;
  return {
    schema: ALERT_SCHEMA,
    event,
    severity: SEVERITIES[event],
    time,
    pipeline,
    environment,
    account,
    region,
  } as const;
}

/** As it can be pasted: it says where the pipeline is, unless it is this machine. */
function command({ stateMachineArn }: PipelineFacts, words: string): string {
  const [, , , region, account] = stateMachineArn.split(':');
  return `npx headrace ${words}${account === '000000000000' ? '' : ` --region ${region}`}`;
}

function nothingFailed() {
  return { failed: [], failedCount: 0, notRun: [], notRunCount: 0, stopped: [] } as const;
}

export function taskFacts(view: TaskView, log: string | undefined): TaskFacts {
  return {
    id: view.id,
    ...(view.kind !== '' && { kind: view.kind }),
    ...(view.attempts > 0 && { attempts: view.attempts }),
    error: cut(maskSecrets(view.error ?? 'unknown error'), 200),
    reason: plainReason(view.error, view.cause),
    ...(view.cause !== undefined && { cause: cut(maskSecrets(view.cause), CAUSE_CHARS) }),
    ...(log !== undefined && { log }),
  };
}

/** The sentence inside a cause, first cause first, masked and cut. */
export function plainReason(error: string | undefined, cause: string | undefined): string {
  return cut(maskSecrets(firstCause(readableCause(error, cause))), REASON_CHARS);
}

const HALF_CHARACTER = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The middle of a long text goes: its beginning says what, its end says why. */
export function cut(given: string, most: number): string {
  // Half a character is no text for a service that takes UTF-8.
  const text = given.replace(HALF_CHARACTER, '\ufffd');
  if (text.length <= most) return text;
  const tail = Math.floor(most * 0.6);
  const head = most - tail - 40;
  const whole = (part: string) => part.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
  return `${whole(text.slice(0, Math.max(0, head)))} ... (${text.length - head - tail} characters cut) ... ${whole(text.slice(-tail))}`;
}

function dependsOn(state: RunState, id: string, task: string | undefined): boolean {
  const seen = new Set<string>();
  const open = [id];
  const upstream = new Map(state.manifest.tasks.map((each) => [each.id, each.upstream ?? []]));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const before of upstream.get(at) ?? []) {
      if (before === task) return true;
      if (!seen.has(before)) {
        seen.add(before);
        open.push(before);
      }
    }
  }
  return false;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
