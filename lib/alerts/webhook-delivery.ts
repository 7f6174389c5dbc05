// Alerts over https: to a webhook of one's own, a chat, an on-call service. In: address or key, as a secret or a plain address. Out: the
// way. Always: secrets stay in Secrets Manager until the alert is sent.

import { type aws_secretsmanager as secretsmanager, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Way } from '../compile/alert-request';
import type { IPipeline } from '../pipeline/i-pipeline';
import { deliver, deliverFunction } from './alert-functions';
import type { Delivery } from './delivery';

export interface WebhookWay {
  readonly shape: Way['shape'];
  readonly url?: string;
  readonly secret?: secretsmanager.ISecret;
  readonly signingKey?: secretsmanager.ISecret;
}

export function webhookDelivery({ shape, url, secret, signingKey }: WebhookWay): Delivery {
  const address = url === undefined ? undefined : new URL(url);
  return {
    kind: shape,
    target: address?.host ?? secret?.node.path ?? shape,
    bind: (pipeline) => {
      const stack = Stack.of(pipeline);
      const sender = deliverFunction(stack);
      for (const each of [secret, signingKey]) each?.grantRead(sender);
      return deliver(stack, secret ?? placeOf(pipeline, address!), {
        shape,
        ...(url !== undefined && { url }),
        ...(secret !== undefined && { secretArn: secret.secretArn }),
        ...(signingKey !== undefined && { signingSecretArn: signingKey.secretArn }),
      });
    },
  };
}

/** Stands for an address that is no construct. */
function placeOf(pipeline: IPipeline, { host, pathname }: URL): Construct {
  const id = `Webhook-${host}${pathname}`.replace(/[^A-Za-z0-9]+/g, '-');
  return (pipeline.shared.node.tryFindChild(id) as Construct | undefined) ?? new Construct(pipeline.shared, id);
}
