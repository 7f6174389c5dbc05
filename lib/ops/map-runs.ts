// Whose items the child executions of distributed Maps belong to. In: a run's events. Out: the task of each Map run. Always: one pass; a child
// names its Map by its ARN, `...:execution:Machine/Label:id` beside `...:mapRun:Machine/Label:id`.

import type { Manifest } from '../compile/manifest';
import type { SiteEvent } from './site';

interface Event {
  readonly id?: number;
  readonly previousEventId?: number;
  readonly stateEnteredEventDetails?: { readonly name?: string };
  readonly mapRunStartedEventDetails?: { readonly mapRunArn?: string };
}

/** ARN of the Map run -> the task that it works for. */
export function mapRunsOf(manifest: Manifest, events: readonly SiteEvent[]): Map<string, string> {
  const ids = new Set(manifest.tasks.map((task) => task.id));
  const tasks = new Map<string, string>();
  const found = new Map<string, string>();
  for (const { executionArn, event: raw } of events) {
    const event = raw as Event;
    const entered = event.stateEnteredEventDetails?.name;
    const before = tasks.get(`${executionArn} ${event.previousEventId ?? 0}`);
    const task = entered !== undefined && ids.has(entered) ? entered : before;
    if (task === undefined) continue;
    tasks.set(`${executionArn} ${event.id ?? 0}`, task);
    const arn = event.mapRunStartedEventDetails?.mapRunArn;
    if (arn !== undefined) found.set(arn, task);
  }
  return found;
}

/** The task of a child execution, by its ARN. */
export function taskOfChild(mapRuns: ReadonlyMap<string, string>): (executionArn: string) => string | undefined {
  const byPlace = new Map([...mapRuns].map(([arn, task]) => [arn.split(':')[6], task]));
  return (executionArn) => byPlace.get(executionArn.split(':')[6]);
}
