// One server for all files of the run: started before the first, stopped after the last. HEADRACE_LOCALSTACK names the
// folder that install.sh filled.

import type { TestProject } from 'vitest/node' with { 'resolution-mode': 'import' };
import { startLocalStack } from './localstack';

declare module 'vitest' {
  interface ProvidedContext {
    url: string;
    mockFile: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = process.env['HEADRACE_LOCALSTACK'];
  if (root === undefined) throw new Error('HEADRACE_LOCALSTACK is not set: run test/emulated/run.sh');
  const server = await startLocalStack(root);
  project.provide('url', server.url);
  project.provide('mockFile', server.mockFile);
  return () => server.stop();
}
