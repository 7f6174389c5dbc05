// Words of plan and simulate in, what they mean out: DAG files as they are, or pipelines of a cloud assembly. One bad source
// does not stop the rest: each is read when its turn comes.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DagFile } from '../../lib/compile/dag-file';
import { parseDagFile } from '../../lib/compile/dag-file';
import type { Manifest } from '../../lib/compile/manifest';
import { CompileError } from '../../lib/compile/model';
import type { LocalMachine } from '../../lib/local/assembly/machines';

export type Source =
  | { readonly kind: 'dag'; readonly dag: DagFile }
  | {
      readonly kind: 'pipeline';
      readonly manifest: Manifest;
      readonly machines: ReadonlyMap<string, LocalMachine>;
      readonly rootArn: string;
    };

/** A source that is read when asked for; `label` names it in errors. */
export interface Pending {
  readonly label: string;
  read(): Promise<Source>;
}

export function sourcesOf(words: readonly string[]): Pending[] {
  const [first, ...rest] = words;
  if (first !== undefined && existsSync(first) && statSync(first).isDirectory()) {
    if (!existsSync(join(first, 'manifest.json'))) {
      throw new Error(
        `${first} is a folder but not a cloud assembly: give DAG files, or the folder that cdk synth wrote`,
      );
    }
    const names: (string | undefined)[] = rest.length > 0 ? rest : [undefined];
    return names.map((name) => ({ label: name ?? first, read: () => readPipeline(first, name) }));
  }
  return words.map((file) => ({ label: file, read: async () => readDag(file) }));
}

function readDag(file: string): Source {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`);
  }
  return { kind: 'dag', dag: parseDagFile(text, file) };
}

async function readPipeline(folder: string, name: string | undefined): Promise<Source> {
  const { Assembly } = await import('../../lib/local/assembly/assembly.js');
  const { Machines } = await import('../../lib/local/assembly/machines.js');
  const assembly = Assembly.read(folder);
  const manifest = assembly.pipeline(name);
  const found = new Machines(assembly);
  const machines = new Map<string, LocalMachine>();
  for (const { logicalId } of manifest.machines) {
    const arn = found.arnOf(manifest, logicalId);
    machines.set(arn, found.get(arn)!);
  }
  return { kind: 'pipeline', manifest, machines, rootArn: found.rootOf(manifest) };
}

/** What went wrong with a source, one line per problem. */
export function explain(label: string, error: unknown): string {
  const lines =
    error instanceof CompileError ? error.problems.map((p) => `[${p.path}] ${p.message}`) : [(error as Error).message];
  return lines.map((line) => `headrace: ${label}: ${line}\n`).join('');
}

/** As one JSON line: for readers of `--json`. */
export function explainJson(label: string, error: unknown): string {
  const problems =
    error instanceof CompileError
      ? error.problems.map(({ code, path, message }) => ({ code, path, message }))
      : [{ code: 'unreadable', path: label, message: (error as Error).message }];
  const name = nameIn(label) ?? label.replace(/^.*[/\\]/, '').replace(/\.json$/, '');
  return `${JSON.stringify({ name, error: problems.map((p) => `[${p.path}] ${p.message}`).join('\n'), problems })}\n`;
}

/** The name that a DAG file gives itself, where at least that can be read. */
function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
