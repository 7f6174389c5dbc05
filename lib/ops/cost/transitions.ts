// State transitions that are billed. In: events of standard workflows, in order. Out: how many. Always: each state that is entered, and each
// attempt after the first. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html

import type { SiteEvent } from '../site';

interface Event {
  readonly id?: number;
  readonly previousEventId?: number;
  readonly type?: string;
}

const ENTERED = /StateEntered$/;
const BEGINS = /^((Task|LambdaFunction|Activity)Scheduled|(Parallel|Map)StateStarted)$/;

export function transitionsOf(events: readonly SiteEvent[]): number {
  const types = new Map<string, string>();
  let transitions = 0;
  for (const { executionArn, event: raw } of events) {
    const { id = 0, previousEventId = 0, type = '' } = raw as Event;
    // Express workflows are billed by their time, and leave no history.
    if (executionArn.split(':')[5] === 'express') continue;
    const before = types.get(`${executionArn} ${previousEventId}`) ?? '';
    if (ENTERED.test(type)) transitions += 1;
    else if (BEGINS.test(type) && before !== '' && !ENTERED.test(before)) transitions += 1;
    types.set(`${executionArn} ${id}`, type);
  }
  return transitions;
}
