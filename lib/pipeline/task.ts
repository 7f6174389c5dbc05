import { type Duration, Token } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import type { Condition } from './condition';
import { type IPipeline, pipelineOf } from './i-pipeline';
import type { Pool } from './pool';
import type { Retry } from './retry';
import { RunToken } from './run-token';
import { enclosing, factsOf, type GroupFacts, groupsAbove, namesAbove } from './task-scope';
import type { TaskSpec } from './task-spec';
import type { TriggerRule } from './trigger-rule';

/** What every task may say. */
export interface TaskProps {
  /**
   * How often the task is tried again after an error.
   * @default - the pipeline's `retry`
   */
  readonly retry?: Retry;
  /**
   * The longest that one attempt may take; then it is stopped and has failed.
   * @default - the pipeline's `taskTimeout`
   */
  readonly timeout?: Duration;
  /**
   * When the task may start, judged from the outcomes of its direct upstream tasks.
   * @default TriggerRule.ALL_SUCCESS
   */
  readonly triggerRule?: TriggerRule;
  /**
   * The task is skipped where this does not hold when its turn comes.
   * @default - it always runs
   */
  readonly runIf?: Condition;
  /**
   * How long the task usually takes, for estimates and simulation.
   * @default - not known
   */
  readonly expectedDuration?: Duration;
  /**
   * Runs only while it holds slots of this pool, whatever pipeline the others are of; waiting costs nothing and does not count against
   * `timeout`.
   * @default - nothing limits it
   */
  readonly pool?: Pool;
  /**
   * How many slots of the pool it takes.
   * @default 1
   */
  readonly poolSlots?: number;
  /**
   * Whose turn comes first where tasks wait for the pool: the highest.
   * @default 0
   */
  readonly priority?: number;
}

/** What a teardown may say. */
export interface TeardownOptions {
  /**
   * The run fails if the teardown does.
   * @default false
   */
  readonly failsRun?: boolean;
}

const TASK = Symbol.for('headrace.Task');

/**
 * One node of a pipeline's graph. Its id is its name everywhere: console, alerts, command, page. To write a kind of task
 * of your own, extend this class and return what it does from `toSpec`.
 */
export abstract class Task extends Construct {
  /** Whether something is a task. */
  public static isTask(x: any): x is Task {
    return x !== null && typeof x === 'object' && TASK in x;
  }

  /** The pipeline that it is a part of. */
  public readonly pipeline: IPipeline;
  /** Its name: the construct id. */
  public readonly taskId: string;
  /** The longest that one attempt may take. */
  public readonly timeout: Duration;

  /**
   * The task inside which this one is: it runs once per item of that task.
   * @internal
   */
  public readonly _each: Task | undefined;
  /**
   * What the task does needs the rendezvous table.
   * @internal
   */
  public _usesRendezvous = false;
  private readonly props: TaskProps;
  private readonly ownRule: TriggerRule | undefined;
  private readonly groups: readonly GroupFacts<Task>[];
  private readonly upstream = new Set<Task>();
  private readonly setups = new Set<Task>();
  private failsRun = false;
  private readonly upstreamGroups = new Set<IConstruct>();
  private readonly asked = new Set<string>();

  /**
   * @param scope the pipeline, or a construct inside it
   * @param id the task's name, unique in the pipeline
   */
  constructor(scope: Construct, id: string, props: TaskProps = {}) {
    super(scope, id);
    if (Token.isUnresolved(id))
      throw new Error(
        `[${scope.node.path}] the id of a ${this.constructor.name} holds a value that is known only when the pipeline is deployed or runs: a task's id is its name everywhere, write it out and pass such values in props`,
      );
    Object.defineProperty(this, TASK, { value: true });
    this.pipeline = pipelineOf(scope, id);
    this._each = enclosing(scope) as Task | undefined;
    this.taskId = [...namesAbove(scope), id].join('.');
    this.groups = groupsAbove(scope);
    this.ownRule = props.triggerRule;
    this.props = { ...this.shared(), ...props };
    this.timeout = this.props.timeout ?? this.pipeline.taskTimeout;
    this.refuseWhenCompiled('a new task');
    if (!this.timeout.isUnresolved() && this.timeout.toSeconds() < 1)
      this.addProblem(`timeout is ${this.timeout.toString()}: expected at least 1 second`);
  }

  /** What the task does. Called once, when the app is synthesized and all tasks are known. */
  public abstract toSpec(): TaskSpec;

  /**
   * Tasks that start after this one.
   * @returns those tasks, to go on from: `a.next(b).next(c, d)`
   */
  public next(...tasks: Task[]): TaskList {
    return new TaskList([this]).next(...tasks);
  }

  /**
   * Tasks that this one starts after.
   * @returns this task, to go on from: `d.after(b, c).next(e)`
   */
  public after(...tasks: Task[]): TaskList {
    return new TaskList([this]).after(...tasks);
  }

  /**
   * Makes this task clean up what other tasks set up: it runs when everything upstream is done, whatever became of it, if at
   * least one of the set-ups succeeded. Whether it fails does not matter to the run. Airflow's setup and teardown.
   * @param setups tasks that set something up; this one starts after them
   * @returns this task, to go on from: `drop.asTeardown([create]).after(load)`
   */
  public asTeardown(setups: Task[], options: TeardownOptions = {}): TaskList {
    if (setups.length === 0) throw new Error(`[${this.node.path}] asTeardown() names no task that sets something up`);
    if (this.ownRule !== undefined)
      this.addProblem(`triggerRule is ${this.ownRule}, but asTeardown() has a rule of its own: leave triggerRule out`);
    for (const setup of setups) {
      this._addUpstream(setup, 'asTeardown');
      this.setups.add(setup);
    }
    this.failsRun = options.failsRun ?? false;
    return new TaskList([this]);
  }

