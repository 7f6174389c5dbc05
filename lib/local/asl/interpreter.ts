// Runs state machines. In: services that answer Task calls, a clock, and a way to find machines by ARN. Out: executions
// with results and histories as AWS Step Functions would give them. Nothing here touches the network, the disk or the
// environment: everything outside comes through the options.

import { randomUUID } from 'node:crypto';
import type { Clock, Json, Services } from '../engine';
import { Execution } from './execution';
import { type HistoryEvent, Payload } from './history';
import { deepEqual, type JsonObject, withinDepth } from './json-value';
import { MAX_JSON_DEPTH, MAX_PAYLOAD_BYTES } from './limits';
import { type Machine, parseMachine } from './machine';
import { ExecutionExists, nestedService } from './nested-execution';
import type { ObjectStore, StoredObject } from './object-store';
import type { ChildRequest, ChildResult, Host } from './run';
import { TaskTokens } from './task-tokens';

export type { ExecutionResult, ExecutionStatus } from './execution';
export { Execution } from './execution';
export type { HistoryEvent } from './history';
export { TokenError } from './task-tokens';

/** A state machine as the interpreter finds it. */
export interface MachineSource {
  readonly definition: Json | string;
  readonly name: string;
  readonly arn: string;
  /** @default 'STANDARD' */
  readonly type?: 'STANDARD' | 'EXPRESS';
  /** @default a role of that account named after the machine */
  readonly roleArn?: string;
}

export interface InterpreterOptions {
  readonly services: Services;
  readonly clock: Clock;
  readonly machines: (arn: string) => MachineSource | undefined;
  /** Called synchronously for every event of every execution, children of distributed Maps included. */
  readonly onEvent?: (executionArn: string, event: HistoryEvent) => void;
  /** Numbers in [0, 1) for jitter and random functions. @default Math.random */
  readonly random?: () => number;
  /** @default '000000000000' */
  readonly account?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** `none` keeps no events (onEvent still gets them): for large simulations. @default 'full' */
  readonly history?: 'full' | 'none';
  /** Whether `states:startExecution` and the task-token calls stay inside the interpreter. @default true */
  readonly nestedExecutions?: boolean;
  /** For S3 item readers and result writers. @default a state that needs them fails and says so */
  readonly readObject?: (bucket: string, key: string) => Promise<Uint8Array>;
  readonly writeObject?: (bucket: string, key: string, body: string) => Promise<void>;
  readonly listObjects?: (bucket: string, prefix: string) => Promise<readonly StoredObject[]>;
}

export interface StartRequest {
  readonly stateMachineArn: string;
  /** @default a random UUID */
  readonly name?: string;
  /** @default {} */
  readonly input?: Json;
  /** Replaces the context object, to test a state alone. @default the execution's own */
  readonly context?: JsonObject;
}

export class Interpreter {
  private readonly executions = new Map<string, Execution>();
  private readonly parsed = new WeakMap<object, Machine>();
  private readonly tokens: TaskTokens;
  private readonly host: Host;

  constructor(private readonly options: InterpreterOptions) {
    const { services, clock, random = Math.random } = options;
    this.tokens = new TaskTokens(randomUUID());
    const objects: ObjectStore = {
      ...(options.readObject && { read: options.readObject }),
      ...(options.writeObject && { write: options.writeObject }),
      ...(options.listObjects && { list: options.listObjects }),
    };
    const holding = clock as Clock & { hold?<T>(work: Promise<T>): Promise<T> };
    this.host = {
      services,
      clock,
      tokens: this.tokens,
      objects,
      account: options.account ?? '000000000000',
      region: options.region ?? 'us-east-1',
      random,
      ownService: (service, action) =>
        options.nestedExecutions === false ? undefined : nestedService(this.nested, service, action),
      runChild: (request) => this.runChild(request),
      hold: (work) => (holding.hold ? holding.hold(work) : work),
    };
  }

