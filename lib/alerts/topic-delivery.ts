// Alerts on an SNS topic, with a subject that reads on a phone. In: addresses or a topic. Out: the way.

import { aws_kms as kms, aws_sns as sns, aws_sns_subscriptions as subscriptions, Stack } from 'aws-cdk-lib';
import type { IPipeline } from '../pipeline/i-pipeline';
import { deliver, mayPublish } from './alert-functions';
import type { Delivery } from './delivery';

export function emailDelivery(addresses: readonly string[]): Delivery {
  return onTopic('email', addresses.join(', '), (pipeline, selection) => {
    const topic = ownTopic(pipeline, selection);
    for (const address of addresses) {
      if (topic.node.tryFindChild(address) === undefined)
        topic.addSubscription(new subscriptions.EmailSubscription(address));
    }
    return topic;
  });
}

export function topicDelivery(topic: sns.ITopic): Delivery {
  return onTopic('topic', topic.topicName, () => topic);
}

function onTopic(
  kind: string,
  target: string,
  topicOf: (pipeline: IPipeline, selection: string) => sns.ITopic,
): Delivery {
  return {
    kind,
    target,
    bind: (pipeline, selection) => {
      const stack = Stack.of(pipeline);
      const topic = topicOf(pipeline, selection);
      mayPublish(stack, topic);
      return deliver(stack, topic, { shape: 'sns', topicArn: topic.topicArn });
    },
  };
}

/**
 * One topic for all addresses that hear of the same, whoever joins later: confirmed subscriptions stay. Encrypted with the service's
 * key: only the function that delivers publishes to it.
 */
function ownTopic(pipeline: IPipeline, selection: string): sns.Topic {
  const { shared } = pipeline;
  const id = selection === '' ? 'Alerts' : `Alerts-${selection}`;
  const existing = shared.node.tryFindChild(id);
  if (existing !== undefined) return existing as sns.Topic;
  return new sns.Topic(shared, id, {
    displayName: `headrace ${pipeline.pipelineName}`.slice(0, 100),
    enforceSSL: true,
    masterKey: kms.Alias.fromAliasName(shared, `${id}Key`, 'alias/aws/sns'),
  });
}
