// What a Task's Resource says: which service and action, and how the state waits. In: the ARN as written. Out: its parts
// in the spelling that history events use. Undefined for text that is no resource the service knows the shape of.

import type { Integration } from '../engine';

export interface Resource {
  readonly kind: 'lambda' | 'activity' | 'service';
  readonly integration: Integration;
  readonly service: string;
  readonly action: string;
  /** As history names it: `startExecution.sync:2`, or the whole ARN of a function or activity. */
  readonly resource: string;
  readonly resourceType: string;
}

const SERVICE = /^arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:[^:.]+|[^:.]+):([^:.]+)(?:\.(sync(?::2)?|waitForTaskToken))?$/;
const ACTIVITY = /^arn:[^:]+:states:[^:]*:[^:]*:activity:.+$/;
const LAMBDA = /^arn:[^:]+:lambda:[^:]*:[^:]*:function:.+$/;

export function parseResource(text: string): Resource | undefined {
  if (ACTIVITY.test(text)) {
    return {
      kind: 'activity',
      integration: 'activity',
      service: 'states',
      action: 'activity',
      resource: text,
      resourceType: 'activity',
    };
  }
  if (LAMBDA.test(text)) {
    return {
      kind: 'lambda',
      integration: 'request',
      service: 'lambda',
      action: 'function',
      resource: text,
      resourceType: 'lambda',
    };
  }
  const match = SERVICE.exec(text);
  if (!match) {
    return undefined;
  }
  const [, service, action, suffix] = match as unknown as [string, string, string, string | undefined];
  const integration = suffix === 'waitForTaskToken' ? 'waitForTaskToken' : suffix ? 'sync' : 'request';
  return {
    kind: 'service',
    integration,
    service,
    action,
    resource: suffix ? `${action}.${suffix}` : action,
    resourceType: service,
  };
}
