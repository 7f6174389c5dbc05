// A task's work between taking slots of its pool and returning them. In: the task and its body. Out: the body to compile, and what the role
// is allowed for it. Always: slots are returned however the work ends; the work's error stays the task's.

import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Json, TaskBody } from '../compile/model';
import type { IPipeline } from './i-pipeline';
import { Slots, type SlotRequest } from './slots';
import type { Task } from './task';

export interface LimitedBody {
  readonly body: TaskBody;
  readonly permissions: readonly iam.PolicyStatement[];
}

/** The task's work inside its pool; the work itself where it has none. Mistakes are told to the pipeline. */
export function inPool(task: Task, pipeline: IPipeline, body: TaskBody, plain: (value: unknown) => Json): LimitedBody {
  const { pool, poolSlots, priority = 0 } = task._props;
  if (pool === undefined) {
    for (const [name, value] of Object.entries({ poolSlots, priority: task._props.priority })) {
      if (value !== undefined)
        pipeline.addProblem(task, `${name} is ${value}, but the task has no pool: it would do nothing`);
    }
    return { body, permissions: [] };
  }
  const weight = poolSlots ?? 1;
  if (!Number.isInteger(weight) || weight < 1 || weight > pool.slots) {
    pipeline.addProblem(
      task,
      `poolSlots is ${weight}: expected 1 to ${pool.slots}, the slots of the pool ${pool.poolName}`,
    );
  }
  if (!Number.isInteger(priority)) pipeline.addProblem(task, `priority is ${priority}: expected a whole number`);
  const slots = Slots.of(pool);
  const request: SlotRequest = { pool: pool.poolName, limit: pool.slots, weight, priority };
  const around = plain(between(slots, request)) as { readonly [suffix: string]: { readonly [field: string]: Json } };
  return {
    body: {
      type: 'states',
      startAt: 'slot',
      states: { ...around, work: { ...around['work'], Branches: [branchOf(body)] } },
    },
    permissions: [slots.allow(pool.poolName, pipeline.prefix)],
  };
}

/**
 * The work between taking and returning a slot, which is returned too where the work fails; its error stays.
 *
 *   slot -> work (one branch) -> free
 *                  | error    -> free after failure -> failed
 */
function between(slots: Slots, request: SlotRequest): { readonly [suffix: string]: object } {
  const back = slots.giveBack(request.pool, '$xLease');
  const anyError = (next: string) => [{ ErrorEquals: ['States.ALL'], Next: next }];
  return {
    slot: { ...slots.wait(request), Assign: { xLease: '{% $states.result.lease %}' }, Next: 'work' },
    work: {
      Type: 'Parallel',
      Output: '{% $states.result[0] %}',
      Catch: [
        { ErrorEquals: ['States.ALL'], Assign: { xError: '{% $states.errorOutput %}' }, Next: 'free after failure' },
      ],
      Next: 'free',
    },
    // A slot that cannot be returned is freed when the run ends.
    free: { ...back, Catch: anyError('freed'), Next: 'freed' },
    freed: { Type: 'Succeed' },
    'free after failure': { ...back, Catch: anyError('failed'), Next: 'failed' },
    failed: {
      Type: 'Fail',
      Error: "{% $exists($xError.Error)?$xError.Error:'States.TaskFailed' %}",
      Cause: "{% $exists($xError.Cause)?$xError.Cause:'' %}",
    },
  };
}

function branchOf(body: TaskBody): Json {
  if (body.type === 'states') return { StartAt: body.startAt, States: body.states };
  return { StartAt: 'run', States: { run: { ...body.state, End: true } } };
}
