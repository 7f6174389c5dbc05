// The event history of one execution, in the shape of GetExecutionHistory. Ids count from 1; `previousEventId` follows
// the flow that wrote the event, so branches can be told apart. The history never holds more events than the service's.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html

import type { Json } from '../engine';
import { Problem } from './failure';
import { exceedsBytes } from './json-value';
import { MAX_EXPRESS_EVENTS, MAX_HISTORY_EVENTS } from './limits';

export interface DataDetails {
  readonly truncated: boolean;
}

export interface ErrorDetails {
  readonly error?: string;
  readonly cause?: string;
}

export interface TaskDetails {
  readonly resourceType: string;
  readonly resource: string;
}

export interface EventDetails {
  readonly executionStartedEventDetails?: {
    readonly input: string;
    readonly inputDetails: DataDetails;
    readonly roleArn: string;
  };
  readonly executionSucceededEventDetails?: { readonly output: string; readonly outputDetails: DataDetails };
  readonly executionFailedEventDetails?: ErrorDetails;
  readonly executionAbortedEventDetails?: ErrorDetails;
  readonly executionTimedOutEventDetails?: ErrorDetails;
  readonly executionRedrivenEventDetails?: { readonly redriveCount: number };
  readonly stateEnteredEventDetails?: {
    readonly name: string;
    readonly input: string;
    readonly inputDetails: DataDetails;
  };
  readonly stateExitedEventDetails?: {
    readonly name: string;
    readonly output: string;
    readonly outputDetails: DataDetails;
    readonly assignedVariables?: { readonly [name: string]: string };
    readonly assignedVariablesDetails?: DataDetails;
  };
  readonly evaluationFailedEventDetails?: ErrorDetails & { readonly location?: string; readonly state: string };
  readonly taskScheduledEventDetails?: TaskDetails & {
    readonly parameters: string;
    readonly region: string;
    readonly timeoutInSeconds?: number;
    readonly heartbeatInSeconds?: number;
    readonly taskCredentials?: { readonly roleArn: string };
  };
  readonly taskStartedEventDetails?: TaskDetails;
  readonly taskSubmittedEventDetails?: TaskDetails & { readonly output: string; readonly outputDetails: DataDetails };
  readonly taskSucceededEventDetails?: TaskDetails & { readonly output: string; readonly outputDetails: DataDetails };
  readonly taskFailedEventDetails?: TaskDetails & ErrorDetails;
  readonly taskTimedOutEventDetails?: TaskDetails & ErrorDetails;
  readonly taskSubmitFailedEventDetails?: TaskDetails & ErrorDetails;
  readonly lambdaFunctionScheduledEventDetails?: {
    readonly resource: string;
    readonly input: string;
    readonly inputDetails: DataDetails;
    readonly timeoutInSeconds?: number;
    readonly taskCredentials?: { readonly roleArn: string };
  };
  readonly lambdaFunctionSucceededEventDetails?: { readonly output: string; readonly outputDetails: DataDetails };
  readonly lambdaFunctionFailedEventDetails?: ErrorDetails;
  readonly lambdaFunctionTimedOutEventDetails?: ErrorDetails;
  readonly activityScheduledEventDetails?: {
    readonly resource: string;
    readonly input: string;
    readonly inputDetails: DataDetails;
    readonly timeoutInSeconds?: number;
    readonly heartbeatInSeconds?: number;
  };
  readonly activityStartedEventDetails?: { readonly workerName?: string };
  readonly activitySucceededEventDetails?: { readonly output: string; readonly outputDetails: DataDetails };
  readonly activityFailedEventDetails?: ErrorDetails;
  readonly activityTimedOutEventDetails?: ErrorDetails;
  readonly mapStateStartedEventDetails?: { readonly length: number };
  readonly mapIterationStartedEventDetails?: { readonly name: string; readonly index: number };
  readonly mapIterationSucceededEventDetails?: { readonly name: string; readonly index: number };
  readonly mapIterationFailedEventDetails?: { readonly name: string; readonly index: number };
  readonly mapIterationAbortedEventDetails?: { readonly name: string; readonly index: number };
  readonly mapRunStartedEventDetails?: { readonly mapRunArn: string };
  readonly mapRunFailedEventDetails?: ErrorDetails;
  readonly mapRunRedrivenEventDetails?: { readonly mapRunArn: string; readonly redriveCount: number };
}

export interface HistoryEvent extends EventDetails {
  readonly id: number;
  readonly previousEventId: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly timestamp: string;
  readonly type: string;
}

/** A JSON value and its text, made once: the text is recorded, and its size is limited. */
export class Payload {
  private cached: string | undefined;

  constructor(
    readonly value: Json,
    text?: string,
  ) {
    this.cached = text;
  }

  get text(): string {
    this.cached ??= JSON.stringify(this.value);
    return this.cached;
  }

  exceeds(bytes: number): boolean {
    return exceedsBytes(this.text, bytes);
  }
}

export const NOT_TRUNCATED: DataDetails = { truncated: false };

export interface HistoryOptions {
  readonly now: () => number;
  /** Keep the events. */
  readonly keep: boolean;
  readonly express: boolean;
  readonly onEvent?: (event: HistoryEvent) => void;
}

export class History {
  readonly events: HistoryEvent[] = [];
  private count = 0;
  private stampTime = Number.NaN;
  private stamp = '';

  constructor(private readonly options: HistoryOptions) {}

  get length(): number {
    return this.count;
  }

  /** Records an event of a running state; the last place of the history is kept for the execution's own end. */
  add(type: string, previousEventId: number, details?: EventDetails): number {
    const limit = this.options.express ? MAX_EXPRESS_EVENTS : MAX_HISTORY_EVENTS;
    if (this.count >= limit - 1) {
      throw new HistoryFull(limit);
    }
    return this.close(type, previousEventId, details);
  }

  /** Records when there is room: for notes about flows that were stopped. */
  note(type: string, previousEventId: number, details?: EventDetails): void {
    try {
      this.add(type, previousEventId, details);
    } catch (error) {
      if (!(error instanceof HistoryFull)) {
        throw error;
      }
    }
  }

  /** Records without looking at the limit: for the event that ends the execution. */
  close(type: string, previousEventId: number, details?: EventDetails): number {
    this.count += 1;
    const { keep, onEvent, now } = this.options;
    if (keep || onEvent) {
      const time = now();
      if (time !== this.stampTime) {
        this.stampTime = time;
        this.stamp = new Date(time).toISOString();
      }
      const event: HistoryEvent = { id: this.count, previousEventId, timestamp: this.stamp, type, ...details };
      if (keep) {
        this.events.push(event);
      }
      onEvent?.(event);
    }
    return this.count;
  }
}

export class HistoryFull extends Problem {
  constructor(limit: number) {
    super(`The execution reached the maximum number of history events (${limit}).`);
  }
}
