// The events of one attempt of a Task: the three families (service, function, activity) name and fill theirs differently.

import type { Json } from '../engine';
import { type ErrorDetails, type EventDetails, NOT_TRUNCATED } from './history';
import type { Resource } from './resource';

export interface Schedule {
  readonly text: string;
  readonly region: string;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  readonly roleArn?: string;
}

type Recorded = readonly [type: string, details?: EventDetails];

export interface TaskEvents {
  scheduled(schedule: Schedule): Recorded;
  started(): Recorded;
  submitted(output: Json): Recorded;
  submitFailed(failure: ErrorDetails): Recorded;
  succeeded(output: string): Recorded;
  failed(failure: ErrorDetails): Recorded;
  timedOut(failure: ErrorDetails): Recorded;
}

export function taskEvents(resource: Resource): TaskEvents {
  switch (resource.kind) {
    case 'lambda':
      return functionEvents(resource);
    case 'activity':
      return activityEvents(resource);
    case 'service':
      return serviceEvents(resource);
  }
}

function serviceEvents({ resource, resourceType }: Resource): TaskEvents {
  const named = { resourceType, resource };
  return {
    scheduled: (schedule) => [
      'TaskScheduled',
      {
        taskScheduledEventDetails: {
          ...named,
          region: schedule.region,
          parameters: schedule.text,
          ...times(schedule),
          ...credentials(schedule),
        },
      },
    ],
    started: () => ['TaskStarted', { taskStartedEventDetails: named }],
    submitted: (output) => [
      'TaskSubmitted',
      { taskSubmittedEventDetails: { ...named, output: JSON.stringify(output), outputDetails: NOT_TRUNCATED } },
    ],
    submitFailed: (failure) => ['TaskSubmitFailed', { taskSubmitFailedEventDetails: { ...named, ...failure } }],
    succeeded: (output) => [
      'TaskSucceeded',
      { taskSucceededEventDetails: { ...named, output, outputDetails: NOT_TRUNCATED } },
    ],
    failed: (failure) => ['TaskFailed', { taskFailedEventDetails: { ...named, ...failure } }],
    timedOut: (failure) => ['TaskTimedOut', { taskTimedOutEventDetails: { ...named, ...failure } }],
  };
}

function functionEvents({ resource }: Resource): TaskEvents {
  return {
    scheduled: (schedule) => [
      'LambdaFunctionScheduled',
      {
        lambdaFunctionScheduledEventDetails: {
          resource,
          input: schedule.text,
          inputDetails: NOT_TRUNCATED,
          ...(schedule.timeoutSeconds !== undefined && { timeoutInSeconds: schedule.timeoutSeconds }),
          ...credentials(schedule),
        },
      },
    ],
    started: () => ['LambdaFunctionStarted'],
    submitted: () => ['LambdaFunctionStarted'],
    submitFailed: (failure) => ['LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: failure }],
    succeeded: (output) => [
      'LambdaFunctionSucceeded',
      { lambdaFunctionSucceededEventDetails: { output, outputDetails: NOT_TRUNCATED } },
    ],
    failed: (failure) => ['LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: failure }],
    timedOut: (failure) => ['LambdaFunctionTimedOut', { lambdaFunctionTimedOutEventDetails: failure }],
  };
}

function activityEvents({ resource }: Resource): TaskEvents {
  return {
    scheduled: (schedule) => [
      'ActivityScheduled',
      {
        activityScheduledEventDetails: {
          resource,
          input: schedule.text,
          inputDetails: NOT_TRUNCATED,
          ...times(schedule),
        },
      },
    ],
    started: () => ['ActivityStarted', { activityStartedEventDetails: {} }],
    submitted: () => ['ActivityStarted', { activityStartedEventDetails: {} }],
    submitFailed: (failure) => ['ActivityFailed', { activityFailedEventDetails: failure }],
    succeeded: (output) => [
      'ActivitySucceeded',
      { activitySucceededEventDetails: { output, outputDetails: NOT_TRUNCATED } },
    ],
    failed: (failure) => ['ActivityFailed', { activityFailedEventDetails: failure }],
    timedOut: (failure) => ['ActivityTimedOut', { activityTimedOutEventDetails: failure }],
  };
}

function times({ timeoutSeconds, heartbeatSeconds }: Schedule): {
  timeoutInSeconds?: number;
  heartbeatInSeconds?: number;
} {
  return {
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  };
}

function credentials({ roleArn }: Schedule): { taskCredentials?: { roleArn: string } } {
  return roleArn === undefined ? {} : { taskCredentials: { roleArn } };
}
