// Alerts straight from the bus: to a queue, a function or another event bus of one's own, as JSON of the published schema. In: the
// receiver. Out: the way.

import { type aws_events as events, aws_iam as iam, type aws_lambda as lambda, type aws_sqs as sqs } from 'aws-cdk-lib';
import { allowRule } from './alert-functions';
import type { Delivery } from './delivery';

export function queueDelivery(queue: sqs.IQueue): Delivery {
  return {
    kind: 'queue',
    target: queue.queueName,
    bind: () => ({
      receiver: queue,
      target: { arn: queue.queueArn, inputPath: '$.detail' },
      allow: (rule) => {
        queue.addToResourcePolicy(
          new iam.PolicyStatement({
            actions: ['sqs:SendMessage'],
            principals: [new iam.ServicePrincipal('events.amazonaws.com')],
            resources: [queue.queueArn],
            conditions: { ArnEquals: { 'aws:SourceArn': rule.attrArn } },
          }),
        );
      },
    }),
  };
}

export function functionDelivery(called: lambda.IFunction): Delivery {
  return {
    kind: 'function',
    target: called.functionName,
    bind: () => ({
      receiver: called,
      target: { arn: called.functionArn, inputPath: '$.detail' },
      allow: (rule) => allowRule(called, rule),
    }),
  };
}

export function eventBusDelivery(bus: events.IEventBus): Delivery {
  return {
    kind: 'event-bus',
    target: bus.eventBusName,
    bind: (pipeline) => {
      const id = `To-${bus.node.addr.slice(0, 12)}`;
      const role =
        (pipeline.shared.node.tryFindChild(id) as iam.Role | undefined) ??
        new iam.Role(pipeline.shared, id, {
          description: `puts alerts of ${pipeline.pipelineName} on an event bus`,
          assumedBy: new iam.ServicePrincipal('events.amazonaws.com'),
        });
      role.addToPolicy(new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }));
      return { receiver: bus, target: { arn: bus.eventBusArn, roleArn: role.roleArn } };
    },
  };
}
