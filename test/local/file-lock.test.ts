import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireLock } from '../../lib/local/file-lock';
import { temporaryFolder } from './assembly-fixture';

const request = (file: string, waitMilliseconds = 0) => ({
  file,
  subject: 'the local warehouse sales',
  holder: 'run 1 of Sales',
  waitMilliseconds,
});

it('has one holder at a time, and the error names it', async () => {
  const file = join(temporaryFolder(), 'x.lock');
  const release = await acquireLock(request(file));
  await expect(acquireLock(request(file))).rejects.toThrow(
    /the local warehouse sales is in use by run 1 of Sales \(process \d+\): wait until it ends/,
  );
  release();
  expect(existsSync(file)).toBe(false);
});

it('is waited for as long as asked', async () => {
  const file = join(temporaryFolder(), 'x.lock');
  const release = await acquireLock(request(file));
  setTimeout(release, 150);
  (await acquireLock(request(file, 5_000)))();
});

it('of a dead process is taken over', async () => {
  const file = join(temporaryFolder(), 'x.lock');
  writeFileSync(file, JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid, what: 'run 0' }));
  (await acquireLock(request(file)))();
});

it('of another living process holds', async () => {
  const file = join(temporaryFolder(), 'x.lock');
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    writeFileSync(file, JSON.stringify({ pid: other.pid, what: 'run 0' }));
    await expect(acquireLock(request(file))).rejects.toThrow(/in use by run 0/);
  } finally {
    other.kill();
  }
});
