// The installation of Spark, killed half-way: nothing is left that would be taken for a Spark, and the next one clears it away.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { type Environment, findSpark, installedSpark } from '../../lib/local/spark/find-spark';
import { installSpark } from '../../lib/local/spark/install-spark';
import { temporaryFolder } from '../local/assembly-fixture';

const ended = (child: ChildProcess) => new Promise<number | null>((done) => child.once('close', done));

function placeOfSpark(environment: Environment): string {
  try {
    return findSpark(environment).place;
  } catch {
    return 'none';
  }
}

it('killed half-way leaves no Spark', async () => {
  const cache = temporaryFolder();
  const environment = { ...process.env, XDG_CACHE_HOME: cache, SPARK_HOME: undefined };
  const folder = installedSpark(environment);
  const child = spawn(process.execPath, ['--import', 'tsx', resolve('bin/headrace.ts'), 'local', '--install-spark'], {
    env: environment as NodeJS.ProcessEnv,
    // A group of its own, so that its pip ends with it.
    detached: true,
    stdio: 'ignore',
  });
  const parts = () =>
    existsSync(dirname(folder)) ? readdirSync(dirname(folder)).filter((name) => name.endsWith('.part')) : [];
  const started = Date.now();
  while (!parts().some((name) => existsSync(join(dirname(folder), name, 'bin', 'python')))) {
    expect(Date.now() - started).toBeLessThan(60_000);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  process.kill(-child.pid!, 'SIGKILL');
  await ended(child);
  expect(existsSync(folder)).toBe(false);
  expect(parts()).toHaveLength(1);
  expect(placeOfSpark(environment)).not.toContain(cache);

  // The next one begins anew; here it is stopped as soon as it says something.
  const stop = new AbortController();
  await expect(installSpark({ environment, signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow();
  expect(readdirSync(dirname(folder)).filter((name) => name.startsWith('spark-') && !name.endsWith('.lock'))).toEqual(
    [],
  );
});
