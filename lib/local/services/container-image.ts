// Lays out an image asset so that its program can run as a process: the Dockerfile's COPY instructions are carried out into a
// folder that stands for the container's root. In: an image asset. Out: folder, command, environment, and what a process
// cannot honour. Always: RUN is never executed (it may change the machine), and nothing is written outside the folder.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, posix, resolve, sep } from 'node:path';
import { AssemblyError } from '../assembly/assembly-error';
import type { ImageAsset } from '../assembly/assets';
import { assignments, type BuildStage, expand, type Instruction, parseDockerfile } from '../assembly/dockerfile';

export interface ContainerImage {
  /** Folder that stands for `/`. */
  readonly root: string;
  /** Working directory inside the container. */
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  /** What the process run leaves out, in the reader's words. */
  readonly notes: readonly string[];
}

interface StageState {
  readonly root: string;
  workdir: string;
  entrypoint?: readonly string[];
  command?: readonly string[];
  environment: { [name: string]: string };
  args: { [name: string]: string };
  notes: string[];
}

/** Instructions that change nothing for a process that runs to its end. */
const WITHOUT_EFFECT = new Set([
  'LABEL',
  'MAINTAINER',
  'EXPOSE',
  'HEALTHCHECK',
  'STOPSIGNAL',
  'VOLUME',
  'SHELL',
  'ONBUILD',
]);

/** @throws AssemblyError naming Dockerfile and line where it cannot be followed */
export function layOutImage(asset: ImageAsset, cache: string): ContainerImage {
  const file = join(asset.directory, asset.dockerFile);
  if (!existsSync(file)) throw new AssemblyError(`the image asset ${asset.directory} has no ${asset.dockerFile}`);
  const stages = parseDockerfile(readFileSync(file, 'utf8'), asset.dockerFile, asset.buildArgs);
  const last =
    asset.target === undefined ? stages.length - 1 : stages.findIndex((stage) => stage.name === asset.target);
  if (last < 0) throw new AssemblyError(`${asset.dockerFile} has no stage named ${asset.target}`);

  const folder = join(cache, `image-${asset.tag.slice(0, 32)}${asset.target === undefined ? '' : `-${asset.target}`}`);
  const aside = existsSync(folder) ? undefined : `${folder}.${process.pid}.tmp`;
  // A finished layout is kept: its name holds the content's hash, so it can only be the same again.
  const state = new ImageBuild(asset, stages, aside ?? folder, aside !== undefined).stage(last);
  if (aside !== undefined) {
    mkdirSync(aside, { recursive: true });
    try {
      renameSync(aside, folder);
    } catch {
      rmSync(aside, { recursive: true, force: true }); // Another run was faster; its layout is the same.
    }
  }
  const entrypoint = state.entrypoint ?? [];
  const command = state.command ?? [];
  if (entrypoint.length + command.length === 0) {
    throw new AssemblyError(
      `${asset.dockerFile} has neither ENTRYPOINT nor CMD, so there is nothing to run as a process`,
    );
  }
  return {
    root: join(folder, String(last)),
    workdir: state.workdir,
    entrypoint,
    command,
    environment: state.environment,
    notes: state.notes,
  };
}

class ImageBuild {
  private readonly done = new Map<number, StageState>();

  constructor(
    private readonly asset: ImageAsset,
    private readonly stages: readonly BuildStage[],
    private readonly folder: string,
    private readonly write: boolean,
  ) {}

  stage(index: number): StageState {
    const known = this.done.get(index);
    if (known) return known;
    const { base, instructions } = this.stages[index]!;
    const parent = this.stages.slice(0, index).findIndex((stage) => stage.name === base);
    const from = parent < 0 ? undefined : this.stage(parent);
    const root = join(this.folder, String(index));
    const state: StageState = {
      root,
      workdir: from?.workdir ?? '/',
      entrypoint: from?.entrypoint,
      command: from?.command ?? (from ? undefined : defaultCommand(base)),
      environment: { ...from?.environment },
      args: {},
      notes: [...(from?.notes ?? [])],
    };
    if (this.write) {
      mkdirSync(root, { recursive: true });
      if (from) cpSync(from.root, root, { recursive: true, verbatimSymlinks: true });
    }
    for (const instruction of instructions) this.apply(state, instruction);
    this.done.set(index, state);
    return state;
  }

