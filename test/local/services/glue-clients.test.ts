// boto3 against the Glue and Athena stand-ins, through the real gateway and the real S3 endpoint. Runs with `npm run test:clients`.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Machines } from '../../../lib/local/assembly/machines';
import { startGateway } from '../../../lib/local/gateway/gateway';
import { openBuckets } from '../../../lib/local/local-buckets';
import { Registry } from '../../../lib/local/services/registry';
import { executionsOf } from '../../../lib/local/executions';
import { localWorld } from './local-world';

const SCRIPT = `import sys
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ['JOB_NAME', 'word'])
print('about to fail')
raise ValueError(f"{args['word']} of {args['JOB_NAME']}")
`;

it.skipIf(process.env['HEADRACE_PYTHON'] === undefined)('boto3', { timeout: 120_000 }, async () => {
  const { world, put } = localWorld({
    Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
    Raw: { Type: 'AWS::Glue::Database', Properties: { DatabaseInput: { Name: 'raw' } } },
    Crawler: {
      Type: 'AWS::Glue::Crawler',
      Properties: { Name: 'crawl', DatabaseName: 'raw', Targets: { S3Targets: [{ Path: 's3://lake/raw/' }] } },
    },
    Shell: {
      Type: 'AWS::Glue::Job',
      Properties: { Name: 'shell', Command: { Name: 'pythonshell', ScriptLocation: 's3://lake/shell.py' } },
    },
  });
  put('lake', 'shell.py', SCRIPT);
  const s3 = await openBuckets(world);
  const machines = new Machines(world.options.assembly);
  const registry = new Registry(
    world,
    executionsOf(() => {
      throw new Error('no state machine runs here');
    }, machines),
  );
  const gateway = await startGateway({ dispatch: (request) => registry.dispatch(request) });
  world.addresses = { gateway: gateway.url, s3: s3.url };
  try {
    const output = await new Promise<string>((resolve, reject) => {
      const child = spawn(process.env['HEADRACE_PYTHON']!, [join(__dirname, 'glue_clients.py')], {
        env: { PATH: process.env['PATH'], ...world.awsEnvironment(world.region) },
      });
      let text = '';
      child.stdout.on('data', (chunk) => (text += String(chunk)));
      child.stderr.on('data', (chunk) => (text += String(chunk)));
      child.once('error', reject);
      child.once('close', () => resolve(text));
    });
    expect(output).toBe('ok\n');
  } finally {
    await registry.close();
    await gateway.close();
    await s3.close();
  }
});
