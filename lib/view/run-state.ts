// What each task of a run is doing, from history alone. In: the manifest, then events in order, of the root execution and of its
// children. Out: one TaskView a task. Always: one pass, constant work an event; a run of AWS and one of the laptop read alike;
// events of machines that are none of the pipeline's change nothing.
//
//   StateEntered(task) -> running          failure event inside       -> remembered
//   StateExited(task)  -> succeeded, or failed if its output is {Error, Cause} and a failure went before
//   guard's exit       -> skipped / upstream_failed, from the variables it assigned

import type { Manifest, ManifestTask, RunInput } from '../compile/manifest';
import type { Outcome } from '../compile/model';
import { readableCause } from './cause';
import type { RunEvent } from './run-event';

export type TaskStatus = Outcome | 'waiting' | 'running' | 'aborted';

export interface TaskView {
  readonly id: string;
  readonly kind: string;
  readonly index: number;
  readonly status: TaskStatus;
  /** The run did not choose it: it counts with its earlier outcome. */
  readonly kept: boolean;
  /** Attempts so far, retries included; 0 if it never began. */
  readonly attempts: number;
  /** What keeps a running task from getting on: `a slot of pool Warehouse`. */
  readonly queuedFor?: string;
  /** Milliseconds since the epoch. */
  readonly start?: number;
  readonly end?: number;
  readonly error?: string;
  /** As the service gave it. */
  readonly cause?: string;
  /** The cause in plain words. */
  readonly reason?: string;
}

export type RunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

type Mutable = { -readonly [K in keyof TaskView]: TaskView[K] };

/** Where an event belongs: the flow it continues. */
interface Flow {
  readonly task?: Mutable;
  /** The task is several states under one Parallel or Map. */
  readonly compound: boolean;
  /** Events that entered a Parallel or Map inside the task: what follows them is no attempt of the task. */
  readonly inner: Set<number>;
  /** The task's own state has failed since it was entered. */
  failed: boolean;
}

const LETTERS: { readonly [letter: string]: Outcome } = { f: 'failed', u: 'upstream_failed', s: 'skipped' };
const NO_FLOW: Flow = { compound: false, inner: new Set(), failed: false };
/** The state in which a task waits for its pool: behind the task's name. */
const IN_POOL = ' slot';

export class RunState {
  private readonly views: Mutable[];
  private readonly byId: Map<string, Mutable>;
  private readonly byGuard: Map<string, Mutable>;
  private readonly flows = new Map<string, Map<number, Flow>>();
  private readonly changed = new Set<Mutable>();
  private rootArn: string | undefined;
  status: RunStatus = 'RUNNING';
  start: number | undefined;
  end: number | undefined;
  error: string | undefined;
  cause: string | undefined;

  constructor(readonly manifest: Manifest) {
    this.views = manifest.tasks.map(emptyView);
    this.byId = new Map(this.views.map((view) => [view.id, view]));
    this.byGuard = new Map(this.views.map((view) => [`${view.id}?`, view]));
  }

  /** The next event of an execution; the first execution seen is the root. */
  add(executionArn: string, event: RunEvent): void {
    this.rootArn ??= executionArn;
    const type = event.type ?? '';
    if (type.startsWith('Execution')) {
      this.execution(executionArn, type, event);
      return;
    }
    const flows = this.flows.get(executionArn) ?? new Map<number, Flow>();
    this.flows.set(executionArn, flows);
    const before = flows.get(event.previousEventId ?? 0) ?? NO_FLOW;
    flows.set(event.id ?? 0, this.next(before, type, event));
  }

  /** The tasks whose status changed since the last call, in the order of their changes. */
  takeChanges(): TaskView[] {
    const changed = [...this.changed].map((view) => ({ ...view }));
    this.changed.clear();
    return changed;
  }

  tasks(): TaskView[] {
    return this.views.map((view) => ({ ...view }));
  }

  task(id: string): TaskView | undefined {
    const view = this.byId.get(id);
    return view && { ...view };
  }

  private next(before: Flow, type: string, event: RunEvent): Flow {
    const time = timeOf(event);
    const entered = event.stateEnteredEventDetails?.name;
    if (entered !== undefined) {
      const view = before.task === undefined ? this.byId.get(entered) : undefined;
      if (before.task !== undefined) this.enteredInside(before, before.task, entered, type, event.id ?? 0);
      if (!view) return before;
      view.status = 'running';
      this.changed.add(view);
      view.start = time;
      view.attempts = 0;
      return { task: view, compound: type !== 'TaskStateEntered', inner: new Set(), failed: false };
    }
    const exited = event.stateExitedEventDetails;
    if (exited !== undefined) {
      const guarded = this.byGuard.get(exited.name ?? '');
      if (guarded && before.task === undefined) this.guardLeft(guarded, exited, time);
      if (before.task === undefined || before.task.id !== exited.name) return before;
      finish(before, exited.output, time);
      this.changed.add(before.task);
      return NO_FLOW;
    }
    if (before.task === undefined) return before;
    if (isAttempt(type, before.compound) && !before.inner.has(event.previousEventId ?? 0)) before.task.attempts += 1;
    if (/(Failed|TimedOut|Aborted)$/.test(type)) before.failed = true;
    return before;
  }

