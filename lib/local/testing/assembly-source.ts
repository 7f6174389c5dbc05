// What a test names as its pipeline: the folder that synth wrote, or an app, stage or construct, which is synthesized here. Out: the
// folder, and the pipeline if the source is one. Always: recognized by what it can do, so any copy of aws-cdk-lib will do.

import { existsSync } from 'node:fs';

/** A CDK `App` or `Stage`. */
export interface Synthesizable {
  synth(): { readonly directory: string };
}

/** A CDK construct, such as a `Pipeline` or a `Stack`. */
export interface InTree {
  readonly node: { readonly root: unknown; readonly path: string };
}

export type AssemblySource = string | Synthesizable | InTree;

export interface FoundAssembly {
  readonly folder: string;
  /** Construct path of the source, if it is a construct below the app. */
  readonly path?: string;
}

/** @throws Error if the source is neither a folder nor part of an app */
export function assemblyOf(source: AssemblySource): FoundAssembly {
  if (typeof source === 'string') {
    if (!existsSync(source)) {
      throw new Error(
        `there is no folder ${source}: give the folder that cdk synth writes (cdk.out), or the App itself`,
      );
    }
    return { folder: source };
  }
  if (isSynthesizable(source)) return { folder: source.synth().directory };
  const root = (source as Partial<InTree> | undefined)?.node?.root;
  if (isSynthesizable(root)) return { folder: root.synth().directory, path: (source as InTree).node.path };
  throw new Error('testPipeline takes the folder that cdk synth writes, an App, a Stage, or a construct inside one');
}

function isSynthesizable(value: unknown): value is Synthesizable {
  return typeof (value as Partial<Synthesizable> | undefined)?.synth === 'function';
}
