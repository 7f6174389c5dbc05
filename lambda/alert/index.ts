// Finds out what an alert has to say and puts it on the event bus, from where every way out takes it by a rule of its own. In: events of
// runs and tasks, timers, alarms. Out: one `headrace.alert` event for each thing to tell. Always: told once; what cannot be read is
// left out; a fault is thrown, so that Lambda repeats the call and at last keeps it in the queue of undelivered events.

import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  type AlarmEvent,
  ALERT_SOURCE,
  type AlertRequest,
  isAlarm,
  isLogLines,
  type LateCheck,
  type LogLines,
  type MissedCheck,
  type PipelineFacts,
  type RunNews,
  type TaskNews,
} from '../../lib/compile/alert-request';
import { type AlertFacts, missedFacts, runFacts, taskFacts, testFacts } from '../../lib/view/alert-facts';
import { eventDetail } from '../../lib/view/alert-message';
import type { TaskView } from '../../lib/view/run-state';
import { expectedDuration, watchDuration } from './late';
import { freshnessMetric, runMetrics } from './metrics';
import { failedAttempts, retriedTask } from './retries';
import { deployedAt, describeRun, type ReadRun, readRun, recentRuns } from './runs';
import { taskLog } from './task-log';
import { count, once } from './told';

const bus = new EventBridgeClient({});

/** Task failures of one run that are told one by one; with the last of them it is told that there are more. */
const STORM = 10;
/** Runs that are looked back at. */
const LOOKED_BACK = 20;
/** How long ago a run may have ended that an alarm is about. */
const SWEPT_SECONDS = 3600;

export async function handler(
  event: AlertRequest | AlarmEvent | LogLines,
  context?: { invokedFunctionArn: string },
): Promise<void> {
  if (isAlarm(event)) return sweep(event);
  if (isLogLines(event)) return retrying(event);
  switch (event.kind) {
    case 'run':
      return event.status === 'RUNNING' ? began(event, context?.invokedFunctionArn ?? '') : ended(event);
    case 'task':
      return taskFailed(event);
    case 'late':
      return late(event);
    case 'missed':
      return missed(event);
    case 'test':
      return send(testFacts(event.source, event.time ?? now()));
    default:
      throw new Error(`not a request of this function: ${JSON.stringify(event).slice(0, 500)}`);
  }
}

async function began({ source, executionArn }: RunNews, self: string): Promise<void> {
  const expected = source.expectDuration ?? (await expectedDuration(source.stateMachineArn));
  const { status, start } = await describeRun(executionArn);
  if (expected !== undefined && status === 'RUNNING')
    await watchDuration({ kind: 'late', source, executionArn, expectedSeconds: expected }, start, self);
}

async function ended({ source, executionArn, status }: RunNews): Promise<void> {
  // What has been told already is not read again.
  let reading: Promise<ReadRun> | undefined;
  const read = () => (reading ??= readRun(executionArn, status));
  const tell = (event: 'run_failed' | 'recovered' | 'succeeded') =>
    once(`${executionArn}#${event}`, async () => {
      const logOf = (task: TaskView) => taskLog(executionArn, task);
      await send(runFacts({ ...(await read()), source, event, status, executionArn, time: now(), logOf }));
    });
  await once(`${executionArn}#metrics`, async () => runMetrics(source, status, await read()));
  if (status !== 'SUCCEEDED') {
    await tell('run_failed');
    return;
  }
  if (await followsFailure(source, executionArn)) await tell('recovered');
  await tell('succeeded');
}

/** Whether the run that ended last before this one did not succeed. */
async function followsFailure(source: PipelineFacts, executionArn: string): Promise<boolean> {
  const runs = await recentRuns(source.stateMachineArn, LOOKED_BACK);
  const own = runs.find((run) => run.executionArn === executionArn)?.stopDate?.getTime() ?? Date.now();
  const [before] = runs
    .filter((run) => run.executionArn !== executionArn && (run.stopDate?.getTime() ?? Infinity) <= own)
    .sort((a, b) => b.stopDate!.getTime() - a.stopDate!.getTime());
  return before !== undefined && before.status !== 'SUCCEEDED';
}

