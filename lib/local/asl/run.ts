// The shapes that the states' handlers share. A Run is one execution at work; a Flow is one thread of control in it (the
// main line, a branch, an iteration) with its variables, its cancellation and the id of its last event; a Host is what
// the interpreter lends to all runs.

import type { Clock, Json, Services } from '../engine';
import type { Cancellation } from './cancellation';
import type { History, Payload } from './history';
import type { JsonObject } from './json-value';
import type { Machine } from './machine';
import type { ObjectStore } from './object-store';
import type { Scope } from './scope';
import type { TaskTokens } from './task-tokens';

export interface MapItem {
  readonly Index: number;
  readonly Value: Json;
  readonly Key?: string;
  readonly Source?: string;
}

/** A child execution of a distributed Map. */
export interface ChildRequest {
  readonly parent: Run;
  readonly processor: Machine;
  readonly mapRunArn: string;
  readonly label: string;
  readonly input: Payload;
  readonly express: boolean;
  readonly cancellation: Cancellation;
  readonly mapItem?: MapItem;
}

export interface ChildResult {
  readonly arn: string;
  readonly name: string;
  readonly status: string;
  readonly output?: Payload;
  readonly error?: string;
  readonly cause?: string;
  readonly startDate: number;
  readonly stopDate: number;
}

export interface Host {
  readonly services: Services;
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly objects: ObjectStore;
  readonly account: string;
  readonly region: string;
  random(): number;
  /** Answers calls to the state machine service itself; undefined = not one of them. */
  ownService(service: string, action: string): OwnService | undefined;
  runChild(request: ChildRequest): Promise<ChildResult>;
  /** Work that a virtual clock must wait for. */
  hold<T>(work: Promise<T>): Promise<T>;
}

export interface OwnCall {
  readonly arguments: Json;
  readonly integration: string;
  readonly resource: string;
  readonly run: Run;
  readonly cancellation: Cancellation;
  submitted(output: Json): void;
}

export type OwnService = (call: OwnCall) => Promise<Json>;

export interface Run {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly input: Payload;
  /** ISO 8601. */
  readonly startTime: string;
  readonly history: History;
  readonly host: Host;
  redriveCount: number;
  /** An express execution cannot be redriven, and its context object does not say how often it was. */
  readonly express: boolean;
  /** Stands in for the context object, when one state is tested alone. */
  readonly context?: JsonObject;
  /** Runs a machine's states in a flow, from its first state or from where `resume` says. */
  runMachine(flow: Flow, machine: Machine, input: Payload, resume?: Resume): Promise<Payload>;
}

/** Where a flow stood when it failed or was stopped; a redrive starts there. */
export interface Resume {
  readonly state: string;
  readonly enteredId: number;
  readonly input: Payload;
  readonly variables: ReadonlyMap<string, Json>;
  /** Parallel and inline Map: what became of each branch. */
  readonly children?: readonly ChildPosition[];
}

export type ChildPosition = { readonly output: Payload } | { readonly resume: Resume } | undefined;

export class Flow {
  /** Filled while a Parallel or Map runs, for a later redrive. */
  children: ChildPosition[] | undefined;
  resume: Resume | undefined;

  constructor(
    readonly run: Run,
    readonly scope: Scope,
    readonly cancellation: Cancellation,
    /** Id of the flow's last event. */
    public cursor: number,
    readonly mapItem?: MapItem,
  ) {}
}

export interface Outcome {
  readonly output: Payload;
  /** The next state; undefined ends the flow. */
  readonly next: string | undefined;
}
