// A Python of this machine that can make virtual environments. In: the minor versions that will do. Out: its command. Always: the
// nearest to Glue's own (3.11) is taken; a shim that cannot run counts as none.

import { spawnSync } from 'node:child_process';
import type { Environment } from './find-spark';

/** Glue 5.0's. */
const BEST = 11;

/** @throws Error that says which to install */
export function findPython([least, most]: readonly [number, number], environment: Environment = process.env): string {
  const minors = Array.from({ length: most - least + 1 }, (_, i) => least + i).sort(
    (a, b) => Math.abs(a - BEST) - Math.abs(b - BEST),
  );
  for (const command of [...minors.map((minor) => `python3.${minor}`), 'python3', 'python']) {
    const check = `import sys, venv, ensurepip; sys.exit(not (3, ${least}) <= sys.version_info[:2] <= (3, ${most}))`;
    const tried = spawnSync(command, ['-c', check], {
      stdio: 'ignore',
      env: environment as NodeJS.ProcessEnv,
      timeout: 60_000,
    });
    if (tried.status === 0) return command;
  }
  throw new Error(
    `no Python from 3.${least} to 3.${most} with venv was found on the PATH: install Python 3.${BEST} and try again`,
  );
}
