// `headrace/testing` as it is published: one file, for import and for require, that runs in plain Node without DuckDB at hand.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder, writeAssembly } from '../assembly-fixture';

const folder = temporaryFolder();
const assembly = writeAssembly({ tasks: { Only: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage' } } });

beforeAll(() => {
  buildSync({
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    entryPoints: { testing: 'lib/local/testing/test-pipeline.ts' },
    outdir: folder,
    external: ['@duckdb/node-api'],
    logLevel: 'error',
  });
});

it.each([
  ['import', 'module', `import { fail, testPipeline } from ${JSON.stringify(join(folder, 'testing.js'))};`],
  ['require', 'commonjs', `const { fail, testPipeline } = require(${JSON.stringify(join(folder, 'testing.js'))});`],
])('works with %s', (_, type, line) => {
  const program = `${line}
    testPipeline(${JSON.stringify(assembly)}, { fakes: { Only: fail('My.Error') } }).then((run) => {
      console.log(run.task('Only').error, run.status);
    });`;
  const printed = execFileSync(process.execPath, [`--input-type=${type}`, '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(printed).toBe('My.Error FAILED\n');
});
