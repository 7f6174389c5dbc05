import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: [{ find: /^headrace$/, replacement: fileURLToPath(new URL('./lib/index.ts', import.meta.url)) }] },
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000, env: { CDK_VALIDATION: 'false' } },
});
