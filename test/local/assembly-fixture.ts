// A small cloud assembly written by hand, as `cdk synth` would leave it: one stack with what a test needs, and one pipeline.
// In: tasks as states, extra resources, assets. Out: the folder.

import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest, ManifestParam, ManifestTask } from '../../lib/compile/manifest';

export interface AssemblyFixture {
  /** Task id -> its state, without Next and End; every task follows the one before it. */
  readonly tasks: { readonly [id: string]: { readonly [field: string]: unknown } };
  readonly resources?: { readonly [logicalId: string]: { readonly Type: string; readonly Properties?: object } };
  /** Folder of a Dockerfile, by image tag. */
  readonly images?: { readonly [tag: string]: string };
  /** Files by object key; keys that end in .zip are folders. */
  readonly files?: { readonly [key: string]: string };
  readonly params?: readonly ManifestParam[];
  /** Other stacks by name: region and resources. */
  readonly stacks?: { readonly [name: string]: { readonly region: string; readonly resources: object } };
}

/** A new folder for a test. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'headrace-test-'));
}

/** A folder with these files. */
export function folderWith(files: { readonly [name: string]: string }): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Writes the assembly and returns its folder. */
export function writeAssembly(fixture: AssemblyFixture): string {
  const folder = join(temporaryFolder(), 'cdk.out');
  mkdirSync(join(folder, 'headrace'), { recursive: true });
  const json = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  const ids = Object.keys(fixture.tasks);
  json('Demo.template.json', { Resources: { Machine: machine(fixture.tasks), ...fixture.resources } });
  json('Demo.assets.json', assets(folder, fixture));
  for (const [name, stack] of Object.entries(fixture.stacks ?? {}))
    json(`${name}.template.json`, { Resources: stack.resources });
  json('manifest.json', {
    version: '36.0.0',
    artifacts: {
      Demo: stackArtifact('Demo', 'unknown-region'),
      'Demo.assets': { type: 'cdk:asset-manifest', properties: { file: 'Demo.assets.json' } },
      ...Object.fromEntries(
        Object.entries(fixture.stacks ?? {}).map(([name, stack]) => [name, stackArtifact(name, stack.region)]),
      ),
    },
  });
  const manifest: Manifest = {
    version: 1,
    name: 'Demo-Sales',
    path: 'Demo/Sales',
    stack: 'Demo',
    template: 'Demo.template.json',
    machines: [{ name: 'Demo-Sales', root: true, logicalId: 'Machine' }],
    tasks: ids.map(
      (id, index): ManifestTask => ({
        id,
        index,
        kind: 'CustomTask',
        path: `Demo/Sales/${id}`,
        upstream: index === 0 ? [] : [ids[index - 1]!],
        triggerRule: 'all_success',
        machine: 'Demo-Sales',
        outputs: [],
      }),
    ),
    rendezvous: [],
    params: fixture.params ?? [],
    triggers: [],
    alerts: [],
  };
  json('headrace/Demo-Sales.json', manifest);
  return folder;
}

function stackArtifact(name: string, region: string): object {
  return {
    type: 'aws:cloudformation:stack',
    environment: `aws://unknown-account/${region}`,
    properties: { templateFile: `${name}.template.json` },
  };
}

/** The chain of tasks, with the guard and the catch of a compiled pipeline in their plainest form. */
function machine(tasks: AssemblyFixture['tasks']): object {
  const ids = Object.keys(tasks);
  const states: { [name: string]: object } = {
    '{': { Type: 'Pass', Assign: { a: {} }, Next: `${ids[0]}?` },
    '=': {
      Type: 'Choice',
      Choices: [{ Condition: `{% $contains($a.t${ids.length - 1}&'',/f|u/) %}`, Output: '{% $a %}', Next: 'Failed' }],
      Default: 'Done',
    },
    Failed: { Type: 'Fail', Error: 'Headrace.TasksFailed', Cause: 'some task' },
    Done: { Type: 'Succeed', Output: '{% $a %}' },
  };
  ids.forEach((id, i) => {
    const next = i + 1 < ids.length ? `${ids[i + 1]}?` : '=';
    states[`${id}?`] = {
      Type: 'Choice',
      Choices: [
        { Condition: `{% $a.t${i - 1}&''!='' %}`, Assign: { a: `{% $merge([$a,{'t${i}':'u'}]) %}` }, Next: next },
      ],
      Default: id,
    };
    states[id] = {
      ...tasks[id],
      Next: next,
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { a: `{% $merge([$a,{'t${i}':'f'}]) %}` }, Next: next }],
    };
  });
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: '{', States: states });
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      DefinitionString: { 'Fn::Sub': [definition.replaceAll('${', '${!').replaceAll('${!!', '${'), {}] },
      RoleArn: 'arn:aws:iam::1:role/x',
    },
  };
}

function assets(folder: string, fixture: AssemblyFixture): object {
  const files: { [id: string]: object } = {};
  for (const [key, source] of Object.entries(fixture.files ?? {})) {
    const path = `asset.${key.replace(/\.zip$/, '')}`;
    cpSync(source, join(folder, path), { recursive: true });
    files[key] = {
      source: { path, packaging: key.endsWith('.zip') ? 'zip' : 'file' },
      destinations: { here: { bucketName: 'assets-${AWS::AccountId}-${AWS::Region}', objectKey: key } },
    };
  }
  const dockerImages: { [id: string]: object } = {};
  for (const [tag, source] of Object.entries(fixture.images ?? {})) {
    cpSync(source, join(folder, `asset.${tag}`), { recursive: true });
    dockerImages[tag] = {
      source: { directory: `asset.${tag}` },
      destinations: { here: { repositoryName: 'assets', imageTag: tag } },
    };
  }
  return { version: '36.0.0', files, dockerImages };
}