  /**
   * A value that the task produces when it runs, as a text to be used in other tasks' props; they then start after this one.
   * Alone in a prop it keeps its type (number, list, object), inside a text it becomes text.
   * @param name name of the value; which ones there are depends on the kind of task
   */
  public output(name: string): string {
    if (name === '')
      throw new Error(`[${this.node.path}] output('') has no name: say which of the task's values is meant`);
    if (!this.asked.has(name)) {
      this.refuseWhenCompiled(`output('${name}')`);
      this.asked.add(name);
    }
    const what = `the output ${name} of task ${this.taskId}`;
    const { path } = this.pipeline.node;
    return new RunToken({ kind: 'output', task: this.taskId, name }, path, what, this._each?.node.path).toString();
  }

  /** Names of the outputs that somebody asked for with `output()`. */
  protected get askedOutputs(): string[] {
    return [...this.asked].sort();
  }

  /** Reports a mistake in the task's props: what is wrong, the value, what was expected, what to do. All are told at once at synth. */
  protected addProblem(message: string): void {
    this.pipeline.addProblem(this, message);
  }

  /** @internal */
  public _addUpstream(task: Task, method: string): void {
    if (!Task.isTask(task)) throw new Error(`[${this.node.path}] ${method}() takes tasks, it got ${String(task)}`);
    this.refuseWhenCompiled(`${method}() with ${task.taskId}`);
    if (task.pipeline !== this.pipeline) {
      this.addProblem(
        `${method}() joins it with ${task.node.path}, a task of another pipeline: tasks can follow only tasks of their own pipeline`,
      );
      return;
    }
    if (task._each !== this._each) {
      this.addProblem(
        `${method}() joins it with ${task.node.path}, but only one of the two is inside ${(task._each ?? this._each)?.node.path}: tasks can follow only tasks beside them`,
      );
      return;
    }
    this.upstream.add(task);
  }

  /** @internal */
  public _addUpstreamGroup(group: IConstruct): void {
    this.refuseWhenCompiled(`next() of ${group.node.path}`);
    if (this.node.scopes.includes(group) || !group.node.scopes.includes(this._each ?? this.pipeline)) {
      this.addProblem(`next() of ${group.node.path} joins it with that group: it has to stand beside the group`);
      return;
    }
    this.upstreamGroups.add(group);
  }

  /**
   * What was said of this task alone, not of its groups.
   * @internal
   */
  public get _ownUpstream(): Task[] {
    return [...this.upstream];
  }

  /** @internal */
  public get _setups(): Task[] {
    return [...this.setups];
  }

  /** @internal */
  public get _failsRun(): boolean {
    return this.failsRun;
  }

  /** @internal */
  public get _upstream(): Task[] {
    const all = new Set(this.upstream);
    for (const group of this.upstreamGroups) for (const task of factsOf<Task>(group).last()) all.add(task);
    for (const group of this.groups) for (const task of group.before(this)) all.add(task);
    return [...all];
  }

  /** @internal */
  public get _props(): TaskProps {
    return this.props;
  }

  /** What the groups around it say, the nearest first. */
  private shared(): TaskProps {
    const said = <Name extends 'retry' | 'timeout' | 'triggerRule'>(name: Name) =>
      this.groups.find((group) => group[name] !== undefined)?.[name];
    const [retry, timeout, triggerRule] = [said('retry'), said('timeout'), said('triggerRule')];
    return {
      ...(retry !== undefined && { retry }),
      ...(timeout !== undefined && { timeout }),
      ...(triggerRule !== undefined && { triggerRule }),
    };
  }

  private refuseWhenCompiled(what: string): void {
    if (!this.pipeline.compiled) return;
    throw new Error(
      `[${this.node.path}] ${what} comes too late: the pipeline ${this.pipeline.node.path} is already compiled, which happens once at synth`,
    );
  }
}

/** Some tasks of a pipeline, to go on from. */
export class TaskList {
  /** The tasks. */
  public readonly tasks: Task[];

  /** @param tasks the tasks */
  constructor(tasks: Task[]) {
    this.tasks = tasks;
  }

  /**
   * Tasks that start after all of these.
   * @returns those tasks, to go on from
   */
  public next(...tasks: Task[]): TaskList {
    this.refuseNone('next', tasks);
    for (const task of tasks) {
      if (!Task.isTask(task))
        throw new Error(`[${this.tasks[0]?.node.path ?? ''}] next() takes tasks, it got ${String(task)}`);
      for (const upstream of this.tasks) task._addUpstream(upstream, 'next');
    }
    return new TaskList(tasks);
  }

  /**
   * Tasks that all of these start after.
   * @returns these tasks, to go on from
   */
  public after(...tasks: Task[]): TaskList {
    this.refuseNone('after', tasks);
    for (const task of this.tasks) {
      for (const upstream of tasks) task._addUpstream(upstream, 'after');
    }
    return this;
  }

  private refuseNone(method: string, tasks: Task[]): void {
    if (tasks.length === 0)
      throw new Error(`[${this.tasks[0]?.node.path ?? ''}] ${method}() names no task: it would do nothing`);
  }
}
