import { beforeAll, describe, expect, it } from 'vitest';
import { register as logs } from '../../bin/verbs/logs';
import { register as rerun } from '../../bin/verbs/rerun';
import { register as runs } from '../../bin/verbs/runs';
import { register as status } from '../../bin/verbs/status';
import { runLocal } from '../../lib/local/local-run';
import { CompiledAssembly, type FunctionTask } from '../ops/compiled-assembly';
import { runVerb } from './verb';

// Both ends of a branch, an output that crosses the failed task, and a task that does not depend on it.
const TASKS: readonly FunctionTask[] = [
  { id: 'Ingest' },
  { id: 'Clean', after: ['Ingest'] },
  { id: 'Load', after: ['Clean'], reads: 'Ingest' },
  { id: 'Pick', after: ['Ingest'], branch: true },
  { id: 'Chosen', after: ['Pick'] },
  { id: 'Other', after: ['Pick', 'Clean'], rule: 'none_failed' },
];
const PARAMS = [{ name: 'token', type: 'string', secret: true }] as const;
const DATE = '2026-11-01T00:00:00Z';

const assembly = new CompiledAssembly(TASKS, PARAMS);
const place = ['--store', assembly.store, '--assembly', assembly.folder];
const both = place;
const again = (...words: string[]) =>
  runVerb(rerun, 'rerun', 'Sales', ...words, '--param', 'token=hush-hush', ...both, '--json');

