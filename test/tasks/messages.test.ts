// The kinds that send something: SQS, SNS, EventBridge.

import { readFileSync } from 'node:fs';
import { aws_events as events, aws_kms as kms, aws_sns as sns, aws_sqs as sqs, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import {
  EventBridgePutEventsTask,
  Param,
  Retry,
  SnsPublishTask,
  type SnsPublishTaskProps,
  SqsSendMessageTask,
  type SqsSendMessageTaskProps,
} from '../../lib';
import { runHere, told } from './run-local';
import { allowed, fails, flat, mistakes, pipeline, play, template } from './run-task';

const day = { logicalDate: '2026-03-29T01:00:00Z' };

function send(props: Partial<SqsSendMessageTaskProps> = {}, queue: sqs.QueueProps = {}) {
  const sales = pipeline({ params: { n: Param.number({ default: 7 }) } });
  const made = new sqs.Queue(Stack.of(sales), 'Queue', queue);
  new SqsSendMessageTask(sales, 'Send', { queue: made, messageBody: 'hello', ...props });
  return sales;
}

function publish(props: Partial<SnsPublishTaskProps> = {}, topic: sns.TopicProps = {}) {
  const sales = pipeline();
  const made = new sns.Topic(Stack.of(sales), 'Topic', topic);
  new SnsPublishTask(sales, 'Tell', { topic: made, message: 'hello', ...props });
  return sales;
}

describe('SqsSendMessageTask', () => {
  it('sends a text or an object, numbers of the run as texts where SQS takes texts only', async () => {
    const sales = send();
    new SqsSendMessageTask(sales, 'More', {
      queue: Stack.of(sales).node.findChild('Queue') as sqs.Queue,
      messageBody: { day: sales.run.date, n: sales.run.param('n') },
      messageAttributes: { n: sales.run.param('n') },
      delay: Duration.minutes(1),
    });
    new SqsSendMessageTask(sales, 'Plain', {
      queue: Stack.of(sales).node.findChild('Queue') as sqs.Queue,
      messageBody: sales.run.param('n'),
    });
    const run = await play(sales, () => ({ MessageId: 'm' }), day);
    expect(run.status).toBe('SUCCEEDED');
    const sent = run.arguments.find((given) => given['DelaySeconds'] === 60)!;
    expect(sent['MessageBody']).toEqual({ day: '2026-03-29', n: 7 });
    expect(sent['MessageAttributes']).toEqual({ n: { DataType: 'String', StringValue: '7' } });
    expect(run.arguments.map((given) => given['MessageBody'])).toContain('7');
    expect(allowed(sales)['sqs:SendMessage']).toEqual(['<Queue4A7E3555.Arn>']);
  });

  it('of a FIFO queue has one id an attempt, so that a repeated call sends nothing twice', async () => {
    const sales = send({ messageGroupId: 'g', retry: Retry.times(1) }, { fifo: true });
    const run = await play(sales, (_, nth) => fails(nth === 0 ? 'SQS.SdkClientException' : 'SQS.AmazonSQSException'));
    const ids = run.arguments.slice(0, 3).map((given) => given['MessageDeduplicationId']);
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(run.failure?.Error).toBe('SQS.AmazonSQSException');
  });

  it('may use the key that the queue is encrypted with', () => {
    const sales = pipeline();
    const key = new kms.Key(Stack.of(sales), 'Key');
    const queue = new sqs.Queue(Stack.of(sales), 'Queue', { encryptionMasterKey: key });
    new SqsSendMessageTask(sales, 'Send', { queue, messageBody: '' });
    expect(allowed(sales)['kms:GenerateDataKey']).toEqual(['<Key961B73FD.Arn>']);
  });

  it.each<[string, Partial<SqsSendMessageTaskProps>, sqs.QueueProps, string]>([
    ['without a group', {}, { fifo: true }, 'messageGroupId is missing: a FIFO queue takes no message without a group'],
    [
      'with a delay of one message in order',
      { messageGroupId: 'g', delay: Duration.seconds(1) },
      { fifo: true },
      'delay is given for a FIFO queue',
    ],
    ['with an id that nobody reads', { messageDeduplicationId: 'a' }, {}, 'is given for a queue that is not FIFO'],
    ['with an hour of delay', { delay: Duration.hours(1) }, {}, 'delay is 1 hour: expected up to 15 minutes'],
  ])('fails %s', (_, props, queue, message) => {
    expect(mistakes(send(props, queue))).toContain(message);
  });
});

describe('SnsPublishTask', () => {
  it('publishes', async () => {
    const sales = publish({ subject: 'Loaded', message: { a: 1 }, messageAttributes: { kind: 'load' } });
    const run = await play(sales, () => ({ MessageId: 'm' }));
    expect(run.arguments[0]).toMatchObject({
      Subject: 'Loaded',
      Message: { a: 1 },
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'load' } },
    });
    expect(allowed(sales)['sns:Publish']).toEqual(['<TopicBFC7AF6E>']);
  });

  it.each<[string, Partial<SnsPublishTaskProps>, sns.TopicProps, string]>([
    ['without a group', {}, { fifo: true, topicName: 'a.fifo' }, 'messageGroupId is missing: a FIFO topic'],
    ['with a subject of two lines', { subject: 'a\nb' }, {}, 'subject is "a\\nb": expected 1 to 100 characters'],
    ['with an id that nobody reads', { messageDeduplicationId: 'a' }, {}, 'is given for a topic that is not FIFO'],
  ])('fails %s', (_, props, topic, message) => {
    expect(mistakes(publish(props, topic))).toContain(message);
  });
});

