// Every verb with --json, really run, against the published shapes; what the pages say of them; where JSON goes when a verb fails.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApprovalTask, Pipeline } from '../../lib';
import { runLocal } from '../../lib/local/local-run';
import { Warehouse } from '../../lib/local/redshift/warehouse';
import { runVerb } from '../bin/verb';
import { folderWith, temporaryFolder } from '../local/assembly-fixture';
import { CompiledAssembly, type FunctionTask } from '../ops/compiled-assembly';
import { jsonPage, target } from './json-page';
import { faults, faultsOf, SCHEMA, type Shape, VERBS, verbOf } from './json-shapes';

type Register = (program: Command) => void;

const ROOT = join(__dirname, '..', '..');
const FOLDER = join(ROOT, 'bin', 'verbs');
const FILES = readdirSync(FOLDER).filter((file) =>
  /^export function register\(/m.test(readFileSync(join(FOLDER, file), 'utf8')),
);
let registers: readonly Register[] = [];

beforeAll(async () => {
  const load = (file: string) =>
    import(/* @vite-ignore */ join(FOLDER, file)) as Promise<{ readonly register: Register }>;
  registers = (await Promise.all(FILES.map(load))).map(({ register }) => register);
});

function registerAll(command: Command): void {
  for (const register of registers) register(command);
}

function leaves(command: Command, path: readonly string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((each) => leaves(each, [...path, each.name()]));
}

const TASKS: readonly FunctionTask[] = [
  { id: 'Ingest' },
  { id: 'Clean', after: ['Ingest'] },
  { id: 'Load', after: ['Clean'], reads: 'Ingest' },
  { id: 'Pick', after: ['Ingest'], branch: true },
  { id: 'Chosen', after: ['Pick'] },
  { id: 'Other', after: ['Pick', 'Clean'], rule: 'none_failed' },
];
const PARAMS = [
  { name: 'token', type: 'string', secret: true },
  { name: 'table', type: 'string', default: 'sales', description: 'where it goes' },
] as const;
const SCHEDULE = { kind: 'schedule', expression: 'cron(30 2 * * ? *)', timeZone: 'Europe/Paris' };
const SECRET = 'hush-hush';
const GIVEN = ['--param', `token=${SECRET}`];

const assembly = new CompiledAssembly(TASKS, PARAMS, [SCHEDULE]);
const older = new CompiledAssembly(
  [{ id: 'Ingest' }, { id: 'Wash', after: ['Ingest'] }, { id: 'Load', after: ['Wash'] }],
  [{ name: 'table', type: 'string', default: 'raw' }],
);
const place = ['--store', assembly.store, '--assembly', assembly.folder];
const fakes = join(
  folderWith({ 'fakes.json': '{"*": {"output": {"rows": 1}}, "Load": {"fail": {"error": "X"}}}' }),
  'fakes.json',
);
const dags = folderWith({
  'good.json': '{"name":"good","tasks":[{"id":"a","seconds":3},{"id":"b"}],"edges":[["a","b"]]}',
  'round.json': '{"name":"round","tasks":[{"id":"x"},{"id":"y"}],"edges":[["x","y"],["y","x"]]}',
});
const covered = new Set<string>();

async function printed(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const { out, code, error } = await runVerb(registerAll, ...words);
  stderr.mockRestore();
  expect(error).toBeUndefined();
  const verb = verbOf(words);
  expect(faultsOf(words, out)).toEqual([]);
  expect(out).not.toContain(SECRET);
  if (out !== '') covered.add(verb!.title);
  return { code, out };
}

describe('what is printed with --json has the published shape', () => {
  beforeAll(async () => {
    assembly.tell({ Ingest: { rows: 41 }, Clean: { fail: 'column price is missing' }, Pick: { branch: 'Chosen' } });
    const run = ['run', 'Sales', '--date', '2026-11-01', ...GIVEN, ...place, '--json'];
    expect((await printed('list', ...place, '--json')).code).toBe(0);
    expect((await printed(...run, '--dry-run')).code).toBe(0);
    expect((await printed(...run)).code).toBe(1);
    expect((await printed(...run, '--only', 'Ingest')).code).toBe(0);
    const redshift = join(assembly.store, 'us-east-1', 'redshift');
    mkdirSync(redshift, { recursive: true });
    (await Warehouse.open({ file: join(redshift, 'demo.duckdb'), resolveS3: (path) => ({ path }) })).close();
  });

  it.each([
    ['list', 0, ['list', ...place, '--json']],
    ['graph', 0, ['graph', 'Sales', ...place, '--json']],
    ['graph of a run', 0, ['graph', 'Sales', '2026-11-01', ...place, '--json']],
    ['runs', 0, ['runs', ...place, '--json']],
    ['status', 1, ['status', 'Sales', '2026-11-01', ...place, '--json']],
    ['watch', 1, ['watch', 'Sales', '2026-11-01', ...place, '--json']],
    ['logs', 0, ['logs', 'Sales', '2026-11-01', ...place, '--json']],
    ['logs of a task that never ran', 0, ['logs', 'Sales', '2026-11-01', '--task', 'Load', ...place, '--json']],
    ['logs --follow', 0, ['logs', 'Sales', '2026-11-01', '--task', 'Clean', '--follow', ...place, '--json']],
    ['rerun --dry-run', 0, ['rerun', 'Sales', '2026-11-01', '--failed', '--dry-run', ...GIVEN, ...place, '--json']],
    ['rerun', 1, ['rerun', 'Sales', '2026-11-01', '--failed', ...GIVEN, ...place, '--json']],
    ['cost', 0, ['cost', 'Sales', '2026-11-01', ...place, '--json']],
    ['cost --plan', 0, ['cost', 'Sales', '--plan', ...place, '--json']],
    ['doctor', 0, ['doctor', ...place, '--json']],
    ['plan', 0, ['plan', assembly.folder, '--json']],
    ['plan of files', 2, ['plan', join(dags, 'good.json'), join(dags, 'round.json'), join(dags, 'no.json'), '--json']],
    ['plan --diff', 0, ['plan', assembly.folder, '--diff', older.folder, '--json']],
    ['simulate', 0, ['simulate', assembly.folder, '--json']],
    ['simulate of files', 2, ['simulate', join(dags, 'good.json'), join(dags, 'round.json'), '--json']],
    [
      'local sql',
      0,
      [
        'local',
        'sql',
        "select 1 as one, 'x' as text, null as nothing, true as truth",
        '--store',
        assembly.store,
        '--json',
      ],
    ],
    [
      'test',
      1,
      ['test', assembly.folder, '--fakes', fakes, ...GIVEN, '--store', assembly.store, '--query', 'select 1 as one'],
    ],
    ['local', 1, ['local', assembly.folder, '--date', '2026-11-02', ...GIVEN, '--store', assembly.store, '--json']],
    ['stop of nothing', 0, ['stop', 'Sales', '--all', ...place, '--json']],
  ] as const)('%s', async (_name, code, words) => {
    expect((await printed(...words)).code).toBe(code);
  });

  it('backfill, its plan and how it stands', async () => {
    const days = ['backfill', 'Sales', '2026-09-01', '2026-09-02', ...GIVEN, ...place, '--json'];
    expect((await printed(...days, '--dry-run')).out).toContain('PLANNED');
    assembly.tell({});
    expect((await printed(...days, '--yes')).code).toBe(0);
    expect((await printed(...days, '--skip-succeeded')).out).toContain('"reason"');
    expect((await printed('backfill', 'Sales', '--progress', ...place, '--json')).out).toContain('SUCCEEDED');
  });

  it('local and rerun of a run that succeeds, and a rerun of nothing', async () => {
    const words = ['--date', '2026-11-03', ...GIVEN, '--store', assembly.store, '--json'];
    expect((await printed('local', assembly.folder, ...words)).code).toBe(0);
    expect((await printed('rerun', 'Sales', '2026-11-03', '--from', 'Load', ...GIVEN, ...place, '--json')).code).toBe(
      0,
    );
    expect((await printed('rerun', 'Sales', '2026-11-03', '--failed', ...GIVEN, ...place, '--json')).code).toBe(0);
  });

  it('plan --diff of a pipeline that is new', async () => {
    const other = folderWith({ 'manifest.json': '{"version":"36.0.0","artifacts":{}}' });
    mkdirSync(join(other, 'headrace'));
    expect((await printed('plan', assembly.folder, '--diff', other, '--json')).out).toContain('"new":true');
  });

  it('approve', async () => {
    const app = new App({ outdir: join(temporaryFolder(), 'cdk.out') });
    new ApprovalTask(new Pipeline(new Stack(app, 'Ask'), 'Daily'), 'Publish', { question: 'Publish?' });
    const [folder, store] = [app.synth().directory, temporaryFolder()];
    const answers: Promise<object>[] = [];
    const run = await runLocal({
      assembly: folder,
      store,
      input: { logicalDate: '2026-11-01T00:00:00Z' },
      onNotice: ({ kind }) => {
        if (kind !== 'alert' || answers.length > 0) return;
        const words = ['latest', '--yes', '--reason', 'checked', '--store', store, '--assembly', folder, '--json'];
        answers.push(printed('approve', 'Daily', ...words));
      },
    });
    expect([run.status, await Promise.all(answers)]).toMatchObject(['SUCCEEDED', [{ code: 0 }]]);
  });

  describe('stop', () => {
    let child: ChildProcess | undefined;
    afterAll(() => child?.kill('SIGKILL'));

    it('of a run that goes on', async () => {
      assembly.tell({ Load: { hold: true } });
      const words = ['run', 'Sales', '--date', '2026-11-09', ...GIVEN, ...place];
      child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bin/headrace.ts'), ...words], {
        stdio: 'ignore',
      });
      const going = async () => (await printed('status', 'Sales', 'latest', ...place, '--json')).out;
      await vi.waitFor(async () => expect(await going()).toMatch(/"run": "2026-11-09",\s+"status": "RUNNING"/), {
        timeout: 50_000,
        interval: 200,
      });
      expect((await printed('stop', 'Sales', 'latest', ...place, '--json')).out).toContain('"result": "stopped"');
    });
  });

  /** Nothing on this machine that they could do: the scripts of test/operate check what they print. */
  const DEPLOYED_ONLY = ['pause', 'resume', 'alert test'];

  it('of every verb, and each option that changes it', async () => {
    const command = new Command('headrace');
    registerAll(command);
    // `headrace test` prints nothing else, so it has no --json; `local run` is what `local` does.
    const verbs = leaves(command)
      .filter(([path, { options }]) => path === 'test' || options.some(({ long }) => long === '--json'))
      .map(([path]) => (path === 'local run' ? 'local' : path));
    const titles = VERBS.map(({ title }) => title);
    expect(titles.filter((title) => !title.includes('--')).sort()).toEqual([...verbs].sort());
    expect([...covered, ...DEPLOYED_ONLY].sort()).toEqual([...titles].sort());
    const script = readFileSync(join(ROOT, 'test/operate/pause.operate.ts'), 'utf8');
    for (const verb of DEPLOYED_ONLY)
      expect(script).toMatch(new RegExp(`'${verb.replace(' ', "', '")}',[^;]*'--json'`));
  });
});

