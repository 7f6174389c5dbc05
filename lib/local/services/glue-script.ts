// Runs the script of a Glue job: Python shell and PySpark. In: the job, its run and its arguments. Out: nothing, or an error whose
// message is the script's last line with file and line. Always: PySpark scripts run on a real Spark that is found here or was
// installed; without one the error says what to type.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { type ProgramResult, runProgram } from '../child-process';
import type { TaskCall } from '../engine';
import { findSpark, INSTALL_ADVICE, type SparkHome } from '../spark/find-spark';
import { pythonFolder } from '../spark/python-folder';
import { pythonModules } from '../spark/python-modules';
import { writeSparkSettings } from '../spark/spark-settings';
import { readJsonFile } from '../store';
import { type Found, notLocal, type World } from '../world';
import { hostEnvironment } from './container-run';
import { fieldsOf } from './service';

export interface GlueScriptRun {
  readonly world: World;
  readonly job: Found;
  readonly jobName: string;
  readonly runId: string;
  /** `--name` -> value. */
  readonly words: { readonly [name: string]: string };
  readonly signal: AbortSignal;
  readonly call?: TaskCall;
}

/** Arguments that would change what a job does, and that nothing here follows. */
const REFUSED: { readonly [name: string]: string } = {
  '--user-jars-first': "jars of its own before Spark's",
  '--enable-glue-datacatalog-iceberg': 'Iceberg tables',
  '--datalake-formats': 'data lake formats (Iceberg, Hudi, Delta)',
};

export async function runGlueScript(request: GlueScriptRun): Promise<void> {
  const { world, job, words, call } = request;
  const command = fieldsOf(job.properties['Command']);
  const kind = String(command['Name']);
  if (kind !== 'glueetl' && kind !== 'pythonshell') throw notLocal(`a Glue job of kind ${kind}`);
  const language = words['--job-language'];
  if (language !== undefined && language !== 'python') throw notLocal(`a Glue job in ${language}`);
  for (const [name, what] of Object.entries(REFUSED)) if (words[name]) throw notLocal(`${name}: ${what}`);
  const script = scriptFile(world, job, String(command['ScriptLocation'] ?? ''));
  const spark = kind === 'glueetl' ? sparkFor(script) : undefined;
  const work = join(world.options.logs, 'work', request.runId.slice(0, 12));
  const errorFile = join(work, 'error.json');
  mkdirSync(join(work, 'tmp'), { recursive: true });
  const region = job.stack.region;
  const environment: { [name: string]: string } = {
    ...hostEnvironment(),
    ...world.awsEnvironment(region),
    ...spark?.environment,
    ...(spark && sparkEnvironment(world, region, spark, words, work)),
    PYTHONUNBUFFERED: '1',
    PYTHONPYCACHEPREFIX: world.options.store.cache('pycache'),
    HEADRACE_ERROR: errorFile,
  };
  const python = spark?.python ?? 'python3';
  const added = await pythonModules({
    python,
    words,
    s3Path: (uri) => world.s3Path(uri),
    work,
    cache: world.options.store.cache('python-modules'),
    environment: { ...environment, ...pipEnvironment() },
    logFile: world.logFile(call),
    signal: request.signal,
    note: (text) => world.note(call, text),
  });
  const path = [pythonFolder(), ...added, ...(spark?.environment['PYTHONPATH'] ?? '').split(delimiter)].filter(Boolean);
  const result = await runProgram({
    command: [
      python,
      join(pythonFolder(), 'headrace_launch.py'),
      script,
      '--JOB_NAME',
      request.jobName,
      '--JOB_RUN_ID',
      request.runId,
      ...Object.entries(words).flat(),
    ],
    cwd: work,
    environment: { ...environment, PYTHONPATH: path.join(delimiter) },
    logFile: world.logFile(call),
    hidden: world.options.hidden,
    signal: request.signal,
  });
  rmSync(join(work, 'tmp'), { recursive: true, force: true });
  if (result.exitCode !== 0) throw new Error(withAddresses(scriptProblem(result, errorFile, script), world));
}