describe('EventBridgePutEventsTask', () => {
  it('puts an event on its bus and no other', async () => {
    const sales = pipeline();
    const eventBus = new events.EventBus(Stack.of(sales), 'Bus');
    new EventBridgePutEventsTask(sales, 'Tell', {
      eventBus,
      source: 'com.example.sales',
      detailType: 'Loaded',
      detail: { day: sales.run.date },
      resources: ['arn:aws:s3:::lake'],
    });
    const run = await play(sales, () => ({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }), day);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments[0]!['Entries']).toMatchObject([
      {
        Source: 'com.example.sales',
        DetailType: 'Loaded',
        Detail: { day: '2026-03-29' },
        Resources: ['arn:aws:s3:::lake'],
      },
    ]);
    expect(allowed(sales)['events:PutEvents']).toEqual(['<BusEA82B648.Arn>']);
  });

  it('of no bus goes to the default one', () => {
    const sales = pipeline();
    new EventBridgePutEventsTask(sales, 'Tell', { source: 'a', detailType: 'b' });
    expect(allowed(sales)['events:PutEvents']).toEqual([
      'arn:<AWS::Partition>:events:eu-west-1:111122223333:event-bus/default',
    ]);
    expect(
      flat(
        Object.values(template(sales).findResources('AWS::StepFunctions::StateMachine'))[0]!['Properties']
          .DefinitionString,
      ),
    ).not.toContain('EventBusName');
  });

  it('that the bus refuses fails the task', async () => {
    const sales = pipeline();
    new EventBridgePutEventsTask(sales, 'Tell', { source: 'a', detailType: 'b' });
    const run = await play(sales, () => fails('EventBridge.FailedEntry', 'no'));
    expect(run.failure).toEqual({ Error: 'EventBridge.FailedEntry', Cause: 'no' });
  });

  it.each([
    [{ source: 'aws.s3', detailType: 'a' }, 'source is "aws.s3": names that begin with aws. belong to AWS'],
    [{ source: 'a', detailType: '' }, 'detailType is empty'],
  ])('fails with %j', (props, message) => {
    const sales = pipeline();
    new EventBridgePutEventsTask(sales, 'Tell', props);
    expect(mistakes(sales)).toContain(message);
  });
});

it('all three run on this computer', async () => {
  const sales = pipeline();
  const stack = Stack.of(sales);
  const queue = new sqs.Queue(stack, 'Queue', { queueName: 'q' });
  const topic = new sns.Topic(stack, 'Topic', { topicName: 't' });
  const sent = new SqsSendMessageTask(sales, 'Send', { queue, messageBody: { day: sales.run.date } });
  const said = new SnsPublishTask(sales, 'Tell', { topic, message: `sent ${sent.output('messageId')}` });
  new EventBridgePutEventsTask(sales, 'Event', {
    source: 'a',
    detailType: 'b',
    detail: { said: said.output('messageId') },
  });
  const result = await runHere(sales, { input: day });
  expect(told(result)).toEqual({ Send: 'succeeded', Tell: 'succeeded', Event: 'succeeded' });
  const lines = (service: string, file: string) =>
    readFileSync(`${result.store}/eu-west-1/${service}/${file}`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [inQueue] = lines('sqs', 'q.jsonl');
  const [inTopic] = lines('sns', 't.jsonl');
  expect(inQueue.Body).toBe('{"day":"2026-03-29"}');
  expect(inTopic.Message).toBe(`sent ${inQueue.MessageId}`);
  expect(lines('events', 'events.jsonl')[0].detail).toEqual({ said: inTopic.MessageId });
});
