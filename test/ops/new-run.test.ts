import { describe, expect, it } from 'vitest';
import { newRun } from '../../lib/ops/new-run';
import { manifestWith } from './manifest';

const manifest = manifestWith(
  [
    { id: 'Ingest', outputs: ['rows'] },
    { id: 'Clean', upstream: ['Ingest'] },
    { id: 'Load', upstream: ['Clean'] },
    { id: 'Audit', upstream: ['Ingest'] },
  ],
  {
    params: [
      { name: 'full', type: 'boolean', default: false },
      { name: 'token', type: 'number', secret: true, default: 1 },
    ],
    triggers: [{ kind: 'schedule', expression: 'cron(30 2 * * ? *)', timeZone: 'Europe/Paris' }],
  },
);

describe('a new run', () => {
  it.each([
    [{}, undefined],
    [{ only: ['Load'] }, '0010'],
    [{ from: ['Clean'] }, '0110'],
    [{ to: ['Clean'] }, '1100'],
    [{ from: ['Ingest'], to: ['Clean'] }, '1100'],
    [{ skip: ['Audit'] }, '1110'],
    [{ from: ['Clean'], only: ['Audit'] }, '0111'],
  ])('runs what %o says', (words, run) => {
    expect(newRun(manifest, words).input.run).toBe(run);
  });

  it('has the interval that the schedule would give its date', () => {
    expect(newRun(manifest, { date: '2026-03-30T00:30:00Z' }).input).toMatchObject({
      logicalDate: '2026-03-30T00:30:00Z',
      intervalStart: '2026-03-28T01:30:00Z',
      intervalEnd: '2026-03-30T00:30:00Z',
    });
  });

  it('says whose outputs will be missing', () => {
    expect(newRun(manifest, { only: ['Clean'] }).notes).toEqual([
      'Ingest does not run, so it leaves no output rows for Clean',
    ]);
  });

  it('checks params, and never shows a secret one', () => {
    expect(newRun(manifest, { params: ['full=true'] }).input.params).toEqual({ full: true, token: 1 });
    expect(() => newRun(manifest, { params: ['full=yes'] })).toThrow('--param full=yes: expected true or false');
    expect(() => newRun(manifest, { params: ['token=hush'] })).toThrow('--param token=***: expected a number');
    expect(() => newRun(manifest, { params: ['fulll=true'] })).toThrow('did you mean full?');
    expect(() => newRun(manifest, { date: '2026-02-31' })).toThrow('--date 2026-02-31 is no date');
    expect(() => newRun(manifest, { from: ['Load'], to: ['Ingest'] })).toThrow(
      'nothing of pipeline Demo-Sales would run',
    );
  });
});
