import { expect, it } from 'vitest';
import type { Json } from '../../lib/local/engine';
import { withRetryWait } from '../../lib/local/retry-wait';

const retry = [{ ErrorEquals: ['A'], IntervalSeconds: 30, MaxAttempts: 2, BackoffRate: 2, MaxDelaySeconds: 600 }];
const short = [{ ErrorEquals: ['A'], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 1 }];
const machine = (Retry: { [field: string]: Json }[]): Json => {
  const task = { Type: 'Task', Resource: 'r', Retry, End: true };
  const inner = { StartAt: 'T', States: { T: task, W: { Type: 'Wait', Seconds: 60, Next: 'T' } } };
  return {
    StartAt: 'P',
    QueryLanguage: 'JSONata',
    States: {
      P: { Type: 'Parallel', Branches: [inner, inner], Retry, Next: 'M' },
      M: { Type: 'Map', ItemProcessor: { ...inner, ProcessorConfig: { Mode: 'INLINE' } }, End: true },
    },
  };
};

it('shortens what comes before retries, at any depth, and nothing else', () => {
  expect(withRetryWait(machine(retry), 1)).toEqual(machine(short));
});

it('never makes a wait longer', () => {
  const { States } = withRetryWait(
    { StartAt: 'T', States: { T: { Type: 'Task', Retry: [{ ErrorEquals: ['A'] }] } } },
    9,
  ) as {
    States: { T: { Retry: object[] } };
  };
  expect(States.T.Retry).toEqual([{ ErrorEquals: ['A'], IntervalSeconds: 1, BackoffRate: 1 }]);
});
