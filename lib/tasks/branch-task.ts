import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import type { Condition } from '../pipeline/condition';
import { RunToken, textPieces } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';

/** What a branch task may say. */
export interface BranchTaskProps extends TaskProps {
  /**
   * The id of the task to choose, or a list of ids: a param of the run, or the output of an earlier task that decided.
   * Only tasks directly downstream can be chosen; any other id fails the branch.
   * @default - `when()` and `otherwise()` say which tasks are chosen
   */
  readonly chosen?: string;
}

/**
 * Chooses which of the tasks directly downstream of it run; the others are skipped, whatever their trigger rule. A task that is
 * also downstream of a chosen one is not skipped. What comes after both ways needs a rule that takes skips, such as
 * `TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS`. Outputs: `branch`, the list of the chosen ids.
 */
export class BranchTask extends Task {
  private readonly chosen: string | undefined;
  private readonly ways: { readonly condition?: Condition; readonly tasks: readonly Task[] }[] = [];

  constructor(scope: Construct, id: string, props: BranchTaskProps = {}) {
    super(scope, id, props);
    this.chosen = props.chosen;
  }

  /**
   * Tasks that are chosen where the condition holds; they then start after this one. Every `when()` that holds counts.
   * @returns this task, to go on from: `branch.when(large, split).when(old, archive).otherwise(load)`
   */
  public when(condition: Condition, ...tasks: Task[]): BranchTask {
    this.way('when', tasks, condition);
    return this;
  }

  /**
   * Tasks that are chosen where the condition of no `when()` holds; they then start after this one.
   * @returns this task
   */
  public otherwise(...tasks: Task[]): BranchTask {
    this.way('otherwise', tasks);
    return this;
  }

  public toSpec(): TaskSpec {
    if ((this.chosen === undefined) === (this.ways.length === 0)) {
      this.addProblem(
        this.chosen === undefined
          ? 'it chooses nothing: say which tasks run with when() and otherwise(), or give chosen, the output or param that holds their ids'
          : 'chosen is given beside when() or otherwise(): only one of them can choose',
      );
    }
    for (const task of this.neverChosen())
      this.addProblem(
        `${task.taskId} follows it, but no when() or otherwise() chooses it, so it would always be skipped: choose it, or put it after a task that is chosen`,
      );
    return {
      kind: 'BranchTask',
      states: { choose: { Type: 'Pass', Output: { branch: `{% ${this.expression()} %}` }, End: true } },
      branch: true,
    };
  }

  private way(method: string, tasks: Task[], condition?: Condition): void {
    if (tasks.length === 0) throw new Error(`[${this.node.path}] ${method}() names no task: it would choose nothing`);
    for (const task of tasks) {
      if (!Task.isTask(task)) throw new Error(`[${this.node.path}] ${method}() takes tasks, it got ${String(task)}`);
      task._addUpstream(this, method);
    }
    this.ways.push({ tasks, ...(condition !== undefined && { condition }) });
  }

  /** JSONata that yields the list of the chosen ids. */
  private expression(): string {
    if (this.chosen !== undefined) {
      return `($xc:=${asExpression(this.chosen)};$exists($xc)?[$xc]:$error(${quote(`${this.taskId} was given no task to choose`)}))`;
    }
    const held: string[] = [];
    const bound: string[] = [];
    const items = this.ways.flatMap(({ condition, tasks }) => {
      if (condition === undefined) return [];
      const name = `$xc${held.length}`;
      held.push(name);
      bound.push(`${name}:=${condition.expression};`);
      return tasks.map((task) => `${name}?${quote(task.taskId)}`);
    });
    const none = held.length === 0 ? 'true' : `$not(${held.join(' or ')})`;
    const rest = this.ways.flatMap(({ condition, tasks }) =>
      condition === undefined ? tasks.map((task) => `${none}?${quote(task.taskId)}`) : [],
    );
    return `(${bound.join('')}$distinct([${[...items, ...rest].join(',')}]))`;
  }

  /** Tasks directly after this one that no way leads to. */
  private neverChosen(): Task[] {
    if (this.chosen !== undefined) return [];
    const all = this.pipeline.node.findAll().filter((node): node is Task => Task.isTask(node));
    const reached = new Set(this.ways.flatMap(({ tasks }) => tasks));
    for (let before = -1; before < reached.size; ) {
      before = reached.size;
      for (const task of all) if (task._upstream.some((upstream) => reached.has(upstream))) reached.add(task);
    }
    return all.filter((task) => task._upstream.includes(this) && !reached.has(task));
  }
}

/** A text as JSONata: one run value alone keeps its type. */
function asExpression(text: string): string {
  return textPieces(text)
    .map((piece) => (piece instanceof RunToken ? piece.toString() : quote(piece)))
    .join('&');
}
