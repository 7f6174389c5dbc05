// Everything of a pipeline that brings news to the function `alert`: rules for its runs and tasks, timers, the recurring look for a
// success, the alarm behind all that. In: a pipeline and the events that somebody wants to hear of. Out: resources, each made
// once. Always: only what is wanted is made; runs are watched by events, and nothing polls but the look for a success.

import { ArnFormat, type Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { type PipelineFacts, TASK_SOURCE, TEST_SOURCE } from '../compile/alert-request';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import type { IPipeline } from '../pipeline/i-pipeline';
import { undelivered } from '../pipeline/stack-function';
import { AlertEvent } from './alert-event';
import { alertFunction, allowAlarm, allowRule, mayWatchDuration, timerRole } from './alert-functions';

/** How often per expected interval a success is looked for. */
const LOOKS = 24;
const EXECUTION_STATUS = 'Step Functions Execution Status Change';

export function watchPipeline(pipeline: IPipeline, events: readonly AlertEvent[]): void {
  const { shared, stateMachineArn } = pipeline;
  const wanted = (event: AlertEvent, id: string) =>
    events.includes(event) && shared.node.tryFindChild(id) === undefined;
  if (shared.node.tryFindChild('RunsEnded') === undefined) {
    mayReadRuns(pipeline);
    rule(pipeline, 'RunsEnded', {
      source: ['aws.states'],
      'detail-type': [EXECUTION_STATUS],
      detail: { stateMachineArn: [stateMachineArn], status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
    });
    rule(pipeline, 'AlertTests', { source: [TEST_SOURCE], detail: { pipeline: [pipeline.pipelineName] } }, TEST);
    failedRunsAlarm(pipeline);
  }
  if (wanted(AlertEvent.TASK_FAILED, 'TasksFailed')) {
    rule(pipeline, 'TasksFailed', { source: [TASK_SOURCE], detail: { pipeline: [pipeline.pipelineName] } }, TASK);
  }
  if (wanted(AlertEvent.LATE, 'RunsBegun')) {
    mayWatchDuration(Stack.of(pipeline));
    rule(pipeline, 'RunsBegun', {
      source: ['aws.states'],
      'detail-type': [EXECUTION_STATUS],
      detail: { stateMachineArn: [stateMachineArn], status: ['RUNNING'] },
    });
  }
  if (wanted(AlertEvent.RETRYING, 'Retries')) readRetries(pipeline);
  if (pipeline.expectSuccessEvery !== undefined && wanted(AlertEvent.MISSED, 'Missed')) {
    lookForSuccess(pipeline, pipeline.expectSuccessEvery);
  }
}

interface News {
  readonly kind: string;
  readonly paths: { readonly [name: string]: string };
}
const RUN: News = { kind: 'run', paths: { executionArn: '$.detail.executionArn', status: '$.detail.status' } };
const TASK: News = { kind: 'task', paths: { executionArn: '$.detail.run', task: '$.detail.task' } };
const TEST: News = { kind: 'test', paths: { time: '$.time' } };

function rule(pipeline: IPipeline, id: string, eventPattern: object, news: News = RUN): void {
  const stack = Stack.of(pipeline);
  const formatter = alertFunction(stack);
  const values = Object.fromEntries(Object.keys(news.paths).map((name) => [name, `<${name}>`]));
  const made = new CfnRule(pipeline.shared, id, {
    description: `news of ${pipeline.pipelineName}`,
    eventPattern,
    targets: [
      {
        id: 'Alert',
        arn: formatter.functionArn,
        inputTransformer: {
          inputPathsMap: { ...news.paths },
          inputTemplate: stack.toJsonString({ kind: news.kind, source: factsOf(pipeline), ...values }),
        },
        retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 6 * 3600 },
        deadLetterConfig: { arn: undelivered(stack).queueArn },
      },
    ],
  });
  allowRule(formatter, made);
  mayLeaveUndelivered(stack, made);
}

/** Lets a rule put what it cannot deliver into the stack's queue. */
export function mayLeaveUndelivered(stack: Stack, made: CfnRule): void {
  undelivered(stack).addToResourcePolicy(
    new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [new iam.ServicePrincipal('events.amazonaws.com')],
      resources: [undelivered(stack).queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': made.attrArn } },
    }),
  );
}

