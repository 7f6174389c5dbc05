import {
  Duration,
  aws_events as events,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  aws_sqs as sqs,
  Stack,
} from 'aws-cdk-lib';
import { LogLevel } from 'aws-cdk-lib/aws-stepfunctions';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { Alert, AlertEvent, CustomTask, type Pipeline, type PipelineProps } from '../../lib';
import { allowed, pipeline, template } from '../tasks/run-task';

function alerted(alerts: (stack: Stack) => Alert[], props: PipelineProps = {}): Pipeline {
  const sales = pipeline(props);
  for (const alert of alerts(Stack.of(sales))) sales.addAlert(alert);
  new CustomTask(sales, 'a', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
  return sales;
}

/** The rules that take alerts from the bus: what they match, and where they lead. */
function ways(made: Template) {
  return Object.values(made.findResources('AWS::Events::Rule'))
    .map(({ Properties }) => Properties)
    .filter(({ EventPattern }) => EventPattern.source[0] === 'headrace.alert')
    .map(({ EventPattern, Targets }) => ({ detail: EventPattern.detail, target: Targets[0] }));
}

function policyOf(made: Template, name: string): string {
  const policies = Object.entries(made.findResources('AWS::IAM::Policy'));
  return JSON.stringify(policies.filter(([id]) => id.startsWith(name)));
}

const USUAL = ['task_failed', 'run_failed', 'recovered', 'late', 'missed', 'test'];

describe('by email', () => {
  it('hears of how runs ended, of failed tasks and of runs that began', () => {
    const made = template(alerted(() => [Alert.email('a@example.com', 'b@example.com')]));
    made.resourceCountIs('AWS::SNS::Subscription', 2);
    made.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 20 } }],
    });
    const rules = JSON.stringify(made.findResources('AWS::Events::Rule'));
    expect(rules).toContain(':stateMachine:Demo-Sales-C8F38FD9');
    expect(rules.match(/DeadLetterConfig/g)).toHaveLength(5);
    expect(ways(made).map(({ detail }) => detail)).toEqual([{ pipeline: ['Demo-Sales'], event: USUAL }]);
  });

  it('uses one encrypted topic that takes no plain connection, whoever joins', () => {
    const made = template(alerted(() => [Alert.email('a@example.com'), Alert.email('b@example.com')]));
    made.resourceCountIs('AWS::SNS::Topic', 1);
    made.resourceCountIs('AWS::SNS::Subscription', 2);
    expect(ways(made)).toHaveLength(1);
    expect(JSON.stringify(made.findResources('AWS::SNS::Topic'))).toContain('alias/aws/sns');
    expect(JSON.stringify(made.findResources('AWS::SNS::TopicPolicy'))).toContain('aws:SecureTransport');
  });

  it('has a topic of its own for what others do not hear of', () => {
    const made = template(
      alerted(() => [Alert.email('a@example.com'), Alert.email('b@example.com').on(AlertEvent.SUCCEEDED)]),
    );
    made.resourceCountIs('AWS::SNS::Topic', 2);
    expect(ways(made).map(({ detail }) => detail.event)).toEqual([USUAL, ['succeeded', 'test']]);
  });

  it.each([
    [[], 'names no address'],
    [['oncall'], 'Alert.email("oncall"): expected an email address'],
  ])('fails for %j', (addresses, message) => {
    expect(() => Alert.email(...addresses)).toThrow(message);
  });
});

