// What a run left behind for the one that repeats it: per task its status, its outputs and, of a branch task, whom it did not
// choose. In: manifest and input of that run, its events in order, and what the run it repeated had left. Out: EarlierRun. Always:
// tasks that the run kept say what their last real execution said, however long the chain; one pass over the events.
//
// Outputs and choices stand in the exit event of the task's own state, in whichever variable holds its depth, or in the output of
// a state that ends a branch: {"v3":{"rows":7},"b5":"b"} is output rows of task 3, and that it left task 5 out.

import { downstreamOf, type Manifest, type ManifestTask, type RunInput } from '../compile/manifest';
import { HiddenValues, MASK } from '../view/hidden-values';
import type { RunEvent } from '../view/run-event';
import { RunState, type RunStatus, type TaskStatus, type TaskView } from '../view/run-state';

export type Outputs = { readonly [name: string]: unknown };

export interface TaskFacts {
  readonly status: TaskStatus;
  /** Values by output name; absent if the task left none. */
  readonly outputs?: Outputs;
  /** Outputs that a secret was in: the record does not hold them. @default none */
  readonly hidden?: readonly string[];
  /** Direct downstream tasks that this branch task did not choose. */
  readonly leftOut: readonly string[];
}

export interface EarlierRun {
  readonly runId: string;
  readonly status: RunStatus;
  readonly manifest: Manifest;
  readonly input: RunInput;
  /** When it began, ISO 8601: its logical date if the input names none. */
  readonly start: string;
  readonly tasks: ReadonlyMap<string, TaskFacts>;
  readonly views: readonly TaskView[];
}

export interface EarlierRunRecord {
  readonly runId: string;
  readonly status: RunStatus;
  readonly manifest: Manifest;
  readonly input: RunInput;
  /** Used where history does not tell the start. */
  readonly startDate: string;
  readonly events: readonly { readonly executionArn: string; readonly event: RunEvent; readonly masked?: true }[];
  /** The run that this one repeated, if its record is still there. */
  readonly before?: EarlierRun;
}

export function earlierRun(record: EarlierRunRecord): EarlierRun {
  const { manifest, input, before } = record;
  const state = new RunState(manifest);
  const byId = new Map(manifest.tasks.map((task) => [task.id, task]));
  const downstream = downstreamOf(manifest);
  const left = new Map<string, Omit<TaskFacts, 'status'>>();
  for (const { executionArn, event, masked } of record.events) {
    state.add(executionArn, event);
    const task = byId.get(event.stateExitedEventDetails?.name ?? '');
    if (task) left.set(task.id, leftBy(task, downstream.get(task.id) ?? [], event, masked === true));
  }
  const hidden = HiddenValues.ofRun(manifest, input);
  const views = state.tasks().map((view) => shown(settled(view, record.status), hidden));
  const tasks = views.map((view): [string, TaskFacts] => {
    if (!view.kept) return [view.id, { leftOut: [], ...left.get(view.id), status: view.status }];
    const earlier = before?.tasks.get(view.id);
    const outputs = own<Outputs>(input.outputs, `v${view.index}`) ?? earlier?.outputs;
    const { leftOut = [], hidden: unknown } = earlier ?? {};
    return [
      view.id,
      { status: view.status, leftOut, ...(outputs && { outputs }), ...(unknown && { hidden: unknown }) },
    ];
  });
  const start = state.start === undefined ? record.startDate : new Date(state.start).toISOString();
  return { runId: record.runId, status: record.status, manifest, input, start, tasks: new Map(tasks), views };
}

/** Nothing runs any more in a run that is over, whatever its history last said. */
function settled(view: TaskView, status: RunStatus): TaskView {
  return view.status === 'running' && status !== 'RUNNING' ? { ...view, status: 'aborted' } : view;
}

/** What a service says of a failure may hold what the run was given. */
function shown(view: TaskView, hidden: HiddenValues): TaskView {
  const { error, cause, reason } = view;
  if (error === undefined && cause === undefined && reason === undefined) return view;
  return {
    ...view,
    ...(error !== undefined && { error: hidden.error(error) }),
    ...(cause !== undefined && { cause: hidden.json(cause) }),
    ...(reason !== undefined && { reason: hidden.text(reason) }),
  };
}

function leftBy(
  task: ManifestTask,
  next: readonly ManifestTask[],
  event: RunEvent,
  masked: boolean,
): Omit<TaskFacts, 'status'> {
  const { assignedVariables, output } = event.stateExitedEventDetails!;
  let outputs: Outputs | undefined;
  const leftOut = new Set<string>();
  for (const text of [...Object.values(assignedVariables ?? {}), output]) {
    const values = parse(text);
    outputs = own<Outputs>(values, `v${task.index}`) ?? outputs;
    for (const { id, index } of next) if (own(values, `b${index}`) === 'b') leftOut.add(id);
  }
  const all = Object.entries(outputs ?? {});
  const known = all.filter(([, value]) => !masked || !JSON.stringify(value)?.includes(MASK));
  const hidden = all.filter((entry) => !known.includes(entry)).map(([name]) => name);
  return {
    leftOut: [...leftOut],
    ...(outputs && { outputs: Object.fromEntries(known) }),
    ...(hidden.length > 0 && { hidden }),
  };
}

function parse(text: string | undefined): object | undefined {
  if (text === undefined || !/"[vb]\d+"/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function own<T>(values: object | undefined, key: string): T | undefined {
  return values !== undefined && Object.hasOwn(values, key) ? (values as { [key: string]: T })[key] : undefined;
}
