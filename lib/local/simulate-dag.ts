// A DAG file, or a synthesized pipeline, in; its simulated run out, beside the critical path that no run can beat.

import { compile } from '../compile/compile';
import { type DagFile, dagRequest } from '../compile/dag-file';
import type { Manifest } from '../compile/manifest';
import type { TriggerRule } from '../compile/model';
import type { Json } from './engine';
import { type Simulation, simulate } from './simulate';

/** Run time of a task where nobody knows it. */
export const UNKNOWN_SECONDS = 1;

export interface SimulatedRun extends Simulation {
  readonly name: string;
  readonly criticalPathSeconds: number;
}

export async function simulateDag(dag: DagFile, transitionMs = 0): Promise<SimulatedRun> {
  const plan = compile(dagRequest(dag, (name) => name, 'rendezvous'));
  const given = new Map(dag.tasks.map((task) => [task.id, task]));
  const seconds = (id: string): number => given.get(id)!.seconds ?? UNKNOWN_SECONDS;
  const upstream = new Map<string, string[]>();
  for (const [before, after] of plan.edges) upstream.set(after, [...(upstream.get(after) ?? []), before]);
  const functions = new Map(dag.tasks.map((task) => [task.id, task.id]));
  const run = await simulate({
    root: plan.root,
    machines: new Map(plan.machines.map((machine) => [machine.name, machine.definition as Json])),
    tasks: plan.order.map((id) => ({ id, seconds: seconds(id), outcome: given.get(id)!.outcome })),
    taskOf: (call) => functions.get(String((call.arguments as { FunctionName?: Json }).FunctionName)),
    transitionMs,
  });
  const criticalPathSeconds = criticalPath(
    plan.order.map((id) => ({
      id,
      seconds: seconds(id),
      rule: given.get(id)!.triggerRule,
      upstream: upstream.get(id) ?? [],
    })),
  );
  return { ...run, name: dag.name, criticalPathSeconds };
}

/**
 * A synthesized pipeline: the machines as deployed, but each task's own work replaced by one call that takes its expected time,
 * so conditions count as true, branches choose everything, and service loops are not entered.
 */
export async function simulatePipeline(
  manifest: Manifest,
  machines: ReadonlyMap<string, { readonly name: string; readonly definition: Json }>,
  rootArn: string,
  outcomes: ReadonlyMap<string, 'failed' | 'skipped'>,
  transitionMs = 0,
): Promise<SimulatedRun> {
  const ids = new Set(manifest.tasks.map((task) => task.id));
  const definitions = new Map(
    [...machines].map(([arn, machine]): [string, Json] => [arn, stubbed(machine.definition, ids)]),
  );
  const ordered = [...manifest.tasks].sort((a, b) => a.index - b.index);
  const run = await simulate({
    root: rootArn,
    machines: definitions,
    tasks: ordered.map((task) => ({
      id: task.id,
      seconds: task.seconds ?? UNKNOWN_SECONDS,
      outcome: outcomes.get(task.id) ?? 'success',
      // A list of one, as the body of a task of several states leaves.
      ...(task.branch && { result: [{ branch: downstream(manifest, task.id) }] }),
    })),
    taskOf: (call) => (ids.has(call.stateName) ? call.stateName : undefined),
    transitionMs,
  });
  const criticalPathSeconds = criticalPath(
    ordered.map((task) => ({
      id: task.id,
      seconds: task.seconds ?? UNKNOWN_SECONDS,
      rule: task.triggerRule,
      upstream: task.upstream,
    })),
  );
  return { ...run, name: manifest.name, criticalPathSeconds };
}

function downstream(manifest: Manifest, id: string): string[] {
  return manifest.tasks.filter((task) => task.upstream.includes(id)).map((task) => task.id);
}

/** States that only a state with work of its own has; everything else of a task's state stays. */
const WORK = [
  'Resource',
  'Arguments',
  'Branches',
  'ItemProcessor',
  'Items',
  'ItemReader',
  'ItemSelector',
  'TimeoutSeconds',
  'HeartbeatSeconds',
];

function stubbed(definition: Json, ids: ReadonlySet<string>): Json {
  const machine = definition as { [field: string]: Json };
  const states: [string, Json][] = Object.entries(
    machine['States'] as { [name: string]: { [field: string]: Json } },
  ).map(([name, state]) => {
    if (ids.has(name)) {
      const kept = Object.entries(state).filter(([field]) => !WORK.includes(field));
      return [
        name,
        { ...Object.fromEntries(kept), Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: {} },
      ];
    }
    if (!Array.isArray(state['Branches'])) return [name, state];
    return [name, { ...state, Branches: state['Branches'].map((branch) => stubbed(branch, ids)) }];
  });
  return { ...machine, States: Object.fromEntries(states) };
}

interface Timed {
  readonly id: string;
  readonly seconds: number;
  readonly rule: TriggerRule;
  readonly upstream: readonly string[];
}

/** When the last task would end if all succeeded and nothing but the tasks took time. Tasks come in a topological order. */
export function criticalPath(tasks: readonly Timed[]): number {
  const end = new Map<string, number>();
  let last = 0;
  for (const task of tasks) {
    const ends = task.upstream.map((id) => end.get(id)!);
    const early = task.rule === 'one_success' || task.rule === 'one_done';
    const start =
      task.rule === 'always' || ends.length === 0
        ? 0
        : ends.reduce((a, b) => (early ? Math.min(a, b) : Math.max(a, b)));
    end.set(task.id, start + task.seconds);
    last = Math.max(last, start + task.seconds);
  }
  return last;
}
