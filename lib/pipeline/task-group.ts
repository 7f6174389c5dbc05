import type { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { pipelineOf } from './i-pipeline';
import type { Retry } from './retry';
import { Task, TaskList } from './task';
import { enclosing, markGroup } from './task-scope';
import type { TriggerRule } from './trigger-rule';

/** What a group may say for the tasks in it that say nothing themselves. */
export interface TaskGroupProps {
  /** @default - that of the group around it, or of the pipeline */
  readonly retry?: Retry;
  /** @default - that of the group around it, or of the pipeline */
  readonly timeout?: Duration;
  /** @default - that of the group around it, or TriggerRule.ALL_SUCCESS */
  readonly triggerRule?: TriggerRule;
}

/**
 * Tasks under one name: made with the group as their scope, they are called `<group>.<id>`, share what the group says, and are
 * drawn together. A group has no states of its own. Airflow's TaskGroup.
 */
export class TaskGroup extends Construct {
  private readonly before: Task[] = [];

  /**
   * @param scope the pipeline, a group, or a task that runs others per item
   * @param id the name of the group
   */
  constructor(scope: Construct, id: string, props: TaskGroupProps = {}) {
    super(scope, id);
    pipelineOf(scope, id);
    markGroup(this, {
      ...props,
      before: (task) => (this.upstreamInside(task).length === 0 ? this.before : []),
      last: () => this.lastTasks(),
    });
  }

  /**
   * Tasks that start after every task of the group that nothing in the group follows, whether made before or later.
   * @returns those tasks, to go on from
   */
  public next(...tasks: Task[]): TaskList {
    if (tasks.length === 0) throw new Error(`[${this.node.path}] next() names no task: it would do nothing`);
    for (const task of tasks) task._addUpstreamGroup(this);
    return new TaskList(tasks);
  }

  /**
   * Tasks that the first tasks of the group, those that follow nothing in the group, start after.
   * @returns this group
   */
  public after(...tasks: Task[]): TaskGroup {
    if (tasks.length === 0) throw new Error(`[${this.node.path}] after() names no task: it would do nothing`);
    for (const task of tasks) {
      if (!Task.isTask(task)) throw new Error(`[${this.node.path}] after() takes tasks, it got ${String(task)}`);
      if (task.pipeline !== pipelineOf(this, '') || task._each !== enclosing(this) || task.node.scopes.includes(this)) {
        task.pipeline.addProblem(
          this,
          `after() joins it with ${task.node.path}: a group can follow only tasks beside it, of its own pipeline`,
        );
      } else this.before.push(task);
    }
    return this;
  }

  private tasks(): Task[] {
    const each = enclosing(this);
    return this.node.findAll().filter((node): node is Task => Task.isTask(node) && node._each === each);
  }

  private upstreamInside(task: Task): Task[] {
    return task._ownUpstream.filter((upstream) => upstream.node.scopes.includes(this));
  }

  private lastTasks(): Task[] {
    const tasks = this.tasks();
    const followed = new Set(tasks.flatMap((task) => this.upstreamInside(task)));
    return tasks.filter((task) => !followed.has(task));
  }
}
