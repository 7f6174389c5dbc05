import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test'; // or vitest, or jest
import { fail, testPipeline } from 'headrace/testing';
import { daily } from './first';

test('nothing is published when the rows cannot be cleaned', async () => {
  const run = await testPipeline(daily, {
    date: '2024-01-31',
    fakes: { Fetch: { rows: 5 }, Clean: fail('BadRows', 'row 7 has no date'), Check: {} },
  });
  deepEqual(run.outcomes, { Fetch: 'succeeded', Clean: 'failed', Check: 'succeeded', Publish: 'upstream_failed' });
});
