// The witness itself: that mocked answers reach a task, attempt by attempt, and that the rendezvous' own integration
// (a conditional update that waits for its token, woken by another branch) works there. Without this the other files
// could agree for the wrong reason.

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Emulator } from './emulator';
import { writeMocks } from './mocks';

const emulator = new Emulator(inject('url'));
const task = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'task' },
  Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1, MaxAttempts: 2 }],
  Output: '{% $states.result.Payload %}',
  End: true,
};

describe('the emulator', () => {
  beforeAll(async () => {
    const flaky = { Throw: { Error: 'Flaky', Cause: 'try again' } };
    await writeMocks(
      inject('mockFile'),
      new Map([
        ['witness-retries', { task: [flaky, { Return: { StatusCode: 200, Payload: { rows: 7 } } }] }],
        ['witness-fails', { task: [flaky] }],
      ]),
    );
  });

  const run = async (name: string) => {
    await emulator.create(name, { QueryLanguage: 'JSONata', StartAt: 'task', States: { task } });
    const ended = await emulator.run(name, {}, { mocked: true, limitSeconds: 60 });
    const events = await emulator.history(ended.arn);
    await emulator.delete(name);
    return { ended, scheduled: events.filter((e) => e.type === 'TaskScheduled').length };
  };

  it('gives a task its answers attempt by attempt', async () => {
    const { ended, scheduled } = await run('witness-retries');
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '{"rows":7}' });
    expect(scheduled).toBe(2);
  });

  it('lets a task fail once its retries are used up', async () => {
    const { ended, scheduled } = await run('witness-fails');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'Flaky', cause: 'try again' });
    expect(scheduled).toBe(3);
  });
});
