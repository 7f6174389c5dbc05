// A job that Step Functions itself waits for (`.sync`). In: the call, and what the service's description of a failed job means.
// Out: the states of a task's body. Always: the error is named after the service, and its cause is a sentence with the
// service's own reason; a description that cannot be read is handed on as it is.

import type { Duration } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';
import type { Retry } from '../pipeline/retry';

export interface SyncRun {
  /** `arn:aws:states:::glue:startJobRun.sync` */
  readonly resource: string;
  readonly arguments: Json;
  readonly timeout: Duration;
  /** Repetitions for faults of the service that have nothing to do with the job. */
  readonly faults: readonly Retry[];
  /** Name of the error when the job itself has failed. */
  readonly error: string;
  /** JSONata of `$j`, the service's description of the failed job: the sentence that says why. */
  readonly reason: string;
  /** JSONata of `$states.result`: what the task hands on. */
  readonly outputs: string;
  /** States that follow success; the outputs so far are in `$x`. @default the task ends with them */
  readonly then?: { readonly [name: string]: Json };
}

export function syncStates(run: SyncRun): { [name: string]: Json } {
  const next = run.then === undefined ? undefined : Object.keys(run.then)[0]!;
  return {
    run: {
      ...callState(run),
      Catch: [jobFailed('failed')],
      ...(next === undefined
        ? { Output: `{% ${run.outputs} %}`, End: true }
        : { Assign: { x: `{% ${run.outputs} %}` }, Next: next }),
    },
    ...run.then,
    failed: failedState(run),
  };
}

/** The call alone, as fields of a Task state. */
export function callState(run: SyncRun): { [field: string]: Json } {
  return {
    Type: 'Task',
    Resource: run.resource,
    Arguments: run.arguments,
    TimeoutSeconds: run.timeout.toSeconds(),
    Retry: run.faults.flatMap((retry) => retry._retriers()) as never,
  };
}

/** What failed is told by `failed`; a time limit that is over is told by its own name. */
export function jobFailed(next: string): Json {
  return { ErrorEquals: ['States.TaskFailed'], Next: next };
}

/**
 * The end of a failed job, from `{Error, Cause}`. To a Catch, States.TaskFailed is every error but a time limit: those that are
 * not the job's own (no permission, a bad argument, a program's own words) keep their names and texts. A cause that was cut at
 * its longest is no JSON any more.
 */
export function failedState({ error, reason }: Pick<SyncRun, 'error' | 'reason'>): Json {
  return {
    Type: 'Fail',
    Error: `{% $states.input.Error='States.TaskFailed'?'${error}':$states.input.Error %}`,
    Cause:
      "{% ($c:=$states.input.Cause&'';$r:=$states.input.Error='States.TaskFailed' and $substring($c,0,1)='{'" +
      ` and $substring($c,-1)='}'?($j:=$parse($c);${reason}):'';$r!=''?$r:$c) %}`,
  };
}

/** One token an attempt: a call that is repeated because its answer was lost starts no second job. */
export function clientToken(taskId: string): string {
  return `{% $hash($states.context.Execution.Id&${quote(`/${taskId}/`)}&$states.context.State.EnteredTime,'SHA-256') %}`;
}
