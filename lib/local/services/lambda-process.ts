// One warm execution environment of a function: a process that hosts its handler and answers one invocation at a time.
// In: code folder, handler, environment. Out: the result or the error in AWS's shape. Always: what the handler prints goes to
// the log of the invocation; a time-out or an abort ends the process group.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { HiddenValues } from '../../view/hidden-values';
import type { Json } from '../engine';
import { LineSink } from '../line-sink';
import { forgetGroup, signalGroup, watchGroup } from '../program-watch';
import type { Fields } from './service';

export interface FunctionProcessOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
}

export interface Invocation {
  readonly event: Json;
  readonly context: Fields;
  readonly timeoutSeconds: number;
  readonly logFile: string;
  readonly hidden: HiddenValues;
  readonly signal?: AbortSignal;
}

export type InvocationResult = { readonly result: Json } | { readonly error: Fields };

export class FunctionProcess {
  private readonly child: ChildProcess;
  private answer?: (result: InvocationResult) => void;
  private sink?: LineSink;
  alive = true;

  constructor(options: FunctionProcessOptions) {
    const [program, ...words] = options.command;
    this.child = spawn(program!, words, {
      cwd: options.cwd,
      env: { ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = this.child;
    if (pid !== undefined) {
      watchGroup(pid);
      this.child.once('exit', () => forgetGroup(pid));
    }
    this.child.stdout!.on('data', (chunk: Buffer) => this.sink?.write('out', chunk));
    this.child.stderr!.on('data', (chunk: Buffer) => this.sink?.write('err', chunk));
    createInterface({ input: this.child.stdio[4] as Readable }).on('line', (line) =>
      this.settle(JSON.parse(line) as InvocationResult),
    );
    (this.child.stdio[3] as Writable).on('error', () => undefined); // The process's end tells; `close` below answers.
    this.child.once('error', (error) =>
      this.end({ errorType: 'Runtime.InvalidEntrypoint', errorMessage: error.message }),
    );
    // Not `close`: programs that the handler left behind may hold the pipes open. An answer that is still in the pipe comes first.
    this.child.once('exit', async (code, signal) => {
      await new Promise((resolve) => setImmediate(resolve));
      this.end({
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: local Error: Runtime exited with error: ${signal ?? `exit status ${code}`}`,
      });
    });
  }

  async invoke(invocation: Invocation): Promise<InvocationResult> {
    const log = openSync(invocation.logFile, 'a');
    const sink = new LineSink(log, invocation.hidden);
    this.sink = sink;
    const seconds = invocation.timeoutSeconds;
    const timer = setTimeout(
      () =>
        this.kill({
          errorType: 'Sandbox.Timedout',
          errorMessage: `RequestId: local Error: Task timed out after ${seconds.toFixed(2)} seconds`,
        }),
      seconds * 1000,
    );
    const onAbort = () => this.kill({ errorType: 'Sandbox.Aborted', errorMessage: 'the run was stopped' });
    invocation.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise<InvocationResult>((resolve) => {
        this.answer = resolve;
        const context = { ...invocation.context, timeout: seconds * 1000 };
        (this.child.stdio[3] as Writable).write(`${JSON.stringify({ event: invocation.event, context })}\n`);
      });
    } finally {
      clearTimeout(timer);
      invocation.signal?.removeEventListener('abort', onAbort);
      // The handler's last lines may still be in the pipe when its answer is here.
      await new Promise((resolve) => setImmediate(resolve));
      this.sink = undefined;
      sink.end();
      closeSync(log);
    }
  }

  close(): void {
    this.kill({ errorType: 'Sandbox.Aborted', errorMessage: 'the run has ended' });
  }

  private kill(error: Fields): void {
    this.end(error);
    if (this.child.pid !== undefined) signalGroup(this.child.pid, 'SIGKILL');
  }

  private end(error: Fields): void {
    this.alive = false;
    this.settle({ error });
  }

  private settle(result: InvocationResult): void {
    const { answer } = this;
    this.answer = undefined;
    answer?.(result);
  }
}