  /**
   * Starts an execution. The same name and input again answer the running one, as the service does.
   * Throws when the machine is unknown, its definition is no machine, the input is too large, or the name is taken.
   */
  start(request: StartRequest): Execution {
    const source = this.options.machines(request.stateMachineArn);
    if (!source) {
      throw new Error(`there is no state machine ${request.stateMachineArn}`);
    }
    const value = request.input === undefined ? {} : request.input;
    if (!withinDepth(value, MAX_JSON_DEPTH)) {
      throw new Error(`the input of ${source.name} is nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
    const input = new Payload(value);
    if (input.exceeds(MAX_PAYLOAD_BYTES)) {
      throw new Error(`the input of ${source.name} is larger than ${MAX_PAYLOAD_BYTES} bytes`);
    }
    const name = request.name ?? randomUUID();
    const express = source.type === 'EXPRESS';
    const arn = `${source.arn.replace(':stateMachine:', express ? ':express:' : ':execution:')}:${name}`;
    const known = this.executions.get(arn);
    if (known) {
      if (known.status === 'RUNNING' && deepEqual(known.input, value)) {
        return known;
      }
      throw new ExecutionExists(arn);
    }
    const execution = new Execution({
      arn,
      name,
      machineArn: source.arn,
      machineName: source.name,
      roleArn: source.roleArn ?? `arn:aws:iam::${this.host.account}:role/${source.name}`,
      machine: this.machine(source),
      input,
      express,
      host: this.host,
      keepHistory: this.options.history !== 'none',
      onEvent: this.options.onEvent,
      context: request.context,
    });
    this.executions.set(arn, execution);
    return execution;
  }

  /** Stops an execution (ABORTED); nothing happens when it is over. Throws when it is unknown. */
  stop(executionArn: string, error?: string, cause?: string): void {
    this.known(executionArn).stop(error, cause);
  }

  /** Throws TokenError when nobody waits for the token. */
  sendTaskSuccess(token: string, output: Json): void {
    this.tokens.holder(token).succeed(output);
  }

  /** Throws TokenError when nobody waits for the token. */
  sendTaskFailure(token: string, error?: string, cause?: string): void {
    this.tokens.holder(token).fail(error, cause);
  }

  /** Throws TokenError when nobody waits for the token. */
  sendTaskHeartbeat(token: string): void {
    this.tokens.holder(token).heartbeat();
  }

  describe(executionArn: string): Execution | undefined {
    return this.executions.get(executionArn);
  }

  /** All executions in starting order, or those of one machine or one Map Run. */
  list(filter: { readonly stateMachineArn?: string; readonly mapRunArn?: string } = {}): Execution[] {
    return [...this.executions.values()].filter(
      (execution) =>
        (filter.mapRunArn === undefined
          ? execution.mapRunArn === undefined
          : execution.mapRunArn === filter.mapRunArn) &&
        (filter.stateMachineArn === undefined || execution.machineArn === filter.stateMachineArn),
    );
  }

  /** Runs a failed, stopped or timed-out execution again from where it ended. Throws when it cannot be. */
  redrive(executionArn: string): Execution {
    const execution = this.known(executionArn);
    void execution.redrive();
    return execution;
  }

  private known(executionArn: string): Execution {
    const execution = this.executions.get(executionArn);
    if (!execution) {
      throw new Error(`there is no execution ${executionArn}`);
    }
    return execution;
  }

  private machine(source: MachineSource): Machine {
    const { definition } = source;
    if (typeof definition !== 'object' || definition === null) {
      return parseMachine(definition);
    }
    let machine = this.parsed.get(definition);
    if (!machine) {
      machine = parseMachine(definition);
      this.parsed.set(definition, machine);
    }
    return machine;
  }

  private get nested() {
    return {
      knowsMachine: (arn: string) => this.options.machines(arn) !== undefined,
      start: (request: StartRequest) => this.start(request),
      find: (arn: string) => this.executions.get(arn),
      stop: (arn: string, error?: string, cause?: string) => this.stop(arn, error, cause),
      sendTaskSuccess: (token: string, output: Json) => this.sendTaskSuccess(token, output),
      sendTaskFailure: (token: string, error?: string, cause?: string) => this.sendTaskFailure(token, error, cause),
      sendTaskHeartbeat: (token: string) => this.sendTaskHeartbeat(token),
    };
  }

  private async runChild(request: ChildRequest): Promise<ChildResult> {
    const { parent, label, input, mapRunArn, processor, express, cancellation, mapItem } = request;
    const name = randomUUID();
    const machineArn = `${parent.machineArn}/${label}`;
    const execution = new Execution({
      arn: `${machineArn.replace(':stateMachine:', express ? ':express:' : ':execution:')}:${name}`,
      name,
      machineArn,
      machineName: parent.machineName,
      roleArn: parent.roleArn,
      machine: processor,
      input,
      express,
      host: this.host,
      keepHistory: this.options.history !== 'none',
      onEvent: this.options.onEvent,
      parent: cancellation,
      mapRunArn,
      mapItem,
    });
    this.executions.set(execution.arn, execution);
    const result = await execution.done;
    return {
      arn: execution.arn,
      name,
      status: result.status,
      output: result.output === undefined ? undefined : new Payload(result.output),
      error: result.error,
      cause: result.cause,
      startDate: execution.startDate.getTime(),
      stopDate: execution.stopDate?.getTime() ?? execution.startDate.getTime(),
    };
  }
}
