// The compiler's input, as plain data: what the constructs (or a DAG file) say, before any decision. Strings may hold
// references: see reference.ts for the marker that stands for "an output of task T" or "the run's date". Everything is
// immutable; a compiler pass returns new data.

/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Airflow's trigger rules, Airflow's names. */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'all_skipped',
  'always',
] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** How a task ended. */
export const OUTCOMES = ['succeeded', 'failed', 'skipped', 'upstream_failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One Retrier, ASL's own fields. */
export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

/**
 * What a task does. `state` = one Task state (its Type, Resource, Arguments, TimeoutSeconds...; without Retry, Catch,
 * Next, End, Assign, Output: those are the compiler's). `states` = several states, the way services are waited for that
 * have no `.sync`: a complete little machine (StartAt, States; it ends in Succeed states or `End: true`, and fails through
 * Fail states or errors) that the compiler wraps in a one-branch Parallel named after the task, so that Retry repeats the whole
 * and Catch sees its Error and Cause. Keys of `states` are suffixes: the emitted name is `<task id> <suffix>`, and
 * StartAt, Next and Default inside name suffixes too. Inside, variables named `x...` (x, xId, ...) are free for the body.
 */
export type TaskBody =
  | { readonly type: 'state'; readonly state: { readonly [field: string]: Json } }
  | {
      readonly type: 'states';
      readonly startAt: string;
      readonly states: { readonly [suffix: string]: { readonly [field: string]: Json } };
    };

/** One task of the graph. */
export interface GraphTask {
  /** Unique in the pipeline; the name of its state. */
  readonly id: string;
  /** Construct path (or file position) that error messages name. @default the id */
  readonly path?: string;
  /** `FargateTask`, `GlueJobTask`, ... */
  readonly kind: string;
  /** Ids of the direct upstream tasks (edges said with next/after). References in the body add theirs by themselves. */
  readonly upstream: readonly string[];
  /** @default all_success */
  readonly triggerRule?: TriggerRule;
  /**
   * Makes the task a teardown of these tasks, which are upstream of it too: it runs once everything upstream is done, if one of
   * them succeeded. Its trigger rule is all_done. @default it is no teardown
   */
  readonly setups?: readonly string[];
  /** A teardown whose failure fails the run. @default false, and true for every task that is no teardown */
  readonly failsRun?: boolean;
  /** JSONata text without `{% %}`, may hold reference markers; the task is skipped where it yields false. */
  readonly runIf?: string;
  /** The task's `branch` output (an id or a list of ids of direct downstream tasks) chooses; the others are skipped. */
  readonly branch?: boolean;
  /** Machines inside its body wait for each other across branches. */
  readonly usesRendezvous?: boolean;
  /** A result may be larger than a payload may be; then the task fails, and not the run. */
  readonly largeResult?: boolean;
  /** The body may end with error `Headrace.Skip`: the task then counts as skipped, not failed. */
  readonly maySkip?: boolean;
  readonly body: TaskBody;
  /** Retriers in order: service throttles first, then the author's. */
  readonly retry?: readonly Retrier[];
  /**
   * JSONata text (without `{% %}`) that yields the object whose fields are the task's outputs; `$states.result` is the
   * state's result. Evaluated only if somebody references an output. @default `$states.result`
   */
  readonly outputs?: string;
  /** Expected run time in seconds, where known: for cuts, cost and simulation. */
  readonly seconds?: number;
}

/** `{"Source": source, "DetailType": "task_failed", "Detail": {"pipeline", "run", "task"}}`; `run` is the root's execution ARN. */
export interface FailureEvents {
  readonly source: string;
  /** The name of the pipeline. */
  readonly pipeline: string;
}

/** What compile() is asked. */
export interface CompileRequest {
  /** Machine name of the root; children are `<name>-2`, `<name>-3`... by content, stable when tasks are added. */
  readonly name: string;
  readonly tasks: readonly GraphTask[];
  /** @default continue */
  readonly onTaskFailure?: 'continue' | 'stop';
  /** Whole-run timeout. @default none */
  readonly timeoutSeconds?: number;
  /** An event on the default event bus tells of every task that fails for good, as it does. @default nothing tells of it */
  readonly failureEvents?: FailureEvents;
  /** Name (or token) of the rendezvous table, put as `TableName` where a rendezvous is needed. */
  readonly rendezvousTable: string;
  /** ARN (or token) of a child machine by its name. */
  readonly machineArn: (name: string) => string;
  /** Names of the declared run params; a reference to another is a problem. */
  readonly params?: readonly string[];
  /** Values of params that a run's input leaves out. @default a param without a value fails the task that refers to it */
  readonly paramDefaults?: { readonly [name: string]: Json };
  /**
   * The machine runs once per item: its input holds the `item`, where it stands (`at`), and `params`.
   * @default false
   */
  readonly item?: boolean;
  /** Outputs that the root ends with, by the names they get there. @default what the run has to tell of its tasks */
  readonly results?: { readonly [name: string]: { readonly task: string; readonly name: string } };
  /** Nominal schedule period in seconds, for intervalStart when the run input does not carry it. @default 86400 */
  readonly intervalSeconds?: number;
}

/** One machine of the result. */
export interface CompiledMachine {
  readonly name: string;
  readonly root: boolean;
  /** The ASL object; strings in it may hold CloudFormation tokens that came in with bodies. */
  readonly definition: { readonly [field: string]: Json };
  readonly definitionChars: number;
  readonly states: number;
  /** For a run where everything succeeds. */
  readonly historyEvents: number;
  /** Ids of the tasks whose states stand in this machine. */
  readonly tasks: readonly string[];
  /** It reads or writes the rendezvous table and answers task tokens. */
  readonly usesRendezvous: boolean;
  /** Names of machines it starts. */
  readonly children: readonly string[];
}

/** What compile() returns. */
export interface Compiled {
  readonly name: string;
  readonly machines: readonly CompiledMachine[];
  /** Name of the root machine. */
  readonly root: string;
  /** Tasks in canonical order: a task's position is its character in the run input's `run` string. */
  readonly order: readonly string[];
  readonly edges: readonly (readonly [string, string])[];
  readonly reducedEdges: readonly (readonly [string, string])[];
  readonly rendezvous: readonly (readonly [string, string])[];
  /** State transitions of a run where everything succeeds, all machines. */
  readonly transitions: number;
  /** Task id -> the group it is drawn in. @default no groups */
  readonly groups?: ReadonlyMap<string, string>;
  /** Task id -> output names that somebody references. */
  readonly outputs: { readonly [id: string]: readonly string[] };
}

/** One thing wrong with the input. */
export interface Problem {
  /** Stable: `cycle`, `unknown-task`, `duplicate-id`, `bad-id`, `empty-pipeline`, `unknown-param`, `too-large`, ... */
  readonly code: string;
  /** Construct path of the thing at fault. */
  readonly path: string;
  /** Lower case, no final period: what is wrong, the value, what was expected, what to do. */
  readonly message: string;
}

/** All problems at once. */
export class CompileError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((p) => `[${p.path}] ${p.message}`).join('\n'));
    this.name = 'CompileError';
  }
}
