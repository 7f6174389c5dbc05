// Prints what compiling and simulating cost: CPU seconds and memory for graphs of 10,000 tasks, characters per Glue task, waits and
// transitions over the real DAGs. Medians of three runs; a benchmark, not a test. npm run bench:compile

import { compile } from '../../lib/compile/compile';
import { dagRequest } from '../../lib/compile/dag-file';
import type { Compiled, GraphTask, Json } from '../../lib/compile/model';
import { criticalPath, simulateDag } from '../../lib/local/simulate-dag';
import { realDags } from '../compile/dag-corpus';
import { request, type Shape, synthetic, task } from '../compile/graphs';

const COUNT = 10_000;

/** A Glue job of 409 characters, Type and Retry included. */
const RETRY = [
  { ErrorEquals: ['Glue.ConcurrentRunsExceededException'], IntervalSeconds: 30, MaxAttempts: 3, BackoffRate: 2 },
];
const GLUE = { Type: 'Task', Resource: 'arn:aws:states:::glue:startJobRun.sync' };
const JOB = 'j'.repeat(409 - JSON.stringify({ ...GLUE, Arguments: { JobName: '' }, Retry: RETRY }).length);
const BODY: GraphTask['body'] = { type: 'state', state: { ...GLUE, Arguments: { JobName: JOB } } };

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function cpuSeconds<T>(work: () => T): { seconds: number; value: T } {
  const before = process.cpuUsage();
  const value = work();
  const used = process.cpuUsage(before);
  return { seconds: (used.user + used.system) / 1e6, value };
}

function tasksOf(shape: Shape): GraphTask[] {
  const upstream = new Map<number, string[]>();
  for (const [a, b] of synthetic(shape, COUNT)) upstream.set(b, [...(upstream.get(b) ?? []), `t${a}`]);
  return Array.from({ length: COUNT }, (_, i) => task(`t${i}`, upstream.get(i) ?? []));
}

async function main(): Promise<void> {
  const print = (what: string, value: string, limit: string): void => console.log(`| ${what} | ${value} | ${limit} |`);
  console.log('| what | measured | at most |\n|---|---|---|');
  for (const [shape, limit] of [
    ['series-parallel', 0.5],
    ['dbt-like', 1],
    ['grid', 2],
    ['random layers', 3],
  ] as const) {
    const tasks = tasksOf(shape);
    const runs = [1, 2, 3].map(() => cpuSeconds(() => compile(request(tasks))));
    const { value } = runs[0]!;
    const about = `${value.rendezvous.length} waits, ${value.machines.length} machines`;
    print(
      `compile ${COUNT} tasks, ${shape} (${about})`,
      `${median(runs.map((r) => r.seconds)).toFixed(2)} CPU s`,
      `${limit} s`,
    );
  }
  print('memory, peak', `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`, '500 MB');
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
  const before = process.cpuUsage();
  const run = await simulateDag(dag);
  const used = process.cpuUsage(before);
  const ideal = criticalPath(
    tasks.map(({ id, upstream }) => ({ id, upstream, seconds: 1, rule: 'all_success' as const })),
  );
  const verdict: Json = `${run.outcome}, ${run.makespanSeconds} s of ${ideal} s`;
  print(
    `simulate ${COUNT} tasks, dbt-like (${verdict})`,
    `${((used.user + used.system) / 1e6).toFixed(1)} CPU s`,
    '10 s',
  );
}

void main();
