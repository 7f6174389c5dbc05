// `headrace plan --diff OLD`: what a deployment would change for those who run a pipeline. In: an older assembly, or `deployed`, and the
// assembly of now. Out: lines; the exit code. Always: runs that are going on keep the definition they began with, which is said.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestParam, ManifestTrigger } from '../../lib/compile/manifest';
import { changeLines, definitionChange } from '../../lib/ops/definition-change';
import { renamedTasks } from '../../lib/ops/renamed-tasks';
import { unreachable } from '../../lib/ops/unreachable-error';
import { escapeText } from '../../lib/view/escape-text';
import { explain } from './plan-sources';

export interface PlanDiffOptions {
  readonly diff: string;
  readonly profile?: string;
  readonly region?: string;
  readonly json?: boolean;
}

const DEPLOYED = 'deployed';

export async function runPlanDiff(words: readonly string[], options: PlanDiffOptions): Promise<number> {
  const [folder = '', name] = words;
  try {
    const now = await manifestIn(folder, name);
    const before = options.diff === DEPLOYED ? await deployed(now, options) : await olderIn(options.diff, now.name);
    if (options.json) process.stdout.write(`${JSON.stringify(asJson(before, now))}\n`);
    else
      process.stdout.write(
        `${diffLines(before, now)
          .map((line) => escapeText(line))
          .join('\n')}\n`,
      );
    return 0;
  } catch (error) {
    // Not reachable or not allowed has an exit code of its own.
    if (unreachable(error) !== undefined) throw error;
    process.stderr.write(explain(name ?? folder, error));
    return 2;
  }
}

/** In words, for the terminal and for a review. */
export function diffLines(before: Manifest | undefined, now: Manifest): string[] {
  if (before === undefined) return [`${now.name}  new: ${now.tasks.length} tasks`];
  const { change, renamed, machines, params, triggers } = compared(before, now);
  const from = renamed.map((one) => one.from);
  const to = renamed.map((one) => one.to);
  const lines = [
    ...renamed.map((one) => `renamed: ${one.from} -> ${one.to}`),
    ...changeLines({
      added: change.added.filter((id) => !to.includes(id)),
      removed: change.removed.filter((id) => !from.includes(id)),
      changed: change.changed,
    }),
    ...facts('param', params, 'runs that give it are refused'),
    ...facts('schedule', triggers, 'no run comes at its times any more'),
    ...machines.removed.map(
      (machine) => `state machine ${machine} goes away: its runs can no longer be looked at by name`,
    ),
    ...machines.added.map((machine) => `state machine ${machine} is new`),
  ];
  if (lines.length === 0)
    return [`${now.name}  the tasks and their order are the same, and so are params and schedules`];
  return [
    now.name,
    ...lines.map((line) => `  ${line}`),
    ...(renamed.length > 0
      ? [
          '  a renamed task is a new one to re-runs: the outcomes and outputs that earlier runs kept do not count for it',
        ]
      : []),
    '  runs that are going on end as they began; a re-run takes the new definition',
  ];
}

function asJson(before: Manifest | undefined, now: Manifest): object {
  if (before === undefined) return { pipeline: now.name, new: true };
  const { change, ...rest } = compared(before, now);
  return { pipeline: now.name, new: false, ...change, ...rest };
}

function compared(before: Manifest, now: Manifest) {
  const names = (manifest: Manifest) => manifest.machines.map((machine) => machine.name);
  return {
    change: definitionChange(before, now),
    renamed: renamedTasks(before, now),
    machines: {
      removed: names(before).filter((name) => !names(now).includes(name)),
      added: names(now).filter((name) => !names(before).includes(name)),
    },
    params: factsChange(before.params.map(paramFact), now.params.map(paramFact)),
    triggers: factsChange(before.triggers.map(triggerFact), now.triggers.map(triggerFact)),
  };
}

/** Something by its name, and all that may change of it. */
type Fact = readonly [name: string, meaning: string];

interface FactsChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly name: string; readonly from: string; readonly to: string }[];
}

function factsChange(before: readonly Fact[], now: readonly Fact[]): FactsChange {
  const [old, current] = [new Map(before), new Map(now)];
  return {
    added: [...current.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !current.has(name)),
    changed: now.flatMap(([name, to]) => {
      const from = old.get(name);
      return from === undefined || from === to ? [] : [{ name, from, to }];
    }),
  };
}

function paramFact({ name, type, secret, default: value }: ManifestParam): Fact {
  // The default of a secret is nobody's to read.
  const given = value === undefined ? 'no default' : secret ? 'a default' : `default ${JSON.stringify(value)}`;
  return [name, `${secret ? 'secret ' : ''}${type}, ${given}`];
}

function triggerFact({ kind, expression, timeZone }: ManifestTrigger): Fact {
  return [[expression ?? kind, ...(timeZone === undefined ? [] : [timeZone])].join(' '), kind];
}

function facts(what: string, { added, removed, changed }: FactsChange, gone: string): string[] {
  return [
    ...added.map((name) => `${what} ${name} is new`),
    ...removed.map((name) => `${what} ${name} goes away: ${gone}`),
    ...changed.map(({ name, from, to }) => `${what} ${name} is ${to}, was ${from}`),
  ];
}

async function manifestIn(folder: string, name: string | undefined): Promise<Manifest> {
  if (!existsSync(join(folder, 'manifest.json'))) {
    throw new Error(`${folder} is not a cloud assembly: --diff compares what cdk synth wrote, give that folder`);
  }
  const { Assembly } = await import('../../lib/local/assembly/assembly.js');
  return Assembly.read(folder).pipeline(name);
}

/** Absent where the pipeline was not there. */
async function olderIn(folder: string, name: string): Promise<Manifest | undefined> {
  if (!existsSync(join(folder, 'manifest.json'))) {
    throw new Error(`${folder} is not a cloud assembly: give an older folder that cdk synth wrote, or ${DEPLOYED}`);
  }
  const { Assembly } = await import('../../lib/local/assembly/assembly.js');
  return Assembly.read(folder).manifests.find((manifest) => manifest.name === name);
}

async function deployed(now: Manifest, { profile, region }: PlanDiffOptions): Promise<Manifest | undefined> {
  const root = now.machines.find((machine) => machine.root)!.name;
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Aws } = await import('../../lib/ops/aws/aws.js');
  const place = region ?? now.region;
  const aws = new Aws({ ...(profile !== undefined && { profile }), ...(place !== undefined && { region: place }) });
  const there = await aws.region();
  const { Arn } = await (await aws.sts()).send(new GetCallerIdentityCommand({}));
  const [, partition, , , account] = (Arn ?? '').split(':');
  const { currentManifest } = await import('../../lib/ops/aws/deployed-manifest.js');
  try {
    return await currentManifest(await aws.sfn(), `arn:${partition}:states:${there}:${account}:stateMachine:${root}`);
  } catch (error) {
    if ((error as Error).name === 'StateMachineDoesNotExist') return undefined;
    throw error;
  }
}
