// The work of `headrace simulate`: each source run on the virtual clock, then told to people or as JSON.

import type { DagFile } from '../../lib/compile/dag-file';
import { type SimulatedRun, simulateDag, simulatePipeline } from '../../lib/local/simulate-dag';
import { explain, explainJson, type Source, sourcesOf } from './plan-sources';

export interface SimulateOptions {
  readonly json?: boolean;
  readonly transitionMs: string;
  readonly fail: string[];
  readonly skip: string[];
}

export async function runSimulateVerb(words: readonly string[], options: SimulateOptions): Promise<number> {
  const transitionMs = Number(options.transitionMs);
  if (!Number.isInteger(transitionMs) || transitionMs < 0 || transitionMs > 3_600_000) {
    throw new Error(
      `--transition-ms takes a whole number of milliseconds from 0 to 3600000, not ${JSON.stringify(options.transitionMs)}`,
    );
  }
  const forced = new Map<string, 'failed' | 'skipped'>([
    ...options.skip.map((id): [string, 'skipped'] => [id, 'skipped']),
    ...options.fail.map((id): [string, 'failed'] => [id, 'failed']),
  ]);
  let code = 0;
  for (const source of sourcesOf(words)) {
    try {
      const run = await runOf(await source.read(), forced, transitionMs);
      process.stdout.write(options.json ? `${JSON.stringify(jsonOf(run))}\n` : textOf(run));
      if (run.outcome === 'failed' && !options.json && code === 0) code = 1;
    } catch (error) {
      code = 2;
      process.stderr.write(explain(source.label, error));
      if (options.json) process.stdout.write(explainJson(source.label, error));
    }
  }
  return code;
}

function runOf(
  source: Source,
  forced: ReadonlyMap<string, 'failed' | 'skipped'>,
  transitionMs: number,
): Promise<SimulatedRun> {
  const tasks = source.kind === 'dag' ? source.dag.tasks : source.manifest.tasks;
  for (const id of forced.keys()) {
    if (!tasks.some((task) => task.id === id))
      throw new Error(`there is no task ${JSON.stringify(id)} to force an outcome on`);
  }
  if (source.kind === 'pipeline') {
    return simulatePipeline(source.manifest, source.machines, source.rootArn, forced, transitionMs);
  }
  const dag: DagFile = {
    ...source.dag,
    tasks: source.dag.tasks.map((task) => ({ ...task, outcome: forced.get(task.id) ?? task.outcome })),
  };
  return simulateDag(dag, transitionMs);
}

function jsonOf(run: SimulatedRun): unknown {
  const { name, outcome, makespanSeconds, criticalPathSeconds, transitions, historyEvents } = run;
  return {
    name,
    outcome,
    makespanSeconds,
    criticalPathSeconds,
    transitions,
    historyEvents,
    tasks: Object.fromEntries(run.tasks),
  };
}

function textOf(run: SimulatedRun): string {
  const width = Math.max(4, ...[...run.tasks.keys()].map((id) => id.length));
  const time = (seconds: number | null): string => (seconds === null ? '-' : `${seconds.toFixed(1)} s`).padStart(10);
  const lines = [
    `${run.name}: ${run.outcome} after ${run.makespanSeconds.toFixed(1)} s (critical path ${run.criticalPathSeconds.toFixed(1)} s), ` +
      `${run.transitions} state transitions, ${run.historyEvents} history events`,
    ...(run.error === undefined ? [] : [`  ${run.error}: ${run.cause ?? ''}`]),
    '',
    ...[...run.tasks].map(
      ([id, task]) => `  ${id.padEnd(width)} ${time(task.startSeconds)} ${time(task.endSeconds)}  ${task.outcome}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
