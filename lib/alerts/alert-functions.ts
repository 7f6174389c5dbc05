// The two functions of a stack that alerts go through: `alert` finds out what to say, `deliver` carries it. In: a stack. Out: the
// functions, made on first use, with the table of what has been told and the alarms over both. Always: what `deliver` may
// publish to and read is what the alerts of the stack name.

import { Duration, aws_iam as iam, aws_lambda as lambda, Lazy, type Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ALERT_SOURCE, type Way } from '../compile/alert-request';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import { shortLivedTable } from '../pipeline/short-lived-table';
import { stackFunction, undelivered } from '../pipeline/stack-function';
import type { DeliveryTarget } from './delivery';

/** The function that finds out what an alert has to say. */
export function alertFunction(stack: Stack): lambda.Function {
  const made = stackFunction(stack, 'alert', 'finds out what alerts have to say', Duration.minutes(2));
  if (once(stack, 'HeadraceTold') === undefined) return made;
  const table = shortLivedTable(stack.node.findChild('HeadraceTold') as Construct, 'Table');
  made.addEnvironment('TOLD_TABLE', table.tableName);
  made.addEnvironment('ENVIRONMENT', stack.stackName);
  made.addToRolePolicy(
    new iam.PolicyStatement({ actions: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], resources: [table.tableArn] }),
  );
  made.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [defaultBus(stack)],
      conditions: { StringEquals: { 'events:source': ALERT_SOURCE } },
    }),
  );
  watch(stack, made);
  return made;
}

/** A rule's target that hands the alert to `deliver`. */
export function deliver(stack: Stack, receiver: Construct, way: Way): DeliveryTarget {
  const sender = deliverFunction(stack);
  return {
    receiver,
    target: {
      arn: sender.functionArn,
      inputTransformer: {
        inputPathsMap: { alert: '$.detail' },
        inputTemplate: `{"way":${stack.toJsonString(way)},"alert":<alert>}`,
      },
    },
    allow: (rule) => allowRule(sender, rule),
  };
}

/** Lets `deliver` publish to a topic, with its key; broken alerts are told there too. */
export function mayPublish(stack: Stack, topic: ITopic): void {
  topic.grantPublish(deliverFunction(stack));
  topicsOf(stack).add(topic.topicArn);
}

export function deliverFunction(stack: Stack): lambda.Function {
  const made = stackFunction(stack, 'deliver', 'carries alerts to topics and webhooks', Duration.minutes(2));
  if (made.node.tryFindChild('Topics') === undefined) {
    new Construct(made, 'Topics');
    made.addEnvironment('TOPIC_ARNS', Lazy.string({ produce: () => stack.toJsonString([...topicsOf(stack)]) }));
  }
  return made;
}

/** Lets a rule call a function. */
export function allowRule(called: lambda.IFunction, rule: Construct & { readonly attrArn: string }): void {
  new lambda.CfnPermission(rule, 'Permission', {
    action: 'lambda:InvokeFunction',
    functionName: called.functionArn,
    principal: 'events.amazonaws.com',
    sourceArn: rule.attrArn,
  });
}

export function defaultBus(stack: Stack): string {
  return stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
}

/** The role with which timers and recurring checks call `alert`. */
export function timerRole(stack: Stack): iam.Role {
  const scope = once(stack, 'HeadraceTimers');
  if (scope === undefined) return stack.node.findChild('HeadraceTimers').node.findChild('Role') as iam.Role;
  const called = alertFunction(stack);
  const role = new iam.Role(scope, 'Role', {
    description: 'looks for runs that are late or missing',
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [called.functionArn] }));
  role.addToPolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered(stack).queueArn] }));
  return role;
}

/** Lets `alert` set timers for runs that are going on. */
export function mayWatchDuration(stack: Stack): void {
  const made = alertFunction(stack);
  if (once(stack, 'HeadraceDurations') === undefined) return;
  const role = timerRole(stack);
  const timers = stack.formatArn({
    service: 'scheduler',
    resource: 'schedule',
    resourceName: 'default/headrace-late-*',
  });
  made.addEnvironment('TIMER_ROLE_ARN', role.roleArn);
  made.addEnvironment('UNDELIVERED_ARN', undelivered(stack).queueArn);
  made.addToRolePolicy(new iam.PolicyStatement({ actions: ['scheduler:CreateSchedule'], resources: [timers] }));
  made.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  );
  acknowledgeWildcards(made.role!, [timers], 'a timer for each run that is going on, called after the run');
}

const topics = new WeakMap<Stack, Set<string>>();

function topicsOf(stack: Stack): Set<string> {
  const known = topics.get(stack) ?? new Set<string>();
  topics.set(stack, known);
  return known;
}

/** A scope of this name the first time. */
function once(stack: Stack, id: string): Construct | undefined {
  return stack.node.tryFindChild(id) === undefined ? new Construct(stack, id) : undefined;
}

/** Alarms over the alerts themselves, told by `deliver` on every topic: neither rules nor `alert` have a part in that. */
function watch(stack: Stack, formatter: lambda.Function): void {
  const sender = deliverFunction(stack);
  const alarm = (id: string, description: string, metric: object) => {
    const made = new CfnAlarm(stack.node.findChild('HeadraceTold') as Construct, id, {
      alarmDescription: description,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: 'notBreaching',
      alarmActions: [sender.functionArn],
      ...metric,
    });
    allowAlarm(sender, made);
  };
  alarm(
    'Undelivered',
    'Something could not be delivered: a schedule that started no run, or an alert. The queue of undelivered events holds it.',
    {
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: [{ name: 'QueueName', value: undelivered(stack).queueName }],
      statistic: 'Maximum',
      period: 300,
    },
  );
  alarm('Failing', 'The function that finds out what alerts have to say fails: alerts may be missing.', {
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensions: [{ name: 'FunctionName', value: formatter.functionName }],
    statistic: 'Sum',
    period: 300,
  });
}

/** Lets an alarm call a function. */
export function allowAlarm(called: lambda.IFunction, alarm: CfnAlarm): void {
  new lambda.CfnPermission(alarm, 'Permission', {
    action: 'lambda:InvokeFunction',
    functionName: called.functionArn,
    principal: 'lambda.alarms.cloudwatch.amazonaws.com',
    sourceArn: alarm.attrArn,
  });
}
