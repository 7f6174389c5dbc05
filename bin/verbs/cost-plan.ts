// What a run of a synthesized pipeline would cost. In: the assembly, durations that a person gave, those of the last run. Out: the bill, with
// notes on what it rests on. Always: nothing is asked of AWS but the last run; what has no duration is billed at its shortest and named.

import type { Manifest } from '../../lib/compile/manifest';
import { Assembly } from '../../lib/local/assembly/assembly';
import { Machines } from '../../lib/local/assembly/machines';
import { simulatePipeline } from '../../lib/local/simulate-dag';
import { costOf, type RunCost } from '../../lib/ops/cost/cost';
import { findName } from '../../lib/compile/find-name';
import { OperatorError } from '../../lib/compile/operator-error';
import { plannedParts, tasksPerItem } from '../../lib/ops/cost/planned-work';
import type { Prices } from '../../lib/ops/cost/prices';
import { shortened } from '../../lib/ops/shortened';
import type { SiteRun } from '../../lib/ops/site';
import { assemblySizes, wouldTell } from './assembly-sizes';

export interface PlanWords {
  readonly duration: readonly string[];
  readonly items: readonly string[];
}

export interface PlannedCost {
  readonly manifest: Manifest;
  readonly cost: RunCost;
  /** Alarms of the pipeline's stack, which are paid by the month. */
  readonly alarms: number;
  /** Durations or numbers of items are missing. */
  readonly atLeast: boolean;
  readonly notes: readonly string[];
}

/** @param last the run whose durations count where none are given */
export async function plannedCost(
  folder: string,
  name: string,
  words: PlanWords,
  prices: Prices,
  last: (pipeline: string) => Promise<SiteRun | undefined>,
): Promise<PlannedCost> {
  const assembly = Assembly.read(folder);
  const names = assembly.manifests.map((one) => one.name);
  const manifest = assembly.pipeline(findName({ what: 'pipeline', word: name, names, where: folder, short: true }));
  const run = await last(manifest.name);
  const durations = new Map([...durationsOf(run), ...numbersOf('--duration', words.duration, manifest, secondsIn)]);
  const items = numbersOf('--items', words.items, manifest, wholeNumber);
  const machines = new Machines(assembly);
  const own = new Map(
    manifest.machines.map(({ logicalId }) => {
      const arn = machines.arnOf(manifest, logicalId);
      return [arn, machines.get(arn)!] as const;
    }),
  );
  const definitions = [...own.values()].map((machine) => machine.definition);
  const timed = {
    ...manifest,
    tasks: manifest.tasks.map((task) => ({ ...task, seconds: durations.get(task.id) ?? 0 })),
  };
  const simulated = await simulatePipeline(timed, own, machines.rootOf(manifest), new Map());
  const parts = plannedParts({
    manifest,
    definitions,
    transitions: simulated.transitions,
    startOf: (task) => simulated.tasks.get(task)?.startSeconds ?? 0,
    durations,
    items,
    prices,
    tell: (call, parameters) => wouldTell(assembly, call, parameters),
  });
  const repeated = tasksPerItem(manifest, definitions).filter((task) => !items.has(task));
  const unknown = manifest.tasks.filter((task) => !durations.has(task.id)).map((task) => task.id);
  return {
    manifest,
    cost: costOf(manifest, parts, { prices, sizes: assemblySizes(assembly) }),
    alarms: [...assembly.stackOf(manifest).resources.values()].filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
      .length,
    atLeast: unknown.length + repeated.length > 0,
    notes: [
      ...(run === undefined ? [] : [`durations are those of run ${run.head.run} where none are given`]),
      ...(unknown.length === 0
        ? []
        : [`no duration is known of ${shortened(unknown)}: at its shortest bill; say --duration ${unknown[0]}=10m`]),
      ...(repeated.length === 0 ? [] : [`${shortened(repeated)}: for one item; say --items ${repeated[0]}=1000`]),
    ],
  };
}

function durationsOf(run: SiteRun | undefined): [string, number][] {
  return (run?.run.views ?? []).flatMap(({ id, start, end, kept }): [string, number][] =>
    start === undefined || end === undefined || kept ? [] : [[id, Math.max(0, (end - start) / 1000)]],
  );
}

function numbersOf(
  option: string,
  words: readonly string[],
  manifest: Manifest,
  read: (text: string) => number | undefined,
): Map<string, number> {
  const names = manifest.tasks.map((task) => task.id);
  return new Map(
    words.map((word): [string, number] => {
      const at = word.lastIndexOf('=');
      const value = at < 1 ? undefined : read(word.slice(at + 1));
      if (value === undefined)
        throw new OperatorError(
          `${option} ${word}: expected ${option === '--items' ? 'a task and a whole number, Task=1000' : 'a task and a duration, Task=90s, Task=10m or Task=1.5h'}`,
        );
      const where = `pipeline ${manifest.name}`;
      return [findName({ what: 'task', word: word.slice(0, at), names, where }), value];
    }),
  );
}

const UNITS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600 };

function secondsIn(text: string): number | undefined {
  const [, count, unit = 's'] = /^(\d+(?:\.\d+)?)([smh])?$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit]!;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
