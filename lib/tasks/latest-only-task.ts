import { quote } from '../compile/expression';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';

/**
 * Lets the tasks directly downstream of it run only in the latest run: a run that comes later than one interval after it was
 * due (a backfill, a re-run of an old day) skips them, whatever their trigger rule. A run that somebody started without a
 * logical date is always the latest. Airflow's LatestOnlyOperator.
 */
export class LatestOnlyTask extends Task {
  public toSpec(): TaskSpec {
    const { intervalStart, intervalEnd } = this.pipeline.run;
    const after = this.pipeline.node
      .findAll()
      .filter((node): node is Task => Task.isTask(node) && node._upstream.includes(this))
      .map((task) => quote(task.taskId));
    // The interval after the run's own ends where the next run's begins to be late.
    const latest = `$millis()<=2*$toMillis(${intervalEnd})-$toMillis(${intervalStart})`;
    return {
      kind: 'LatestOnlyTask',
      states: { choose: { Type: 'Pass', Output: { branch: `{% ${latest}?[${after.join(',')}]:[] %}` }, End: true } },
      branch: true,
    };
  }
}
