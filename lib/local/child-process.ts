// Runs one program for a task: a container's entry point, a script. In: command, environment, folder, where its output
// goes. Out: exit code and the last lines. Always: the program leads a process group of its own, and the whole group is
// ended when the signal fires; values that are secret do not reach the log.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Time between asking a group to end and ending it; ECS gives 30 s, a person at a keyboard less. */
const GRACE_MILLISECONDS = 5_000;
const KEPT_LINES = 40;
const LONGEST_LINE = 4_000;

export interface ProgramRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
  readonly logFile: string;
  /** Texts that are replaced by *** in the log. */
  readonly secrets?: readonly string[];
  readonly signal?: AbortSignal;
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
}

const groups = new Set<number>();

/** Ends every program that is still running: for a process that must leave at once. */
export function killAllPrograms(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

export function runProgram(request: ProgramRequest): Promise<ProgramResult> {
  mkdirSync(dirname(request.logFile), { recursive: true });
  const log = openSync(request.logFile, 'a');
  const lines = new LineSink(log, request.secrets ?? [], request.onLine);
  const [program, ...words] = request.command;
  return new Promise((resolve) => {
    const finish = (result: ProgramResult) => {
      lines.end();
      closeSync(log);
      resolve(result);
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
    });
    if (child.pid !== undefined) groups.add(child.pid);
    child.stdout.on('data', (chunk: Buffer) => lines.write('out', chunk));
    child.stderr.on('data', (chunk: Buffer) => lines.write('err', chunk));
    const stop = endOnAbort(child, request.signal);
    child.once('error', (error) => {
      stop();
      finish({ exitCode: 127, lastLines: [], startError: startProblem(error, program!, request.cwd), aborted: false });
    });
    child.once('close', (code, signal) => {
      stop();
      // Whatever the program left behind in its group ends with it, as a container's processes do.
      if (child.pid !== undefined) {
        signalGroup(child.pid, 'SIGKILL');
        groups.delete(child.pid);
      }
      finish({
        exitCode: code ?? 128 + signalNumber(signal),
        lastLines: lines.last,
        aborted: request.signal?.aborted ?? false,
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

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
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

/** Cuts two streams into lines, hides secrets, keeps the last lines. */
export class LineSink {
  readonly last: string[] = [];
  private readonly rest: { [stream: string]: string } = {};
  private readonly decoders: { [stream: string]: InstanceType<typeof TextDecoder> } = {};

  constructor(
    private readonly descriptor: number,
    private readonly secrets: readonly string[],
    private readonly onLine?: (line: string) => void,
  ) {}

  write(stream: 'out' | 'err', chunk: Uint8Array): void {
    this.decoders[stream] ??= new TextDecoder();
    const decoder = this.decoders[stream];
    const text = (this.rest[stream] ?? '') + decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    this.rest[stream] = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  end(): void {
    for (const rest of Object.values(this.rest)) if (rest !== '') this.line(rest);
  }

  private line(raw: string): void {
    let line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    for (const secret of this.secrets) if (secret.length > 3) line = line.replaceAll(secret, '***');
    writeSync(this.descriptor, `${line}\n`);
    this.last.push(line.slice(0, LONGEST_LINE));
    if (this.last.length > KEPT_LINES) this.last.shift();
    this.onLine?.(line);
  }
}
