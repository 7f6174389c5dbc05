// One execution: its input, its history, its flows, its end. Execution is what callers see; it resolves `done` exactly
// once, whatever happens, and can be redriven after it failed.

import type { Json } from '../engine';
import { Cancellation } from './cancellation';
import { Cancelled, Problem, StateFailure } from './failure';
import { runMachine } from './flow';
import { type EventDetails, History, type HistoryEvent, HistoryFull, NOT_TRUNCATED, type Payload } from './history';
import type { JsonObject } from './json-value';
import type { Machine } from './machine';
import { Flow, type Host, type MapItem, type Resume, type Run } from './run';
import { Scope } from './scope';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionResult {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
}

export interface ExecutionRequest {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly machine: Machine;
  readonly input: Payload;
  readonly express: boolean;
  readonly host: Host;
  readonly keepHistory: boolean;
  readonly onEvent?: (executionArn: string, event: HistoryEvent) => void;
  /** Cancels the execution together with the one that started it. */
  readonly parent?: Cancellation;
  readonly mapRunArn?: string;
  readonly mapItem?: MapItem;
  readonly context?: JsonObject;
}

const EXPRESS_SECONDS = 300;

export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly mapRunArn: string | undefined;
  readonly inputPayload: Payload;
  readonly startTime: string;
  readonly startDate: Date;
  readonly host: Host;
  stopDate: Date | undefined;
  redriveCount = 0;
  status: ExecutionStatus = 'RUNNING';
  result: ExecutionResult | undefined;
  done: Promise<ExecutionResult>;
  private readonly events: History;
  private cancellation: Cancellation;
  private stopped:
    | { readonly status: 'ABORTED' | 'TIMED_OUT'; readonly error?: string; readonly cause?: string }
    | undefined;
  private resume: Resume | undefined;

  constructor(private readonly request: ExecutionRequest) {
    ({
      arn: this.arn,
      name: this.name,
      machineArn: this.machineArn,
      machineName: this.machineName,
      roleArn: this.roleArn,
      host: this.host,
    } = request);
    this.mapRunArn = request.mapRunArn;
    this.inputPayload = request.input;
    this.startDate = new Date(request.host.clock.now());
    this.startTime = this.startDate.toISOString();
    this.events = new History({
      now: () => this.host.clock.now(),
      keep: request.keepHistory,
      express: request.express,
      onEvent: request.onEvent && ((event) => request.onEvent?.(this.arn, event)),
    });
    this.cancellation = new Cancellation(request.parent);
    this.events.close('ExecutionStarted', 0, {
      executionStartedEventDetails: {
        input: request.input.text,
        inputDetails: NOT_TRUNCATED,
        roleArn: request.roleArn,
      },
    });
    this.done = this.run(0);
  }

  /** The events so far, in the shape of GetExecutionHistory and in their order; empty when history is switched off. */
  get history(): HistoryEvent[] {
    return this.events.events;
  }

  get input(): Json {
    return this.inputPayload.value;
  }

  stop(error?: string, cause?: string): void {
    this.end('ABORTED', error, cause);
  }

  /** Runs again from where it failed; history goes on. Throws when there is nothing to redrive. */
  redrive(): Promise<ExecutionResult> {
    if (this.status === 'RUNNING' || this.status === 'SUCCEEDED' || this.request.express) {
      throw new Error(`Execution is ${this.request.express ? 'EXPRESS' : this.status} and cannot be redriven`);
    }
    this.redriveCount += 1;
    this.status = 'RUNNING';
    this.stopped = undefined;
    this.result = undefined;
    this.stopDate = undefined;
    this.cancellation = new Cancellation(this.request.parent);
    const id = this.events.add('ExecutionRedriven', this.events.length, {
      executionRedrivenEventDetails: { redriveCount: this.redriveCount },
    });
    this.done = this.run(id);
    return this.done;
  }

  private end(status: 'ABORTED' | 'TIMED_OUT', error?: string, cause?: string): void {
    if (this.status === 'RUNNING' && !this.stopped) {
      this.stopped = { status, error, cause };
      this.cancellation.cancel(new Cancelled(status));
    }
  }

  private async run(cursor: number): Promise<ExecutionResult> {
    const { machine, express } = this.request;
    const cancellation = this.cancellation;
    const flow = new Flow(this.asRun(), new Scope(), cancellation, cursor, this.request.mapItem);
    const limit = machine.timeoutSeconds ?? (express ? EXPRESS_SECONDS : undefined);
    const timer = new Cancellation();
    if (limit !== undefined) {
      this.host.clock.sleep(limit * 1_000, timer.signal).then(
        () => this.end('TIMED_OUT'),
        () => undefined,
      );
    }
    let result: ExecutionResult;
    try {
      const output = await runMachine(flow, machine, this.inputPayload, this.resume);
      this.events.close('ExecutionSucceeded', flow.cursor, {
        executionSucceededEventDetails: { output: output.text, outputDetails: NOT_TRUNCATED },
      });
      result = { status: 'SUCCEEDED', output: output.value };
    } catch (problem) {
      this.resume = flow.resume;
      result = this.failed(problem, flow.cursor);
    }
    this.status = result.status;
    this.result = result;
    this.stopDate = new Date(this.host.clock.now());
    const over = new Cancelled('the execution is over');
    timer.cancel(over);
    cancellation.close();
    cancellation.cancel(over);
    return result;
  }

  private failed(problem: unknown, cursor: number): ExecutionResult {
    if (problem instanceof Cancelled) {
      const { status, error, cause } = this.stopped ?? {
        status: 'ABORTED' as const,
        error: undefined,
        cause: undefined,
      };
      const details = pick(error, cause);
      this.events.close(
        status === 'ABORTED' ? 'ExecutionAborted' : 'ExecutionTimedOut',
        cursor,
        (status === 'ABORTED'
          ? { executionAbortedEventDetails: details }
          : { executionTimedOutEventDetails: details }) satisfies EventDetails,
      );
      return { status, ...details };
    }
    let details: { error?: string; cause?: string };
    if (problem instanceof HistoryFull || problem instanceof Problem) {
      details = { error: problem.error, cause: problem.message };
    } else if (problem instanceof StateFailure) {
      details = pick(problem.error, problem.causeText);
    } else {
      details = {
        error: 'States.Runtime',
        cause: `the interpreter itself failed: ${problem instanceof Error ? problem.message : String(problem)}`,
      };
    }
    this.events.close('ExecutionFailed', cursor, { executionFailedEventDetails: details });
    return { status: 'FAILED', ...details };
  }

  private asRun(): Run {
    const run: Run = {
      arn: this.arn,
      name: this.name,
      machineArn: this.machineArn,
      machineName: this.machineName,
      roleArn: this.roleArn,
      input: this.inputPayload,
      startTime: this.startTime,
      history: this.events,
      host: this.host,
      redriveCount: this.redriveCount,
      express: this.request.express,
      context: this.request.context,
      runMachine,
    };
    return run;
  }
}

function pick(error: string | undefined, cause: string | undefined): { error?: string; cause?: string } {
  return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}
