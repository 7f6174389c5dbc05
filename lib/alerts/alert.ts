import {
  ArnFormat,
  Duration,
  aws_iam as iam,
  aws_kms as kms,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
  Stack,
  Token,
} from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import type { AlertConfig, IAlert } from '../pipeline/i-alert';
import type { IPipeline } from '../pipeline/i-pipeline';
import { stackFunction, undelivered } from '../pipeline/stack-function';

/**
 * Tells people of a run that did not succeed: one message a run, with every failed task, its error in plain words, what did not
 * run because of it, the link to the run and the command that repeats what failed.
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
    return new Alert('email', addresses.join(', '), (pipeline) => {
      const topic = ownTopic(pipeline);
      for (const address of addresses) topic.addSubscription(new subscriptions.EmailSubscription(address));
      return topic;
    });
  }

  /** On a topic of your own; its subscribers may be addresses, queues, functions. */
  public static topic(topic: sns.ITopic): Alert {
    return new Alert('topic', topic.topicName, () => topic);
  }

  private constructor(
    private readonly kind: string,
    private readonly target: string,
    private readonly topicOf: (pipeline: IPipeline) => sns.ITopic,
  ) {}

  public bind(pipeline: IPipeline): AlertConfig {
    const topic = this.topicOf(pipeline);
    const stack = Stack.of(pipeline);
    const sender = stackFunction(stack, 'alert', 'tells people of runs that did not succeed', Duration.minutes(2));
    topic.grantPublish(sender);
    const id = `Alert${topic.node.addr.slice(0, 12)}`;
    if (pipeline.shared.node.tryFindChild(id) !== undefined) return { kind: this.kind, target: this.target };
    const execution = (name: string) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    // Child machines are called after the root, whose name their own begins with.
    const executions = [execution(`${pipeline.prefix}:*`), execution(`${pipeline.prefix}-*`)];
    sender.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['states:GetExecutionHistory', 'states:DescribeExecution', 'states:DescribeStateMachineForExecution'],
        resources: executions,
      }),
    );
    acknowledgeWildcards(sender.role!, executions, 'every run of the pipeline, whatever its name');
    const rule = new CfnRule(pipeline.shared, id, {
      description: `failed runs of ${pipeline.pipelineName}`,
      eventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [pipeline.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      targets: [
        {
          id: 'Alert',
          arn: sender.functionArn,
          inputTransformer: {
            inputPathsMap: { execution: '$.detail.executionArn', status: '$.detail.status' },
            inputTemplate: stack.toJsonString({
              executionArn: '<execution>',
              status: '<status>',
              pipeline: pipeline.pipelineName,
              topicArn: topic.topicArn,
            }),
          },
          retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 6 * 3600 },
          deadLetterConfig: { arn: undelivered(stack).queueArn },
        },
      ],
    });
    new CfnPermission(pipeline.shared, `${id}Permission`, {
      action: 'lambda:InvokeFunction',
      functionName: sender.functionArn,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    });
    undelivered(stack).addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['sqs:SendMessage'],
        principals: [new iam.ServicePrincipal('events.amazonaws.com')],
        resources: [undelivered(stack).queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': rule.attrArn } },
      }),
    );
    return { kind: this.kind, target: this.target };
  }
}

/** The topic of a pipeline, encrypted with the service's key: only the function that sends alerts publishes to it. */
function ownTopic(pipeline: IPipeline): sns.Topic {
  const existing = pipeline.shared.node.tryFindChild('Alerts');
  if (existing !== undefined) return existing as sns.Topic;
  return new sns.Topic(pipeline.shared, 'Alerts', {
    displayName: `headrace ${pipeline.pipelineName}`.slice(0, 100),
    enforceSSL: true,
    masterKey: kms.Alias.fromAliasName(pipeline.shared, 'AlertsKey', 'alias/aws/sns'),
  });
}
