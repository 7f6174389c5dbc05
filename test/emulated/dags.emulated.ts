// Real DAGs, as people wrote them: what we emit for them runs on an interpreter that is not ours. Every second one has tasks
// that fail; some are cut into child machines. Every outcome is the expected one, and no task starts before its upstream
// tasks have ended, across branches, rendezvous and machines.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Emulator } from './emulator';
import { writeMocks } from './mocks';
import type { PipelineRun } from './outcomes';
import { answersOf, type CaseGraph, type PipelineCase, pipelineCase, runCase } from './pipeline-case';

interface Dag extends CaseGraph {
  readonly name: string;
}

const WANTED = { withRendezvous: 12, without: 10, cut: 4 };
const TASKS = { least: 8, most: 40 };
/** Characters that a pipeline is padded to, over all its tasks: with a limit of 1 MB that is at least three machines. */
const PADDED_CHARS = 2_400_000;
const FAILING_STRIDE = 6;

interface Chosen {
  readonly name: string;
  readonly kind: string;
  readonly plan: PipelineCase;
}

const chosen = choose();

describe('real DAGs', () => {
  const emulator = new Emulator(inject('url'));

  beforeAll(() => writeMocks(inject('mockFile'), answersOf(chosen.map((entry) => entry.plan))));

  it.concurrent.for(chosen)('$name: $kind', async ({ plan }, { expect }) => {
    const run = await runCase(emulator, plan);
    const expected = expectedOutcomes(plan.graph);
    expect(Object.fromEntries([...run.tasks].map(([id, task]) => [id, task.outcome]))).toEqual(
      Object.fromEntries(expected),
    );
    expect(run.status).toBe(
      [...expected.values()].every((outcome) => outcome === 'succeeded') ? 'SUCCEEDED' : 'FAILED',
    );
    expect(tooEarly(plan.graph, run)).toEqual([]);
    expect(run.executions).toBe(plan.compiled.machines.length);
  });

  it('are of every kind', () => {
    const count = (holds: (plan: PipelineCase) => boolean) => chosen.filter((entry) => holds(entry.plan)).length;
    expect(chosen.length).toBeGreaterThanOrEqual(20);
    expect(count(({ compiled }) => compiled.rendezvous.length > 0)).toBeGreaterThanOrEqual(WANTED.withRendezvous);
    expect(count(({ compiled }) => compiled.machines.length > 2)).toBe(WANTED.cut);
  });
});

function choose(): Chosen[] {
  const folder = join(__dirname, '../corpus/dags');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  const small = files
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dag)
    .filter(({ tasks }) => tasks.length >= TASKS.least && tasks.length <= TASKS.most);
  const open = small.filter((dag) => pipelineCase('x', dag).compiled.rendezvous.length > 0);
  const nested = small.filter((dag) => !open.includes(dag));
  const picked = [...spread(open, WANTED.withRendezvous), ...spread(nested, WANTED.without)];
  return picked.map((dag, i) => {
    const graph = i % 2 === 0 ? dag : withFailures(dag);
    // The first of those with a rendezvous, so that waits reach across machines.
    const padding = i < WANTED.cut ? Math.ceil(PADDED_CHARS / dag.tasks.length) : undefined;
    const plan = pipelineCase(`dag-${i}`, graph, padding === undefined ? {} : { padding });
    const { rendezvous, machines } = plan.compiled;
    const kind = `${dag.tasks.length} tasks, ${rendezvous.length} rendezvous, ${machines.length} machines`;
    return { name: dag.name, kind, plan };
  });
}

/** So many of them, evenly over the list. */
function spread<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}

function withFailures(dag: Dag): CaseGraph {
  return {
    edges: dag.edges,
    tasks: dag.tasks.map((task, i) =>
      i % FAILING_STRIDE === FAILING_STRIDE - 1 ? { ...task, outcome: 'failed' } : task,
    ),
  };
}

/** All rules are all_success: a task runs unless something upstream, near or far, has failed. */
function expectedOutcomes({ tasks, edges }: CaseGraph): Map<string, string> {
  const upstream = new Map<string, string[]>(tasks.map((task) => [task.id, []]));
  for (const [before, after] of edges) upstream.get(after)!.push(before);
  const forced = new Map(tasks.map((task) => [task.id, task.outcome ?? 'success']));
  const known = new Map<string, string>();
  const outcomeOf = (id: string): string => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const ready = upstream
      .get(id)!
      .map(outcomeOf)
      .every((outcome) => outcome === 'succeeded');
    const outcome = !ready ? 'upstream_failed' : forced.get(id) === 'failed' ? 'failed' : 'succeeded';
    known.set(id, outcome);
    return outcome;
  };
  return new Map(tasks.map((task) => [task.id, outcomeOf(task.id)]));
}

/** Edges whose second task started before the first had ended. */
function tooEarly({ edges }: CaseGraph, { tasks }: PipelineRun): string[] {
  return edges.flatMap(([before, after]) => {
    const ended = tasks.get(before)?.ended;
    const started = tasks.get(after)?.started;
    return started !== undefined && (ended === undefined || started < ended) ? [`${before} => ${after}`] : [];
  });
}
