// What a task costs in a run where everything succeeds: state transitions and history events, the dearer way where two are
// possible (a wait that was woken, or one that came late). Used to cut machines and to tell the author.

import type { Links } from './link';
import { WOKEN_TOGETHER } from './limits';
import type { Json } from './model';
import type { Graph } from './order';

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

/** History events of the state that tells of a failed task. */
export const FAILURE_EVENT_EVENTS = 5;

export function taskCost(graph: Pick<Graph, 'tasks' | 'ids' | 'references'>, index: number, links: Links): Cost {
  const task = graph.tasks[index]!;
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
  const far = links.far[index]!;
  if (far.length > 0) {
    // Either it comes late and reads the item, or somebody sends its token; who reads outputs does both.
    const reads = graph.references[index]!.references.some(
      (reference) => reference.kind === 'output' && far.some((p) => graph.ids[p] === reference.task),
    );
    transitions += reads ? 3 : 2;
    events += reads ? 18 : 13;
  }
  const targets = links.targets[index]!.length;
  if (targets === 1) {
    transitions += 2;
    events += 9;
  } else if (targets > 1 && targets <= WOKEN_TOGETHER) {
    transitions += 2 + targets;
    events += 8 + 7 * targets;
  } else if (targets > 1) {
    transitions += 1 + 2 * targets;
    events += 4 + 11 * targets;
  }
  return { transitions, events };
}
