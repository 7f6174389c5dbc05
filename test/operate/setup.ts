// One server for all files: HEADRACE_LOCALSTACK names the folder that install.sh filled, HEADRACE_LOCALSTACK_URL one that runs already.

import { startLocalStack } from '../emulated/localstack';

declare module 'vitest' {
  interface ProvidedContext {
    operateUrl: string;
  }
}

interface Project {
  provide(key: 'operateUrl', value: string): void;
}

export default async function setup(project: Project): Promise<(() => Promise<void>) | undefined> {
  const running = process.env['HEADRACE_LOCALSTACK_URL'];
  if (running !== undefined) {
    project.provide('operateUrl', running);
    return undefined;
  }
  const root = process.env['HEADRACE_LOCALSTACK'];
  if (root === undefined) throw new Error('HEADRACE_LOCALSTACK is not set: run test/operate/run.sh');
  const server = await startLocalStack(root);
  project.provide('operateUrl', server.url);
  return () => server.stop();
}