  private enteredInside(flow: Flow, view: Mutable, name: string, type: string, id: number): void {
    if (/^(Parallel|Map)StateEntered$/.test(type)) flow.inner.add(id);
    const queued = name === `${view.id}${IN_POOL}` ? 'a slot of its pool' : undefined;
    if (view.queuedFor === queued) return;
    view.queuedFor = queued;
    this.changed.add(view);
  }

  private guardLeft(
    view: Mutable,
    exited: NonNullable<RunEvent['stateExitedEventDetails']>,
    time: number | undefined,
  ): void {
    const letter = letterOf(view.index, [...Object.values(exited.assignedVariables ?? {}), exited.output]);
    if (letter === undefined || view.kept) return;
    view.status = LETTERS[letter] ?? view.status;
    view.end = time;
    this.changed.add(view);
  }

  private execution(arn: string, type: string, event: RunEvent): void {
    const time = timeOf(event);
    if (arn !== this.rootArn) {
      if (type !== 'ExecutionStarted' && type !== 'ExecutionSucceeded') this.abortRunning(arn, time);
      return;
    }
    if (type === 'ExecutionStarted') {
      this.start = time;
      this.readInput(event.executionStartedEventDetails?.input);
      return;
    }
    const status = {
      ExecutionSucceeded: 'SUCCEEDED',
      ExecutionFailed: 'FAILED',
      ExecutionTimedOut: 'TIMED_OUT',
      ExecutionAborted: 'ABORTED',
    }[type];
    if (status === undefined) return;
    this.status = status as RunStatus;
    this.end = time;
    const details =
      event.executionFailedEventDetails ?? event.executionAbortedEventDetails ?? event.executionTimedOutEventDetails;
    this.error = details?.error;
    this.cause = details?.cause;
    for (const view of this.views) if (view.status === 'running') this.abort(view, time);
  }

  /** A child machine that died takes its running tasks with it. */
  private abortRunning(arn: string, time: number | undefined): void {
    for (const flow of this.flows.get(arn)?.values() ?? [])
      if (flow.task?.status === 'running') this.abort(flow.task, time);
  }

  private abort(view: Mutable, time: number | undefined): void {
    view.status = 'aborted';
    view.end = time;
    this.changed.add(view);
  }

  private readInput(text: string | undefined): void {
    const input = parse(text) as RunInput | undefined;
    if (typeof input?.run !== 'string') return;
    for (const view of this.views) {
      if (input.run[view.index] !== '0') continue;
      view.kept = true;
      const letter = input.kept?.[String(view.index)];
      view.status = letter === undefined ? 'succeeded' : (LETTERS[letter] ?? 'succeeded');
    }
  }
}

function emptyView(task: ManifestTask): Mutable {
  return { id: task.id, kind: task.kind, index: task.index, status: 'waiting', kept: false, attempts: 0 };
}

function finish(flow: Flow, output: string | undefined, time: number | undefined): void {
  const view = flow.task!;
  view.end = time;
  view.queuedFor = undefined;
  if (view.attempts === 0) view.attempts = 1;
  const error = flow.failed ? (parse(output) as { Error?: unknown; Cause?: unknown } | undefined) : undefined;
  if (typeof error?.Error !== 'string') {
    view.status = 'succeeded';
    view.error = undefined;
    return;
  }
  view.error = error.Error;
  view.cause = typeof error.Cause === 'string' ? error.Cause : undefined;
  view.status = error.Error === 'Headrace.Skip' ? 'skipped' : 'failed';
  view.reason = readableCause(view.error, view.cause);
}

/** The event that begins an attempt: of a task of one state its call, of one of several states the start of the whole. */
function isAttempt(type: string, compound: boolean): boolean {
  if (type === 'ParallelStateStarted' || type === 'MapStateStarted') return compound;
  return (type === 'TaskScheduled' || type === 'LambdaFunctionScheduled' || type === 'ActivityScheduled') && !compound;
}

/** The letter of a task in JSON texts such as `{"t3":"u"}`; later texts win only where earlier ones are silent. */
function letterOf(index: number, texts: readonly (string | undefined)[]): string | undefined {
  const key = `t${index}`;
  for (const text of texts) {
    if (text === undefined || !text.includes(`"${key}"`)) continue;
    const value = (parse(text) as { [key: string]: unknown } | undefined)?.[key];
    if (typeof value === 'string') return value;
  }
  return undefined;
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function timeOf(event: RunEvent): number | undefined {
  if (event.timestamp === undefined) return undefined;
  return typeof event.timestamp === 'string' ? Date.parse(event.timestamp) : event.timestamp.getTime();
}
