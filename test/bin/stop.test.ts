// Runs that go on in processes of their own, ended by the command.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { register as backfill } from '../../bin/verbs/backfill';
import { register as runs } from '../../bin/verbs/runs';
import { register as stop } from '../../bin/verbs/stop';
import { CompiledAssembly } from '../ops/compiled-assembly';
import { runVerb } from './verb';

const ROOT = join(__dirname, '../..');
const SCHEDULE = { kind: 'schedule', expression: 'cron(30 2 * * ? *)', timeZone: 'UTC' };
const DAYS = ['2026-11-01', '2026-11-03'];

let assembly: CompiledAssembly;
let place: string[];
const children: ChildProcess[] = [];

function begin(...words: readonly string[]): Promise<number | null> {
  const command = ['--import', 'tsx', join(ROOT, 'bin/headrace.ts'), ...words, ...place];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: 'ignore' });
  children.push(child);
  return new Promise((resolve) => child.once('exit', resolve));
}

async function statuses(): Promise<{ [run: string]: string }> {
  const { out } = await runVerb(runs, 'runs', 'Sales', '--json', ...place);
  const listed = JSON.parse(out) as { run: string; status: string }[];
  return Object.fromEntries(listed.map(({ run, status }) => [run, status]));
}

const going = async (count: number) =>
  vi.waitFor(
    async () => {
      expect(Object.values(await statuses()).filter((status) => status === 'RUNNING')).toHaveLength(count);
    },
    { timeout: 60_000, interval: 200 },
  );

beforeEach(() => {
  assembly = new CompiledAssembly([{ id: 'Ingest' }, { id: 'Load', after: ['Ingest'] }], [], [SCHEDULE]);
  place = ['--store', assembly.store, '--assembly', assembly.folder];
  assembly.tell({ Load: { hold: true } });
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('stop', () => {
  it('ends every run that goes on, each in its own process, once a person said yes', async () => {
    const ended = ['2026-11-01', '2026-11-02'].map((date) => begin('run', 'Sales', '--date', date));
    await going(2);
    const unsaid = await runVerb(stop, 'stop', 'Sales', ...place);
    expect(unsaid.error).toContain('say which run of Demo-Sales to stop, or --all');
    const unsure = await runVerb(stop, 'stop', 'Sales', '--all', ...place);
    expect(unsure.error).toContain('would stop 2 runs of Demo-Sales');
    expect(await statuses()).toEqual({ '2026-11-01': 'RUNNING', '2026-11-02': 'RUNNING' });
    const { out, code } = await runVerb(stop, 'stop', 'Sales', '--all', '--yes', '--json', ...place);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ stopped: [{ result: 'stopped' }] }, { stopped: [{ result: 'stopped' }] }]);
    expect(await statuses()).toEqual({ '2026-11-01': 'ABORTED', '2026-11-02': 'ABORTED' });
    expect(await Promise.all(ended)).toEqual([130, 130]);
    const none = await runVerb(stop, 'stop', 'Sales', '--all', ...place);
    expect(none.out).toContain('no run of Demo-Sales is going on');
  });

  it('of runs that share a process asks it once', async () => {
    const ended = begin('backfill', 'Sales', ...DAYS, '--max-active', '3', '--yes');
    await going(3);
    const { out, code } = await runVerb(stop, 'stop', 'Sales', '--all', '--yes', '--json', ...place);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveLength(3);
    expect(await ended).toBe(1);
    expect(new Set(Object.values(await statuses()))).toEqual(new Set(['ABORTED']));
  });
});

describe('backfill --stop', () => {
  it('ends the backfill and its runs, and --resume goes on with what is left', async () => {
    const ended = begin('backfill', 'Sales', ...DAYS, '--max-active', '2', '--yes');
    await going(2);
    const stopped = await runVerb(backfill, 'backfill', 'Sales', '--stop', '--json', ...place);
    expect([stopped.code, stopped.error]).toEqual([0, undefined]);
    const report = JSON.parse(stopped.out) as { status: string; runs: { status: string }[] };
    expect(report.status).toBe('ABORTED');
    expect(report.runs.map((run) => run.status)).toEqual(['ABORTED', 'ABORTED', 'WAITING']);
    expect(await ended).toBe(1);
    const over = await runVerb(backfill, 'backfill', 'Sales', '--stop', ...place);
    expect(over.error).toMatch(/backfill-\w+ is over: aborted/);
    assembly.tell({});
    const resumed = await runVerb(backfill, 'backfill', 'Sales', '--resume', '--yes', '--json', ...place);
    expect([resumed.code, resumed.error]).toEqual([0, undefined]);
    expect((JSON.parse(resumed.out) as { runs: { run: string }[] }).runs.map(({ run }) => run)).toEqual([
      '2026-11-01T02-30-00Z--2',
      '2026-11-02T02-30-00Z--2',
      '2026-11-03T02-30-00Z',
    ]);
  });
});
