import { describe, expect, it } from 'vitest';
import type { ManifestParam } from '../../lib/compile/manifest';
import { newRun } from '../../lib/compile/new-run';
import { manifestWith } from '../ops/manifest';

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

  it.each([
    ['2024-01-31', '2024-01-31T00:00:00Z'],
    ['2024-01-31T02:30+01:00', '2024-01-31T01:30:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
  ])('takes the date %s', (date, logicalDate) => {
    expect(newRun(manifest, { date }).input).toMatchObject({ logicalDate });
  });

  it.each(['2024-02-30', '2023-02-29', '2024-1-1', 'today', '2024-01-01T10:00', '2024-01-01T25:00Z'])(
    'refuses the date %s',
    (date) => {
      expect(() => newRun(manifest, { date })).toThrow(/is no date: expected 2024-01-31/);
    },
  );

  it('gives params their types and defaults', () => {
    const params: ManifestParam[] = [
      { name: 'n', type: 'number' },
      { name: 'b', type: 'boolean', default: false },
      { name: 's', type: 'string', default: 'x' },
      { name: 'd', type: 'date', default: '2024-01-01' },
    ];
    const typed = manifestWith([{ id: 'A' }], { params });
    expect(newRun(typed, { params: ['n=1.5', 's=a=b'] }).input.params).toEqual({
      n: 1.5,
      b: false,
      s: 'a=b',
      d: '2024-01-01',
    });
    expect(() => newRun(typed, {})).toThrow('param n has no default: give it with --param n=value');
    expect(() => newRun(typed, { params: ['n'] })).toThrow('--param n: expected name=value');
    expect(() => newRun(typed, { params: ['n=1', 'd=2024-02-30'] })).toThrow('expected a date such as 2024-01-31');
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
