import { type aws_events as events, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { transportRetry } from './message';

/** What an event may say. Fields have EventBridge's names: docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
export interface EventBridgePutEventsTaskProps extends TaskProps {
  /** Who tells it, such as `com.example.sales`. */
  readonly source: string;
  /** What it is, such as `Orders Loaded`. */
  readonly detailType: string;
  /**
   * The facts; run values and outputs may stand in them.
   * @default - none
   */
  readonly detail?: { [key: string]: any };
  /**
   * ARNs that the event is about.
   * @default - none
   */
  readonly resources?: string[];
  /** @default - the default bus of the account */
  readonly eventBus?: events.IEventBus;
}

/** Puts one event on an EventBridge bus; an entry that the bus refuses fails the task. Outputs: `eventId`. */
export class EventBridgePutEventsTask extends Task {
  private readonly event: EventBridgePutEventsTaskProps;

  constructor(scope: Construct, id: string, props: EventBridgePutEventsTaskProps) {
    super(scope, id, props);
    this.event = props;
    if (/^aws\./i.test(props.source))
      this.addProblem(`source is ${JSON.stringify(props.source)}: names that begin with aws. belong to AWS's services`);
    for (const prop of ['source', 'detailType'] as const)
      if (props[prop] === '') this.addProblem(`${prop} is empty: EventBridge refuses an event without it`);
  }

  public toSpec(): TaskSpec {
    const { source, detailType, detail, resources, eventBus } = this.event;
    const arn =
      eventBus?.eventBusArn ??
      Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
    return {
      kind: 'EventBridgePutEventsTask',
      resource: 'arn:aws:states:::events:putEvents',
      arguments: {
        Entries: [
          {
            Source: source,
            DetailType: detailType,
            Detail: detail ?? {},
            ...(resources !== undefined && { Resources: resources }),
            ...(eventBus !== undefined && { EventBusName: eventBus.eventBusArn }),
          },
        ],
      },
      outputs: "{'eventId':$states.result.Entries[0].EventId}",
      permissions: [new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: [arn] })],
      serviceRetry: transportRetry('EventBridge.SdkClientException', 'EventBridge.ThrottlingException'),
    };
  }
}
