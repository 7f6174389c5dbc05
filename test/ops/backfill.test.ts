import { describe, expect, it } from 'vitest';
import { itemOf, itemRun, itemText } from '../../lib/compile/backfill';
import { type KnownRun, planBackfill } from '../../lib/ops/backfill';
import { manifestWith } from './manifest';

const scheduled = (expression: string, timeZone = 'UTC') =>
  manifestWith([{}], { triggers: [{ kind: 'schedule', expression, timeZone }] });
const paris = scheduled('cron(30 2 * * ? *)', 'Europe/Paris');
const dates = (from: string, to: string, manifest = paris, known: readonly KnownRun[] = [], more = {}) =>
  planBackfill(manifest, { from, to, ...more }, known).items.map((item) => item.logicalDate);

describe('a backfill', () => {
  it('walks the times of the schedule on the clock of its zone, over the change to summer time', () => {
    // On the 29th of March 2026 there is no 02:30 in Paris; the service skips that time.
    expect(dates('2026-03-27', '2026-03-31')).toEqual([
      '2026-03-27T01:30:00Z',
      '2026-03-28T01:30:00Z',
      '2026-03-30T00:30:00Z',
      '2026-03-31T00:30:00Z',
    ]);
  });

  it('and over the change to winter time, once', () => {
    expect(dates('2026-10-24', '2026-10-26')).toEqual([
      '2026-10-24T00:30:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ]);
  });

  it('takes days as those of the zone, on both sides of the date line', () => {
    expect(dates('2026-06-01', '2026-06-02', scheduled('cron(0 1 * * ? *)', 'Pacific/Auckland'))).toEqual([
      '2026-05-31T13:00:00Z',
      '2026-06-01T13:00:00Z',
    ]);
    expect(dates('2026-06-01', '2026-06-01', scheduled('cron(0 23 * * ? *)', 'Pacific/Honolulu'))).toEqual([
      '2026-06-02T09:00:00Z',
    ]);
  });

  it('takes times as they are, and counts a rate on from the first', () => {
    expect(dates('2026-06-01T00:30:00Z', '2026-06-02T00:29:59Z')).toEqual(['2026-06-01T00:30:00Z']);
    expect(dates('2026-06-01', '2026-06-01', scheduled('rate(8 hours)'))).toEqual([
      '2026-06-01T00:00:00Z',
      '2026-06-01T08:00:00Z',
      '2026-06-01T16:00:00Z',
    ]);
  });

  it('covers the interval that the schedule would, and names the run as it would', () => {
    const [item] = planBackfill(scheduled('cron(0 6 ? * MON *)'), { from: '2026-06-08', to: '2026-06-08' }, []).items;
    expect(item).toEqual({ logicalDate: '2026-06-08T06:00:00Z', intervalStart: '2026-06-01T06:00:00Z', suffix: '' });
    expect(itemRun(item!)).toBe('2026-06-08T06-00-00Z');
    expect(itemOf(itemText(item!))).toEqual(item);
  });

  it('gives a date that has a run another name, and leaves out what succeeded or goes on', () => {
    const name = '2026-06-01T00-30-00Z';
    const failed: KnownRun[] = [
      { run: name, status: 'FAILED' },
      { run: `${name}--2`, status: 'ABORTED' },
    ];
    const plan = (known: readonly KnownRun[], skipSucceeded = false) =>
      planBackfill(paris, { from: '2026-06-01', to: '2026-06-01', skipSucceeded }, known);
    expect(itemRun(plan(failed).items[0]!)).toBe(`${name}--3`);
    const done: KnownRun[] = [...failed, { run: `${name}--3`, status: 'SUCCEEDED' }];
    expect(plan(done).items).toHaveLength(1);
    expect(plan(done, true)).toMatchObject({ items: [], left: [{ reason: `run ${name}--3 succeeded` }] });
    expect(plan([{ run: 'by-hand', status: 'RUNNING', logicalDate: '2026-06-01T00:30:00Z' }]).left).toHaveLength(1);
  });

  it('the latest first, where asked for', () => {
    expect(dates('2026-06-01', '2026-06-03', paris, [], { reverse: true })[0]).toBe('2026-06-03T00:30:00Z');
  });

  it.each([
    ['2026-06-03', '2026-06-01', paris, 'FROM 2026-06-03 is after TO 2026-06-01'],
    ['2026-02-30', '2026-03-01', paris, 'FROM 2026-02-30 is no date'],
    ['2026-06-02', '2026-06-02', scheduled('cron(0 6 ? * MON *)'), 'has no time from 2026-06-02 to 2026-06-02'],
    ['2000-01-01', '2020-01-01', paris, 'are too many for one backfill, some'],
    ['2026-06-01', '2026-06-01', manifestWith([{}]), 'has no schedule, so it has no dates to fill'],
  ])('fails: %s %s', (from, to, manifest, message) => {
    expect(() => dates(from, to, manifest)).toThrow(message);
  });
});
