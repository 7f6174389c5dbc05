// Prints what compiling and simulating cost: CPU seconds and memory for graphs of 10,000 tasks, characters per Glue task, waits and
// transitions over the real DAGs. Medians of five runs after one to warm up, each graph in a process of its own; a benchmark,
// not a test. npm run bench:compile

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { dagRequest } from '../../lib/compile/dag-file';
import type { Compiled, GraphTask } from '../../lib/compile/model';
import { criticalPath, simulateDag } from '../../lib/local/simulate-dag';
import { realDags } from '../compile/dag-corpus';
import { request, type Shape, synthetic, task } from '../compile/graphs';

// What users have: tsx would measure its own names of functions, too.
const BUILT = resolve('dist/lib/compile/compile.js');
if (!existsSync(BUILT)) throw new Error('dist/ is missing: run npm run build:lib first');
const { compile } = require(BUILT) as typeof import('../../lib/compile/compile');

const COUNT = 10_000;
const RUNS = 5;

/** A Glue job of 409 characters, Type and Retry included. */
const RETRY = [
  { ErrorEquals: ['Glue.ConcurrentRunsExceededException'], IntervalSeconds: 30, MaxAttempts: 3, BackoffRate: 2 },
];
const GLUE = { Type: 'Task', Resource: 'arn:aws:states:::glue:startJobRun.sync' };
const JOB = 'j'.repeat(409 - JSON.stringify({ ...GLUE, Arguments: { JobName: '' }, Retry: RETRY }).length);
const BODY: GraphTask['body'] = { type: 'state', state: { ...GLUE, Arguments: { JobName: JOB } } };

const COMPILES: readonly (readonly [Shape, number])[] = [
  ['series-parallel', 0.5],
  ['dbt-like', 1],
  ['grid', 2],
  ['random layers', 3],
];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function cpuSeconds<T>(work: () => T | Promise<T>): Promise<{ seconds: number; value: T }> {
  const before = process.cpuUsage();
  const value = await work();
  const used = process.cpuUsage(before);
  return { seconds: (used.user + used.system) / 1e6, value };
}

function tasksOf(shape: Shape): GraphTask[] {
  const upstream = new Map<number, string[]>();
  for (const [a, b] of synthetic(shape, COUNT)) upstream.set(b, [...(upstream.get(b) ?? []), `t${a}`]);
  return Array.from({ length: COUNT }, (_, i) => task(`t${i}`, upstream.get(i) ?? []));
}

const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
const print = (what: string, value: string, limit: string): void => console.log(`| ${what} | ${value} | ${limit} |`);

async function measureCompile(shape: Shape, limit: number): Promise<void> {
  const tasks = tasksOf(shape);
  const first = await cpuSeconds(() => compile(request(tasks)));
  const about = `${first.value.rendezvous.length} waits, ${first.value.machines.length} machines`;
  const once = peakMb();
  const seconds: number[] = [];
  for (let i = 0; i < RUNS; i++) seconds.push((await cpuSeconds(() => compile(request(tasks)).order.length)).seconds);
  print(
    `compile ${COUNT} tasks, ${shape} (${about})`,
    `${median(seconds).toFixed(2)} CPU s (the first of a process ${first.seconds.toFixed(2)}), ${once} MB`,
    `${limit} s, 500 MB`,
  );
}

function measureRealDags(): void {
  const perTask: number[] = [];
  let [chars, count, reduced, waits, transitions, events] = [0, 0, 0, 0, 0, 0];
  for (const dag of realDags()) {
    const base = dagRequest(dag, (name) => name, 'headrace-rendezvous');
    const plan: Compiled = compile({
      ...base,
      tasks: base.tasks.map((each) => ({ ...each, body: BODY, retry: RETRY })),
    });
    const sum = plan.machines.reduce((total, machine) => total + machine.definitionChars, 0);
    perTask.push(sum / plan.order.length);
    chars += sum;
    count += plan.order.length;
    reduced += plan.reducedEdges.length;
    waits += plan.rendezvous.length;
    transitions += plan.transitions;
    events += plan.machines.reduce((total, machine) => total + machine.historyEvents, 0);
  }
  print('characters per Glue task, all tasks of the real DAGs', (chars / count).toFixed(0), '1,224');
  print('characters per Glue task, median DAG', median(perTask).toFixed(0), '987');
  print('waits across branches, of reduced edges', `${((100 * waits) / reduced).toFixed(1)} %`, '16.9 %');
  print('state transitions per task, all succeed', (transitions / count).toFixed(2), '-');
  print('history events per task, all succeed', (events / count).toFixed(2), '-');
}

async function measureSimulation(): Promise<void> {
  const tasks = tasksOf('dbt-like');
  const dag = {
    name: 'dbt-like',
    tasks: tasks.map(({ id }) => ({
      id,
      triggerRule: 'all_success' as const,
      outcome: 'success' as const,
      retries: 0,
    })),
    edges: tasks.flatMap(({ id, upstream }) => upstream.map((before): [string, string] => [before, id])),
  };
  const { seconds, value: run } = await cpuSeconds(() => simulateDag(dag));
  const ideal = criticalPath(
    tasks.map(({ id, upstream }) => ({ id, upstream, seconds: 1, rule: 'all_success' as const })),
  );
  print(
    `simulate ${COUNT} tasks, dbt-like (${run.outcome}, ${run.makespanSeconds} s of ${ideal} s)`,
    `${seconds.toFixed(1)} CPU s, ${peakMb()} MB`,
    '10 s',
  );
}

async function main(): Promise<void> {
  const [only] = process.argv.slice(2);
  if (only === undefined) {
    console.log('| what | measured | at most |\n|---|---|---|');
    for (const part of [...COMPILES.map(([shape]) => shape), 'real DAGs', 'simulation']) {
      execFileSync(process.execPath, [...process.execArgv, __filename, part], { stdio: 'inherit' });
    }
    return;
  }
  const compiled = COMPILES.find(([shape]) => shape === only);
  if (compiled !== undefined) await measureCompile(...compiled);
  else if (only === 'real DAGs') measureRealDags();
  else await measureSimulation();
}

void main();
