import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firesBefore, firesBetween, intervalOf, runName } from '../../lib/compile/schedule';

const interval = (expression: string, zone: string, at: string) => {
  const { start, end } = intervalOf(expression, zone, new Date(at));
  return [start.toISOString().slice(0, 16), end.toISOString().slice(0, 16)];
};

describe('the interval of a run', () => {
  it.each([
    ['daily, in winter', 'cron(30 2 * * ? *)', 'Europe/Paris', '2026-01-10T01:30Z', '2026-01-09T01:30'],
    [
      'daily, the clocks went forward in between',
      'cron(30 8 * * ? *)',
      'Europe/Paris',
      '2026-03-29T06:30Z',
      '2026-03-28T07:30',
    ],
    [
      'daily, the time of the day before was left out',
      'cron(30 2 * * ? *)',
      'Europe/Paris',
      '2026-03-30T00:30Z',
      '2026-03-28T01:30',
    ],
    [
      'daily, the time of the day before came twice',
      'cron(30 2 * * ? *)',
      'Europe/Paris',
      '2026-10-26T01:30Z',
      '2026-10-25T00:30',
    ],
    ['Mondays', 'cron(0 6 ? * MON *)', 'Etc/UTC', '2026-11-23T06:00Z', '2026-11-16T06:00'],
    [
      'weekdays, after the weekend',
      'cron(0 6 ? * MON-FRI *)',
      'America/New_York',
      '2026-11-23T11:00Z',
      '2026-11-20T11:00',
    ],
    ['weekdays as numbers', 'cron(0 6 ? * 2-6 *)', 'Etc/UTC', '2026-11-23T06:00Z', '2026-11-20T06:00'],
    ['the first of a month', 'cron(0 0 1 * ? *)', 'Asia/Tokyo', '2026-02-28T15:00Z', '2026-01-31T15:00'],
    ['the last of a month', 'cron(0 0 L * ? *)', 'Etc/UTC', '2026-03-31T00:00Z', '2026-02-28T00:00'],
    ['every quarter of an hour', 'cron(0/15 * * * ? *)', 'Asia/Kolkata', '2026-11-21T00:00Z', '2026-11-20T23:45'],
    ['twice a day', 'cron(0 6,18 * * ? *)', 'Etc/UTC', '2026-11-21T06:00Z', '2026-11-20T18:00'],
    ['a leap day', 'cron(0 0 29 2 ? *)', 'Etc/UTC', '2028-02-29T00:00Z', '2024-02-29T00:00'],
    ['a rate', 'rate(6 hours)', 'Etc/UTC', '2026-11-21T06:10Z', '2026-11-21T00:10'],
  ])('%s', (_, expression, zone, at, start) => {
    expect(interval(expression, zone, at)).toEqual([start, at.slice(0, 16)]);
  });

  it('ends where the next one begins, however the clocks change', () => {
    const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Etc/UTC', 'Africa/Casablanca'];
    const expressions = [
      'cron(30 2 * * ? *)',
      'cron(0 * * * ? *)',
      'cron(15 1,13 ? * MON-SAT *)',
      'cron(0/20 3 * * ? *)',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...expressions),
        fc.integer({ min: 0, max: 700 }),
        (zone, expression, day) => {
          const from = new Date(Date.UTC(2025, 0, 1) + day * 86_400_000);
          const times = firesBetween(expression, zone, from, new Date(from.getTime() + 3 * 86_400_000));
          for (let i = 1; i < times.length; i++)
            expect(intervalOf(expression, zone, times[i]!).start).toEqual(times[i - 1]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the starts', () => {
  it('of a backfill leave out a time that was not, and take one that came twice once', () => {
    const spring = firesBetween(
      'cron(30 2 * * ? *)',
      'Europe/Paris',
      new Date('2026-03-27T12:00Z'),
      new Date('2026-03-30T12:00Z'),
    );
    expect(spring.map((time) => time.toISOString().slice(0, 16))).toEqual(['2026-03-28T01:30', '2026-03-30T00:30']);
    const autumn = firesBetween(
      'cron(30 2 * * ? *)',
      'Europe/Paris',
      new Date('2026-10-24T12:00Z'),
      new Date('2026-10-26T12:00Z'),
    );
    expect(autumn.map((time) => time.toISOString().slice(0, 16))).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
  });

  it('before a time come latest first', () => {
    const found = firesBefore('cron(0 0 * * ? *)', 'Etc/UTC', new Date('2026-01-03T05:00Z'), 3);
    expect(found.map((time) => time.toISOString().slice(0, 10))).toEqual(['2026-01-03', '2026-01-02', '2026-01-01']);
  });

  it.each([
    ['at(2026-01-01T00:00)', 'expected rate(...) or cron(...)'],
    ['cron(0 0 * * *)', 'has 5 fields: expected'],
  ])('fails for %s', (expression, message) => {
    expect(() => firesBefore(expression, 'Etc/UTC', new Date(0), 1)).toThrow(message);
  });
});

it('the name of a run is made of its logical date, with signs that AWS takes', () => {
  expect(runName(new Date('2026-03-29T01:30:00Z'))).toBe('2026-03-29T01-30-00Z');
});
