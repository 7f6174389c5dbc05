// Which calls were refused, from histories as Step Functions writes them.

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { type StartedWork, startedWork } from '../../../lib/ops/aws/started-work';
import { runCost } from '../../../lib/ops/cost/cost';
import { PRICES } from '../../../lib/ops/cost/prices';
import { manifestWith } from '../manifest';

const executionArn = 'arn:aws:states:eu-west-1:111122223333:execution:Sales:r1';
const manifest = manifestWith([{ id: 'T' }]);

/** A call of task T, and what came of it. */
function history(service: string, action: string, parameters: object, ...outcome: readonly Partial<HistoryEvent>[]) {
  const named = { resourceType: service, resource: action };
  const events: Partial<HistoryEvent>[] = [
    { type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'T' } },
    {
      type: 'TaskScheduled',
      taskScheduledEventDetails: { ...named, region: 'eu-west-1', parameters: JSON.stringify(parameters) },
    },
    ...outcome,
  ];
  return events.map((event, i) => ({
    executionArn,
    event: { id: i + 1, previousEventId: i, timestamp: new Date(Date.UTC(2026, 10, 1, 0, i)), ...event },
  }));
}

const failed = (service: string, resource: string, error: string, cause = 'why'): Partial<HistoryEvent> => ({
  type: 'TaskFailed',
  taskFailedEventDetails: { resourceType: service, resource, error, cause },
});

const crawl = history(
  'aws-sdk:glue',
  'startCrawler',
  { Name: 'orders' },
  failed('aws-sdk:glue', 'startCrawler', 'Glue.CrawlerRunningException'),
);

function only(events: ReturnType<typeof history>): StartedWork {
  const works = startedWork(manifest, events);
  expect(works).toHaveLength(1);
  return works[0]!;
}

describe('a call is refused', () => {
  const submitFailed: Partial<HistoryEvent> = {
    type: 'TaskSubmitFailed',
    taskSubmitFailedEventDetails: {
      resourceType: 'ecs',
      resource: 'runTask.sync',
      error: 'ECS.InvalidParameterException',
      cause: 'no such subnet',
    },
  };

  it.each([
    ['where the service fails at once', crawl],
    ['where a job cannot be handed over', history('ecs', 'runTask.sync', {}, submitFailed)],
    [
      'where a function is throttled',
      history('lambda', 'invoke', {}, failed('lambda', 'invoke', 'Lambda.TooManyRequestsException')),
    ],
  ])('%s, and is over then', (_, events) => {
    expect(only(events)).toMatchObject({ refused: true, end: expect.any(Date) });
  });

  it('costs nothing', () => {
    const { lines, unpriced } = runCost(manifest, crawl, PRICES);
    expect([lines.map(({ what }) => what), unpriced]).toEqual([['Step Functions'], []]);
  });
});

describe('a call is taken', () => {
  const token: Partial<HistoryEvent> = {
    type: 'TaskSubmitted',
    taskSubmittedEventDetails: { resourceType: 'sqs', resource: 'sendMessage.waitForTaskToken', output: '{}' },
  };
  const timedOut: Partial<HistoryEvent> = {
    type: 'TaskTimedOut',
    taskTimedOutEventDetails: { resourceType: 'glue', resource: 'startJobRun.sync', error: 'States.Timeout' },
  };
  const outOfTime: Partial<HistoryEvent> = {
    type: 'LambdaFunctionTimedOut',
    lambdaFunctionTimedOutEventDetails: { error: 'States.Timeout' },
  };

  it.each([
    [
      'by a job that failed',
      history('glue', 'startJobRun.sync', {}, failed('glue', 'startJobRun.sync', 'States.TaskFailed', '{"Id":"jr"}')),
    ],
    ['by a function that failed', history('lambda', 'invoke', {}, failed('lambda', 'invoke', 'ValueError'))],
    [
      'by someone who told of a failure later',
      history('sqs', 'sendMessage.waitForTaskToken', {}, token, failed('sqs', 'sendMessage.waitForTaskToken', 'No')),
    ],
    ['by a job that did not end in time', history('glue', 'startJobRun.sync', {}, timedOut)],
    ['by a function that did not end in time', history('lambda', 'invoke', {}, outOfTime)],
  ])('%s, and is over', (_, events) => {
    const work = only(events);
    expect([work.refused, work.end]).toEqual([undefined, expect.any(Date)]);
  });
});
