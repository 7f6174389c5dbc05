// What synth leaves in the cloud assembly for the command, the local runner and the page: `headrace/<name>.json` per
// pipeline. They read this file and the templates beside it and never load author code. Plain data; unknown versions are
// refused with what to do.

import type { Outcome, TriggerRule } from './model';

export const MANIFEST_VERSION = 1;
/** Folder inside cdk.out. */
export const MANIFEST_FOLDER = 'headrace';

export interface ManifestMachine {
  readonly name: string;
  readonly root: boolean;
  /** Logical id of the AWS::StepFunctions::StateMachine in the stack's template. */
  readonly logicalId: string;
}

export interface ManifestTask {
  readonly id: string;
  /** Position in the run input's `run` string. */
  readonly index: number;
  readonly kind: string;
  readonly path: string;
  /** Direct upstream tasks, implied ones included. */
  readonly upstream: readonly string[];
  readonly triggerRule: TriggerRule;
  /** Name of the machine that holds it. */
  readonly machine: string;
  /** Output names that somebody references. */
  readonly outputs: readonly string[];
  /** The task chooses which of its direct downstream tasks run. */
  readonly branch?: boolean;
  /** The task is a teardown of these tasks: it runs, whatever happened between, if one of them succeeded. */
  readonly setups?: readonly string[];
  /** Names of the groups around it, the outermost first, with dots between. */
  readonly group?: string;
  readonly region?: string;
  readonly seconds?: number;
  /** Where its log is: service and the words needed to find group and stream. */
  readonly log?: { readonly [key: string]: string };
}

export interface ManifestParam {
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'date';
  readonly default?: string | number | boolean;
  readonly description?: string;
  readonly secret?: boolean;
}

export interface ManifestTrigger {
  readonly kind: string;
  /** `cron(30 2 * * ? *)` or `rate(1 hour)` */
  readonly expression?: string;
  readonly timeZone?: string;
}

export interface Manifest {
  readonly version: number;
  /** The pipeline's name: its construct path below the app, `/` as `-`; unique in the assembly. */
  readonly name: string;
  readonly path: string;
  /** Artifact id of its stack in the cloud assembly, and the stack's template file. */
  readonly stack: string;
  readonly template: string;
  readonly region?: string;
  readonly machines: readonly ManifestMachine[];
  readonly tasks: readonly ManifestTask[];
  readonly rendezvous: readonly (readonly [string, string])[];
  readonly params: readonly ManifestParam[];
  readonly triggers: readonly ManifestTrigger[];
  /** Name of the machine that does its backfills; absent where the pipeline has no schedule. */
  readonly backfill?: string;
  readonly alerts: readonly { readonly kind: string; readonly target?: string }[];
}

/** The input of a run of the root machine. Everything is optional: `{}` runs all tasks with the start time as logical date. */
export interface RunInput {
  /** One character per task in manifest order: `1` runs, `0` keeps its earlier outcome. @default all run */
  readonly run?: string;
  /** Outcomes of kept tasks that were not successes: task index -> letter (`f` failed, `u` upstream_failed, `s` skipped). @default kept tasks count as succeeded */
  readonly kept?: { readonly [index: string]: 'f' | 'u' | 's' };
  /** Outputs of kept tasks: `v<index>` -> values. */
  readonly outputs?: { readonly [key: string]: unknown };
  /** ISO 8601 with Z. @default the execution's start time */
  readonly logicalDate?: string;
  readonly intervalStart?: string;
  readonly intervalEnd?: string;
  readonly params?: { readonly [name: string]: unknown };
  /** Run id this one repeats, for lineage. */
  readonly rerunOf?: string;
}

/** A task's state in a run, as history tells it. */
export interface TaskResult {
  readonly outcome: Outcome;
  readonly error?: string;
  readonly cause?: string;
}

/** The manifest in a text. Throws an Error that says what is wrong with the file. */
export function parseManifest(text: string, file: string): Manifest {
  let value: Manifest;
  try {
    value = JSON.parse(text) as Manifest;
  } catch {
    throw new Error(`${file} is not JSON: it should be a pipeline manifest written by synth; synthesize the app again`);
  }
  if (value?.version !== MANIFEST_VERSION) {
    throw new Error(
      `${file} has manifest version ${String(value?.version)}, this headrace reads version ${MANIFEST_VERSION}: synthesize the app again with the same version of headrace`,
    );
  }
  return value;
}

/** Direct downstream tasks by id. */
export function downstreamOf(manifest: Manifest): Map<string, ManifestTask[]> {
  const found = new Map<string, ManifestTask[]>();
  for (const task of manifest.tasks) {
    for (const id of task.upstream) {
      const tasks = found.get(id);
      if (tasks) tasks.push(task);
      else found.set(id, [task]);
    }
  }
  return found;
}