  private apply(state: StageState, instruction: Instruction): void {
    const { name, text, words, line } = instruction;
    const variables = { ...state.args, ...state.environment };
    if (name === 'WORKDIR') {
      state.workdir = posix.resolve(state.workdir, expand(text, variables));
      if (this.write) mkdirSync(this.inside(state.root, state.workdir, line), { recursive: true });
    } else if (name === 'ENV') {
      const host = { PATH: process.env['PATH'] ?? '' };
      for (const [key, value] of assignments(text)) state.environment[key] = expand(value, { ...host, ...variables });
    } else if (name === 'ARG') {
      const at = text.indexOf('=');
      state.args[text.slice(0, at)] = expand(text.slice(at + 1), variables);
    } else if (name === 'ENTRYPOINT') {
      state.entrypoint = words ?? ['/bin/sh', '-c', text];
      state.command = undefined; // An image's own ENTRYPOINT resets the CMD it inherited.
    } else if (name === 'CMD') {
      state.command = words ?? ['/bin/sh', '-c', text];
    } else if (name === 'COPY' || name === 'ADD') {
      if (this.write) this.copy(state, instruction, variables);
    } else if (name === 'RUN') {
      state.notes.push(
        `line ${line}: RUN ${text.replace(/\s+/g, ' ').slice(0, 80)} is not carried out; what it installs must be on this machine`,
      );
    } else if (name === 'USER') {
      state.notes.push(`line ${line}: USER ${text} is not honoured; the program runs as you`);
    } else if (!WITHOUT_EFFECT.has(name)) {
      throw new AssemblyError(
        `${this.asset.dockerFile} line ${line}: ${name} is not supported when a container runs as a process`,
      );
    }
  }

  private copy(
    state: StageState,
    { words, text, flags, line, name }: Instruction,
    variables: { [name: string]: string },
  ): void {
    const parts = (words ?? text.split(/\s+/)).map((part) => expand(part, variables));
    const target = parts.pop();
    if (target === undefined || parts.length === 0)
      throw new AssemblyError(`${this.asset.dockerFile} line ${line}: ${name} needs a source and a target`);
    const source = flags['from'] === undefined ? this.asset.directory : this.sourceStage(flags['from'], line).root;
    const files = parts.flatMap((part) => {
      if (/^(https?|git):/.test(part))
        throw new AssemblyError(
          `${this.asset.dockerFile} line ${line}: ADD from a URL is not supported when a container runs as a process`,
        );
      const found = matching(this.inside(source, part, line));
      if (found.length === 0) {
        const reason =
          flags['from'] === undefined
            ? 'the build context does not have it'
            : `stage ${flags['from']} makes it by RUN, which is not carried out`;
        throw new AssemblyError(`${this.asset.dockerFile} line ${line}: cannot copy ${part}: ${reason}`);
      }
      return found;
    });
    const place = this.inside(state.root, posix.resolve(state.workdir, target), line);
    const intoFolder = target.endsWith('/') || target === '.' || files.length > 1;
    for (const file of files) {
      const isFolder = statSync(file).isDirectory();
      const to = isFolder
        ? place
        : intoFolder || (existsSync(place) && statSync(place).isDirectory())
          ? join(place, basename(file))
          : place;
      mkdirSync(isFolder ? to : dirname(to), { recursive: true });
      cpSync(file, to, { recursive: true, verbatimSymlinks: true });
    }
  }

  private sourceStage(name: string, line: number): StageState {
    const index = /^\d+$/.test(name) ? Number(name) : this.stages.findIndex((stage) => stage.name === name);
    if (index < 0 || index >= this.stages.length) {
      throw new AssemblyError(
        `${this.asset.dockerFile} line ${line}: COPY --from=${name} takes files from another image, which a process run cannot`,
      );
    }
    return this.stage(index);
  }

  private inside(folder: string, path: string, line: number): string {
    const place = resolve(folder, `.${posix.resolve('/', path)}`);
    if (place !== folder && !place.startsWith(folder + sep)) {
      throw new AssemblyError(`${this.asset.dockerFile} line ${line}: ${path} leads outside its folder`);
    }
    return place;
  }
}

/** Official images that start an interpreter when the Dockerfile gives no command. */
function defaultCommand(base: string): readonly string[] | undefined {
  const image = base.split('/').at(-1)!.split(/[:@]/)[0];
  return image === 'node' ? ['node'] : image === 'python' ? ['python3'] : undefined;
}

/** `*` and `?` in the last part of a path; an ordinary path stands for itself. */
function matching(path: string): string[] {
  if (!/[*?]/.test(basename(path))) return existsSync(path) ? [path] : [];
  const pattern = new RegExp(
    `^${basename(path)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '[^/]*')
      .replace(/\?/g, '[^/]')}$`,
  );
  const folder = dirname(path);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => pattern.test(name))
        .sort()
        .map((name) => join(folder, name))
    : [];
}
