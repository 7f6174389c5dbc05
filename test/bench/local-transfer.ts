// 200 MB to an S3 endpoint in parts and back, by boto3: ours, and moto's server beside it in the same minute. In: a folder to work in.
// Out: seconds that the client waits, and CPU seconds of the server where the system tells them (Linux).

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export interface Transfer {
  readonly up: number;
  readonly down: number;
  /** CPU seconds of the server for three rounds. */
  readonly cpu?: number;
}

const root = join(__dirname, '..', '..');
const SIZE = 200 << 20;

export async function measureTransfers(folder: string): Promise<{ ours: Transfer; moto: Transfer }> {
  for (const [venv, list] of [
    ['clients', 'test/python/clients.txt'],
    ['moto', 'test/deploy/requirements.txt'],
  ])
    execFileSync('bash', ['test/python/venv.sh', `.cache/python/${venv}`, list!], { cwd: root, stdio: 'ignore' });
  const file = join(folder, 'big');
  writeFileSync(file, randomBytes(SIZE));
  mkdirSync(join(folder, 's3'));
  const ours = await measure(file, (port) => [
    process.execPath,
    '--import',
    'tsx',
    'bin/headrace.ts',
    'local',
    's3',
    join(folder, 's3'),
    '--port',
    String(port),
  ]);
  const moto = await measure(file, (port) => ['.cache/python/moto/bin/moto_server', '--port', String(port)]);
  return { ours, moto };
}

async function measure(file: string, command: (port: number) => string[]): Promise<Transfer> {
  const port = await freePort();
  const [program, ...words] = command(port);
  const server = spawn(program!, words, { cwd: root, stdio: 'ignore' });
  try {
    const url = `http://127.0.0.1:${port}`;
    await answering(url);
    const before = cpuOf(server);
    const python = '.cache/python/clients/bin/python';
    const out = execFileSync(python, [join(__dirname, 'transfer.py'), url, file], { cwd: root, encoding: 'utf8' });
    const after = cpuOf(server);
    const [up, down] = out.trim().split(' ').map(Number);
    return { up: up!, down: down!, ...(before !== undefined && after !== undefined && { cpu: after - before }) };
  } finally {
    server.kill();
  }
}

function cpuOf({ pid }: ChildProcess): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answering(url: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no server answers at ${url}`);
}
