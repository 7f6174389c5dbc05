import { type Duration, aws_iam as iam, type aws_sqs as sqs } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { deduplicationId, encryptWith, textAttributes, transportRetry } from './message';

/** What a message to a queue may say. Fields have SQS's names: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export interface SqsSendMessageTaskProps extends TaskProps {
  /** Where it goes. */
  readonly queue: sqs.IQueue;
  /** Its body: a text, or an object that becomes JSON; run values and outputs may stand in it. At most 1 MiB, of which a run carries 256 KiB. */
  readonly messageBody: any;
  /**
   * Attributes, as texts.
   * @default - none
   */
  readonly messageAttributes?: { [name: string]: string };
  /**
   * Time before anybody can receive it, up to 15 minutes.
   * @default - the queue's
   */
  readonly delay?: Duration;
  /**
   * Messages of one group are received in order.
   * @default - none; a FIFO queue needs one
   */
  readonly messageGroupId?: string;
  /**
   * A FIFO queue takes one message with this id in five minutes.
   * @default - made of the run, the task and the attempt, so that a repeated call sends nothing twice
   */
  readonly messageDeduplicationId?: string;
}

/** Sends one message to an SQS queue. Outputs: `messageId`, `sequenceNumber` (FIFO). */
export class SqsSendMessageTask extends Task {
  private readonly message: SqsSendMessageTaskProps;

  constructor(scope: Construct, id: string, props: SqsSendMessageTaskProps) {
    super(scope, id, props);
    this.message = props;
    const { queue, delay, messageGroupId, messageDeduplicationId } = props;
    if (queue.fifo && messageGroupId === undefined)
      this.addProblem('messageGroupId is missing: a FIFO queue takes no message without a group');
    if (queue.fifo && delay !== undefined)
      this.addProblem('delay is given for a FIFO queue, which takes it for the whole queue only: set it there');
    if (!queue.fifo && messageDeduplicationId !== undefined)
      this.addProblem('messageDeduplicationId is given for a queue that is not FIFO, where it would do nothing');
    if (delay !== undefined && !delay.isUnresolved() && delay.toSeconds() > 900)
      this.addProblem(`delay is ${delay.toHumanString()}: expected up to 15 minutes`);
  }

  public toSpec(): TaskSpec {
    const { queue, messageBody, messageAttributes, delay, messageGroupId, messageDeduplicationId } = this.message;
    return {
      kind: 'SqsSendMessageTask',
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: {
        QueueUrl: queue.queueUrl,
        MessageBody: typeof messageBody === 'string' ? asText(messageBody) : messageBody,
        ...(messageAttributes !== undefined && { MessageAttributes: textAttributes(messageAttributes) }),
        ...(delay !== undefined && { DelaySeconds: delay.toSeconds() }),
        ...(messageGroupId !== undefined && { MessageGroupId: asText(messageGroupId) }),
        ...(queue.fifo && {
          MessageDeduplicationId:
            messageDeduplicationId === undefined ? deduplicationId(this) : asText(messageDeduplicationId),
        }),
      },
      outputs: "{'messageId':$states.result.MessageId,'sequenceNumber':$states.result.SequenceNumber}",
      permissions: [
        new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
        ...encryptWith(queue.encryptionMasterKey),
      ],
      serviceRetry: transportRetry('SQS.SdkClientException', 'SQS.ThrottlingException'),
    };
  }
}
