import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: [{ find: /^headrace$/, replacement: `${root}lib/index.ts` }] },
  test: {
    include: ['test/alerting/**/*.alerting.ts'],
    globalSetup: ['test/temporary.ts', 'test/operate/setup.ts'],
    // One server on two cores, and each test goes on where the one before it ended.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    env: { CDK_VALIDATION: 'false' },
  },
});
