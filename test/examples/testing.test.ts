// The examples of testing are tests themselves: the cases of vitest are collected here, those in Python run as pytest would.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import '../../examples/testing/sales.test';
import { synthesize } from '../assembly';

const CALL_ALL = `
import runpy
tests = runpy.run_path('examples/testing/test_sales.py')
for name, test in tests.items():
    if name.startswith('test_'):
        test()
        print(name)`;

it('in Python', () => {
  const printed = execFileSync('python3', ['-c', CALL_ALL], {
    encoding: 'utf8',
    env: {
      ...process.env,
      HEADRACE: `${process.execPath} --import tsx bin/headrace.ts`,
      ASSEMBLY: synthesize('examples/sales-pipeline/app.ts'),
    },
  });
  expect(printed.trim().split('\n')).toHaveLength(2);
});