async function taskFailed({ source, executionArn, task }: TaskNews): Promise<void> {
  await once(`${executionArn}#task_failed#${task}`, async () => {
    const failures = await count(`${executionArn}#failures`);
    if (failures > STORM) return;
    const run = await readRun(executionArn);
    const facts = runFacts({
      ...run,
      source,
      event: 'task_failed',
      executionArn,
      task,
      time: now(),
      logOf: (view) => taskLog(executionArn, view),
    });
    const last = `${STORM} tasks of this run have failed; those after them are told in one message at its end`;
    await send(failures < STORM ? facts : { ...facts, reason: last });
  });
}

/** Attempts that failed and are repeated; what failed for good is told by the event of its Catch. */
async function retrying(event: LogLines): Promise<void> {
  for (const { executionArn, id } of failedAttempts(event)) {
    const found = await retriedTask(executionArn, id);
    if (found === undefined) continue;
    const { run, root, source, task } = found;
    await once(`${root}#retrying#${task.id}#${task.attempts}`, async () => {
      const facts = runFacts({
        ...run,
        source,
        event: 'retrying',
        executionArn: root,
        task: task.id,
        time: now(),
      });
      await send({ ...facts, failed: [taskFacts(task, taskLog(root, task))], failedCount: 1 });
    });
  }
}

async function late({ source, executionArn, expectedSeconds }: LateCheck): Promise<void> {
  const { status, start } = await describeRun(executionArn);
  if (status !== 'RUNNING') return;
  await once(`${executionArn}#late`, async () => {
    const run = await readRun(executionArn);
    const seconds = Math.round((Date.now() - start.getTime()) / 1000);
    await send(
      runFacts({ ...run, source, event: 'late', status, executionArn, time: now(), seconds, expectedSeconds }),
    );
  });
}

async function missed({ source, expectedSeconds }: MissedCheck): Promise<void> {
  const [last] = (await recentRuns(source.stateMachineArn, LOOKED_BACK, 'SUCCEEDED'))
    .filter((run) => run.stopDate !== undefined)
    .sort((a, b) => b.stopDate!.getTime() - a.stopDate!.getTime());
  const since = last?.stopDate ?? (await deployedAt(source.stateMachineArn));
  const elapsed = (Date.now() - since.getTime()) / 1000;
  freshnessMetric(source, elapsed);
  if (elapsed <= expectedSeconds) return;
  // Again after each further interval, so that nobody forgets it.
  const times = Math.floor(elapsed / expectedSeconds);
  await once(`${source.stateMachineArn}#missed#${since.toISOString()}#${times}`, () =>
    send(
      missedFacts({
        source,
        time: now(),
        expectedSeconds,
        since: since.toISOString(),
        ...(last?.stopDate !== undefined && { lastSuccess: last.stopDate.toISOString() }),
      }),
    ),
  );
}

/** CloudWatch counted failed runs: those of which no event came are told now. What failed long ago is nobody's news. */
async function sweep(event: AlarmEvent): Promise<void> {
  if (event.alarmData.state?.value !== 'ALARM') return;
  const source = JSON.parse(event.alarmData.configuration?.description?.split('\n').at(-1) ?? '{}') as PipelineFacts;
  for (const { executionArn, status, stopDate } of await recentRuns(source.stateMachineArn, LOOKED_BACK)) {
    if (executionArn === undefined || status === undefined || stopDate === undefined || status === 'SUCCEEDED')
      continue;
    if (Date.now() - stopDate.getTime() > SWEPT_SECONDS * 1000) continue;
    await ended({ kind: 'run', source, executionArn, status });
  }
}

async function send(facts: AlertFacts): Promise<void> {
  const { FailedEntryCount, Entries } = await bus.send(
    new PutEventsCommand({ Entries: [{ Source: ALERT_SOURCE, DetailType: facts.event, Detail: eventDetail(facts) }] }),
  );
  if (FailedEntryCount) throw new Error(`the event bus did not take the alert: ${Entries?.[0]?.ErrorMessage}`);
}

function now(): string {
  return new Date().toISOString();
}