describe('on a topic', () => {
  it('may be published to by the function that delivers, with its key', () => {
    const made = template(
      alerted((stack) => [Alert.topic(new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') }))]),
    );
    expect(policyOf(made, 'Headracedeliver')).toContain('sns:Publish');
    expect(policyOf(made, 'Headracedeliver')).toContain('kms:GenerateDataKey*');
    expect(policyOf(made, 'Headracealert')).not.toContain('sns:Publish');
  });
});

describe('over https', () => {
  const secret = (stack: Stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'chat');

  it.each([
    ['webhook', (s: Stack) => Alert.webhook(secret(s))],
    ['slack', (s: Stack) => Alert.slack(secret(s))],
    ['teams', (s: Stack) => Alert.teams(secret(s))],
    ['pagerduty', (s: Stack) => Alert.pagerDuty(secret(s))],
    ['opsgenie', (s: Stack) => Alert.opsgenie(secret(s))],
  ])('%s: the function that delivers reads the secret, no definition holds it', (shape, alert) => {
    const made = template(alerted((stack) => [alert(stack)]));
    const [way] = ways(made);
    expect(JSON.stringify(way!.target.InputTransformer.InputTemplate)).toContain(`\\"shape\\":\\"${shape}\\"`);
    expect(policyOf(made, 'Headracedeliver')).toContain('secretsmanager:GetSecretValue');
  });

  it('signs with a key of its own', () => {
    const made = template(
      alerted((stack) => [
        Alert.webhookUrl('https://example.com/hook', { signingKey: new secretsmanager.Secret(stack, 'Key') }),
      ]),
    );
    expect(JSON.stringify(ways(made)[0]!.target)).toContain('signingSecretArn');
  });

  it.each([
    ['http://example.com/hook', 'expected an address that begins with https://'],
    ['example.com', 'expected an address that begins with https://'],
    ['https://user:pw@example.com/', 'the address holds a password: put it into a secret'],
  ])('refuses %s', (url, message) => {
    expect(() => Alert.webhookUrl(url)).toThrow(message);
    expect(() => Alert.webhookUrl(url)).not.toThrow(/pw@/);
  });
});

describe('to what is in the account', () => {
  it('a queue, a function and an event bus get the facts without a function in between', () => {
    const made = template(
      alerted((stack) => [
        Alert.queue(new sqs.Queue(stack, 'Queue')),
        Alert.invoke(lambda.Function.fromFunctionName(stack, 'Fn', 'mine')),
        Alert.eventBus(new events.EventBus(stack, 'Bus')),
      ]),
    );
    const targets = ways(made).map(({ target }) => target);
    expect(targets.map(({ InputPath }) => InputPath)).toEqual(['$.detail', '$.detail', undefined]);
    expect(targets.every(({ DeadLetterConfig, RetryPolicy }) => DeadLetterConfig && RetryPolicy)).toBe(true);
    expect(policyOf(made, 'SalesHeadraceTo')).toContain('events:PutEvents');
  });
});

describe('what an alert is about', () => {
  it('may be tasks: whole runs it tells of as before', () => {
    const made = template(alerted(() => [Alert.email('a@example.com').forTasks('a')]));
    expect(ways(made)[0]!.detail.task).toEqual(['a', { exists: false }]);
  });

  it('costs no state where nobody wants to hear of failed tasks', () => {
    const quiet = alerted(() => [Alert.email('a@example.com').on(AlertEvent.RUN_FAILED)]);
    expect(allowed(quiet)['events:PutEvents']).toBeUndefined();
    const loud = alerted(() => [Alert.email('a@example.com')]);
    expect(allowed(loud)['events:PutEvents']).toEqual([
      'arn:<AWS::Partition>:events:eu-west-1:111122223333:event-bus/default',
    ]);
  });

  it('looks for a success a few times in the time it is expected in', () => {
    const made = template(alerted(() => [Alert.email('a@example.com')], { expectSuccessEvery: Duration.days(8) }));
    made.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(480 minutes)' });
  });
});

describe('alarms', () => {
  it('stand behind events of runs, undelivered events and the function itself', () => {
    const made = template(alerted(() => [Alert.email('a@example.com')]));
    const alarms = Object.values(made.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
    expect(alarms).toHaveLength(3);
    for (const alarm of alarms) {
      expect(alarm.AlarmActions).toHaveLength(1);
      expect(alarm.TreatMissingData).toBe('notBreaching');
    }
    made.resourcePropertiesCountIs(
      'AWS::Lambda::Permission',
      { Principal: 'lambda.alarms.cloudwatch.amazonaws.com' },
      3,
    );
  });
});

describe('attempts that are repeated', () => {
  const retrying = () => [Alert.email('a@example.com').on(AlertEvent.RETRYING)];

  it('are read from the log, where somebody wants to hear of them', () => {
    const made = template(alerted(retrying));
    made.hasResourceProperties('AWS::Logs::SubscriptionFilter', {
      FilterPattern: '{ $.type = "*Failed" || $.type = "*TimedOut" }',
    });
    made.resourcePropertiesCountIs('AWS::Lambda::Permission', { Principal: 'logs.amazonaws.com' }, 1);
    template(alerted(() => [Alert.email('a@example.com')])).resourceCountIs('AWS::Logs::SubscriptionFilter', 0);
  });

  it('fail without a log', () => {
    expect(() => template(alerted(retrying, { logLevel: LogLevel.OFF }))).toThrow(
      'logLevel is OFF, but an alert is on',
    );
  });
});

describe('fails', () => {
  const email = () => [Alert.email('a@example.com')];

  it.each<[string, (stack: Stack) => Alert[], PipelineProps, string]>([
    ['an alert twice', () => [...email(), ...email()], {}, 'the alert email (a@example.com) is given twice'],
    [
      'a task that is not there',
      () => [Alert.email('a@example.com').forTasks('A')],
      {},
      'an alert is for the task "A", which does not exist: did you mean "a"?',
    ],
    [
      'an expectation that nobody hears of',
      () => [Alert.email('a@example.com').on(AlertEvent.RUN_FAILED)],
      { expectSuccessEvery: Duration.hours(26) },
      'expectSuccessEvery is given, but no alert tells of it: add one to alerts that is on AlertEvent.MISSED',
    ],
    ['an expectation of seconds', email, { expectDuration: Duration.seconds(5) }, 'expected at least a minute'],
  ])('%s', (_, alerts, props, message) => {
    expect(() => template(alerted(alerts, props))).toThrow(message);
  });

  it.each([
    ['on', () => Alert.email('a@example.com').on(), 'on() names no event'],
    ['forTasks', () => Alert.email('a@example.com').forTasks(), 'forTasks() names no task'],
  ])('%s() of nothing', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
