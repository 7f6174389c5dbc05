import {
  type aws_events as events,
  type aws_lambda as lambda,
  type aws_secretsmanager as secretsmanager,
  type aws_sns as sns,
  type aws_sqs as sqs,
  Stack,
  Token,
} from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import type { IConstruct } from 'constructs';
import { ALERT_SOURCE } from '../compile/alert-request';
import type { AlertConfig, IAlert } from '../pipeline/i-alert';
import type { IPipeline } from '../pipeline/i-pipeline';
import { undelivered } from '../pipeline/stack-function';
import { AlertEvent } from './alert-event';
import type { Delivery } from './delivery';
import { eventBusDelivery, functionDelivery, queueDelivery } from './event-target-delivery';
import { mayLeaveUndelivered, watchPipeline } from './pipeline-watch';
import { emailDelivery, topicDelivery } from './topic-delivery';
import { webhookDelivery } from './webhook-delivery';

/** How a webhook is spoken to. */
export interface WebhookOptions {
  /**
   * Key that the body is signed with: the header `headrace-signature` is `t=<seconds>,v1=<hex>`, where `hex` is HMAC-SHA256 of
   * `<seconds>.<body>`.
   * @default - not signed
   */
  readonly signingKey?: secretsmanager.ISecret;
}

const USUAL = [AlertEvent.TASK_FAILED, AlertEvent.RUN_FAILED, AlertEvent.RECOVERED, AlertEvent.LATE, AlertEvent.MISSED];

/**
 * Tells somebody what happened to a pipeline: which task failed and why in plain words, what did not run because of it, where the log
 * is, and the command that repairs it. Without `on()` it tells of failed tasks and runs, of recovery, and of runs that are late or
 * missing. Each alert is told once; what cannot be delivered is repeated for hours and then kept in a queue that has an alarm. No
 * alert ever delays or changes a run.
 */
export class Alert implements IAlert {
  /**
   * By email; each address has to confirm the subscription that AWS sends it once.
   * @param addresses who hears of it
   */
  public static email(...addresses: string[]): Alert {
    if (addresses.length === 0) throw new Error('Alert.email() names no address: nobody would hear of a failed run');
    for (const address of addresses) {
      if (!Token.isUnresolved(address) && !/^[^\s@]+@[^\s@]+$/.test(address))
        throw new Error(`Alert.email(${JSON.stringify(address)}): expected an email address`);
    }
    return new Alert(emailDelivery(addresses));
  }

  /** On a topic of your own; its subscribers may be addresses, queues, functions. */
  public static topic(topic: sns.ITopic): Alert {
    return new Alert(topicDelivery(topic));
  }

  /**
   * As JSON of the published schema, posted to an address that is a secret.
   * @param address secret that holds the https address, as text or as JSON with one field
   */
  public static webhook(address: secretsmanager.ISecret, options: WebhookOptions = {}): Alert {
    return new Alert(webhookDelivery({ shape: 'webhook', secret: address, ...options }));
  }

  /**
   * As JSON of the published schema, posted to an address that is no secret.
   * @param url an https address
   */
  public static webhookUrl(url: string, options: WebhookOptions = {}): Alert {
    refuseInsecure('webhookUrl', url);
    return new Alert(webhookDelivery({ shape: 'webhook', url, ...options }));
  }

  /**
   * To a Slack channel.
   * @param address secret that holds the address of an incoming webhook
   * @see https://api.slack.com/messaging/webhooks
   */
  public static slack(address: secretsmanager.ISecret): Alert {
    return new Alert(webhookDelivery({ shape: 'slack', secret: address }));
  }

  /**
   * To a Microsoft Teams channel, as an adaptive card.
   * @param address secret that holds the address of a workflow that posts to the channel
   */
  public static teams(address: secretsmanager.ISecret): Alert {
    return new Alert(webhookDelivery({ shape: 'teams', secret: address }));
  }

  /**
   * As an event of PagerDuty's Events API v2; a pipeline is one incident, which its recovery resolves.
   * @param routingKey secret that holds the integration's routing key
   */
  public static pagerDuty(routingKey: secretsmanager.ISecret): Alert {
    return new Alert(webhookDelivery({ shape: 'pagerduty', secret: routingKey }));
  }

