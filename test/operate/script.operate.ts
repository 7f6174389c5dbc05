// A day of an operator, as the command's words: run, fail, see why, repair, run what failed; on deployed machines and on this one.

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { synthesize } from '../assembly';
import { deployed, here, type Place } from './places';

interface Summary {
  readonly run: string;
  readonly status: string;
  readonly failed: readonly string[];
  readonly tasks: readonly {
    readonly id: string;
    readonly status: string;
    readonly kept: boolean;
    readonly error?: string;
  }[];
}

const stack = `Operate${process.pid}`;
const folder = synthesize('test/operate/app.ts', { OPERATE_STACK: stack });
const pipeline = `${stack}-Daily`;
const outcomes = ({ tasks }: Summary) => Object.fromEntries(tasks.map((task) => [task.id, task.status]));

describe.each([
  ['deployed', () => deployed(inject('operateUrl'), folder)],
  ['on this machine', async () => here(folder)],
])('%s', (_name, open) => {
  let at: Place;
  let first: Summary;

  beforeAll(async () => {
    at = await open();
    await at.put('raw.json', '{"rows":[1,2,3]}');
    await at.remove('check.json');
  });

  it('a run fails, and says what failed', async () => {
    const ran = await at.headrace('run', pipeline, '--date', '2026-11-01T02:30:00Z', '--wait', '--json');
    expect(ran.error).toBe('');
    expect(ran.code).toBe(1);
    first = ran.json<Summary>();
    expect(first).toMatchObject({ status: 'FAILED', failed: ['Check'], logicalDate: '2026-11-01T02:30:00Z' });
    expect(outcomes(first)).toEqual({
      Extract: 'succeeded',
      Check: 'failed',
      Pause: 'succeeded',
      Load: 'upstream_failed',
      Report: 'upstream_failed',
    });
  });

  it('is listed, and its status shows the error first', async () => {
    const listed = await at.headrace('runs', pipeline, '--json');
    expect(listed.json<Summary[]>()).toMatchObject([{ run: first.run, status: 'FAILED', failed: ['Check'] }]);
    const status = await at.headrace('status', pipeline);
    expect(status.code).toBe(1);
    expect(status.out).toMatch(/Check\n\s+S3\.NoSuchKey/);
    expect(status.out).toContain(`rerun ${stack}-Daily ${first.run} --failed`);
    const again = await at.headrace('status', pipeline, first.run, '--json');
    expect(outcomes(again.json<Summary>())).toEqual(outcomes(first));
  });

  it('the rerun of what failed keeps the rest, once it is repaired', async () => {
    await at.put('check.json', '{}');
    const dry = await at.headrace('rerun', pipeline, 'latest', '--failed', '--dry-run');
    expect(dry.out).toContain('Check (failed), Load (not run), Report (not run)');
    const ran = await at.headrace('rerun', pipeline, 'latest', '--failed', '--wait', '--json');
    expect([ran.code, ran.error]).toEqual([0, '']);
    const { run, tasks } = ran.json<Summary>();
    expect(run).toBe(`${first.run}--2`);
    expect(
      tasks
        .filter((task) => task.kept)
        .map((task) => task.id)
        .sort(),
    ).toEqual(['Extract', 'Pause']);
    const status = (await at.headrace('status', pipeline, 'latest', '--json')).json<Summary>();
    expect(status).toMatchObject({ status: 'SUCCEEDED', rerunOf: first.run });
    expect(new Set(Object.values(outcomes(status)))).toEqual(new Set(['succeeded']));
  });

  it('one task runs by itself', async () => {
    const ran = await at.headrace(
      'run',
      pipeline,
      '--only',
      'Check',
      '--date',
      '2026-11-01T02:30:00Z',
      '--wait',
      '--json',
    );
    expect([ran.code, ran.error]).toEqual([0, '']);
    expect(
      ran
        .json<Summary>()
        .tasks.filter((task) => !task.kept)
        .map((task) => task.id),
    ).toEqual(['Check']);
  });

  it('a run that goes on is stopped, and told so', async () => {
    const words = [
      'run',
      pipeline,
      '--date',
      '2026-11-05T02:30:00Z',
      '--param',
      'pause=600',
      '--param',
      'gate=missing.json',
    ];
    const running = at.headrace(...words, '--wait', '--json');
    const going = async () => (await at.headrace('status', pipeline, '--json')).json<Summary>();
    let status = await going();
    while (status.status !== 'RUNNING' || status.tasks.find(({ id }) => id === 'Pause')?.status !== 'running') {
      status = await going();
    }
    expect(status.status).toBe('RUNNING');
    const text = (await at.headrace('status', pipeline, status.run)).out;
    expect(text).toMatch(/Load .*waits for Pause/);
    expect((await at.headrace('rerun', pipeline, status.run, '--failed')).error).toContain('is still going');
    const stopped = await at.headrace('stop', pipeline, status.run, '--json');
    expect([stopped.code, stopped.error]).toEqual([0, '']);
    expect(stopped.json<object[]>()).toMatchObject([{ run: status.run, stopped: [{ result: 'stopped' }] }]);
    expect((await running).code).not.toBe(0);
    const after = await going();
    expect(after).toMatchObject({ status: 'ABORTED' });
    expect(outcomes(after)).toMatchObject({ Pause: 'aborted', Extract: 'succeeded' });
    expect((await at.headrace('stop', pipeline, status.run)).error).toContain('is over: aborted');
  });

  it('is listed and drawn, and the doctor finds it', async () => {
    const listed = (await at.headrace('list', '--json')).json<{ pipeline: string; tasks: number }[]>();
    expect(listed.find((each) => each.pipeline === pipeline)).toMatchObject({
      tasks: 5,
      latest: { status: 'ABORTED' },
    });
    expect((await at.headrace('graph', pipeline)).out).toMatch(/^ {4}Load +CustomTask +after .*Pause/m);
    expect((await at.headrace('graph', pipeline, 'latest', '--format', 'dot')).out).toContain('"Load" -> "Report";');
    const doctor = await at.headrace('doctor', '--json');
    expect([doctor.code, doctor.error]).toEqual([0, '']);
  });

  it('thirty days are filled, three at a time, and only what failed is repeated', async () => {
    const days = ['2026-09-01', '2026-09-30'];
    const dry = await at.headrace('backfill', pipeline, ...days, '--dry-run', '--json');
    expect(dry.json<{ runs: object[] }>().runs).toHaveLength(30);
    expect((await at.headrace('backfill', pipeline, ...days)).error).toContain('say --yes');
    const words = [...days, '--max-active', '3', '--yes', '--wait', '--json'];
    await at.remove('check.json');
    const failed = await at.headrace('backfill', pipeline, '2026-09-01', '--yes', '--wait', '--json');
    expect([failed.code, failed.json<object>()]).toMatchObject([1, { runs: [{ status: 'FAILED' }] }]);
    await at.put('check.json', '{}');
    const one = await at.headrace('backfill', pipeline, '2026-09-02', '--yes', '--wait', '--json');
    expect(one.code).toBe(0);
    const filled = await at.headrace('backfill', pipeline, ...words, '--skip-succeeded');
    expect([filled.code, filled.error]).toEqual([0, '']);
    const report = filled.json<{ runs: { run: string; status: string }[]; left: { logicalDate: string }[] }>();
    expect(report.runs).toHaveLength(29);
    expect(new Set(report.runs.map((run) => run.status))).toEqual(new Set(['SUCCEEDED']));
    expect(report.runs[0]!.run).toBe('2026-09-01T02-30-00Z--2');
    expect(report.left).toMatchObject([{ logicalDate: '2026-09-02T02:30:00Z' }]);
    const status = (await at.headrace('status', pipeline, '2026-09-17T02-30-00Z', '--json')).json<Summary>();
    expect(status).toMatchObject({ status: 'SUCCEEDED', logicalDate: '2026-09-17T02:30:00Z' });
    const again = await at.headrace('backfill', pipeline, '--resume', '--json');
    expect(again.json<{ runs: object[] }>().runs).toEqual([]);
  });

  it('wrong words are answered with the nearest', async () => {
    for (const [words, meant] of [
      [['status', `${stack}-Dialy`], pipeline],
      [['run', pipeline, '--only', 'Chekc'], 'Check'],
      [['run', pipeline, '--param', 'tabel=x'], 'table'],
    ] as const) {
      const { code, error } = await at.headrace(...words);
      expect([code, error]).toEqual([2, expect.stringContaining(`did you mean ${meant}?`)]);
    }
    expect((await at.headrace('run', pipeline, '--param', 'copies=many')).error).toContain(
      '--param copies=many: expected a number',
    );
  });
});