function sparkFor(script: string): SparkHome {
  try {
    return findSpark();
  } catch (error) {
    const advice = `${(error as Error).message.replace(`: ${INSTALL_ADVICE}`, '')}: ${INSTALL_ADVICE}`;
    throw new Error(
      `${basename(script)} is a PySpark script, and ${advice}; or use SparkSqlTask, which runs without Spark here`,
    );
  }
}

function sparkEnvironment(
  world: World,
  region: string,
  spark: SparkHome,
  words: { readonly [name: string]: string },
  work: string,
): { [name: string]: string } {
  const jars = (words['--extra-jars'] ?? '').split(',').filter(Boolean);
  return {
    SPARK_CONF_DIR: writeSparkSettings({
      buckets: bucketFolders(world, region),
      work,
      conf: words['--conf'],
      jars: jars.map((uri) => world.s3Path(uri)),
    }),
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: spark.python,
    PYSPARK_DRIVER_PYTHON: spark.python,
    HEADRACE_SPARK: spark.version,
    HEADRACE_CATALOG: world.options.store.catalog(region),
  };
}

/** Buckets of the templates, and those that a program made in the region. */
function bucketFolders(world: World, region: string): Map<string, string> {
  const made = world.options.store.buckets(region);
  const names = existsSync(made)
    ? readdirSync(made, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    : [];
  return new Map([
    ...names
      .filter((name) => /^[a-z0-9][a-z0-9.-]+$/.test(name))
      .map((name): [string, string] => [name, join(made, name)]),
    ...world.buckets().map(([name]): [string, string] => [name, world.bucketFolder(name)]),
  ]);
}

/** How the user's pip reaches its registry. */
function pipEnvironment(): { [name: string]: string } {
  const pairs = Object.entries(process.env).filter(([name]) =>
    /^(PIP_|(https?|no)_proxy$|SSL_CERT|REQUESTS_CA)/i.test(name),
  );
  return Object.fromEntries(pairs) as { [name: string]: string };
}

function scriptFile(world: World, job: Found, location: string): string {
  const key = /^s3:\/\/[^/]+\/(.+)$/.exec(location)?.[1] ?? '';
  const asset = job.stack.assets.file(key);
  if (asset && !asset.zip) return asset.path;
  const local = /^s3:\/\/[^/]+\/.+$/.test(location) ? world.s3Path(location) : '';
  if (local !== '' && existsSync(local)) return local;
  throw new Error(`the script ${location} is neither an asset of the assembly nor in the local S3`);
}

interface Problem {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** Glue's ErrorMessage is the exception's last line; here it has its place beside it. */
function scriptProblem(result: ProgramResult, errorFile: string, script: string): string {
  if (result.startError !== undefined) return result.startError;
  const told = existsSync(errorFile) ? readJsonFile<Problem>(errorFile) : undefined;
  if (told === undefined) {
    const last = [...result.lastLines].reverse().find((line) => line.trim() !== '');
    return `the script ended with exit code ${result.exitCode}${last === undefined ? '' : `: ${last.trim()}`}`;
  }
  if (told.line === undefined) return told.message;
  // An asset's file is named by its hash: that tells a person nothing.
  const name = told.file === basename(script) && /^asset\.|^[0-9a-f]{64}/.test(told.file) ? 'the script' : told.file;
  return `${told.message} (line ${told.line} of ${name})`;
}

/** Messages speak of s3://, not of the folders behind it. */
function withAddresses(message: string, world: World): string {
  let text = message;
  for (const [bucket] of world.buckets())
    text = text
      .replaceAll(`file:${world.bucketFolder(bucket)}`, `s3://${bucket}`)
      .replaceAll(world.bucketFolder(bucket), `s3://${bucket}`);
  return text;
}
