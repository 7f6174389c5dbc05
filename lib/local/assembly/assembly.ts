// Reads a cloud assembly (cdk.out) and nothing else: no author code runs. In: a folder. Out: its stacks with their
// templates and assets, and the pipeline manifests. Always: nothing is written, nothing outside the folder decides.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { findName } from '../../compile/find-name';
import { MANIFEST_FOLDER, type Manifest, parseManifest } from '../../compile/manifest';
import type { Json } from '../engine';
import { AssemblyError } from './assembly-error';
import { Assets } from './assets';

/** Account of everything that lives on the laptop. */
export const LOCAL_ACCOUNT = '000000000000';
const DEFAULT_REGION = 'us-east-1';

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: { readonly [name: string]: Json };
  readonly metadata: { readonly [name: string]: Json };
}

export interface Template {
  readonly Parameters?: { readonly [name: string]: { readonly Type: string; readonly Default?: Json } };
  readonly Mappings?: { readonly [name: string]: { readonly [key: string]: { readonly [key: string]: Json } } };
  readonly Conditions?: { readonly [name: string]: Json };
  readonly Outputs?: { readonly [name: string]: { readonly Value: Json; readonly Export?: { readonly Name: Json } } };
}

export interface Stack {
  /** Artifact id in the assembly. */
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly template: Template;
  readonly templateFile: string;
  /** Folder that holds the template: the assembly's, or a nested assembly's. */
  readonly folder: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly assets: Assets;
  /** A text of the assembly as it stands here: ARNs and addresses have the laptop's account. */
  readonly local: (text: string) => string;
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly properties?: { readonly [name: string]: string };
}

export class Assembly {
  readonly stacks: readonly Stack[];
  readonly manifests: readonly Manifest[];

  private constructor(readonly folder: string) {
    const folders = nested(folder);
    this.stacks = folders.flatMap(readStacks);
    this.manifests = folders.flatMap(readManifests).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AssemblyError if the folder is not a cloud assembly */
  static read(folder: string): Assembly {
    return new Assembly(resolve(folder));
  }

  /** The pipeline of that name or path; the only one if no name is given. @throws AssemblyError, OperatorError */
  pipeline(name?: string): Manifest {
    const names = this.manifests.map((manifest) => manifest.name);
    if (names.length === 0) {
      throw new AssemblyError(
        `${this.folder} holds no pipeline: expected files in its folder ${MANIFEST_FOLDER}; synthesize an app that has a Pipeline`,
      );
    }
    if (name === undefined) {
      if (names.length === 1) return this.manifests[0]!;
      throw new AssemblyError(`${this.folder} holds ${names.length} pipelines, say which one: ${names.join(', ')}`);
    }
    const ofPath = this.manifests.find((manifest) => manifest.path === name);
    const found = ofPath?.name ?? findName({ what: 'pipeline', word: name, names, where: this.folder, short: true });
    return this.manifests.find((manifest) => manifest.name === found)!;
  }

  /** The stack of a pipeline. */
  stackOf(manifest: Manifest): Stack {
    const stack =
      this.stacks.find((each) => each.id === manifest.stack) ??
      this.stacks.find((each) => each.templateFile === manifest.template);
    if (!stack) {
      throw new AssemblyError(
        `pipeline ${manifest.name} belongs to stack ${manifest.stack}, which ${this.folder} does not have: synthesize the app again`,
      );
    }
    return stack;
  }

  /** Every resource of a type, with its stack. */
  ofType(type: string): { readonly stack: Stack; readonly resource: Resource }[] {
    return this.stacks.flatMap((stack) =>
      [...stack.resources.values()]
        .filter((resource) => resource.type === type)
        .map((resource) => ({ stack, resource })),
    );
  }
}

function readJson<T>(file: string, local: (text: string) => string = (text) => text): T {
  try {
    return JSON.parse(local(readFileSync(file, 'utf8'))) as T;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : 'is not JSON';
    throw new AssemblyError(
      `${file} ${reason}: expected a cloud assembly (the folder that cdk synth writes, usually cdk.out); synthesize the app first`,
    );
  }
}

function readArtifacts(folder: string): [string, Artifact][] {
  return Object.entries(
    readJson<{ artifacts?: { [id: string]: Artifact } }>(join(folder, 'manifest.json')).artifacts ?? {},
  );
}

function nested(folder: string): string[] {
  const below = readArtifacts(folder)
    .filter(([, artifact]) => artifact.type === 'cdk:cloud-assembly')
    .flatMap(([, artifact]) => nested(join(folder, basename(artifact.properties?.['directoryName'] ?? ''))));
  return [folder, ...below];
}

function readStacks(folder: string): Stack[] {
  const artifacts = readArtifacts(folder);
  const assets = new Assets(
    folder,
    artifacts.flatMap(([, artifact]) => {
      const file = artifact.properties?.['file'];
      return artifact.type === 'cdk:asset-manifest' && file !== undefined
        ? [readJson(join(folder, basename(file)))]
        : [];
    }),
  );
  const local = localText(artifacts.map(([, artifact]) => artifact.environment ?? ''));
  return artifacts
    .filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
    .map(([id, artifact]) => {
      const templateFile = basename(artifact.properties?.['templateFile'] ?? `${id}.template.json`);
      const file = join(folder, templateFile);
      const template = readJson<Template & { Resources?: { [id: string]: RawResource } }>(file, local);
      const resources = Object.entries(template.Resources ?? {}).map(([logicalId, raw]): [string, Resource] => [
        logicalId,
        { logicalId, type: raw.Type, properties: raw.Properties ?? {}, metadata: raw.Metadata ?? {} },
      ]);
      return {
        id,
        name: artifact.properties?.['stackName'] ?? id,
        region: regionOf(artifact.environment),
        template,
        templateFile,
        folder,
        resources: new Map(resources),
        assets,
        local,
      };
    });
}

/** Stacks whose account is known at synth write it into their ARNs; here there is one account only. */
function localText(environments: readonly string[]): (text: string) => string {
  const known = new Set(environments.flatMap((environment) => /^aws:\/\/(\d{12})\//.exec(environment)?.[1] ?? []));
  if (known.size === 0) return (text) => text;
  const inArn = new RegExp(`(?<=[:/])(?:${[...known].join('|')})(?=[:/])`, 'g');
  return (text) => text.replace(inArn, LOCAL_ACCOUNT);
}

interface RawResource {
  readonly Type: string;
  readonly Properties?: { [name: string]: Json };
  readonly Metadata?: { [name: string]: Json };
}

/** `aws://123456789012/eu-west-1`; an environment-agnostic stack lives in the default region. */
function regionOf(environment: string | undefined): string {
  const region = /^aws:\/\/[^/]*\/([a-z0-9-]+)$/.exec(environment ?? '')?.[1];
  return region === undefined || region === 'unknown-region' ? DEFAULT_REGION : region;
}

function readManifests(folder: string): Manifest[] {
  const place = join(folder, MANIFEST_FOLDER);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((file) => file.endsWith('.json'))
    .map((file) => parseManifest(readFileSync(join(place, file), 'utf8'), join(place, file)));
}
