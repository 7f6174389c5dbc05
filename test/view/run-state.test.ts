import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../lib/compile/manifest';
import type { RunEvent } from '../../lib/view/run-event';
import { RunState } from '../../lib/view/run-state';

const manifest = (...ids: string[]): Manifest => ({
  version: 1,
  name: 'P',
  path: 'P',
  stack: 'S',
  template: 'S.template.json',
  machines: [],
  rendezvous: [],
  params: [],
  triggers: [],
  alerts: [],
  tasks: ids.map((id, index) => ({
    id,
    index,
    kind: 'K',
    path: id,
    upstream: [],
    triggerRule: 'all_success',
    machine: 'P',
    outputs: [],
  })),
});
const ARN = 'arn:aws:states:us-east-1:0:execution:P:1';

/** Events given as [previous, type, name, output or details]; ids count up, a second each. */
function play(
  state: RunState,
  events: readonly (readonly [number, string, string?, string?, { [name: string]: string }?])[],
  from = 1,
): RunState {
  events.forEach(([previousEventId, type, name, output, assignedVariables], i) => {
    const event: RunEvent = {
      id: from + i,
      previousEventId,
      type,
      timestamp: new Date((from + i) * 1000).toISOString(),
      ...(type.endsWith('StateEntered') && { stateEnteredEventDetails: { name: name! } }),
      ...(type.endsWith('StateExited') && {
        stateExitedEventDetails: {
          name: name!,
          output: output ?? '{}',
          ...(assignedVariables && { assignedVariables }),
        },
      }),
      ...(type === 'ExecutionStarted' && { executionStartedEventDetails: { input: output ?? '{}' } }),
    };
    state.add(ARN, event);
  });
  return state;
}

describe('RunState', () => {
  it('follows a task with a retry to its success', () => {
    const state = play(new RunState(manifest('A')), [
      [0, 'ExecutionStarted'],
      [0, 'TaskStateEntered', 'A'],
      [2, 'TaskScheduled'],
      [3, 'TaskFailed'],
      [4, 'TaskScheduled'],
      [5, 'TaskSucceeded'],
      [6, 'TaskStateExited', 'A', '{"Error":"not an error"}'.replace('Error', 'rows')],
    ]);
    expect(state.task('A')).toMatchObject({ status: 'succeeded', attempts: 2, start: 2_000, end: 7_000 });
  });

  it('knows a failed task by its exit after a failure', () => {
    const state = play(new RunState(manifest('A')), [
      [0, 'ExecutionStarted'],
      [0, 'TaskStateEntered', 'A'],
      [2, 'TaskScheduled'],
      [3, 'TaskFailed'],
      [
        4,
        'TaskStateExited',
        'A',
        JSON.stringify({ Error: 'KeyError', Cause: '{"errorMessage":"rows","errorType":"KeyError"}' }),
      ],
    ]);
    expect(state.task('A')).toMatchObject({
      status: 'failed',
      error: 'KeyError',
      reason: 'KeyError: rows',
      attempts: 1,
    });
  });

  it('does not take a result that looks like an error for one', () => {
    const state = play(new RunState(manifest('A')), [
      [0, 'ExecutionStarted'],
      [0, 'TaskStateEntered', 'A'],
      [2, 'TaskScheduled'],
      [3, 'TaskSucceeded'],
      [4, 'TaskStateExited', 'A', '{"Error":"just data","Cause":"also"}'],
    ]);
    expect(state.task('A')?.status).toBe('succeeded');
  });

  it('counts attempts of a task of several states by the whole, not by its polls', () => {
    const state = play(new RunState(manifest('A')), [
      [0, 'ExecutionStarted'],
      [0, 'ParallelStateEntered', 'A'],
      [2, 'ParallelStateStarted'],
      [3, 'TaskStateEntered', 'A look'],
      [4, 'TaskScheduled'],
      [5, 'TaskSucceeded'],
      [6, 'TaskStateExited', 'A look'],
      [7, 'FailStateEntered', 'A failed'],
      [8, 'ParallelStateFailed'],
      [9, 'ParallelStateStarted'],
      [10, 'TaskStateEntered', 'A look'],
      [11, 'TaskScheduled'],
    ]);
    expect(state.task('A')).toMatchObject({ status: 'running', attempts: 2 });
  });

  it('counts an attempt that begins behind the very state that failed', () => {
    const state = play(new RunState(manifest('A')), [
      [0, 'ExecutionStarted'],
      [0, 'ParallelStateEntered', 'A'],
      [2, 'ParallelStateStarted'],
      [3, 'ParallelStateEntered', 'A both'],
      [4, 'ParallelStateStarted'],
      [5, 'FailStateEntered', 'A failed'],
      [6, 'ParallelStateStarted'],
      [7, 'TaskStateEntered', 'A look'],
    ]);
    expect(state.task('A')).toMatchObject({ status: 'running', attempts: 2 });
  });

  it('tells parallel branches apart by their chain of events', () => {
    const state = play(new RunState(manifest('A', 'B')), [
      [0, 'ExecutionStarted'],
      [0, 'ParallelStateEntered', 'A|'],
      [2, 'ParallelStateStarted'],
      [3, 'TaskStateEntered', 'A'],
      [3, 'TaskStateEntered', 'B'],
      [4, 'TaskScheduled'],
      [5, 'TaskScheduled'],
      [6, 'TaskFailed'],
      [7, 'TaskSucceeded'],
      [9, 'TaskStateExited', 'B', '{}'],
      [8, 'TaskStateExited', 'A', '{"Error":"E","Cause":"c"}'],
    ]);
    expect(state.tasks().map((task) => task.status)).toEqual(['failed', 'succeeded']);
  });

  it("reads skipped and upstream_failed from the guards' variables", () => {
    const state = play(new RunState(manifest('A', 'B', 'C')), [
      [0, 'ExecutionStarted'],
      [0, 'ChoiceStateEntered', 'B?'],
      [2, 'ChoiceStateExited', 'B?', '{}', { a: '{"t0":"f","t1":"u"}' }],
      [3, 'ChoiceStateEntered', 'C?'],
      [4, 'ChoiceStateExited', 'C?', '{}', { a: '{"t0":"f","t1":"u","t2":"s"}' }],
    ]);
    expect(state.tasks().map((task) => task.status)).toEqual(['waiting', 'upstream_failed', 'skipped']);
  });

  it('gives kept tasks their earlier outcome', () => {
    const state = play(new RunState(manifest('A', 'B', 'C')), [
      [0, 'ExecutionStarted', undefined, JSON.stringify({ run: '001', kept: { 1: 's' } })],
    ]);
    expect(state.tasks().map(({ status, kept }) => [status, kept])).toEqual([
      ['succeeded', true],
      ['skipped', true],
      ['waiting', false],
    ]);
  });

  it('takes running tasks for stopped when the run is aborted', () => {
    const state = play(new RunState(manifest('A', 'B')), [
      [0, 'ExecutionStarted'],
      [0, 'TaskStateEntered', 'A'],
      [2, 'TaskScheduled'],
      [3, 'ExecutionAborted'],
    ]);
    expect(state.status).toBe('ABORTED');
    expect(state.tasks().map((task) => task.status)).toEqual(['aborted', 'waiting']);
  });

  it('is not misled by names from Object.prototype', () => {
    const state = play(new RunState(manifest('__proto__', 'constructor')), [
      [0, 'ExecutionStarted'],
      [0, 'TaskStateEntered', 'constructor'],
      [2, 'TaskScheduled'],
    ]);
    expect(state.tasks().map((task) => task.status)).toEqual(['waiting', 'running']);
  });
});
