// Turns an image, a container definition and a run's overrides into one program call. In: those three. Out: words,
// environment, working folder. Always: paths that the image put somewhere under its root point into the laid-out folder;
// the machine's own environment stays outside but for what a program needs to start.

import { existsSync, lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ContainerImage } from './container-image';

export interface ContainerCall {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
}

export interface ContainerOverrides {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment: { readonly [name: string]: string };
}

export function containerCall(image: ContainerImage, overrides: ContainerOverrides): ContainerCall {
  const inRoot = (path: string) => join(image.root, `.${path}`);
  const mapped = (text: string) =>
    text.startsWith('/') && text !== '/' && existsSync(inRoot(text)) ? inRoot(text) : text;
  // ECS: an entry point given by the task definition drops the image's CMD.
  const entrypoint = overrides.entryPoint ?? image.entrypoint;
  const command = overrides.command ?? (overrides.entryPoint === undefined ? image.command : []);
  const fromImage = Object.fromEntries(
    Object.entries(image.environment).map(([name, value]) => [name, value.split(':').map(mapped).join(':')]),
  );
  linkPackages(image.root);
  return {
    command: [...entrypoint, ...command].map(mapped).map(interpreter),
    cwd: inRoot(overrides.workingDirectory ?? image.workdir),
    environment: { ...hostEnvironment(), ...fromImage, ...overrides.environment },
  };
}

/** What a program needs to start on this machine; nothing else of the user's environment goes in. */
export function hostEnvironment(): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'SystemRoot', 'VIRTUAL_ENV']) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** The image's node is this node: the same version that runs everything here. */
function interpreter(word: string, index: number): string {
  return index === 0 && (word === 'node' || word === '/usr/local/bin/node') ? process.execPath : word;
}

/** Packages that `RUN npm install` would have brought come from the project that is being run. */
function linkPackages(root: string): void {
  const packages = nearestPackages(process.cwd());
  const link = join(root, 'node_modules');
  const existing = lstatSync(link, { throwIfNoEntry: false });
  if (packages === undefined || (existing && (!existing.isSymbolicLink() || readlinkSync(link) === packages))) return;
  rmSync(link, { force: true });
  try {
    symlinkSync(packages, link, 'dir');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // Two tasks of one image start together.
  }
}

/** The `node_modules` of the project that is being run. */
export function nearestPackages(from: string): string | undefined {
  const place = join(from, 'node_modules');
  if (existsSync(place)) return place;
  return dirname(from) === from ? undefined : nearestPackages(dirname(from));
}