/** Each shape inside another, with its path; what conditions say is no shape. */
function shapesIn(shape: Shape, path: string): [string, Shape][] {
  const { properties = {}, items, additionalProperties: rest } = shape;
  const inner: [string, Shape][] = Object.entries(properties).map(([name, each]) => [`${path}.${name}`, each]);
  if (items !== undefined) inner.push([`${path}[]`, items]);
  if (typeof rest === 'object') inner.push([`${path}.*`, rest]);
  return [[path, shape], ...inner.flatMap(([at, each]) => shapesIn(each, at))];
}

describe('the shapes', () => {
  const all = Object.entries(SCHEMA.$defs).flatMap(([name, shape]) => shapesIn(shape, name));

  it('name every field: what has fields has no others', () => {
    const open = all.filter(
      ([, shape]) =>
        shape.properties !== undefined &&
        shape.additionalProperties === undefined &&
        shape.unevaluatedProperties !== false,
    );
    // What others build on; they are closed.
    expect(open.map(([path]) => path)).toEqual(['runFields']);
  });

  it('tell what each field means', () => {
    const fields = all.filter(([path]) => /\.[a-zA-Z]+$/.test(path));
    const silent = fields.filter(([, shape]) => (shape.description ?? target(shape).description ?? '') === '');
    expect(fields.length).toBeGreaterThan(100);
    expect(silent.map(([path]) => path)).toEqual([]);
  });
});

