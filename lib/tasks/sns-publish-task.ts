import { aws_iam as iam, type aws_sns as sns, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { deduplicationId, encryptWith, textAttributes, transportRetry } from './message';

/** What a notification may say. Fields have SNS's names: docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export interface SnsPublishTaskProps extends TaskProps {
  /** Where it goes. */
  readonly topic: sns.ITopic;
  /** A text, or an object that becomes JSON; run values and outputs may stand in it. */
  readonly message: any;
  /**
   * Subject of e-mails: up to 100 characters of ASCII on one line.
   * @default - none
   */
  readonly subject?: string;
  /**
   * Attributes, as texts; subscriptions filter by them.
   * @default - none
   */
  readonly messageAttributes?: { [name: string]: string };
  /**
   * Messages of one group are delivered in order.
   * @default - none; a FIFO topic needs one
   */
  readonly messageGroupId?: string;
  /**
   * A FIFO topic takes one message with this id in five minutes.
   * @default - made of the run, the task and the attempt, so that a repeated call sends nothing twice
   */
  readonly messageDeduplicationId?: string;
}

/** Publishes one message to an SNS topic. Outputs: `messageId`. */
export class SnsPublishTask extends Task {
  private readonly message: SnsPublishTaskProps;

  constructor(scope: Construct, id: string, props: SnsPublishTaskProps) {
    super(scope, id, props);
    this.message = props;
    const { topic, subject, messageGroupId, messageDeduplicationId } = props;
    if (topic.fifo && messageGroupId === undefined)
      this.addProblem('messageGroupId is missing: a FIFO topic takes no message without a group');
    if (!topic.fifo && messageDeduplicationId !== undefined)
      this.addProblem('messageDeduplicationId is given for a topic that is not FIFO, where it would do nothing');
    if (subject !== undefined && !Token.isUnresolved(subject) && !/^[\x21-\x7e][\x20-\x7e]{0,99}$/.test(subject))
      this.addProblem(
        `subject is ${JSON.stringify(subject)}: expected 1 to 100 characters of ASCII on one line, not beginning with a space`,
      );
  }

  public toSpec(): TaskSpec {
    const { topic, message, subject, messageAttributes, messageGroupId, messageDeduplicationId } = this.message;
    return {
      kind: 'SnsPublishTask',
      resource: 'arn:aws:states:::sns:publish',
      arguments: {
        TopicArn: topic.topicArn,
        Message: typeof message === 'string' ? asText(message) : message,
        ...(subject !== undefined && { Subject: asText(subject) }),
        ...(messageAttributes !== undefined && { MessageAttributes: textAttributes(messageAttributes) }),
        ...(messageGroupId !== undefined && { MessageGroupId: asText(messageGroupId) }),
        ...(topic.fifo && {
          MessageDeduplicationId:
            messageDeduplicationId === undefined ? deduplicationId(this) : asText(messageDeduplicationId),
        }),
      },
      outputs: "{'messageId':$states.result.MessageId}",
      permissions: [
        new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }),
        ...encryptWith(topic.masterKey),
      ],
      serviceRetry: transportRetry('SNS.SdkClientException', 'SNS.ThrottledException', 'SNS.InternalErrorException'),
    };
  }
}
