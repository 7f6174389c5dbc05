// What a job's arguments add to its Python. In: --extra-py-files and --additional-python-modules. Out: folders and archives for
// PYTHONPATH. Always: modules are installed as Glue installs them, with pip, into a folder of the store that is made once for a
// list and put into place whole; a list that is importable already is left alone.
// https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ProgramRequest, runProgram } from '../child-process';

export interface PythonModules {
  readonly python: string;
  readonly words: { readonly [name: string]: string };
  /** The local path of an s3:// address. */
  readonly s3Path: (uri: string) => string;
  readonly work: string;
  /** Folder for installed modules. */
  readonly cache: string;
  readonly environment: { readonly [name: string]: string };
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

export async function pythonModules(job: PythonModules): Promise<string[]> {
  return [...extraFiles(job), ...(await additionalModules(job))];
}

/** Modules and archives by comma; a single .py file is importable by its name. */
function extraFiles(job: PythonModules): string[] {
  const folder = join(job.work, 'python');
  const paths: string[] = [];
  for (const uri of list(job.words['--extra-py-files'])) {
    const file = job.s3Path(uri);
    if (!existsSync(file)) throw new Error(`--extra-py-files names ${uri}, which is not in the local S3`);
    if (/\.(zip|whl|egg)$/.test(uri)) {
      paths.push(file);
    } else if (uri.endsWith('.py')) {
      mkdirSync(folder, { recursive: true });
      copyFileSync(file, join(folder, basename(uri)));
      if (!paths.includes(folder)) paths.push(folder);
    } else {
      throw new Error(`--extra-py-files names ${uri}: expected .py, .zip, .whl or .egg`);
    }
  }
  return paths;
}

async function additionalModules(job: PythonModules): Promise<string[]> {
  const modules = list(job.words['--additional-python-modules']).map((each) =>
    each.startsWith('s3://') ? job.s3Path(each) : each,
  );
  if (modules.length === 0) return [];
  const run = (words: readonly string[], logFile = job.logFile) =>
    runProgram({
      command: [job.python, ...words],
      cwd: job.work,
      environment: { ...job.environment, PYTHONUNBUFFERED: '1' },
      logFile,
      signal: job.signal,
    } satisfies ProgramRequest);
  if ((await run(['-c', SATISFIED, ...modules])).exitCode === 0) return [];
  const options = (job.words['--python-modules-installer-option'] ?? '').split(/\s+/).filter(Boolean);
  const name = createHash('sha256')
    .update([job.python, ...options, ...modules].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const folder = join(job.cache, name);
  if (existsSync(folder)) return [folder];
  job.note(`installing ${list(job.words['--additional-python-modules']).join(', ')} with pip, once for this store`);
  const aside = `${folder}.${process.pid}.part`;
  mkdirSync(job.cache, { recursive: true });
  try {
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
    const result = await run(['-m', 'pip', 'install', ...quiet, '--target', aside, ...options, ...modules]);
    if (result.exitCode !== 0) {
      const said = [...result.lastLines].reverse().find((line) => /error/i.test(line)) ?? result.lastLines.at(-1);
      throw new Error(
        `--additional-python-modules could not be installed: ${said ?? result.startError ?? 'pip failed'}`,
      );
    }
    if (!existsSync(folder)) renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return [folder];
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** Ends with 0 if every module, `name` or `name==version`, is there. */
const SATISFIED = `
import importlib.metadata as metadata, re, sys
for word in sys.argv[1:]:
    match = re.fullmatch(r"([\\w.-]+?)(?:\\[[\\w,-]*\\])?(?:==([\\w.]+))?", word)
    try:
        if not match or match.group(2) not in (None, metadata.version(match.group(1))):
            sys.exit(1)
    except metadata.PackageNotFoundError:
        sys.exit(1)
`;
