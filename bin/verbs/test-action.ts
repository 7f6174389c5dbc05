// The work of `headrace test`: the file of fakes read and checked, the run, one JSON object printed. Always: standard output holds the
// JSON and nothing else; what is wrong with the test goes to standard error.

import { existsSync, readFileSync } from 'node:fs';
import {
  type Fake,
  type Fakes,
  fail,
  type Outputs,
  real,
  skip,
  testPipeline,
} from '../../lib/local/testing/test-pipeline';
import type { Row, TestedRun } from '../../lib/local/testing/test-pipeline';
import { taskSummary } from './run-summary';

export interface TestVerbOptions {
  readonly fakes?: string;
  readonly date?: string;
  readonly param: readonly string[];
  readonly only: readonly string[];
  readonly from: readonly string[];
  readonly file: readonly string[];
  readonly clock: string;
  readonly query: readonly string[];
  readonly table: readonly string[];
  readonly store?: string;
  readonly secrets?: string;
}

export async function runTestVerb(
  folder: string,
  pipeline: string | undefined,
  options: TestVerbOptions,
): Promise<number> {
  const { date, store, secrets, clock, only, from } = options;
  if (secrets !== undefined && !existsSync(secrets)) throw new Error(`--secrets ${secrets}: there is no such file`);
  const run = await testPipeline(folder, {
    ...(pipeline !== undefined && { pipeline }),
    ...(date !== undefined && { date }),
    ...(store !== undefined && { store }),
    ...(secrets !== undefined && { secrets }),
    ...(options.fakes !== undefined && { fakes: readFakes(options.fakes) }),
    params: Object.fromEntries(options.param.map((word) => pair('--param', word, 'name=value'))),
    files: Object.fromEntries(
      options.file
        .map((word) => pair('--file', word, 's3://bucket/key=FILE'))
        .map(([uri, path]) => [uri, readFileSync(path)]),
    ),
    clock,
    only,
    from,
  });
  const queries = await rowsOf(options.query, (sql) => run.query(sql));
  const tables = await rowsOf(options.table, (name) => run.table(name));
  const shown = run.hidden.data({ ...jsonOf(run), queries, tables });
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  return run.succeeded ? 0 : 1;
}

async function rowsOf(
  names: readonly string[],
  read: (name: string) => Promise<Row[]>,
): Promise<{ [name: string]: Row[] }> {
  const all: { [name: string]: Row[] } = {};
  for (const name of names) all[name] = await read(name);
  return all;
}

function jsonOf(tested: TestedRun): object {
  const { pipeline, run, status, error, cause, outcomes, order, attempts, outputs, calls, alerts, seconds } = tested;
  const tasks = tested.tasks.map(taskSummary);
  const facts = { pipeline, run, status, error, cause, outcomes, order, attempts, outputs, calls, alerts, seconds };
  return { ...facts, tasks, place: tested.folder, store: tested.store };
}

function pair(option: string, word: string, expected: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw new Error(`${option} ${word}: expected ${expected}`);
  // A key may hold `=` (a partition), a path hardly does: files are cut at the last one.
  const cut = option === '--file' ? word.lastIndexOf('=') : at;
  return [word.slice(0, cut), word.slice(cut + 1)];
}

function readFakes(file: string): Fakes {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`--fakes ${file}: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`--fakes ${file}: expected a JSON object, task id -> fake`);
  return Object.fromEntries(
    Object.entries(value).map(([id, fake]): [string, Fake] => {
      if (fake === 'real') return [id, real];
      return [id, Array.isArray(fake) ? fake.map((each) => readFake(id, each)) : readFake(id, fake)];
    }),
  );
}

function readFake(id: string, fake: unknown): ReturnType<typeof fail> | Outputs {
  const given = (typeof fake === 'object' && fake !== null ? fake : {}) as { [field: string]: any };
  const [kind, ...more] = Object.keys(given);
  if (more.length === 0 && kind === 'output') return given[kind] as Outputs;
  if (more.length === 0 && kind === 'fail') return fail(given[kind]?.error, given[kind]?.cause);
  if (more.length === 0 && kind === 'skip') return skip(String(given[kind]));
  throw new Error(
    `the fake of task ${id} is ${JSON.stringify(fake)}: expected {"output": {...}}, {"fail": {"error", "cause"}}, {"skip": "why"} or "real"`,
  );
}
