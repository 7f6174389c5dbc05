// What a run left behind, where a service repeated a secret in its error.

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../lib/view/run-event';
import { earlierRun } from '../../lib/ops/earlier-run';
import { manifestWith } from './manifest';

it('tells of a failure without the secrets that it was given', () => {
  const manifest = manifestWith([{ id: 'T' }], { params: [{ name: 'token', type: 'string', secret: true }] });
  const output = JSON.stringify({ Error: 'NoSuchUser-hunter22', Cause: 'hunter22 is not known' });
  const happened: Partial<HistoryEvent>[] = [
    { type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'T' } },
    { type: 'TaskFailed' },
    { type: 'TaskStateExited', stateExitedEventDetails: { name: 'T', output } },
  ];
  const events = happened.map((event, i) => ({
    executionArn: 'a',
    event: { id: i + 1, previousEventId: i, timestamp: new Date(0), ...event } as RunEvent,
  }));
  const input = { params: { token: 'hunter22' } };
  const startDate = '2026-11-01T02:30:00Z';
  const { views } = earlierRun({ runId: 'r', status: 'FAILED', manifest, input, startDate, events });
  expect(views[0]).toMatchObject({ status: 'failed', error: 'NoSuchUser-***' });
  expect(JSON.stringify(views)).not.toContain('hunter22');
});
