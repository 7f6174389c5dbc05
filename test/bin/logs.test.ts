// Whose logs are shown where no task is named.

import { expect, it, vi } from 'vitest';
import { register as logs } from '../../bin/verbs/logs';
import { runLocal } from '../../lib/local/local-run';
import { CompiledAssembly } from '../ops/compiled-assembly';
import { runVerb } from './verb';

it('of many tasks that failed the first ten, and the others are named', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `T${10 + i}`);
  const assembly = new CompiledAssembly(names.map((id) => ({ id })));
  assembly.tell(Object.fromEntries(names.map((id) => [id, { fail: `${id} is out of paper` }])));
  const result = await runLocal({ assembly: assembly.folder, store: assembly.store, input: {} });
  expect(result.status).toBe('FAILED');
  let told = '';
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    told += String(chunk);
    return true;
  });
  const place = ['--store', assembly.store, '--assembly', assembly.folder];
  const { out, code } = await runVerb(logs, 'logs', 'Sales', '--json', ...place);
  write.mockRestore();
  expect(code).toBe(0);
  expect((JSON.parse(out) as { task: string }[]).map(({ task }) => task)).toEqual(names.slice(0, 10));
  expect(told).toBe('headrace: not shown: T20, T21; say whose log with --task\n');
});
