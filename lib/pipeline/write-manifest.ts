// The manifest file of a pipeline. In: the pipeline's parts once they are compiled. Out: `headrace/<name>.json` in the cloud
// assembly, written when the stack is, so that logical ids and the template's file name are known.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachCustomSynthesis, Stack, Token } from 'aws-cdk-lib';
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { MANIFEST_FOLDER, MANIFEST_VERSION, type Manifest } from '../compile/manifest';
import type { Compiled } from '../compile/model';
import type { Params, PlannedTask } from './graph';
import type { AlertConfig } from './i-alert';
import type { IPipeline } from './i-pipeline';
import type { TriggerConfig } from './i-trigger';

export interface ManifestParts {
  readonly compiled: Compiled;
  readonly machines: ReadonlyMap<string, CfnStateMachine>;
  readonly tasks: ReadonlyMap<string, PlannedTask>;
  readonly params: Params;
  readonly triggers: readonly TriggerConfig[];
  readonly alerts: readonly AlertConfig[];
  /** Name of the machine that does its backfills. */
  readonly backfill?: string;
}

export function writeManifestAtSynth(pipeline: IPipeline, parts: ManifestParts): void {
  attachCustomSynthesis(pipeline as never, {
    onSynthesize: ({ outdir }) => {
      const folder = join(outdir, MANIFEST_FOLDER);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, `${pipeline.pipelineName}.json`),
        `${JSON.stringify(manifestOf(pipeline, parts), undefined, 1)}\n`,
      );
    },
  });
}

/** Without `machines`, which are made later, no logical ids. */
export function manifestOf(
  pipeline: IPipeline,
  {
    compiled,
    machines,
    tasks,
    params,
    triggers,
    alerts,
    backfill,
  }: Omit<ManifestParts, 'machines'> & Partial<ManifestParts>,
): Manifest {
  const stack = Stack.of(pipeline);
  const upstream = new Map<string, string[]>();
  for (const [from, to] of compiled.edges) upstream.set(to, [...(upstream.get(to) ?? []), from]);
  const home = new Map(
    compiled.machines.flatMap((machine) => machine.tasks.map((task) => [task, machine.name] as const)),
  );
  return {
    version: MANIFEST_VERSION,
    name: pipeline.pipelineName,
    path: pipeline.node.path,
    stack: stack.artifactId,
    template: stack.templateFile,
    ...(!Token.isUnresolved(stack.region) && { region: stack.region }),
    machines: compiled.machines.map(({ name, root }) => ({
      name,
      root,
      logicalId: (stack.resolve(machines?.get(name)?.logicalId) as string | undefined) ?? '',
    })),
    tasks: compiled.order.map((id, index) => {
      const { graph, group, region, log } = tasks.get(id)!;
      return {
        id,
        index,
        kind: graph.kind,
        path: graph.path ?? id,
        upstream: upstream.get(id) ?? [],
        triggerRule: graph.setups === undefined ? (graph.triggerRule ?? 'all_success') : 'all_done',
        machine: home.get(id) ?? compiled.root,
        outputs: compiled.outputs[id] ?? [],
        ...(graph.branch && { branch: true }),
        ...(graph.setups !== undefined && { setups: graph.setups }),
        ...(group !== undefined && { group }),
        ...(region !== undefined && { region }),
        ...(graph.seconds !== undefined && { seconds: graph.seconds }),
        ...(log !== undefined && { log: stack.resolve(log) as { [key: string]: string } }),
      };
    }),
    rendezvous: compiled.rendezvous,
    params: Object.entries(params).map(([name, { type, defaultValue, description, secret }]) => ({
      name,
      type,
      ...(defaultValue !== undefined && { default: defaultValue }),
      ...(description !== undefined && { description }),
      ...(secret && { secret }),
    })),
    triggers: triggers.map(({ kind, expression, timeZone }) => ({
      kind,
      ...(expression !== undefined && { expression }),
      ...(timeZone !== undefined && { timeZone }),
    })),
    ...(backfill !== undefined && { backfill }),
    alerts: alerts.map(({ kind, target }) => ({
      kind,
      ...(target !== undefined && !Token.isUnresolved(target) && { target }),
    })),
  };
}
