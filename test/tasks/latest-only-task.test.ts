import { describe, expect, it } from 'vitest';
import { CustomTask, LatestOnlyTask, type Pipeline, TriggerRule } from '../../lib';
import { pipeline, play } from './run-task';

function mail() {
  const sales = pipeline();
  const call = (id: string, props: object = {}): CustomTask =>
    new CustomTask(sales, id, {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { task: id },
      permissions: [],
      ...props,
    });
  const [load, send, archive] = [call('Load'), call('Send', { triggerRule: TriggerRule.ALL_DONE }), call('Archive')];
  load.next(send);
  new LatestOnlyTask(sales, 'Latest').next(send).next(archive);
  return sales;
}

async function ran(of: Pipeline, input: object): Promise<string[]> {
  let now = 0;
  const run = await play(
    of,
    (_call, _nth, at) => {
      now = at;
      return {};
    },
    input as never,
  );
  expect(run.status).toBe('SUCCEEDED');
  expect(now).toBeGreaterThan(0);
  return run.arguments.map((each) => each['task'] as string);
}

/** The virtual clock begins here. */
async function begin(): Promise<number> {
  let now = 0;
  await play(mail(), (_call, _nth, at) => {
    now = at;
    return {};
  });
  return now;
}

const HOUR = 3_600_000;

describe('what follows a LatestOnlyTask', () => {
  it('runs in a run that somebody started now', async () => {
    expect(await ran(mail(), {})).toEqual(['Load', 'Send', 'Archive']);
  });

  it('runs until the next interval has ended, and is skipped in a run of an older one', async () => {
    const now = await begin();
    const day = (hoursAgo: number) => ({ logicalDate: new Date(now - hoursAgo * HOUR).toISOString() });
    expect(await ran(mail(), day(23))).toEqual(['Load', 'Send', 'Archive']);
    expect(await ran(mail(), day(25))).toEqual(['Load']);
  });

  it('goes by the interval of the run', async () => {
    const now = await begin();
    const at = (hours: number) => new Date(now + hours * HOUR).toISOString();
    const week = { logicalDate: at(-100), intervalStart: at(-268), intervalEnd: at(-100) };
    expect(await ran(mail(), week)).toEqual(['Load', 'Send', 'Archive']);
  });
});
