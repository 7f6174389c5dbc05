// One LocalStack server on loopback, from what install.sh put in place. In: the folder that it filled. Out: its address
// and the file with the mocked answers of tasks.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, startServer } from './server-process';

export interface LocalStack extends ServerProcess {
  /** Written by whoever needs mocked answers; see mocks.ts. */
  readonly mockFile: string;
}

/** Starts the server installed under `root` and waits until it answers. */
export async function startLocalStack(root: string): Promise<LocalStack> {
  const mockFile = join(root, 'mocks.json');
  const home = join(root, 'home');
  mkdirSync(home, { recursive: true });
  writeFileSync(mockFile, JSON.stringify({ StateMachines: {}, MockedResponses: {} }));
  const server = await startServer({
    name: 'LocalStack',
    command: join(root, 'venv/bin/python'),
    args: () => ['-m', 'localstack.runtime.main'],
    healthPath: '/_localstack/health',
    logFile: join(root, 'server.log'),
    env: (port) => ({
      HOME: home,
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
    }),
  });
  return { ...server, mockFile };
}
