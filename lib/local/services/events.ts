// Stand-in for EventBridge: an event goes to the targets of the rules that match it. In: PutEvents, and the status events of
// executions. Out: ids. Always: rules are those of the templates; a failing target never changes a run's result, it is
// reported and the event is kept.

import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT } from '../assembly/assembly';
import type { Json } from '../engine';
import { notLocal, type World } from '../world';
import { matchesPattern, targetInput } from './event-pattern';
import { appendLine, type InvokeFunction } from './messages';
import { type Fields, fieldsOf, listOf, optionalText, type Service, type ServiceRequest } from './service';

export interface EventTargets {
  readonly invokeFunction: InvokeFunction;
  readonly publish: (topicArn: string, message: string) => Promise<void>;
  readonly send: (queueArn: string, body: string) => void;
  readonly startExecution: (stateMachineArn: string, input: Json) => void;
}

export class Events implements Service {
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
      entries.push({ EventId: await this.put(event, region, optionalText(entry, 'EventBusName')) });
    }
    return { FailedEntryCount: 0, Entries: entries };
  }

  /** Sends one event through the rules; returns its id when every target has ended. */
  async put(
    facts: { source: string; 'detail-type': string; detail: Json; resources?: Json[] },
    region: string,
    bus = 'default',
  ): Promise<string> {
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
    appendLine(this.world.options.store.serviceFile(region, 'events', 'events.jsonl'), event);
    for (const rule of this.world.all('AWS::Events::Rule')) {
      if (rule.stack.region !== region) continue;
      const { properties } = rule;
      const ruleBus = (optionalText(properties, 'EventBusName') ?? 'default').split('/').at(-1);
      const pattern = properties['EventPattern'];
      if (pattern === undefined || properties['State'] === 'DISABLED' || ruleBus !== bus.split('/').at(-1)) continue;
      if (!matchesPattern(fieldsOf(pattern), event)) continue;
      for (const target of listOf(properties['Targets']).map(fieldsOf)) {
        await this.deliver(String(target['Arn']), targetInput(target, event)).catch((error: unknown) =>
          this.world.note(
            undefined,
            `rule ${rule.resource.logicalId}: its target ${String(target['Arn']).split(':').slice(5).join(':')} failed: ${(error as Error).message}`,
          ),
        );
      }
    }
    return id;
  }

  private async deliver(arn: string, input: Json): Promise<void> {
    const service = arn.split(':')[2];
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    if (service === 'lambda') await this.targets.invokeFunction(arn, input);
    else if (service === 'sns') await this.targets.publish(arn, text);
    else if (service === 'sqs') this.targets.send(arn, text);
    else if (service === 'states') this.targets.startExecution(arn, input);
    else throw notLocal(`an event target of ${service}`);
  }
}
