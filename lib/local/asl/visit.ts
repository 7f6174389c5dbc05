// One visit of one state: its entry, the environments its fields are evaluated in, its exit. A visit writes the
// StateEntered and StateExited events and turns problems into failures that name the state.

import type { Json } from '../engine';
import { inState, Problem, type StateFailure } from './failure';
import { type EventDetails, NOT_TRUNCATED, Payload } from './history';
import type { IntrinsicEnvironment } from './intrinsics';
import type { MaybePromise, QueryEnvironment } from './jsonata';
import type { JsonObject } from './json-value';
import { MAX_PAYLOAD_BYTES } from './limits';
import type { State } from './machine';
import type { Flow, MapItem, Outcome, Resume } from './run';

export class Visit {
  readonly enteredId: number;
  readonly enteredAt: string;
  /** Where an EvaluationFailed event hangs: the event before the decision that evaluated. */
  decision: number;
  retryCount: number | undefined;
  taskToken: string | undefined;

  constructor(
    readonly flow: Flow,
    readonly state: State,
    readonly input: Payload,
    readonly resume: Resume | undefined,
  ) {
    this.decision = flow.cursor;
    this.enteredAt = new Date(flow.run.host.clock.now()).toISOString();
    if (resume) {
      this.enteredId = resume.enteredId;
      return;
    }
    flow.cursor = flow.run.history.add(`${state.type}StateEntered`, flow.cursor, {
      stateEnteredEventDetails: { name: state.name, input: input.text, inputDetails: NOT_TRUNCATED },
    });
    this.enteredId = flow.cursor;
  }

  /** Records an event of this flow and makes it the flow's last. */
  record(type: string, details?: EventDetails): void {
    this.flow.cursor = this.flow.run.history.add(type, this.flow.cursor, details);
  }

  /** Something from outside arrived (a task's result): later evaluations hang on it. */
  decided(): void {
    this.decision = this.flow.cursor;
  }

  exit(output: Payload, assign: JsonObject | undefined, next: string | undefined): Outcome {
    if (output !== this.input && output.exceeds(MAX_PAYLOAD_BYTES)) {
      throw new Problem(
        `The state/task '${this.state.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
        'States.DataLimitExceeded',
      );
    }
    const assigned = assign && Object.keys(assign).length > 0 ? this.flow.scope.assign(assign) : undefined;
    this.record(`${this.state.type}StateExited`, {
      stateExitedEventDetails: {
        name: this.state.name,
        output: output.text,
        outputDetails: NOT_TRUNCATED,
        ...(assigned && { assignedVariables: assigned, assignedVariablesDetails: NOT_TRUNCATED }),
      },
    });
    return { output, next };
  }

  /** The failure in the service's words; a failed JSONata evaluation gets its event. */
  failure(problem: unknown): StateFailure {
    const failure = inState(problem, this.state.name, this.enteredId);
    const { evaluation } = failure.options;
    if (evaluation && failure !== problem) {
      this.flow.cursor = this.flow.run.history.add('EvaluationFailed', this.decision, {
        evaluationFailedEventDetails: {
          error: failure.error,
          cause: failure.causeText,
          ...(evaluation.location !== undefined && { location: evaluation.location }),
          state: this.state.name,
        },
      });
    }
    return failure;
  }

  contextObject(mapItem: MapItem | undefined = this.flow.mapItem): JsonObject {
    const { run } = this.flow;
    if (run.context) {
      return run.context;
    }
    return {
      Execution: {
        Id: run.arn,
        Input: run.input.value,
        StartTime: run.startTime,
        Name: run.name,
        RoleArn: run.roleArn,
        ...(!run.express && { RedriveCount: run.redriveCount }),
      },
      StateMachine: { Id: run.machineArn, Name: run.machineName },
      State: {
        Name: this.state.name,
        EnteredTime: this.enteredAt,
        ...(this.retryCount !== undefined && { RetryCount: this.retryCount }),
      },
      ...(this.taskToken !== undefined && { Task: { Token: this.taskToken } }),
      ...(mapItem && { Map: { Item: { ...mapItem } } }),
    };
  }

  /** Roots of JSONPaths: `$` is `data`. */
  paths(data: Json, mapItem?: MapItem): IntrinsicEnvironment {
    const { run, scope } = this.flow;
    return {
      data,
      context: () => this.contextObject(mapItem),
      variable: (name) => scope.lookup(name),
      random: () => run.host.random(),
    };
  }

  /** Roots of JSONata: `$states` and the variables. */
  queries(parts: { result?: Json; errorOutput?: Json; mapItem?: MapItem } = {}): QueryEnvironment {
    const { run, scope } = this.flow;
    return {
      states: (name) => {
        switch (name) {
          case 'input':
            return this.input.value;
          case 'context':
            return this.contextObject(parts.mapItem);
          default:
            return parts[name];
        }
      },
      variable: (name) => scope.lookup(name),
      now: () => run.host.clock.now(),
      random: () => run.host.random(),
    };
  }
}

/** Goes on with a value that may still be on its way, synchronously when it is not. */
export function continueWith<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** A payload that reuses the text of a known one when it holds the same value. */
export function payloadOf(value: Json, ...known: (Payload | undefined)[]): Payload {
  return known.find((payload) => payload?.value === value) ?? new Payload(value);
}
