// What a machine can do to a run: a full disk, a killed process, two at once, a folder that cannot be written. Each run is the command
// itself, in a process of its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../lib/local/record';
import { folderWith, temporaryFolder, writeAssembly } from './assembly-fixture';

const root = join(__dirname, '../..');
// A disk of one's own, small or read only, needs root and a system that lets root mount.
const canMount = (() => {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  const folder = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'headrace-test', folder]).status !== 0) return false;
  return spawnSync('umount', [folder]).status === 0;
})();
let bin: string;

beforeAll(async () => {
  // Beside the packages it needs at run time.
  bin = join(root, 'node_modules', '.cache', 'headrace-bad-input', 'headrace.js');
  await build({
    entryPoints: [join(root, 'bin/headrace.ts')],
    bundle: true,
    platform: 'node',
    outfile: bin,
    external: ['@duckdb/node-api', '@aws-sdk/*', '@smithy/*'],
    logLevel: 'error',
  });
  writeFileSync(join(bin, '..', 'package.json'), '{"version":"0.0.0"}');
  chmodSync(join(bin, '..'), 0o755);
});

/** A container that does what its words say: a line of shell. */
function assemblyOf(tasks: { readonly [id: string]: string }): string {
  const image = folderWith({ Dockerfile: 'FROM x\nWORKDIR /w\nENTRYPOINT ["/bin/sh", "-c"]\n' });
  const states = Object.entries(tasks).map(([id, script]) => [
    id,
    {
      Type: 'Task',
      Resource: 'arn:aws:states:::ecs:runTask.sync',
      Arguments: { TaskDefinition: 'shell', Overrides: { ContainerOverrides: [{ Name: 'main', Command: [script] }] } },
    },
  ]);
  return writeAssembly({
    images: { shell: image },
    resources: {
      Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
      Definition: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          Family: 'shell',
          ContainerDefinitions: [
            {
              Name: 'main',
              Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/assets:shell' },
            },
          ],
        },
      },
    },
    tasks: Object.fromEntries(states) as { [id: string]: object },
  } as Parameters<typeof writeAssembly>[0]);
}

const words = (assembly: string, store: string, ...more: string[]) => [
  bin,
  'local',
  assembly,
  '--store',
  store,
  ...more,
];
const run = (assembly: string, store: string, ...more: string[]) =>
  spawnSync(process.execPath, words(assembly, store, ...more), { encoding: 'utf8', timeout: 60_000 });

const runsOf = (store: string) =>
  readdirSync(join(store, 'runs', 'Demo-Sales')).map((name) => join(store, 'runs', 'Demo-Sales', name));

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
async function until(what: () => boolean, milliseconds = 10_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !what() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(what()).toBe(true);
}

describe.skipIf(!canMount)('a full disk', () => {
  const mounted: string[] = [];
  afterAll(() => {
    for (const folder of mounted) execFileSync('umount', [folder]);
  });

  function smallDisk(size: string): string {
    const folder = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'headrace-test', folder]);
    mounted.push(folder);
    return join(folder, '.headrace');
  }

  it('fails the task that filled it; nothing half-written is visible, the record is whole', () => {
    const store = smallDisk('4m');
    const script = `node -e "
      const body = Buffer.alloc(8 << 20, 'x');
      const date = new Date().toISOString().replace(/[-:]|\\.\\d+/g, '');
      const authorization = 'AWS4-HMAC-SHA256 Credential=dummy/' + date.slice(0, 8) + '/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00';
      fetch(process.env.AWS_ENDPOINT_URL_S3 + '/lake/big', { method: 'PUT', body, headers: { authorization, 'x-amz-date': date, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
        .then(async (answer) => { console.log(answer.status, await answer.text()); process.exit(answer.ok ? 0 : 5); });"`;
    const { status, stdout, stderr } = run(assemblyOf({ Fill: script, After: 'echo never' }), store);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/507.*the disk behind this endpoint is full; nothing was changed/s);
    expect(readdirSync(join(store, 'us-east-1', 's3', 'lake'))).toEqual([]);
    expect(readRun(runsOf(store)[0]!).execution).toMatchObject({ status: 'FAILED' });
  }, 60_000);

  it('a log that fills it ends early, and the run goes on to its end', () => {
    const store = smallDisk('2m');
    const { status, stdout } = run(assemblyOf({ Talk: 'head -c 8000000 /dev/zero | tr "\\0" x; exit 3' }), store);
    expect(stdout).toMatch(/the log ends early: ENOSPC/);
    expect([status, readRun(runsOf(store)[0]!).execution.status]).toEqual([1, 'FAILED']);
  }, 60_000);

  it('a disk that was full before is told before anything starts', () => {
    const store = smallDisk('1m');
    mkdirSync(store);
    spawnSync('sh', ['-c', `head -c 2000000 /dev/zero > ${store}/filler`]);
    const { status, stdout, stderr } = run(assemblyOf({ Talk: 'echo hello' }), store);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^headrace local: the disk of .* is full: make room, then run again\n$/);
    expect(readdirSync(join(store, 'runs', 'Demo-Sales'))).toEqual([]);
  }, 60_000);
});

