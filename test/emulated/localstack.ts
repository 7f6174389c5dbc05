// One LocalStack server on loopback, from what install.sh put in place. In: a folder for its files and log. Out: its
// address, and a way to stop exactly this process. Mocked answers of tasks are in a file that the server reads again
// when its modification time changes by a second.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export interface LocalStack {
  readonly url: string;
  /** Written by whoever needs mocked answers; see mocks.ts. */
  readonly mockFile: string;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

/** Starts the server installed under `root` and waits until it answers. */
export async function startLocalStack(root: string): Promise<LocalStack> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const mockFile = join(root, `mocks-${port}.json`);
  const logFile = join(root, 'server.log');
  const log = openSync(logFile, 'w');
  mkdirSync(join(root, 'home'), { recursive: true });
  const server = spawn(join(root, 'venv/bin/python'), ['-m', 'localstack.runtime.main'], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env['PATH'],
      HOME: join(root, 'home'),
      FILESYSTEM_ROOT: join(root, 'files'),
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      LOCALSTACK_HOST: `localhost:${port}`,
      // Inside a container it would otherwise ignore FILESYSTEM_ROOT and write to the system's folders.
      OVERRIDE_IN_DOCKER: '0',
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
      EAGER_SERVICE_LOADING: '0',
      PERSISTENCE: '0',
      AWS_DEFAULT_REGION: 'us-east-1',
      SFN_MOCK_CONFIG: mockFile,
    },
  });
  closeSync(log);
  const stop = () => stopProcess(server);
  try {
    await answers(url, server);
  } catch (error) {
    await stop();
    throw new Error(`LocalStack did not start: ${String(error)}\n${readFileSync(logFile, 'utf8').slice(-3000)}`);
  }
  return { url, mockFile, stop };
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  while (Date.now() < limit) {
    if (server.exitCode !== null) throw new Error(`it exited with ${server.exitCode}`);
    const up = await fetch(`${url}/_localstack/health`).then(
      (r) => r.ok,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no answer within ${START_LIMIT_MS / 1000} s`);
}

async function stopProcess(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  const force = setTimeout(() => server.kill('SIGKILL'), STOP_LIMIT_MS);
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
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
