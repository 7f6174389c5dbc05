// Lays out an image asset so that its program can run as a process: the Dockerfile's COPY instructions are carried out into a
// folder that stands for the container's root. In: an image asset. Out: folder, command, environment, and what a process
// cannot honour. Always: RUN is never executed (it may change the machine), and nothing is written outside the folder.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
  /** The USER of the image: `name`, `name:group` or numbers. */
  readonly user?: string;
  /** What the process run leaves out, in the reader's words. */
  readonly notes: readonly string[];
}

interface StageState {
  readonly root: string;
  workdir: string;
  entrypoint?: readonly string[];
  command?: readonly string[];
  user?: string;
  /** What a command in shell form is given to. */
  shell: readonly string[];
  environment: { [name: string]: string };
  args: { [name: string]: string };
  notes: string[];
}

/** Instructions that change nothing for a process that runs to its end. */
const WITHOUT_EFFECT = new Set(['LABEL', 'MAINTAINER', 'EXPOSE', 'HEALTHCHECK', 'STOPSIGNAL', 'VOLUME', 'ONBUILD']);

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
    ...(state.user !== undefined && { user: state.user }),
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
      user: from?.user,
      shell: from?.shell ?? ['/bin/sh', '-c'],
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
      state.entrypoint = words ?? [...state.shell, text];
      state.command = undefined; // An image's own ENTRYPOINT resets the CMD it inherited.
    } else if (name === 'CMD') {
      state.command = words ?? [...state.shell, text];
    } else if (name === 'SHELL') {
      if (words === undefined || words.length === 0)
        throw new AssemblyError(
          `${this.asset.dockerFile} line ${line}: SHELL needs a list such as ["/bin/bash", "-c"]`,
        );
      state.shell = words;
    } else if (name === 'COPY' || name === 'ADD') {
      this.copy(state, instruction, variables);
    } else if (name === 'RUN') {
      state.notes.push(
        `line ${line}: RUN ${text.replace(/\s+/g, ' ').slice(0, 80)} is not carried out, what it installs must be on this machine`,
      );
    } else if (name === 'USER') {
      state.user = expand(text.trim(), variables);
    } else if (!WITHOUT_EFFECT.has(name)) {
      throw new AssemblyError(
        `${this.asset.dockerFile} line ${line}: ${name} is not supported when a container runs as a process`,
      );
    }
  }

  private copy(state: StageState, instruction: Instruction, variables: { [name: string]: string }): void {
    const { words, text, flags, line, name } = instruction;
    const parts = (words ?? text.split(/\s+/)).map((part) => expand(part, variables));
    const target = parts.pop();
    if (target === undefined || parts.length === 0)
      throw new AssemblyError(`${this.asset.dockerFile} line ${line}: ${name} needs a source and a target`);
    const place = this.inside(state.root, posix.resolve(state.workdir, target), line);
    const documents = instruction.documents.map((each) => ({
      name: each.name,
      content: each.verbatim ? each.content : expand(each.content, variables),
    }));
    const files = parts
      .filter((part) => !part.startsWith('<<'))
      .flatMap((part) => this.sources(state, instruction, part));
    if (!this.write) return;
    const intoFolder = target.endsWith('/') || target === '.' || files.length + documents.length > 1;
    const placeOf = (file: string) =>
      intoFolder || (existsSync(place) && statSync(place).isDirectory()) ? join(place, basename(file)) : place;
    for (const file of files) {
      if (name === 'ADD' && unpack(file, place)) continue;
      const isFolder = statSync(file).isDirectory();
      const to = isFolder ? place : placeOf(file);
      mkdirSync(isFolder ? to : dirname(to), { recursive: true });
      cpSync(file, to, { recursive: true, verbatimSymlinks: true });
      if (flags['chmod'] !== undefined && !isFolder) chmodSync(to, Number.parseInt(flags['chmod'], 8));
    }
    for (const { name: file, content } of documents) {
      const to = placeOf(file);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, content, { mode: Number.parseInt(flags['chmod'] ?? '644', 8) });
    }
  }

  /** Files that a part of COPY names; what only an image engine could bring is noted. */
  private sources(state: StageState, { flags, line, name }: Instruction, part: string): string[] {
    const from = flags['from'];
    const note = (why: string) => {
      state.notes.push(`line ${line}: ${name} ${part} is not carried out: ${why}`);
      return [];
    };
    if (/^(https?|git):|^git@/.test(part)) return note('a process run fetches nothing from the network');
    const stage = from === undefined ? undefined : this.sourceStage(from);
    if (from !== undefined && stage === undefined)
      return note(`it comes from another image, ${from}; what it brings must be on this machine`);
    const found = matching(this.inside(stage?.root ?? this.asset.directory, part, line));
    if (found.length > 0) return found;
    if (stage) return note(`stage ${from} makes it by RUN, which is not carried out`);
    throw new AssemblyError(
      `${this.asset.dockerFile} line ${line}: cannot copy ${part}: the build context does not have it`,
    );
  }

  private sourceStage(name: string): StageState | undefined {
    const index = /^\d+$/.test(name) ? Number(name) : this.stages.findIndex((stage) => stage.name === name);
    return index < 0 || index >= this.stages.length ? undefined : this.stage(index);
  }

  private inside(folder: string, path: string, line: number): string {
    const place = resolve(folder, `.${posix.resolve('/', path)}`);
    if (place !== folder && !place.startsWith(folder + sep)) {
      throw new AssemblyError(`${this.asset.dockerFile} line ${line}: ${path} leads outside its folder`);
    }
    return place;
  }
}

/** ADD unpacks a local archive that tar knows; anything else is copied. */
function unpack(file: string, place: string): boolean {
  if (!/\.(tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst))$/.test(file)) return false;
  mkdirSync(place, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-x', '--no-same-owner', '-f', file, '-C', place], { encoding: 'utf8' });
  if (status !== 0)
    throw new AssemblyError(`ADD cannot unpack ${basename(file)}: ${stderr.trim() || 'tar was not found'}`);
  return true;
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
