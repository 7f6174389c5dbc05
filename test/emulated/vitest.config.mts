import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: [{ find: /^headrace$/, replacement: `${root}lib/index.ts` }] },
  test: {
    include: ['test/emulated/**/*.emulated.ts'],
    globalSetup: ['test/temporary.ts', 'test/emulated/setup.ts'],
    // One server on two cores: files one after another, a few executions at a time.
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { CDK_VALIDATION: 'false' },
  },
});
