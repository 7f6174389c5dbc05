import { aws_kms as kms, aws_sns as sns, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Alert, CustomTask } from '../../lib';
import { pipeline, template } from '../tasks/run-task';

function alerted(...alerts: Alert[]) {
  const sales = pipeline({ alerts });
  new CustomTask(sales, 'a', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
  return sales;
}

describe('by email', () => {
  it('hears of runs of this pipeline that failed, timed out or were stopped', () => {
    const made = template(alerted(Alert.email('a@example.com', 'b@example.com')));
    made.resourceCountIs('AWS::SNS::Subscription', 2);
    made.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 20 } }],
    });
    const rule = JSON.stringify(made.findResources('AWS::Events::Rule'));
    expect(rule).toContain(':stateMachine:Demo-Sales-C8F38FD9');
    expect(rule).toContain('DeadLetterConfig');
  });

  it('uses one encrypted topic that takes no plain connection', () => {
    const made = template(alerted(Alert.email('a@example.com'), Alert.email('b@example.com')));
    made.resourceCountIs('AWS::SNS::Topic', 1);
    made.resourceCountIs('AWS::Events::Rule', 1);
    expect(JSON.stringify(made.findResources('AWS::SNS::Topic'))).toContain('alias/aws/sns');
    expect(JSON.stringify(made.findResources('AWS::SNS::TopicPolicy'))).toContain('aws:SecureTransport');
  });

  it.each([
    [[], 'names no address'],
    [['oncall'], 'Alert.email("oncall"): expected an email address'],
  ])('fails for %j', (addresses, message) => {
    expect(() => Alert.email(...addresses)).toThrow(message);
  });
});

describe('on a topic', () => {
  it('may be published to by the function, with its key', () => {
    const sales = pipeline();
    const masterKey = new kms.Key(Stack.of(sales), 'Key');
    sales.addAlert(Alert.topic(new sns.Topic(Stack.of(sales), 'Topic', { masterKey })));
    new CustomTask(sales, 'a', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    const policies = JSON.stringify(
      Object.entries(template(sales).findResources('AWS::IAM::Policy')).filter(([id]) => id.includes('alert')),
    );
    expect(policies).toContain('sns:Publish');
    expect(policies).toContain('kms:GenerateDataKey*');
  });
});
