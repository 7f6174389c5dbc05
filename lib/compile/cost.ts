// What a task costs in a run where everything succeeds: state transitions and history events, the dearer way where two are
// possible (a wait that was woken, or one that came late). Used to cut machines and to tell the author.

import type { Links } from './link';
import type { GraphTask, Json } from './model';

export interface Cost {
  readonly transitions: number;
  readonly events: number;
}

/** Events of one state that succeeds. */
function eventsOf(state: { readonly [field: string]: Json }): number {
  if (state['Type'] === 'Parallel' || state['Type'] === 'Map') return 4;
  if (state['Type'] !== 'Task') return 2;
  const resource = String(state['Resource']);
  return /\.(sync(:2)?|waitForTaskToken)$/.test(resource) ? 6 : 5;
}

export const MACHINE_COST: Cost = { transitions: 3, events: 8 };
export const CHILD_MACHINE_COST: Cost = { transitions: 2, events: 6 };
export const PARALLEL_COST: Cost = { transitions: 1, events: 4 };
/** The call of a child: one nested execution. */
export const CALL_COST: Cost = { transitions: 1, events: 6 };

export function taskCost(task: GraphTask, index: number, links: Links): Cost {
  let transitions = 1;
  let events = 2;
  const { body } = task;
  if (body.type === 'state') {
    transitions += 1;
    events += eventsOf(body.state);
    if (task.runIf !== undefined) {
      transitions += 2;
      events += 6;
    }
  } else {
    const states = Object.values(body.states).filter((state) => state['Type'] !== 'Fail');
    transitions += 1 + states.length + (task.runIf === undefined ? 0 : 1);
    events += 4 + states.reduce((sum, state) => sum + eventsOf(state), 0) + (task.runIf === undefined ? 0 : 2);
  }
  if (links.far[index]!.length > 0) {
    transitions += 2;
    events += 11;
  }
  const targets = links.targets[index]!.length;
  if (targets === 1) {
    // The third is the end of a branch, where nothing else follows.
    transitions += 3;
    events += 9;
  } else if (targets > 1) {
    transitions += 1 + 3 * targets;
    events += 4 + 11 * targets;
  }
  return { transitions, events };
}
