// One server for all files of the run: started before the first, stopped after the last, with the rendezvous table made.
// HEADRACE_LOCALSTACK names the folder that install.sh filled.

import { startLocalStack } from './localstack';
import { TABLE } from './pipeline-case';

declare module 'vitest' {
  interface ProvidedContext {
    url: string;
    mockFile: string;
  }
}

/** Of vitest's TestProject what is used here: its own type comes from an ES module, which this one cannot import. */
interface Project {
  provide(key: 'url' | 'mockFile', value: string): void;
}

export default async function setup(project: Project): Promise<() => Promise<void>> {
  const root = process.env['HEADRACE_LOCALSTACK'];
  if (root === undefined) throw new Error('HEADRACE_LOCALSTACK is not set: run test/emulated/run.sh');
  const server = await startLocalStack(root);
  try {
    await createTable(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('url', server.url);
  project.provide('mockFile', server.mockFile);
  return () => server.stop();
}

/** One request does not need a client library: the emulator looks at the target and the scope, not at the signature. */
async function createTable(url: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.CreateTable',
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  });
  if (!response.ok) throw new Error(`the rendezvous table was not made: ${response.status} ${await response.text()}`);
}
