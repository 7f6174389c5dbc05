// One attempt of a Task: calls the service and waits for the first of: its answer, the token's answer, the time-out, a
// missed heartbeat, a cancellation. Writes the attempt's events. Answers the result, or throws a StateFailure.

import { type Json, ServiceError, type TaskCall } from '../engine';
import { Cancellation } from './cancellation';
import { Cancelled, Problem, StateFailure } from './failure';
import { Payload } from './history';
import { MAX_CAUSE_CHARACTERS, MAX_PAYLOAD_BYTES } from './limits';
import type { Resource } from './resource';
import type { OwnCall } from './run';
import { taskEvents } from './task-events';
import type { Visit } from './visit';

export interface Attempt {
  readonly visit: Visit;
  readonly resource: Resource;
  readonly arguments: Json;
  readonly number: number;
  readonly taskToken?: string;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  readonly roleArn?: string;
}

type Ending = { readonly result: Json } | { readonly error: unknown; readonly submitting?: boolean };

/** One for all: an error of its own for each attempt would cost a stack trace that nobody reads. */
const OVER = new Cancelled('the attempt is over');
const TIMEOUT = new StateFailure('States.Timeout', undefined);
const HEARTBEAT = new StateFailure('States.Timeout', undefined, { heartbeat: true });

export async function attemptTask(attempt: Attempt): Promise<Payload> {
  const { visit, resource } = attempt;
  const events = taskEvents(resource);
  const { run } = visit.flow;
  const input = new Payload(attempt.arguments);
  if (input.exceeds(MAX_PAYLOAD_BYTES)) {
    throw new Problem(
      `The state/task '${visit.state.name}' has arguments with a size exceeding the maximum number of bytes service limit.`,
      'States.DataLimitExceeded',
    );
  }
  visit.record(
    ...events.scheduled({
      text: input.text,
      region: run.host.region,
      timeoutSeconds: attempt.timeoutSeconds,
      heartbeatSeconds: attempt.heartbeatSeconds,
      roleArn: attempt.roleArn,
    }),
  );
  visit.record(...events.started());
  const cancellation = new Cancellation(visit.flow.cancellation);
  const ending = await race(attempt, cancellation, (output) => visit.record(...events.submitted(output)));
  cancellation.close();
  cancellation.cancel(OVER);
  if ('result' in ending) {
    const output = new Payload(ending.result);
    if (!output.exceeds(MAX_PAYLOAD_BYTES)) {
      visit.record(...events.succeeded(output.text));
      return output;
    }
    const what = resource.kind === 'service' ? resource.resourceType : resource.resource;
    const failure = new StateFailure(
      'States.DataLimitExceeded',
      `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
    visit.record(...events.failed(details(failure)));
    throw failure;
  }
  const { error } = ending;
  if (error instanceof Cancelled) {
    throw error;
  }
  const failure = asFailure(error);
  if (error === TIMEOUT || error === HEARTBEAT) {
    visit.record(...events.timedOut(details(failure)));
  } else if (ending.submitting) {
    visit.record(...events.submitFailed(details(failure)));
  } else {
    visit.record(...events.failed(details(failure)));
  }
  throw failure;
}

function race(attempt: Attempt, cancellation: Cancellation, submitted: (output: Json) => void): Promise<Ending> {
  const { visit, resource, taskToken } = attempt;
  const { host } = visit.flow.run;
  return new Promise((resolve) => {
    const waitsForToken = resource.integration === 'waitForTaskToken';
    let answered = !waitsForToken;
    let early: Ending | undefined;
    let isSubmitted = false;
    let over = false;
    const end = (ending: Ending) => {
      if (!over) {
        over = true;
        heartbeat.stop();
        if (taskToken !== undefined) {
          host.tokens.release(taskToken);
        }
        resolve(ending);
      }
    };
    const submit = (output: Json) => {
      if (!isSubmitted && !over && resource.integration !== 'request' && resource.integration !== 'activity') {
        isSubmitted = true;
        submitted(output);
      }
    };
    const byToken = (ending: Ending) => {
      if (answered) {
        end(ending);
      } else {
        early ??= ending;
      }
    };
    const heartbeat = new Deadline(attempt, cancellation, attempt.heartbeatSeconds, () => end({ error: HEARTBEAT }));
    if (taskToken !== undefined) {
      host.tokens.hold(taskToken, {
        succeed: (output) => byToken({ result: output }),
        fail: (error, cause) => byToken({ error: new StateFailure(error, cause) }),
        heartbeat: () => heartbeat.restart(),
      });
    }
    cancellation.onCancel((reason) => end({ error: reason }));
    new Deadline(attempt, cancellation, attempt.timeoutSeconds, () => end({ error: TIMEOUT })).restart();
    heartbeat.restart();
    callService(attempt, cancellation, submit, () => heartbeat.restart()).then(
      (answer) => {
        if (!waitsForToken) {
          end({ result: answer });
          return;
        }
        submit(answer);
        answered = true;
        if (early) {
          end(early);
        }
      },
      (error: unknown) =>
        end({ error, submitting: !isSubmitted && resource.integration !== 'request' && resource.kind === 'service' }),
    );
  });
}

async function callService(
  attempt: Attempt,
  cancellation: Cancellation,
  submitted: (output: Json) => void,
  heartbeat: () => void,
): Promise<Json> {
  const { visit, resource } = attempt;
  const { run } = visit.flow;
  const own = run.host.ownService(resource.service, resource.action);
  if (own) {
    const call: OwnCall = {
      arguments: attempt.arguments,
      integration: resource.integration,
      resource: resource.resource,
      run,
      cancellation,
      submitted,
    };
    return own(call);
  }
  const call: TaskCall = {
    resource: visit.state.text('Resource') ?? '',
    integration: resource.integration,
    service: resource.service,
    action: resource.action,
    arguments: attempt.arguments,
    stateName: visit.state.name,
    executionArn: run.arn,
    executionName: run.name,
    attempt: attempt.number,
    taskToken: attempt.taskToken,
    timeoutSeconds: attempt.timeoutSeconds,
    heartbeatSeconds: attempt.heartbeatSeconds,
    get signal() {
      return cancellation.signal;
    },
    submitted,
    heartbeat,
  };
  const answer = (await run.host.services.call(call)) as Json | undefined;
  return answer === undefined ? null : answer;
}

/** A timer that can be set anew; it costs nothing when the task has no such limit. */
class Deadline {
  private timer: Cancellation | undefined;

  constructor(
    private readonly attempt: Attempt,
    private readonly cancellation: Cancellation,
    private readonly seconds: number | undefined,
    private readonly expired: () => void,
  ) {}

  restart(): void {
    if (this.seconds === undefined || this.cancellation.reason) {
      return;
    }
    this.stop();
    const timer = new Cancellation(this.cancellation);
    this.timer = timer;
    this.attempt.visit.flow.run.host.clock
      .sleep(this.seconds * 1_000, timer.signal)
      .then(this.expired, () => undefined);
  }

  stop(): void {
    this.timer?.cancel(OVER);
    this.timer = undefined;
  }
}

function asFailure(error: unknown): StateFailure {
  if (error instanceof StateFailure) {
    return error;
  }
  if (error instanceof ServiceError) {
    return new StateFailure(error.error, error.causeText?.slice(0, MAX_CAUSE_CHARACTERS));
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StateFailure('States.TaskFailed', message.slice(0, MAX_CAUSE_CHARACTERS));
}

function details(failure: StateFailure): { error?: string; cause?: string } {
  return {
    ...(failure.error !== undefined && { error: failure.error }),
    ...(failure.causeText !== undefined && { cause: failure.causeText }),
  };
}
