import { describe, expect, it } from 'vitest';
import { earlierRun } from '../../lib/ops/earlier-run';
import type { RunEvent } from '../../lib/view/run-event';
import { manifestWith } from './manifest';

const TASKS = 4_000;

describe('a history of 24,000 events', () => {
  it('is a run, read in one pass', () => {
    const manifest = manifestWith(
      Array.from({ length: TASKS }, (_, i) => ({ id: `Task number ${i}`, outputs: ['rows'] })),
    );
    const events: { executionArn: string; event: RunEvent }[] = [];
    const add = (event: RunEvent) =>
      events.push({
        executionArn: 'root',
        event: { id: events.length + 1, previousEventId: events.length, timestamp: new Date(events.length), ...event },
      });
    add({ type: 'ExecutionStarted', executionStartedEventDetails: { input: '{}' } });
    for (const { id, index } of manifest.tasks) {
      add({ type: 'ChoiceStateExited', stateExitedEventDetails: { name: `${id}?`, output: '{}' } });
      add({ type: 'TaskStateEntered', stateEnteredEventDetails: { name: id, input: '{}' } });
      add({ type: 'TaskScheduled' });
      add({ type: 'TaskStarted' });
      add({ type: 'TaskSucceeded' });
      const output = JSON.stringify({ [`v${index}`]: { rows: index } });
      add({ type: 'TaskStateExited', stateExitedEventDetails: { name: id, output, assignedVariables: { a: output } } });
    }
    const record = {
      runId: 'r',
      status: 'RUNNING',
      manifest,
      input: {},
      startDate: '2026-01-01T00:00:00Z',
      events,
    } as const;
    const run = earlierRun(record);
    expect(run.tasks.get('Task number 3999')).toMatchObject({ status: 'succeeded', outputs: { rows: 3999 } });
  });
});
