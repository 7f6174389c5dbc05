import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Param, Retry } from '../../lib';

describe('a retry', () => {
  it('has the defaults that its documentation says', () => {
    expect(Retry.times(2)._retriers()).toEqual([
      {
        ErrorEquals: ['States.ALL'],
        IntervalSeconds: 30,
        MaxAttempts: 2,
        BackoffRate: 2,
        MaxDelaySeconds: 900,
        JitterStrategy: 'FULL',
      },
    ]);
  });

  it('keeps its wait where the rate is 1', () => {
    expect(Retry.times(2, { backoffRate: 1, jitter: false, on: ['A'] })._retriers()).toEqual([
      { ErrorEquals: ['A'], IntervalSeconds: 30, MaxAttempts: 2, BackoffRate: 1 },
    ]);
  });

  it('with a long first wait has a longer longest one', () => {
    expect(Retry.times(1, { interval: Duration.hours(1) })._retriers()[0]!.MaxDelaySeconds).toBe(3601);
  });

  it('of no times is none', () => expect([...Retry.none()._retriers(), ...Retry.times(0)._retriers()]).toEqual([]));

  it.each([
    [-1, {}, 'the count should be a whole number from 0 to 1000'],
    [1.5, {}, 'the count should be'],
    [1, { backoffRate: 0.5 }, 'backoffRate is 0.5, it should be at least 1'],
    [1, { interval: Duration.seconds(0) }, 'interval is 0 s, it should be at least 1 s'],
    [1, { maxDelay: Duration.seconds(30) }, 'maxDelay is 30 s, it should be longer than the interval (30 s)'],
    [1, { on: [] }, 'on is empty'],
  ])('fails for %s times with %j', (count, options, message) => {
    expect(() => Retry.times(count, options)).toThrow(`Retry.times(${count}): ${message}`);
  });
});

describe('a param', () => {
  it.each(['2026-02-30', '21.11.2026', '2026-1-1'])('of a day fails for %s', (day) => {
    expect(() => Param.date({ default: day })).toThrow(
      `the default is "${day}", it should be a day such as 2026-11-21`,
    );
  });
});
