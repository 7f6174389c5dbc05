// What tests share that run a task as people do on their computer: the app is synthesized, and the local runner takes what
// would be deployed out of the assembly.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import type { Pipeline } from '../../lib';
import type { RunInput } from '../../lib/compile/manifest';
import { type LocalResult, type LocalRunOptions, runLocal } from '../../lib/local/local-run';

export interface LocalWorld {
  /** Files of buckets, `bucket/key` -> content. */
  readonly objects?: { readonly [path: string]: string };
  /** Lines of the secrets file. */
  readonly secrets?: { readonly [name: string]: string };
  readonly input?: RunInput;
  readonly region?: string;
  readonly options?: Partial<LocalRunOptions>;
  /** A store that another run has used. */
  readonly store?: string;
}

export function newStore(): string {
  return join(mkdtempSync(join(tmpdir(), 'headrace-local-')), '.headrace');
}

export async function runHere(pipeline: Pipeline, world: LocalWorld = {}): Promise<LocalResult> {
  const { directory } = (pipeline.node.root as App).synth();
  const store = world.store ?? newStore();
  for (const [path, content] of Object.entries(world.objects ?? {})) {
    const file = join(store, world.region ?? 'eu-west-1', 's3', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  mkdirSync(store, { recursive: true });
  const lines = Object.entries(world.secrets ?? {}).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(store, 'secrets.env'), lines.join(''));
  return runLocal({
    assembly: directory,
    store,
    pipeline: pipeline.pipelineName,
    input: world.input,
    ...world.options,
  });
}

/** Outcome of every task, and the reason where one failed. */
export function told(result: LocalResult): { [task: string]: string } {
  return Object.fromEntries(
    result.tasks.map((task) => [task.id, task.reason === undefined ? task.status : `${task.status}: ${task.reason}`]),
  );
}
