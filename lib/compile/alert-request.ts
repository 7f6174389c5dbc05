// The words in which constructs, deployed functions and the command speak of alerts: sources of events, requests to the function that
// finds out what to say, ways out. Plain data; what is written at synth is read when a run fails.

/** Source of the events that a machine sends when a task has failed for good; detail type `task_failed`. */
export const TASK_SOURCE = 'headrace.task';
/** Source of the events that ask for a sample; detail type `test`. */
export const TEST_SOURCE = 'headrace.test';
/** Source of the alerts themselves, on the default event bus; the detail type is the event. */
export const ALERT_SOURCE = 'headrace.alert';
/** Namespace of the metrics in CloudWatch. */
export const METRIC_NAMESPACE = 'Headrace';

/** Of the pipeline, as synth knows it. */
export interface PipelineFacts {
  readonly pipeline: string;
  /** The stack, and with it the stage, that the pipeline is deployed in. */
  readonly environment: string;
  /** ARN of the root machine: says partition, region and account. */
  readonly stateMachineArn: string;
  /** Seconds after which a run is late. @default what its earlier runs took */
  readonly expectDuration?: number;
}

/** A run began or ended. */
export interface RunNews {
  readonly kind: 'run';
  readonly source: PipelineFacts;
  readonly executionArn: string;
  readonly status: string;
}

/** A task failed for good, told by the Catch of its state. */
export interface TaskNews {
  readonly kind: 'task';
  readonly source: PipelineFacts;
  /** The root's execution, also where the task stands in a child machine. */
  readonly executionArn: string;
  readonly task: string;
}

/** The time has come that a run should have ended by. */
export interface LateCheck {
  readonly kind: 'late';
  readonly source: PipelineFacts;
  readonly executionArn: string;
  readonly expectedSeconds: number;
}

/** Looks for a success, again and again. */
export interface MissedCheck {
  readonly kind: 'missed';
  readonly source: PipelineFacts;
  readonly expectedSeconds: number;
}

/** Asks for a sample. */
export interface TestRequest {
  readonly kind: 'test';
  readonly source: PipelineFacts;
  readonly time?: string;
}

export type AlertRequest = RunNews | TaskNews | LateCheck | MissedCheck | TestRequest;

/** How an alert leaves by the function that delivers. Addresses of webhooks and keys are secrets: only their ARNs are told. */
export interface Way {
  readonly shape: 'sns' | 'webhook' | 'slack' | 'teams' | 'pagerduty' | 'opsgenie';
  readonly topicArn?: string;
  /** Address that is no secret. */
  readonly url?: string;
  /** Secret that is the address, or for PagerDuty and Opsgenie the key. */
  readonly secretArn?: string;
  /** Secret with which the body is signed. */
  readonly signingSecretArn?: string;
}

/** A CloudWatch alarm that calls a function. */
export interface AlarmEvent {
  readonly source: 'aws.cloudwatch';
  readonly alarmArn: string;
  readonly alarmData: {
    readonly alarmName?: string;
    readonly state?: { readonly value?: string; readonly reason?: string };
    readonly configuration?: { readonly description?: string };
  };
}

/** Lines of a log, packed: base64 of gzip. */
export interface LogLines {
  readonly awslogs: { readonly data: string };
}

export function isLogLines(event: object): event is LogLines {
  return 'awslogs' in event;
}

export function isAlarm(event: object): event is AlarmEvent {
  return 'alarmData' in event;
}
