// What tests read of a synthesized app: its machines' definitions with every CloudFormation intrinsic written as
// `${LogicalId}` or `${LogicalId.Attribute}`, so that a person can read them and a diff shows what changed.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

export interface Definition {
  /** Stack and logical id. */
  readonly name: string;
  readonly text: string;
}

/** Synthesizes an app in a process of its own and returns the assembly's folder. */
export function synthesize(app: string, environment: Record<string, string> = {}): string {
  const outdir = join(mkdtempSync(join(tmpdir(), 'headrace-synth-')), 'cdk.out');
  execFileSync(process.execPath, ['--import', 'tsx', app], {
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return outdir;
}

/** Every state machine definition of an assembly, pretty-printed, in name order. */
export function definitions(outdir: string): Definition[] {
  const found: Definition[] = [];
  for (const file of readdirSync(outdir).filter((name) => name.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(outdir, file), 'utf8')) as {
      Resources?: Record<string, { Type: string; Properties: Record<string, Value> }>;
    };
    for (const [id, resource] of Object.entries(template.Resources ?? {})) {
      if (resource.Type !== 'AWS::StepFunctions::StateMachine') continue;
      found.push({
        name: `${file.replace('.template.json', '')}.${id}`,
        text: pretty(definitionOf(resource.Properties, outdir)),
      });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function definitionOf(properties: Record<string, Value>, outdir: string): string {
  const inline = properties['DefinitionString'];
  if (inline !== undefined) return flat(inline);
  const location = properties['DefinitionS3Location'] as { Key: Value };
  const key = flat(location.Key);
  const file = readdirSync(outdir).find((name) => name.includes(key.replace(/\.json$/, '')));
  if (file === undefined || !existsSync(join(outdir, file))) throw new Error(`no asset for ${key}`);
  return readFileSync(join(outdir, file), 'utf8');
}

function flat(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return String(value);
  const [name, argument] = Object.entries(value)[0] ?? ['', ''];
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, Value[]];
    return parts.map(flat).join(separator);
  }
  if (name === 'Ref') return `\${${String(argument)}}`;
  if (name === 'Fn::GetAtt') return `\${${(argument as string[]).join('.')}}`;
  if (name === 'Fn::Sub') return flat(argument as Value);
  return `\${${name} ${JSON.stringify(argument)}}`;
}

function pretty(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2) + '\n';
}
