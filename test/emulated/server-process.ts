// A server in a process of its own, on a free loopback port. In: how to start it and where it says that it is ready. Out:
// its address, once it answers, and a way to stop exactly this process. What it prints goes to a file, whose end is shown
// if it does not start.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

export interface ServerProcess {
  readonly url: string;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  /** The whole environment besides PATH. */
  readonly env: (port: number) => Readonly<Record<string, string>>;
  /** Answers with 200 when the server is ready. */
  readonly healthPath: string;
  readonly logFile: string;
}

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = openSync(server.logFile, 'w');
  const child = spawn(server.command, server.args(port), {
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], ...server.env(port) },
  });
  closeSync(log);
  const stop = () => stopProcess(child);
  try {
    await answers(url + server.healthPath, child);
  } catch (error) {
    await stop();
    throw new Error(
      `${server.name} did not start: ${String(error)}\n${readFileSync(server.logFile, 'utf8').slice(-3000)}`,
    );
  }
  return { url, stop };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  const spawnFailed = new Promise<never>((_, reject) => child.once('error', reject));
  while (Date.now() < limit) {
    if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}`);
    const up = fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (await Promise.race([up, spawnFailed])) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no answer within ${START_LIMIT_MS / 1000} s`);
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(force);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