describe('a killed run', () => {
  it.each([50, 200, 400, 700])(
    'after %i ms: the record is readable, no program is left, the next run is whole',
    async (milliseconds) => {
      const store = join(temporaryFolder(), '.headrace');
      const pids = join(temporaryFolder(), 'pids');
      const script = `echo $$ >> ${pids}; sleep 300 & echo $! >> ${pids}; wait`;
      const assembly = assemblyOf({ First: 'echo quick', Long: script });
      const child = spawn(process.execPath, words(assembly, store), { stdio: 'ignore' });
      if (milliseconds > 500) await until(() => existsSync(pids) && readFileSync(pids, 'utf8').split('\n').length > 2);
      else await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const left = existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : [];
      await until(() => left.every((pid) => !isAlive(pid)));
      const list = spawnSync(process.execPath, [bin, 'runs', '--store', store, '--json'], { encoding: 'utf8' });
      if (
        existsSync(join(store, 'runs')) &&
        runsOf(store).some((folder) => existsSync(join(folder, 'execution.json')))
      ) {
        expect(JSON.parse(list.stdout)).toEqual([expect.objectContaining({ status: 'ABORTED' })]);
      }
      expect(run(assemblyOf({ First: 'echo quick' }), store).status).toBe(0);
    },
    60_000,
  );
});

it('two runs at once on one store both end, each with its own record and log', async () => {
  const store = join(temporaryFolder(), '.headrace');
  const assembly = assemblyOf({ One: 'echo $$; sleep 0.3', Two: 'echo $$' });
  const codes = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise((resolve) =>
          spawn(process.execPath, words(assembly, store, '--date', '2024-01-01'), { stdio: 'ignore' }).once(
            'close',
            resolve,
          ),
        ),
    ),
  );
  expect(codes).toEqual([0, 0, 0]);
  const logs = runsOf(store).map((folder) => readFileSync(join(folder, 'logs', 'One', '1.log'), 'utf8'));
  expect(new Set(logs).size).toBe(3);
  for (const folder of runsOf(store)) expect(readRun(folder).execution.status).toBe('SUCCEEDED');
}, 60_000);

describe('a store that cannot be written', () => {
  it('because it is a file', () => {
    const folder = folderWith({ store: 'mine' });
    const { status, stderr } = run(assemblyOf({ One: 'true' }), join(folder, 'store'));
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(
        /nothing can be written to .*store \(there is a file of that name\): choose another folder with --store\n$/,
      ),
    ]);
    expect(readFileSync(join(folder, 'store'), 'utf8')).toBe('mine');
  });

  it('by any verb', () => {
    const store = join(folderWith({ store: 'mine' }), 'store');
    const words = ['run', 'Sales', '--assembly', assemblyOf({ One: 'true' }), '--store', store];
    const { status, stderr } = spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([3, expect.stringMatching(/^headrace: nothing can be written to .*store/)]);
  });

  it.skipIf(!canMount)('because it is read only', () => {
    const store = join(temporaryFolder(), '.headrace');
    mkdirSync(store);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'headrace-test', store]);
    try {
      const { status, stderr } = run(assemblyOf({ One: 'true' }), store);
      expect([status, stderr]).toEqual([
        3,
        expect.stringMatching(/nothing can be written to .* \((EROFS|folders cannot be made there)\): choose another/),
      ]);
    } finally {
      execFileSync('umount', [store]);
    }
  });
});

it('a port in use is told, and what holds it is left alone', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  const { status, stderr } = spawnSync(
    process.execPath,
    [bin, 'local', 's3', temporaryFolder(), '--port', String(port)],
    {
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(new RegExp(`port ${port} of 127.0.0.1 is in use: choose another`)),
  ]);
  await new Promise((resolve) => server.close(resolve));
});

it('--docker without an engine is told before anything starts', () => {
  const store = join(temporaryFolder(), '.headrace');
  const { status, stderr } = spawnSync(process.execPath, words(assemblyOf({ One: 'true' }), store, '--docker'), {
    encoding: 'utf8',
    env: { PATH: temporaryFolder() },
  });
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/--docker needs a container engine: neither docker nor podman was found/),
  ]);
  expect(existsSync(store)).toBe(false);
});