describe('the page', () => {
  it('is made from the shapes', () => {
    const page = readFileSync(join(ROOT, 'docs', 'json.md'), 'utf8');
    expect(page, 'run npm run docs:json and read the diff').toBe(jsonPage());
  });

  it.each(VERBS.map((verb) => [verb.title, verb] as const))(
    'shows an example of %s that fits',
    (_title, { name, examples = [] }) => {
      expect(examples.length).toBeGreaterThan(0);
      expect(examples.flatMap((example) => faults(name, example))).toEqual([]);
    },
  );
});

describe('a verb that fails prints its reason on standard error and no JSON', () => {
  const headrace = (words: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
    const command = ['--import', 'tsx', join(ROOT, 'bin/headrace.ts'), ...words];
    const env = { PATH: process.env['PATH'], HOME: temporaryFolder(), ...environment };
    return spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', env });
  };

  it.each([
    ['an unknown pipeline', 2, ['status', 'Salez', ...place, '--json'], /^headrace: .*Salez.*did you mean/],
    ['an unknown option', 2, ['list', '--jsn'], /unknown option '--jsn'/],
    ['a folder that is no assembly', 2, ['plan', dags, '--json'], /not a cloud assembly/],
    ['no one at the address', 3, ['list', '--aws', '--json'], /^headrace: AWS cannot be reached/],
  ] as const)('%s: exit code %i', (_name, status, words, said) => {
    const AWS_ENDPOINT_URL = 'http://127.0.0.1:9';
    const keys = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_MAX_ATTEMPTS: '1' };
    const done = headrace(words, { AWS_ENDPOINT_URL, ...keys });
    expect([done.status, done.stdout]).toEqual([status, '']);
    expect(done.stderr).toMatch(said);
  });
});
