import { describe, expect, it } from 'vitest';
import { runOf } from '../../lambda/start-run';

const event = {
  stateMachineArn: 'arn',
  expression: 'cron(30 2 * * ? *)',
  timeZone: 'Europe/Paris',
  scheduledTime: '2026-03-30T00:30:00Z',
};

describe('the run of a schedule', () => {
  it('stands for the time of the schedule and reaches back to the time before', () => {
    expect(runOf({ ...event, params: { full: true } })).toEqual({
      name: '2026-03-30T00-30-00Z',
      input: {
        logicalDate: '2026-03-30T00:30:00Z',
        intervalStart: '2026-03-28T01:30:00Z',
        intervalEnd: '2026-03-30T00:30:00Z',
        params: { full: true },
      },
    });
  });

  it('fails for a time that is none', () => {
    expect(() => runOf({ ...event, scheduledTime: '<aws.scheduler.scheduled-time>' })).toThrow(
      'the scheduled time is "<aws.scheduler.scheduled-time>": expected a time in ISO 8601',
    );
  });
});
