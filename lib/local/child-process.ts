// Runs one program for a task: a container's entry point, a script. In: command, environment, folder, where its output
// goes. Out: exit code and the last lines. Always: the program leads a process group of its own, and the whole group is
// ended when the signal fires; values that are secret do not reach the log.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HiddenValues } from '../view/hidden-values';
import { LineSink } from './line-sink';
import { type MemoryWatch, watchMemory } from './memory-limit';
import { forgetGroup, signalGroup, watchGroup } from './program-watch';

/** Time between asking a group to end and ending it; ECS gives 30 s, a person at a keyboard less. */
const GRACE_MILLISECONDS = 5_000;
/** How long pipes are read that a program's descendants still hold after its end. */
const DRAIN_MILLISECONDS = 500;

export interface ProgramRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
  readonly logFile: string;
  /** Replaced by *** in the log. */
  readonly hidden?: HiddenValues;
  readonly signal?: AbortSignal;
  /** The program is ended as soon as it holds more. @default no limit */
  readonly memoryMiB?: number;
  /** User and group to run as; only root can. @default this process's own */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly onLine?: (line: string) => void;
}

export interface ProgramResult {
  /** Exit code; 128 + signal number where a signal ended it, as a container engine says. */
  readonly exitCode: number;
  /** Last lines of stdout and stderr together. */
  readonly lastLines: readonly string[];
  /** The program could not be started: why. */
  readonly startError?: string;
  readonly aborted: boolean;
  /** It was ended because it held more memory than it may. */
  readonly outOfMemory?: boolean;
  /** Why the log lacks lines, if it does. */
  readonly logProblem?: string;
}

export { killAllPrograms } from './program-watch';

export function runProgram(request: ProgramRequest): Promise<ProgramResult> {
  mkdirSync(dirname(request.logFile), { recursive: true });
  const log = openSync(request.logFile, 'a');
  const lines = new LineSink(log, request.hidden, request.onLine);
  const [program, ...words] = request.command;
  return new Promise((resolve) => {
    let finished = false;
    const finish = (result: ProgramResult) => {
      if (finished) return;
      finished = true;
      lines.end();
      closeSync(log);
      resolve(lines.problem === undefined ? result : { ...result, logProblem: lines.problem });
    };
    if (request.signal?.aborted) {
      finish({ exitCode: 137, lastLines: [], aborted: true });
      return;
    }
    const child = spawn(program!, words, {
      cwd: request.cwd,
      env: { ...request.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...request.user,
    });
    const { pid } = child;
    let memory: MemoryWatch | undefined;
    if (pid !== undefined) {
      watchGroup(pid);
      if (request.memoryMiB !== undefined)
        memory = watchMemory(pid, request.memoryMiB, () => signalGroup(pid, 'SIGKILL'));
    }
    child.stdout.on('data', (chunk: Buffer) => lines.write('out', chunk));
    child.stderr.on('data', (chunk: Buffer) => lines.write('err', chunk));
    const stop = endOnAbort(child, request.signal);
    child.once('error', (error) => {
      stop();
      finish({ exitCode: 127, lastLines: [], startError: startProblem(error, program!, request.cwd), aborted: false });
    });
    child.once('exit', () => {
      stop();
      memory?.stop();
      if (pid === undefined) return;
      // Whatever the program left behind in its group ends with it, as a container's processes do.
      signalGroup(pid, 'SIGKILL');
      forgetGroup(pid);
      // What left the group may hold the pipes open for ever.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MILLISECONDS).unref();
    });
    child.once('close', (code, signal) => {
      const outOfMemory = memory?.passed() ?? false;
      finish({
        exitCode: code ?? 128 + signalNumber(signal),
        lastLines: lines.last,
        aborted: request.signal?.aborted ?? false,
        ...(outOfMemory && { outOfMemory }),
      });
    });
  });
}

function endOnAbort(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    if (child.pid === undefined) return;
    signalGroup(child.pid, 'SIGTERM');
    timer = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), GRACE_MILLISECONDS);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal?.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: { readonly [name: string]: number } = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
  };
  return signal === null ? 0 : (numbers[signal] ?? 9);
}

function startProblem(error: Error, program: string, cwd: string): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return `${program} was not found on this machine (started in ${cwd})`;
  if (code === 'EACCES') return `${program} may not be executed on this machine`;
  return error.message;
}
