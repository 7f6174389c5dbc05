// Starts the run of one time of a schedule. In: what the schedule passes. Out: the run. Always: the name is made from the
// logical date, so that a start that is repeated finds its run there already, which is success.

import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { RunInput } from '../../lib/compile/manifest';
import { intervalOf, runName } from '../../lib/compile/schedule';

export interface ScheduledStart {
  readonly stateMachineArn: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly scheduledTime: string;
  readonly params?: { readonly [name: string]: unknown };
}

const client = new SFNClient({});

export async function handler(event: ScheduledStart): Promise<{ name: string; started: boolean }> {
  const { name, input } = runOf(event);
  try {
    await client.send(
      new StartExecutionCommand({ stateMachineArn: event.stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return { name, started: true };
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return { name, started: false };
    throw error;
  }
}

export function runOf(event: ScheduledStart): { name: string; input: RunInput } {
  const at = new Date(event.scheduledTime);
  if (Number.isNaN(at.getTime()))
    throw new Error(`the scheduled time is ${JSON.stringify(event.scheduledTime)}: expected a time in ISO 8601`);
  const { start, end } = intervalOf(event.expression, event.timeZone, at);
  return {
    name: runName(at),
    input: {
      logicalDate: iso(at),
      intervalStart: iso(start),
      intervalEnd: iso(end),
      ...(event.params !== undefined && { params: event.params }),
    },
  };
}

function iso(time: Date): string {
  return time.toISOString().replace(/\.000Z$/, 'Z');
}