describe('a run that failed in the middle', () => {
  beforeAll(async () => {
    assembly.tell({ Ingest: { rows: 41 }, Clean: { fail: 'column price is missing' }, Pick: { branch: 'Chosen' } });
    const result = await runLocal({
      assembly: assembly.folder,
      store: assembly.store,
      input: { logicalDate: DATE, params: { token: 'hush-hush' } },
    });
    expect(result.status).toBe('FAILED');
  });

  it('is listed, with its failed task', async () => {
    const { out, code } = await runVerb(runs, 'runs', '--json', ...place);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { pipeline: 'Demo-Sales', run: '2026-11-01', status: 'FAILED', logicalDate: DATE, failed: ['Clean'] },
    ]);
    const text = await runVerb(runs, 'runs', 'Sales', ...place);
    expect(text.out).toMatch(/Demo-Sales {2}2026-11-01 {2}failed .* Clean$/m);
  });

  it('has a status that says why, exit code 1, and no secret', async () => {
    const { out, code } = await runVerb(status, 'status', 'Sales', ...place);
    expect(code).toBe(1);
    expect(out).toContain('column price is missing');
    expect(out).toContain('headrace rerun Demo-Sales 2026-11-01 --failed');
    const json = await runVerb(status, 'status', 'Demo-Sales', '2026-11-01', '--json', ...place);
    expect(json.out).not.toContain('hush');
    const tasks = (JSON.parse(json.out) as { tasks: { id: string; status: string }[] }).tasks;
    expect(Object.fromEntries(tasks.map((task) => [task.id, task.status]))).toEqual({
      Ingest: 'succeeded',
      Clean: 'failed',
      Load: 'upstream_failed',
      Pick: 'succeeded',
      Chosen: 'succeeded',
      Other: 'skipped',
    });
  });

  it('shows the log of the failing attempt', async () => {
    const { out, code } = await runVerb(logs, 'logs', 'Sales', ...place);
    expect(code).toBe(0);
    expect(out).toContain('Clean saw null');
    expect(out).not.toContain('Ingest saw');
    const one = await runVerb(logs, 'logs', 'Sales', 'latest', '--task', 'Ingest', '--json', ...place);
    expect(JSON.parse(one.out)).toMatchObject([{ task: 'Ingest', attempt: 1, status: 'succeeded' }]);
  });

  it.each([
    [logs, ['logs', 'Sales', '--task', 'Claan'], 'did you mean Clean?'],
    [logs, ['logs', 'Sales', '--task', 'Clean', '--attempt', '4'], 'no log of attempt 4 in run 2026-11-01: there is 1'],
    [status, ['status', 'Salez'], 'did you mean Sales?'],
    [status, ['status', 'Sales', '2026-11-02'], 'did you mean 2026-11-01?'],
    [rerun, ['rerun', 'Sales', 'latest', '--from', 'Lod'], 'did you mean Load?'],
    [
      rerun,
      ['rerun', 'Sales', 'latest', '--failed', '--all'],
      'one of --failed, --from TASK, --only TASK, --all; got 2',
    ],
    [rerun, ['rerun', 'Sales', 'latest'], 'got 0'],
  ])('wrong words are answered with what is near (%#)', async (register, words, message) => {
    const { error } = await runVerb(register, ...words, ...place);
    expect(error).toContain(message);
  });

  it('a dry run shows the plan and starts nothing', async () => {
    const words = ['2026-11-01', '--failed', '--dry-run', '--param', 'token=hush-hush'];
    const text = await runVerb(rerun, 'rerun', 'Sales', ...words, ...both);
    expect(text.out).toContain('2026-11-01--2 would repeat 2026-11-01');
    expect(text.out).toContain('Clean (failed), Load (not run)');
    const { out, code } = await again('2026-11-01', '--failed', '--dry-run');
    expect(code).toBe(0);
    expect(out).not.toContain('hush');
    const listed = await runVerb(runs, 'runs', '--json', ...place);
    expect(JSON.parse(listed.out)).toHaveLength(1);
  });

  it('a rerun of what failed keeps outputs, branch, date and params; its log and lineage are found', async () => {
    assembly.tell({ Ingest: { fail: 'must not run again' }, Pick: { fail: 'must not run again' } });
    const { out, code, error } = await again('2026-11-01', '--failed');
    expect([code, error]).toEqual([0, undefined]);
    const { plan, run, tasks } = JSON.parse(out) as {
      plan: { tasks: { id: string }[]; input: object };
      run: string;
      tasks: { id: string; status: string; kept: boolean }[];
    };
    expect(plan.tasks.map((task) => task.id)).toEqual(['Clean', 'Load']);
    expect(plan.input).toMatchObject({ logicalDate: DATE, rerunOf: '2026-11-01', outputs: { v0: { rows: 41 } } });
    expect(tasks.find((task) => task.id === 'Other')).toMatchObject({ status: 'skipped', kept: true });
    const load = await runVerb(logs, 'logs', 'Sales', run, '--task', 'Load', ...place);
    expect(load.out).toContain('Load saw 41');
    const kept = await runVerb(logs, 'logs', 'Sales', run, '--task', 'Ingest', ...place);
    expect(kept.out).toContain('run 2026-11-01  attempt 1');
    const shown = await runVerb(status, 'status', 'Sales', 'latest', '--json', ...place);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.out)).toMatchObject({ run, rerunOf: '2026-11-01', status: 'SUCCEEDED' });
  });

  it('a rerun of the rerun still has the outputs of the first, and says what changed since', async () => {
    assembly.write([...TASKS.filter((task) => task.id !== 'Chosen'), { id: 'Report', after: ['Load'] }], PARAMS);
    assembly.tell({ Ingest: { fail: 'must not run again' }, Report: { fail: 'no printer' } });
    const { out, code } = await again('latest', '--from', 'Load');
    expect(code).toBe(1);
    const { plan, tasks } = JSON.parse(out) as {
      plan: { tasks: object[]; change: object; input: object };
      tasks: { id: string; status: string }[];
    };
    expect(plan.tasks).toEqual([
      { id: 'Load', earlier: 'succeeded' },
      { id: 'Report', earlier: 'new' },
    ]);
    expect(plan.change).toEqual({ added: ['Report'], removed: ['Chosen'], changed: [] });
    const byId = Object.fromEntries(tasks.map((task) => [task.id, task.status]));
    expect(byId).toMatchObject({ Load: 'succeeded', Report: 'failed', Other: 'skipped' });
    const load = await runVerb(logs, 'logs', 'Sales', 'latest', '--task', 'Load', ...place);
    expect(load.out).toContain('Load saw 41');
  });
});
