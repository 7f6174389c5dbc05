// Stand-ins for SNS and SQS: messages are kept in files that a person can read. In: Publish, SendMessage and kin. Out: ids, as the
// services answer. Always: one line of JSON a message; a function or queue that subscribes to a topic gets it; an e-mail
// address does not, the message is shown instead.

import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Json, ServiceError } from '../engine';
import { writeAside } from '../store';
import { notLocal, type World } from '../world';
import {
  type Fields,
  fieldsOf,
  listOf,
  optionalText,
  present,
  type Service,
  type ServiceRequest,
  textOf,
} from './service';

/** Runs a function with an event; how a topic or a rule reaches one. */
export type InvokeFunction = (arn: string, event: Json) => Promise<Json>;

export class Sns implements Service {
  constructor(
    private readonly world: World,
    private readonly sqs: Sqs,
    private readonly invoke: InvokeFunction,
  ) {}

  async handle(request: ServiceRequest): Promise<Json> {
    const { action, input, region } = request;
    if (action === 'Publish') return { MessageId: await this.publish(input, region) };
    if (action === 'PublishBatch') {
      const topic = textOf('Sns', input, 'TopicArn');
      const successful = [];
      for (const entry of listOf(input['PublishBatchRequestEntries']).map(fieldsOf)) {
        successful.push({
          Id: entry['Id'] ?? '',
          MessageId: await this.publish({ ...entry, TopicArn: topic }, region),
        });
      }
      return { Successful: successful, Failed: [] };
    }
    throw notLocal(`sns:${action}`);
  }

  private async publish(input: Fields, region: string): Promise<string> {
    const arn = optionalText(input, 'TopicArn') ?? optionalText(input, 'TargetArn');
    if (arn === undefined) throw notLocal('sns:Publish to a phone number');
    const topic = this.world.find('AWS::SNS::Topic', arn, region);
    if (!topic) throw new ServiceError('Sns.NotFoundException', `Topic does not exist: ${arn}`);
    const id = randomUUID();
    const message = typeof input['Message'] === 'string' ? input['Message'] : JSON.stringify(input['Message'] ?? '');
    const record = present({
      MessageId: id,
      TopicArn: arn,
      Subject: input['Subject'],
      Message: message,
      Timestamp: new Date().toISOString(),
      MessageAttributes: input['MessageAttributes'],
    });
    appendLine(
      this.world.options.store.serviceFile(topic.stack.region, 'sns', `${arn.split(':').at(-1)}.jsonl`),
      record,
    );
    const readers = await this.deliver(arn, record);
    const subject = optionalText(input, 'Subject');
    const to = readers.length > 0 ? ` (to ${readers.join(', ')}: not sent from here)` : '';
    this.world.options.notice({ kind: 'alert', text: `${subject ?? arn.split(':').at(-1)}${to}\n${message}` });
    return id;
  }

  /** Gives the message to functions and queues; tells who else would have got it. */
  private async deliver(arn: string, record: Fields): Promise<string[]> {
    const readers: string[] = [];
    for (const { properties } of this.world.all('AWS::SNS::Subscription')) {
      if (properties['TopicArn'] !== arn) continue;
      const endpoint = String(properties['Endpoint']);
      if (properties['Protocol'] === 'lambda') {
        await this.invoke(endpoint, {
          Records: [
            {
              EventSource: 'aws:sns',
              EventVersion: '1.0',
              EventSubscriptionArn: arn,
              Sns: { Type: 'Notification', ...record },
            },
          ],
        });
      } else if (properties['Protocol'] === 'sqs') {
        this.sqs.put(
          endpoint.split(':').at(-1)!,
          this.world.region,
          properties['RawMessageDelivery'] === true
            ? String(record['Message'])
            : JSON.stringify({ Type: 'Notification', ...record }),
        );
      } else {
        readers.push(`${String(properties['Protocol'])} ${endpoint}`);
      }
    }
    return readers;
  }
}

export class Sqs implements Service {
  constructor(private readonly world: World) {}

  async handle({ action, input, region }: ServiceRequest): Promise<Json> {
    const queue = optionalText(input, 'QueueUrl')?.split('/').at(-1) ?? optionalText(input, 'QueueName');
    if (queue === undefined) throw new ServiceError('Sqs.ValidationException', 'QueueUrl is required');
    const found = this.world.find('AWS::SQS::Queue', queue, region);
    if (!found)
      throw new ServiceError('Sqs.QueueDoesNotExistException', `The specified queue does not exist: ${queue}`);
    switch (action) {
      case 'GetQueueUrl':
        return { QueueUrl: found.resolver.ref(found.resource) };
      case 'SendMessage':
        return { MessageId: this.put(queue, region, bodyOf(input['MessageBody'])) };
      case 'SendMessageBatch':
        return {
          Successful: listOf(input['Entries'])
            .map(fieldsOf)
            .map((entry) => ({
              Id: entry['Id'] ?? '',
              MessageId: this.put(queue, region, bodyOf(entry['MessageBody'])),
            })),
          Failed: [],
        };
      case 'ReceiveMessage':
        return { Messages: this.read(queue, region).slice(0, Number(input['MaxNumberOfMessages'] ?? 1)) };
      case 'DeleteMessage': {
        const rest = this.read(queue, region).filter((message) => message['ReceiptHandle'] !== input['ReceiptHandle']);
        writeAside(this.file(queue, region), rest.map((message) => `${JSON.stringify(message)}\n`).join(''));
        return {};
      }
      default:
        throw notLocal(`sqs:${action}`);
    }
  }

  put(queue: string, region: string, body: string): string {
    const id = randomUUID();
    appendLine(this.file(queue, region), { MessageId: id, ReceiptHandle: id, Body: body });
    return id;
  }

  private file(queue: string, region: string): string {
    return this.world.options.store.serviceFile(region, 'sqs', `${queue}.jsonl`);
  }

  private read(queue: string, region: string): Fields[] {
    const file = this.file(queue, region);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Fields);
  }
}

function bodyOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

export function appendLine(file: string, value: Json): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(value)}\n`);
}