  /**
   * As an alert of Opsgenie; a pipeline is one alert, which its recovery closes.
   * @param apiKey secret that holds the integration's API key
   */
  public static opsgenie(apiKey: secretsmanager.ISecret): Alert {
    return new Alert(webhookDelivery({ shape: 'opsgenie', secret: apiKey }));
  }

  /** As JSON of the published schema into a queue. */
  public static queue(queue: sqs.IQueue): Alert {
    return new Alert(queueDelivery(queue));
  }

  /** To a function of your own, whose event is JSON of the published schema. */
  public static invoke(handler: lambda.IFunction): Alert {
    return new Alert(functionDelivery(handler));
  }

  /** As events with source `headrace.alert` on another event bus. */
  public static eventBus(bus: events.IEventBus): Alert {
    return new Alert(eventBusDelivery(bus));
  }

  private constructor(
    private readonly delivery: Delivery,
    private readonly events: readonly AlertEvent[] = USUAL,
    private readonly tasks: readonly string[] = [],
  ) {}

  /** The same, but of these events and no others. */
  public on(...wanted: AlertEvent[]): Alert {
    if (wanted.length === 0) throw new Error('on() names no event: the alert would tell of nothing');
    return new Alert(this.delivery, wanted, this.tasks);
  }

  /** The same, but of failures of these tasks only; what concerns whole runs it tells as before. */
  public forTasks(...ids: string[]): Alert {
    if (ids.length === 0) throw new Error('forTasks() names no task: the alert would tell of none');
    return new Alert(this.delivery, this.events, ids);
  }

  public bind(pipeline: IPipeline): AlertConfig {
    const { kind, target } = this.delivery;
    const config = { kind, target, events: [...this.events], tasks: [...this.tasks] };
    const stack = Stack.of(pipeline);
    watchPipeline(pipeline, this.events);
    const selection = [this.events === USUAL ? '' : this.events.join('-'), this.tasks.join('-')];
    const words = selection.filter(Boolean).join('-');
    const bound = this.delivery.bind(pipeline, words);
    const id = ['Alert', kind, bound.receiver.node.addr.slice(0, 12), words].filter(Boolean).join('-');
    const existing = pipeline.shared.node.tryFindChild(id);
    if (existing !== undefined) {
      // Addresses may share a topic; anything else that is there already is the same alert again.
      const told = receivers.get(existing);
      if (kind !== 'email' || told?.has(target))
        pipeline.addProblem(pipeline, `the alert ${kind} (${target}) is given twice: everything would be told twice`);
      told?.add(target);
      return config;
    }
    const rule = new CfnRule(pipeline.shared, id, {
      description: `alerts of ${pipeline.pipelineName}: ${kind}`,
      eventPattern: {
        source: [ALERT_SOURCE],
        detail: {
          pipeline: [pipeline.pipelineName],
          event: [...this.events, 'test'],
          // Events of whole runs name no task.
          ...(this.tasks.length > 0 && { task: [...this.tasks, { exists: false }] }),
        },
      },
      targets: [
        {
          id: 'Target',
          ...bound.target,
          retryPolicy: { maximumRetryAttempts: 50, maximumEventAgeInSeconds: 6 * 3600 },
          deadLetterConfig: { arn: undelivered(stack).queueArn },
        },
      ],
    });
    receivers.set(rule, new Set([target]));
    mayLeaveUndelivered(stack, rule);
    bound.allow?.(rule);
    return config;
  }
}

/** Who hears of what a rule takes from the bus. */
const receivers = new WeakMap<IConstruct, Set<string>>();

function refuseInsecure(name: string, url: string): void {
  const expected = 'expected an address that begins with https://';
  if (Token.isUnresolved(url))
    throw new Error(
      `Alert.${name}(): the address is known only at deploy time: put it into a secret and use Alert.webhook()`,
    );
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw new Error(`Alert.${name}(${JSON.stringify(url)}): ${expected}`);
  const { username, password } = new URL(url);
  if (username !== '' || password !== '')
    throw new Error(`Alert.${name}(): the address holds a password: put it into a secret and use Alert.webhook()`);
}
