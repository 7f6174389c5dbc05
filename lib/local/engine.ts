// The seam between the interpreter and everything around it. A Task state becomes a TaskCall; whoever implements
// Services answers it (stand-ins locally, recordings in the conformance suite, forced outcomes in simulate). The
// interpreter owns retries, timeouts, heartbeats, catches and history; Services owns what the call does. Time comes
// only from Clock, so the same interpreter runs on the wall clock and on a virtual one.

/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** How the state waits: `.sync`/`.sync:2` = until the job ends, `.waitForTaskToken` = until the token is answered. */
export type Integration = 'request' | 'sync' | 'waitForTaskToken' | 'activity';

/** One scheduled attempt of a Task state. */
export interface TaskCall {
  /** The state's Resource as written, e.g. `arn:aws:states:::glue:startJobRun.sync`, or a function or activity ARN. */
  readonly resource: string;
  readonly integration: Integration;
  /** Service and action in the resource's own spelling: `glue`, `startJobRun`; `aws-sdk:glue`, `startCrawler`. */
  readonly service: string;
  readonly action: string;
  /** Evaluated Arguments (JSONata) or Parameters / effective input (JSONPath). */
  readonly arguments: Json;
  readonly stateName: string;
  readonly executionArn: string;
  readonly executionName: string;
  /** 0 for the first attempt of this visit of the state. */
  readonly attempt: number;
  /** Present for waitForTaskToken and activity. */
  readonly taskToken?: string;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  /** Aborted on timeout, on stop, or when a sibling branch fails: the handler must end its work. */
  readonly signal: AbortSignal;
  /** For `sync` and `waitForTaskToken`: tells the answer of the first call (history: TaskSubmitted). At most once. */
  submitted(output: Json): void;
  /** For long work: restarts the heartbeat. */
  heartbeat(): void;
}

/** The service failed the call. `error` is AWS's error name, `cause` its text. */
export class ServiceError extends Error {
  constructor(
    readonly error: string,
    readonly causeText?: string,
  ) {
    super(causeText === undefined ? error : `${error}: ${causeText}`);
    this.name = 'ServiceError';
  }
}

/** Answers Task states. For waitForTaskToken the promise answers the *first* call; the token comes by `sendTask...`. */
export interface Services {
  call(call: TaskCall): Promise<Json>;
}

/** Time. `sleep` rejects with the signal's reason when aborted. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
