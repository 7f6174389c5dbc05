// A queue of the emulator. In: a name. Out: what is in it, each message once.

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

// The emulator's queue addresses have a host name that only its own machine knows.
const sqs = () => new SQSClient({ useQueueUrlAsEndpoint: false });

export class Queue {
  private constructor(
    readonly url: string,
    readonly arn: string,
  ) {}

  static async make(QueueName: string): Promise<Queue> {
    const { QueueUrl } = await sqs().send(new CreateQueueCommand({ QueueName }));
    const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return new Queue(QueueUrl!, Attributes!['QueueArn']!);
  }

  /** What is there now, or comes within a second. */
  async take(): Promise<string[]> {
    const { Messages = [] } = await sqs().send(
      new ReceiveMessageCommand({ QueueUrl: this.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    for (const { ReceiptHandle } of Messages) {
      await sqs().send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle }));
    }
    return Messages.map(({ Body }) => Body!);
  }

  /** Until nothing more comes. */
  async takeAll(): Promise<string[]> {
    const all: string[] = [];
    for (let more = await this.take(); more.length > 0; more = await this.take()) all.push(...more);
    return all;
  }
}
