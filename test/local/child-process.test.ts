// Programs that behave badly: each is a real process.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { type ProgramRequest, runProgram } from '../../lib/local/child-process';
import { HiddenValues } from '../../lib/view/hidden-values';
import { temporaryFolder } from './assembly-fixture';

function start(script: string, more: Partial<ProgramRequest> = {}) {
  const folder = temporaryFolder();
  const logFile = join(folder, 'log');
  const done = runProgram({
    command: ['/bin/sh', '-c', script],
    cwd: folder,
    environment: { PATH: '/usr/bin:/bin', NODE: process.execPath },
    logFile,
    ...more,
  });
  return { done, folder, log: () => readFileSync(logFile, 'utf8') };
}

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
async function until(what: () => boolean, milliseconds = 5_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !what() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(what()).toBe(true);
}

describe('a program', () => {
  it('exits 137 by itself', async () => {
    expect(await start('exit 137').done).toMatchObject({ exitCode: 137, aborted: false });
  });

  it('is told by the signal that ended it', async () => {
    expect(await start('kill -SEGV $$').done).toMatchObject({ exitCode: 139 });
  });

  it('that ignores SIGTERM is killed after its time', async () => {
    const stop = new AbortController();
    const { done, folder } = start('trap "" TERM; echo > ready; while :; do sleep 0.05; done', { signal: stop.signal });
    await until(() => existsSync(join(folder, 'ready')));
    const asked = Date.now();
    stop.abort();
    expect(await done).toMatchObject({ exitCode: 137, aborted: true });
    expect(Date.now() - asked).toBeLessThan(9_000);
  }, 15_000);

  it('that forks takes its children along, also those that left its group and hold its output open', async () => {
    const { done, folder } = start(
      'sleep 600 & echo $! > child; setsid sh -c "echo \\$\\$ > away; exec sleep 5" & while [ ! -s away ]; do sleep 0.01; done; exit 3',
    );
    const began = Date.now();
    expect(await done).toMatchObject({ exitCode: 3 });
    expect(Date.now() - began).toBeLessThan(4_000);
    await until(() => !isAlive(Number(readFileSync(join(folder, 'child'), 'utf8'))));
  });

  it('that prints 256 MiB, in one line, fills no memory', async () => {
    const before = process.memoryUsage().rss;
    const { done, folder } = start('head -c 268435456 /dev/zero | tr "\\0" x', { logFile: '/dev/null' });
    const { lastLines, exitCode } = await done;
    expect(exitCode).toBe(0);
    expect(Math.max(...lastLines.map((line) => line.length))).toBeLessThanOrEqual(4_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
    expect(existsSync(folder)).toBe(true);
  }, 120_000);

  it('that prints half characters and NULs is logged all the same', async () => {
    const { done, log } = start("printf 'gr\\303\\274n \\377\\000 \\303'");
    await done;
    expect(log()).toBe('grün \ufffd\u0000 \ufffd\n');
  });

  it('prints no secret, whatever pieces it comes in', async () => {
    const secrets = ['line one of a key', 'line two of a key', 's3cr3t+value'];
    const { done, log } = start(
      'printf s3cr; sleep 0.1; printf "3t+value\\nline one of a key\\nline two of a key\\n" >&1',
      {
        hidden: new HiddenValues(secrets),
      },
    );
    expect((await done).lastLines).toEqual(['***', '***', '***']);
    expect(log()).toBe('***\n***\n***\n');
  });

  it.skipIf(process.platform !== 'linux')(
    'that takes more memory than it may is ended',
    async () => {
      const hungry = '"$NODE" -e "const a = []; setInterval(() => a.push(Buffer.alloc(16 << 20, 1)), 20)"';
      expect(await start(`${hungry}; exit $?`, { memoryMiB: 200 }).done).toMatchObject({
        exitCode: 137,
        outOfMemory: true,
      });
      expect(await start('exit 137', { memoryMiB: 200 }).done).not.toHaveProperty('outOfMemory');
    },
    20_000,
  );

  it('whose log cannot be written runs on, and says so', async () => {
    // The file system that is always full.
    const { exitCode, logProblem } = await start('echo hello; exit 4', { logFile: '/dev/full' }).done;
    expect([exitCode, logProblem]).toEqual([4, expect.stringMatching(/the log ends early: ENOSPC/)]);
  });

  it('does not outlive a runner that is killed', async () => {
    const folder = temporaryFolder();
    await build({
      stdin: {
        contents: `import { runProgram } from './lib/local/child-process';
          void runProgram({ command: ['/bin/sh', '-c', 'echo $$ > leader; sleep 600 & echo $! > child; wait'],
            cwd: process.argv[2]!, environment: { PATH: '/usr/bin:/bin' }, logFile: process.argv[2] + '/log' });`,
        resolveDir: join(__dirname, '../..'),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      outfile: join(folder, 'runner.js'),
      logLevel: 'error',
    });
    const runner = spawn(process.execPath, [join(folder, 'runner.js'), folder], { stdio: 'ignore' });
    const pid = (file: string) => Number(readFileSync(join(folder, file), 'utf8'));
    await until(() =>
      ['leader', 'child'].every((file) => existsSync(join(folder, file)) && statSync(join(folder, file)).size > 0),
    );
    expect(isAlive(pid('child'))).toBe(true);
    runner.kill('SIGKILL');
    await until(() => !isAlive(pid('leader')) && !isAlive(pid('child')));
  });
});
