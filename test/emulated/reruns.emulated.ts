// What a run carries besides outcomes, on an interpreter that is not ours: outputs through the tree, through a rendezvous and
// between machines; a selection of tasks with what the others left; and a child machine that dies with nobody left waiting.

import { beforeAll, describe, expect, inject, it } from 'vitest';
import { marker } from '../../lib/compile/reference';
import { Emulator } from './emulator';
import { writeMocks } from './mocks';
import type { PipelineRun } from './outcomes';
import { answersOf, type CaseGraph, pipelineCase, runCase, tasksUnder } from './pipeline-case';

const rows = (task: string) => marker({ kind: 'output', task, name: 'rows' });

// The smallest graph that does not nest: both read what both upstream tasks put out.
const GRAPH: CaseGraph = {
  tasks: [
    { id: 'left' },
    { id: 'right' },
    { id: 'narrow', payload: { rows: rows('left') } },
    { id: 'wide', payload: { left: rows('left'), text: `right "${rows('right')}"\\` } },
    { id: 'report', payload: { day: marker({ kind: 'run', field: 'date' }) } },
  ],
  edges: [
    ['left', 'narrow'],
    ['left', 'wide'],
    ['right', 'wide'],
    ['narrow', 'report'],
    ['wide', 'report'],
  ],
};
const PADDING = 500_000;

const emulator = new Emulator(inject('url'));
const whole = pipelineCase('rerun-whole', GRAPH);
const cut = pipelineCase('rerun-cut', GRAPH, { padding: PADDING });
const index = (id: string) => whole.compiled.order.indexOf(id);
const only = (...ids: string[]) => whole.compiled.order.map((id) => (ids.includes(id) ? '1' : '0')).join('');
const outcomes = (run: PipelineRun) => Object.fromEntries([...run.tasks].map(([id, task]) => [id, task.outcome]));
const payload = (run: PipelineRun, id: string) => (run.tasks.get(id)!.arguments as { Payload: unknown }).Payload;
const ran = (run: PipelineRun) => [...run.tasks].filter(([, task]) => task.started !== undefined).map(([id]) => id);

beforeAll(() => writeMocks(inject('mockFile'), answersOf([whole, cut])));

describe.each([
  ['one machine', whole],
  ['several machines', cut],
])('in %s', (_, plan) => {
  it('outputs reach whoever reads them', async () => {
    const run = await runCase(emulator, plan, { input: { logicalDate: '2026-03-01T02:30:00Z' } });
    expect(run.status).toBe('SUCCEEDED');
    expect(payload(run, 'narrow')).toEqual({ rows: 7 });
    expect(payload(run, 'wide')).toEqual({ left: 7, text: 'right "7"\\' });
    expect(payload(run, 'report')).toEqual({ day: '2026-03-01' });
  });

  it('a selection takes the outputs of an earlier run', async () => {
    const outputs = { [`v${index('left')}`]: { rows: 41 } };
    const run = await runCase(emulator, plan, { input: { run: only('right', 'wide', 'report'), outputs } });
    expect(run.status).toBe('SUCCEEDED');
    expect(ran(run).sort()).toEqual(['report', 'right', 'wide']);
    expect(payload(run, 'wide')).toEqual({ left: 41, text: 'right "7"\\' });
  });

  it('a selection takes the outcomes of an earlier run', async () => {
    const kept = { [index('left')]: 'f' as const };
    const run = await runCase(emulator, plan, { input: { run: only('right', 'narrow', 'wide', 'report'), kept } });
    expect(run.status).toBe('FAILED');
    expect(ran(run)).toEqual(['right']);
    const { left: _left, ...others } = outcomes(run);
    expect(others).toEqual({
      right: 'succeeded',
      narrow: 'upstream_failed',
      wide: 'upstream_failed',
      report: 'upstream_failed',
    });
  });
});

describe('a child machine that dies', () => {
  it.each(cut.compiled.machines.filter((machine) => !machine.root && machine.tasks.length > 0))(
    '$name: its tasks count as failed and nobody waits for ever',
    async ({ name }) => {
      const tasks = tasksUnder(cut.compiled, name);
      const run = await runCase(emulator, cut, { dead: [name] });
      expect(run.status).toBe('FAILED');
      const downstream = new Set<string>();
      for (const [before, after] of cut.compiled.edges) {
        if (tasks.includes(before) || downstream.has(before)) downstream.add(after);
      }
      const expected = cut.compiled.order.map((id) => [
        id,
        tasks.includes(id) ? 'failed' : downstream.has(id) ? 'upstream_failed' : 'succeeded',
      ]);
      expect(outcomes(run)).toEqual(Object.fromEntries(expected));
    },
  );

  it('is tried for several machines', () => {
    expect(cut.compiled.machines.length).toBeGreaterThan(2);
    expect(cut.compiled.rendezvous.length).toBeGreaterThan(0);
  });
});
