// Stand-in for EventBridge: an event goes to the targets of the rules that match it. In: PutEvents, and the status events of
// executions. Out: ids. Always: rules are those of the templates; whoever puts an event does not wait for its targets; a failing
// target never changes a run's result, it is reported and the event is kept. Alerts are shown here: none leaves this computer
// by mail or by the internet.

import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT } from '../assembly/assembly';
import type { Json } from '../engine';
import { notLocal, type World } from '../world';
import { matchesPattern, targetInput } from './event-pattern';
import { appendLine, type InvokeFunction } from './messages';
import { type Fields, fieldsOf, listOf, optionalText, type Service, type ServiceRequest } from './service';

export interface EventTargets {
  readonly invokeFunction: InvokeFunction;
  readonly publish: (topicArn: string, message: string, subject?: string) => Promise<void>;
  readonly send: (queueArn: string, body: string) => void;
  readonly startExecution: (stateMachineArn: string, input: Json) => void;
}

export class Events implements Service {
  private readonly pending = new Set<Promise<unknown>>();

  constructor(
    private readonly world: World,
    private readonly targets: EventTargets,
  ) {}

  async handle({ action, input, region }: ServiceRequest): Promise<Json> {
    if (action !== 'PutEvents') throw notLocal(`events:${action}`);
    const entries = [];
    for (const entry of listOf(input['Entries']).map(fieldsOf)) {
      const detail = entry['Detail'];
      const event = {
        source: String(entry['Source'] ?? ''),
        'detail-type': String(entry['DetailType'] ?? ''),
        detail: typeof detail === 'string' ? (JSON.parse(detail) as Json) : (detail ?? {}),
        resources: listOf(entry['Resources']),
      };
      entries.push({ EventId: this.put(event, region, optionalText(entry, 'EventBusName')) });
    }
    return { FailedEntryCount: 0, Entries: entries };
  }

  /** Until every target has ended, also of the events that targets put. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  /** Sends one event through the rules; returns its id at once. */
  put(
    facts: { source: string; 'detail-type': string; detail: Json; resources?: Json[] },
    region: string,
    bus = 'default',
  ): string {
    const id = randomUUID();
    const event: Fields = {
      version: '0',
      id,
      account: LOCAL_ACCOUNT,
      time: new Date().toISOString(),
      region,
      resources: [],
      ...facts,
    };
    const { store, hidden } = this.world.options;
    appendLine(store.serviceFile(region, 'events', 'events.jsonl'), hidden.data(event));
    for (const rule of this.world.all('AWS::Events::Rule')) {
      if (rule.stack.region !== region) continue;
      const { properties } = rule;
      const ruleBus = (optionalText(properties, 'EventBusName') ?? 'default').split('/').at(-1);
      const pattern = properties['EventPattern'];
      if (pattern === undefined || properties['State'] === 'DISABLED' || ruleBus !== bus.split('/').at(-1)) continue;
      if (!matchesPattern(fieldsOf(pattern), event)) continue;
      for (const target of listOf(properties['Targets']).map(fieldsOf)) {
        this.track(String(target['Arn']), rule.resource.logicalId, () => targetInput(target, event));
      }
    }
    return id;
  }

  private track(arn: string, rule: string, input: () => Json): void {
    const delivery = (async () => this.deliver(arn, input()))()
      .catch((error: unknown) =>
        this.world.note(
          undefined,
          `rule ${rule}: its target ${arn.split(':').slice(5).join(':')} failed: ${(error as Error).message}`,
        ),
      )
      .finally(() => this.pending.delete(delivery));
    this.pending.add(delivery);
  }

  private async deliver(arn: string, input: Json): Promise<void> {
    const outgoing = outgoingAlert(input);
    if (outgoing !== undefined) return this.show(outgoing);
    const service = arn.split(':')[2];
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    if (service === 'lambda') await this.targets.invokeFunction(arn, input);
    else if (service === 'sns') await this.targets.publish(arn, text);
    else if (service === 'sqs') this.targets.send(arn, text);
    else if (service === 'states') this.targets.startExecution(arn, input);
    else throw notLocal(`an event target of ${service}`);
  }

  /** A topic's functions and queues hear of it; what would leave this computer is shown. */
  private async show({ way, alert }: Outgoing): Promise<void> {
    const { subject, text } = fieldsOf(alert['message']);
    if (way['shape'] === 'sns') return this.targets.publish(String(way['topicArn']), String(text), String(subject));
    this.world.options.notice({
      kind: 'alert',
      text: `${String(subject)} (to ${String(way['shape'])}: not sent from here)\n${String(text)}`,
    });
  }
}

interface Outgoing {
  readonly way: Fields;
  readonly alert: Fields;
}

/** What the function `deliver` of a stack would carry to a topic or over the internet. */
function outgoingAlert(input: Json): Outgoing | undefined {
  const { way, alert } = fieldsOf(input);
  if (way === undefined || alert === undefined || fieldsOf(alert)['schema'] === undefined) return undefined;
  return { way: fieldsOf(way), alert: fieldsOf(alert) };
}
