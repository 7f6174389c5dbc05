// The work of `headrace plan`: each source compiled (a DAG file) or read as deployed (a pipeline), then printed or written.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../lib/compile/compile';
import { dagRequest } from '../../lib/compile/dag-file';
import { describeDot, describeJson, describeMermaid, describeText } from '../../lib/compile/describe';
import type { Compiled } from '../../lib/compile/model';
import { reduceEdges } from '../../lib/compile/reduce';
import { explain, explainJson, type Source, sourcesOf } from './plan-sources';

export interface PlanOptions {
  readonly json?: boolean;
  readonly asl?: string;
  readonly dot?: boolean;
  readonly mermaid?: boolean;
}

/** Names that the written machines use for each other and for the table; whoever deploys them puts the real ones in. */
const MACHINE_ARN = (name: string): string => `\${machine:${name}}`;
const TABLE = 'headrace-latch';

export async function runPlanVerb(words: readonly string[], options: PlanOptions): Promise<number> {
  let code = 0;
  const sources = sourcesOf(words);
  for (const source of sources) {
    try {
      const plan = await planOf(await source.read());
      if (options.asl !== undefined)
        writeAsl(plan, sources.length > 1 ? join(options.asl, plan.machines[0]!.name) : options.asl);
      if (options.json) process.stdout.write(`${JSON.stringify(describeJson(plan))}\n`);
      else if (options.dot) process.stdout.write(describeDot(plan));
      else if (options.mermaid) process.stdout.write(describeMermaid(plan));
      else process.stdout.write(describeText(plan));
    } catch (error) {
      code = 2;
      process.stderr.write(explain(source.label, error));
      if (options.json) process.stdout.write(explainJson(source.label, error));
    }
  }
  return code;
}

async function planOf(source: Source): Promise<Compiled> {
  if (source.kind === 'dag') return { ...compile(dagRequest(source.dag, MACHINE_ARN, TABLE)), name: source.dag.name };
  const { manifest, machines } = source;
  const { simulatePipeline } = await import('../../lib/local/simulate-dag.js');
  // What a run costs is counted in a run: the deployed machines, every task a success.
  const run = await simulatePipeline(manifest, machines, source.rootArn, new Map());
  const order = [...manifest.tasks].sort((a, b) => a.index - b.index).map((task) => task.id);
  const position = new Map(order.map((id, i) => [id, i]));
  const edges = manifest.tasks.flatMap((task) => task.upstream.map((id): [string, string] => [id, task.id]));
  const reduced = reduceEdges(
    order.length,
    edges.map(([a, b]) => [position.get(a)!, position.get(b)!]),
  );
  return {
    name: manifest.name,
    root: manifest.machines.find((machine) => machine.root)!.name,
    machines: [...machines.values()].map((machine) => {
      const listed = manifest.machines.find((m) => m.logicalId === machine.logicalId)!;
      return {
        name: listed.name,
        root: listed.root,
        definition: machine.definition as Compiled['machines'][number]['definition'],
        definitionChars: JSON.stringify(machine.definition).length,
        states: (
          JSON.stringify(machine.definition).match(/"Type":"(?:Task|Choice|Pass|Wait|Succeed|Fail|Parallel|Map)"/g) ??
          []
        ).length,
        historyEvents: run.eventsOf.get(machine.name) ?? run.eventsOf.get(listed.name) ?? 0,
        tasks: manifest.tasks.filter((task) => task.machine === listed.name).map((task) => task.id),
        usesRendezvous: false,
        children: [],
      };
    }),
    order,
    edges,
    reducedEdges: reduced.map(([a, b]): [string, string] => [order[a]!, order[b]!]),
    rendezvous: manifest.rendezvous,
    transitions: run.transitions,
    groups: new Map(manifest.tasks.flatMap(({ id, group }) => (group === undefined ? [] : [[id, group] as const]))),
    outputs: {},
  };
}

function writeAsl(plan: Compiled, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const machine of plan.machines) {
    writeFileSync(join(folder, `${machine.name}.asl.json`), `${JSON.stringify(machine.definition)}\n`);
  }
  const about = { root: plan.root, order: plan.order, rendezvousTable: TABLE, ...describeJson(plan) };
  writeFileSync(join(folder, 'plan.json'), `${JSON.stringify(about, null, 2)}\n`);
}
