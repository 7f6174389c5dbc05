// When a run is late. In: what its pipeline expects, or how long earlier runs took. Out: a timer that asks the formatter to look once
// that time is over. Always: a timer of EventBridge Scheduler that deletes itself; nothing runs while it waits.

import { createHash } from 'node:crypto';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';

import type { LateCheck } from '../../lib/compile/alert-request';
import { recentRuns } from './runs';

const scheduler = new SchedulerClient({});

/** Successful runs that say what is usual; fewer say nothing. */
const FEWEST = 5;
const MOST = 20;

/** Seconds after which a run takes longer than usual: thrice the middle, half more than the longest but one, ten minutes at least more. */
export async function expectedDuration(stateMachineArn: string): Promise<number | undefined> {
  const runs = await recentRuns(stateMachineArn, MOST, 'SUCCEEDED');
  const seconds = runs.flatMap(({ startDate, stopDate }) =>
    startDate === undefined || stopDate === undefined ? [] : [(stopDate.getTime() - startDate.getTime()) / 1000],
  );
  return usualLimit(seconds);
}

export function usualLimit(seconds: readonly number[]): number | undefined {
  if (seconds.length < FEWEST) return undefined;
  const sorted = [...seconds].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]!;
  const high = sorted[Math.floor((sorted.length - 1) * 0.95)]!;
  return Math.ceil(Math.max(3 * middle, 1.5 * high, middle + 600));
}

/** @param self ARN of this function, which the timer calls */
export async function watchDuration(check: LateCheck, started: Date, self: string): Promise<void> {
  const { executionArn, expectedSeconds } = check;
  // A schedule takes whole seconds without a zone, and has to lie in the future.
  const due = new Date(Math.max(started.getTime() + expectedSeconds * 1000, Date.now() + 5_000) + 999);
  try {
    await scheduler.send(
      new CreateScheduleCommand({
        Name: `headrace-late-${createHash('sha256').update(executionArn).digest('hex').slice(0, 40)}`,
        ScheduleExpression: `at(${due.toISOString().slice(0, 19)})`,
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: self,
          RoleArn: process.env['TIMER_ROLE_ARN'],
          Input: JSON.stringify(check),
          ...(process.env['UNDELIVERED_ARN'] !== undefined && {
            DeadLetterConfig: { Arn: process.env['UNDELIVERED_ARN'] },
          }),
        },
      }),
    );
  } catch (error) {
    // The same event twice.
    if ((error as Error).name !== 'ConflictException') throw error;
  }
}