function factsOf(pipeline: IPipeline): PipelineFacts {
  return {
    pipeline: pipeline.pipelineName,
    environment: Stack.of(pipeline).stackName,
    stateMachineArn: pipeline.stateMachineArn,
    ...(pipeline.expectDuration !== undefined && { expectDuration: pipeline.expectDuration.toSeconds() }),
  };
}

function mayReadRuns(pipeline: IPipeline): void {
  const stack = Stack.of(pipeline);
  const execution = (name: string) =>
    stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  // Child machines are called after the root, whose name their own begins with.
  const executions = [execution(`${pipeline.prefix}:*`), execution(`${pipeline.prefix}-*`)];
  const formatter = alertFunction(stack);
  formatter.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['states:GetExecutionHistory', 'states:DescribeExecution', 'states:DescribeStateMachineForExecution'],
      resources: executions,
    }),
  );
  formatter.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['states:ListExecutions'],
      resources: [pipeline.stateMachineArn],
    }),
  );
  const children = `${pipeline.stateMachineArn}-*`;
  formatter.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['states:DescribeStateMachine'],
      resources: [pipeline.stateMachineArn, children],
    }),
  );
  acknowledgeWildcards(formatter.role!, executions, 'every run of the pipeline, whatever its name');
  acknowledgeWildcards(formatter.role!, [children], 'the child machines of the pipeline, known when all its tasks are');
}

/** Events are delivered at best effort: the alarm makes `alert` look at what failed, and tell what was not told. */
function failedRunsAlarm(pipeline: IPipeline): void {
  const stack = Stack.of(pipeline);
  const formatter = alertFunction(stack);
  const metric = (id: string, metricName: string) => ({
    id,
    returnData: false,
    metricStat: {
      metric: {
        namespace: 'AWS/States',
        metricName,
        dimensions: [{ name: 'StateMachineArn', value: pipeline.stateMachineArn }],
      },
      period: 300,
      stat: 'Sum',
    },
  });
  const alarm = new CfnAlarm(pipeline.shared, 'RunsFailed', {
    alarmDescription: `Runs of ${pipeline.pipelineName} did not succeed.\n${stack.toJsonString(factsOf(pipeline))}`,
    metrics: [
      metric('failed', 'ExecutionsFailed'),
      metric('timedOut', 'ExecutionsTimedOut'),
      metric('aborted', 'ExecutionsAborted'),
      { id: 'all', expression: 'SUM(METRICS())', label: 'runs that did not succeed', returnData: true },
    ],
    comparisonOperator: 'GreaterThanThreshold',
    threshold: 0,
    evaluationPeriods: 1,
    treatMissingData: 'notBreaching',
    alarmActions: [formatter.functionArn],
  });
  allowAlarm(formatter, alarm);
}

/** Step Functions tells nobody of an attempt that is repeated: only its log does. */
function readRetries(pipeline: IPipeline): void {
  const formatter = alertFunction(Stack.of(pipeline));
  const { logGroupName, logGroupArn } = pipeline.machineLogs;
  const filter = new CfnSubscriptionFilter(pipeline.shared, 'Retries', {
    logGroupName,
    filterPattern: '{ $.type = "*Failed" || $.type = "*TimedOut" }',
    destinationArn: formatter.functionArn,
  });
  const permission = new CfnPermission(filter, 'Permission', {
    action: 'lambda:InvokeFunction',
    functionName: formatter.functionArn,
    principal: 'logs.amazonaws.com',
    sourceArn: logGroupArn,
  });
  filter.addResourceDependency(permission);
}

function lookForSuccess(pipeline: IPipeline, every: Duration): void {
  const stack = Stack.of(pipeline);
  const expectedSeconds = every.toSeconds();
  const minutes = Math.max(1, Math.round(expectedSeconds / 60 / LOOKS));
  new CfnSchedule(pipeline.shared, 'Missed', {
    description: `looks for a successful run of ${pipeline.pipelineName}`,
    scheduleExpression: `rate(${minutes} minute${minutes === 1 ? '' : 's'})`,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: alertFunction(stack).functionArn,
      roleArn: timerRole(stack).roleArn,
      input: stack.toJsonString({ kind: 'missed', source: factsOf(pipeline), expectedSeconds }),
      retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 3600 },
      deadLetterConfig: { arn: undelivered(stack).queueArn },
    },
  });
}
