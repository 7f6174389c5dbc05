// One pipeline with its tasks' outcomes decided beforehand: compiled by our compiler, run by the emulator, read back. In: a
// graph in the format of the DAG files, with an outcome a task. Out: what the run did.

import { compile } from '../../lib/compile/compile';
import type { RunInput } from '../../lib/compile/manifest';
import type { CompileRequest, Compiled, Json, TriggerRule } from '../../lib/compile/model';
import { type Emulator, mockedArn } from './emulator';
import type { Answer, Answers } from './mocks';
import { type PipelineRun, readRun } from './outcomes';

/** What a task does if it runs. */
export type Forced = 'success' | 'failed' | 'skipped';

export interface CaseGraph {
  readonly tasks: readonly {
    readonly id: string;
    readonly trigger_rule?: string;
    readonly outcome?: Forced;
    readonly payload?: Json;
  }[];
  readonly edges: readonly (readonly [string, string])[];
}

export interface PipelineCase {
  readonly compiled: Compiled;
  readonly graph: CaseGraph;
}

export const TABLE = 'headrace-rendezvous';
const RUN_LIMIT_SECONDS = 100;

export const ANSWERS: Readonly<Record<Forced, Answer>> = {
  success: { Return: { StatusCode: 200, Payload: { rows: 7 } } },
  failed: { Throw: { Error: 'Lambda.Broken', Cause: 'told to fail' } },
  skipped: { Throw: { Error: 'Headrace.Skip', Cause: 'told to skip' } },
};

/** Compiles the graph. Padding makes every task that many characters longer, which cuts the pipeline into child machines. */
export function pipelineCase(name: string, graph: CaseGraph, options: { padding?: number } = {}): PipelineCase {
  const upstream = new Map<string, string[]>(graph.tasks.map((task) => [task.id, []]));
  for (const [before, after] of graph.edges) upstream.get(after)!.push(before);
  const request: CompileRequest = {
    name,
    rendezvousTable: TABLE,
    machineArn: mockedArn,
    tasks: graph.tasks.map((task) => ({
      id: task.id,
      kind: 'LambdaTask',
      upstream: upstream.get(task.id)!,
      triggerRule: (task.trigger_rule ?? 'all_success') as TriggerRule,
      maySkip: task.outcome === 'skipped',
      body: {
        type: 'state',
        state: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          ...(options.padding === undefined ? {} : { Comment: '.'.repeat(options.padding) }),
          Arguments: { FunctionName: task.id, ...(task.payload === undefined ? {} : { Payload: task.payload }) },
        },
      },
      outputs: '$states.result.Payload',
    })),
  };
  return { compiled: compile(request), graph };
}

/** What the tasks of these pipelines answer, for writeMocks. */
export function answersOf(cases: Iterable<PipelineCase>): Map<string, Answers> {
  const machines = new Map<string, Answers>();
  for (const { compiled, graph } of cases) {
    const answers = new Map(graph.tasks.map((task) => [task.id, [ANSWERS[task.outcome ?? 'success']]]));
    for (const machine of compiled.machines) {
      machines.set(machine.name, Object.fromEntries(machine.tasks.map((id) => [id, answers.get(id)!])));
    }
  }
  return machines;
}

/** Tasks of a machine and of the machines that it starts. */
export function tasksUnder(compiled: Compiled, name: string): string[] {
  const machine = compiled.machines.find((candidate) => candidate.name === name)!;
  return [...machine.tasks, ...machine.children.flatMap((child) => tasksUnder(compiled, child))];
}

/** A machine that ends outside any Catch, as when AWS ends it. */
const DEAD = { StartAt: 'Dies', States: { Dies: { Type: 'Fail', Error: 'States.Runtime', Cause: 'told to die' } } };

export interface RunOptions {
  readonly input?: RunInput;
  /** Names of child machines that die at once. */
  readonly dead?: readonly string[];
}

/** Makes the machines, runs the root once, deletes them. */
export async function runCase(
  emulator: Emulator,
  { compiled }: PipelineCase,
  { input = {}, dead = [] }: RunOptions = {},
): Promise<PipelineRun> {
  const lost = new Set(dead.flatMap((name) => tasksUnder(compiled, name)));
  for (const machine of compiled.machines) {
    await emulator.create(machine.name, dead.includes(machine.name) ? DEAD : machine.definition);
  }
  const ended = await emulator.run(compiled.root, input, { mocked: true, limitSeconds: RUN_LIMIT_SECONDS });
  const run = await readRun(emulator, ended, compiled.order, lost);
  for (const machine of compiled.machines) await emulator.delete(machine.name);
  return run;
}
