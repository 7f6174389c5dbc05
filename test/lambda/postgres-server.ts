// A real PostgreSQL for tests: the one of the system, in a folder of its own, on loopback. Where there is none, the tests that
// need it are left out and say so.

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  readonly port: number;
  stop(): Promise<void>;
}

export function postgresPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const folders = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const inPath = (process.env['PATH'] ?? '').split(':');
  return [...folders, ...inPath].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

export async function startPostgres(programs: string, password: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-pg-'));
  // PostgreSQL does not run as root; there its own user owns the folder.
  const as = process.getuid?.() === 0 ? userIds() : undefined;
  if (as !== undefined) chownSync(folder, as.uid, as.gid);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const data = join(folder, 'data');
  execFileSync(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'etl',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-sync',
      '-E',
      'UTF8',
      '--no-locale',
    ],
    { stdio: 'ignore', cwd: folder, ...as },
  );
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'],
    { stdio: 'ignore', cwd: folder, ...as },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  for (let tries = 0; !existsSync(join(folder, `.s.PGSQL.${port}`)); tries += 1) {
    if (tries > 200 || server.exitCode !== null) throw new Error('PostgreSQL did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  return {
    port,
    stop: async () => {
      server.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function userIds(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}
