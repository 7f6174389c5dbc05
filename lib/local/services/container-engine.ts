// Runs a container with the image engine of this machine, Docker or Podman: what a process cannot do (RUN, other images, limits of
// cpu, a file system of its own) is then as it is on AWS. In: an image, a call, limits. Out: how the container ended. Always: secrets
// go through the engine's environment, never through its command line, where everybody could read them; a container does not
// outlive its run: what a killed run left behind is removed when the next one starts.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { HiddenValues } from '../../view/hidden-values';
import { AssemblyError } from '../assembly/assembly-error';
import type { ImageAsset } from '../assembly/assets';
import { type ProgramResult, runProgram } from '../child-process';
import { isAlive, thisProcess } from '../process-identity';
import { hostEnvironment } from './container-run';

export interface EngineRun {
  readonly asset?: ImageAsset;
  /** Name of an image in a registry; used without an asset. */
  readonly image: string;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment: { readonly [name: string]: string };
  /** CPU units as ECS counts them: 1024 are one processor. */
  readonly cpu?: number;
  readonly memoryMiB?: number;
  readonly logFile: string;
  readonly hidden: HiddenValues;
  readonly signal: AbortSignal;
}

const ENGINES = ['docker', 'podman'];
const LABEL = 'headrace.run';
/** As a person's Ctrl-C gives a process; ECS gives 30 s. */
const GRACE_SECONDS = 5;

export class ContainerEngine {
  private ready: Promise<string> | undefined;
  private readonly builds = new Map<string, Promise<string>>();

  /** @throws AssemblyError when there is no engine, it does not answer, or the image cannot be built */
  async run(request: EngineRun): Promise<ProgramResult> {
    const engine = await (this.ready ??= findEngine());
    const image = request.asset === undefined ? request.image : await this.build(engine, request.asset);
    const name = `headrace-${process.pid}-${randomBytes(4).toString('hex')}`;
    const result = await runProgram({
      command: [engine, ...runWords(name, image, request)],
      cwd: '/',
      environment: { ...engineEnvironment(), ...inherited(request.environment) },
      logFile: request.logFile,
      hidden: request.hidden,
      signal: request.signal,
    });
    try {
      if (result.aborted) await ask(engine, ['stop', '--time', String(GRACE_SECONDS), name]);
      const state = await ask(engine, ['inspect', '--format', '{{.State.OOMKilled}}', name]);
      return state.code === 0 && state.out.trim() === 'true' ? { ...result, outOfMemory: true } : result;
    } finally {
      await ask(engine, ['rm', '--force', '--volumes', name]);
    }
  }

  private build(engine: string, asset: ImageAsset): Promise<string> {
    const tag = `headrace-local:${asset.tag.slice(0, 64)}${asset.target === undefined ? '' : `-${asset.target}`}`;
    const known = this.builds.get(tag);
    if (known) return known;
    const built = (async () => {
      const args = Object.entries(asset.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
      const target = asset.target === undefined ? [] : ['--target', asset.target];
      const file = `${asset.directory}/${asset.dockerFile}`;
      const { code, out } = await ask(engine, [
        'build',
        '--tag',
        tag,
        '--file',
        file,
        ...args,
        ...target,
        asset.directory,
      ]);
      if (code === 0) return tag;
      const last = out.trimEnd().split('\n').slice(-8).join('\n');
      throw new AssemblyError(`${engine} could not build ${asset.dockerFile} (exit code ${code}):\n${last}`);
    })();
    this.builds.set(tag, built);
    return built;
  }
}

function runWords(name: string, image: string, request: EngineRun): string[] {
  const [program, ...words] = request.entryPoint ?? [];
  const self = thisProcess();
  return [
    'run',
    '--name',
    name,
    '--label',
    `${LABEL}=${self.pid}/${self.started ?? ''}`,
    '--network',
    'host',
    ...(request.cpu === undefined ? [] : ['--cpus', String(request.cpu / 1024)]),
    // Without swap, as on Fargate: more is the end.
    ...(request.memoryMiB === undefined
      ? []
      : ['--memory', `${request.memoryMiB}m`, '--memory-swap', `${request.memoryMiB}m`]),
    ...(request.workingDirectory === undefined ? [] : ['--workdir', request.workingDirectory]),
    ...(program === undefined ? [] : ['--entrypoint', program]),
    // The name alone: its value comes from the engine's own environment.
    ...Object.entries(reachable(request.environment)).flatMap(([key, value]) => [
      '--env',
      isOwn(key) ? `${key}=${value}` : key,
    ]),
    image,
    ...words,
    ...(request.command ?? []),
  ];
}

/** Variables that the engine's own command reads; a container's value of them would confuse it. */
const isOwn = (name: string) =>
  /^(PATH|HOME|TMPDIR|LANG|LC_ALL|XDG_.*|DOCKER_.*|CONTAINER_.*|BUILDKIT_.*|.*_proxy|.*_PROXY)$/.test(name);

const inherited = (environment: { readonly [name: string]: string }) =>
  Object.fromEntries(Object.entries(reachable(environment)).filter(([name]) => !isOwn(name)));

/** Where containers run in a virtual machine, this machine's loopback has another name. */
function reachable(environment: { readonly [name: string]: string }): { [name: string]: string } {
  const entries = Object.entries(environment);
  if (process.platform === 'linux') return Object.fromEntries(entries);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      name.startsWith('AWS_ENDPOINT_URL') ? value.replace('//127.0.0.1:', '//host.docker.internal:') : value,
    ]),
  );
}

function engineEnvironment(): { [name: string]: string } {
  const own = Object.entries(process.env).filter(([name]) => isOwn(name));
  return { ...hostEnvironment(), ...(Object.fromEntries(own) as { [name: string]: string }) };
}

/** The engine of this machine that answers. @throws AssemblyError that says why there is none */
export async function findEngine(): Promise<string> {
  const problems: string[] = [];
  for (const engine of ENGINES) {
    const { code, out, missing } = await ask(engine, ['version', '--format', '{{.Server.Version}}']);
    if (code === 0) {
      await sweep(engine);
      return engine;
    }
    if (!missing) problems.push(`${engine} does not answer: ${out.trim().split('\n').at(-1)}`);
  }
  const found = problems.length === 0 ? 'neither docker nor podman was found' : problems.join('; ');
  throw new AssemblyError(
    `--docker needs a container engine: ${found}. Start one, or leave --docker out to run containers as processes`,
  );
}

/** Containers of runs whose process is gone. */
async function sweep(engine: string): Promise<void> {
  const { code, out } = await ask(engine, [
    'ps',
    '--all',
    '--filter',
    `label=${LABEL}`,
    '--format',
    `{{.ID}} {{.Label "${LABEL}"}}`,
  ]);
  if (code !== 0) return;
  for (const [, id, pid, started] of out.matchAll(/^(\w+) (\d+)\/(\d*)$/gm)) {
    if (!isAlive({ pid: Number(pid), ...(started !== '' && { started }) }))
      await ask(engine, ['rm', '--force', '--volumes', id!]);
  }
}

interface Asked {
  readonly code: number;
  readonly out: string;
  readonly missing: boolean;
}

function ask(engine: string, words: readonly string[]): Promise<Asked> {
  return new Promise((resolve) => {
    const child = spawn(engine, words, { env: engineEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (out = (out + text.toString()).slice(-65_536)));
    child.once('error', (error) =>
      resolve({ code: 127, out: error.message, missing: (error as NodeJS.ErrnoException).code === 'ENOENT' }),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, out, missing: false }));
  });
}
