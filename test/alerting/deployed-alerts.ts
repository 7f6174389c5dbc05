// What `cdk deploy` would make for a pipeline's alerts, on an emulator that runs no functions: its rules lead to queues, and whoever
// pumps them calls the functions as Lambda would. In: a pipeline. Out: runs, and the messages that arrived. Always: patterns and
// input transformers are those of the template, word for word; where the emulator's own transformer breaks a text with a line end in
// it, the template is filled in here.

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import {
  CreateTopicCommand,
  DeleteTopicCommand,
  ListTopicsCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { handler as alertHandler } from '../../lambda/alert';
import type { handler as deliverHandler } from '../../lambda/deliver';
import type { Pipeline } from '../../lib';
import type { PipelineFacts } from '../../lib/compile/alert-request';
import { Queue } from './queue';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
interface Target {
  readonly Id: string;
  readonly Arn: Value;
  readonly InputTransformer?: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: Value };
}

export interface Letter {
  readonly subject: string;
  readonly text: string;
}

export class DeployedAlerts {
  private readonly sfn = new SFNClient({});
  private readonly sns = new SNSClient({});
  private readonly events = new EventBridgeClient({});
  /** What the function that delivers is called with. */
  private envelope = '<alert>';
  /** What the functions threw. */
  readonly faults: string[] = [];

  private constructor(
    readonly machineArn: string,
    /** What CloudWatch hands to the function when the alarm over failed runs goes off. */
    readonly alarm: object,
    readonly facts: PipelineFacts,
    private readonly news: Queue,
    private readonly letters: Queue,
    private readonly inbox: Queue,
    private readonly functions: { alert: typeof alertHandler; deliver: typeof deliverHandler },
  ) {}

  static async deploy(pipeline: Pipeline): Promise<DeployedAlerts> {
    const { prefix } = pipeline;
    const [news, letters, inbox] = await Promise.all(
      ['news', 'letters', 'inbox'].map((name) => Queue.make(`${prefix}-${name}`)),
    );
    const template = Template.fromStack(Stack.of(pipeline));
    const machineArn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${prefix}`;
    // Loaded once the environment says where AWS is.
    const [{ handler: alert }, { handler: deliver }] = await Promise.all([
      import('../../lambda/alert/index.js'),
      import('../../lambda/deliver/index.js'),
    ]);
    const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));
    const alarm = flat(alarms.find(([id]) => id.includes('RunsFailed'))![1]['Properties'].AlarmDescription);
    const facts = JSON.parse(alarm.split('\n')[1]!) as PipelineFacts;
    const event = {
      source: 'aws.cloudwatch',
      alarmArn: `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:failed`,
      alarmData: { state: { value: 'ALARM' }, configuration: { description: alarm } },
    };
    const made = new DeployedAlerts(machineArn, event, facts, news!, letters!, inbox!, { alert, deliver });
    await made.makeTable();
    await made.makeTopics(template);
    await made.makeRules(template, prefix);
    for (const { Properties } of Object.values(template.findResources('AWS::StepFunctions::StateMachine'))) {
      await made.sfn.send(
        new CreateStateMachineCommand({
          name: Properties['StateMachineName'],
          definition: flat(Properties['DefinitionString']),
          roleArn: `arn:aws:iam::${ACCOUNT}:role/any`,
        }),
      );
    }
    return made;
  }

  /** Starts a run and waits for its end, unless told not to. */
  async run(name: string, input: object = {}, wait = true): Promise<string> {
    const { executionArn } = await this.sfn.send(
      new StartExecutionCommand({ stateMachineArn: this.machineArn, name, input: JSON.stringify(input) }),
    );
    for (;;) {
      const { status } = await this.sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (!wait || status !== 'RUNNING') return executionArn!;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Until a state of the run has been entered. */
  async reached(executionArn: string, state: string): Promise<void> {
    await this.until(executionArn, (event) => event.stateEnteredEventDetails?.name === state);
  }

  /** Until there is an event of this type; its id. */
  async reachedEvent(executionArn: string, type: string): Promise<number> {
    return (await this.until(executionArn, (event) => event.type === type)).id!;
  }

  private async until(executionArn: string, wanted: (event: HistoryEvent) => boolean): Promise<HistoryEvent> {
    for (;;) {
      const { events = [] } = await this.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
      const found = events.find(wanted);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async stop(executionArn: string): Promise<void> {
    await this.sfn.send(new StopExecutionCommand({ executionArn }));
  }

  async status(executionArn: string): Promise<string | undefined> {
    return (await this.sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
  }

  /** Calls the functions for whatever is waiting, until it is quiet; returns what arrived. */
  async pump(): Promise<Letter[]> {
    for (let quiet = 0; quiet < 2; ) {
      const called = await Promise.all([
        this.call(this.news, this.functions.alert),
        this.call(this.letters, this.functions.deliver, (alert) => this.envelope.replace('<alert>', () => alert)),
      ]);
      quiet = called.every((count) => count === 0) ? quiet + 1 : 0;
    }
    const letters: Letter[] = [];
    for (const body of await this.inbox.takeAll()) {
      const { Subject, Message } = JSON.parse(body) as { Subject: string; Message: string };
      letters.push({ subject: Subject, text: Message });
    }
    return letters;
  }

  /** Whoever wanted to hear of it is gone. */
  async deleteTopics(): Promise<void> {
    const { Topics = [] } = await this.sns.send(new ListTopicsCommand({}));
    for (const { TopicArn } of Topics) await this.sns.send(new DeleteTopicCommand({ TopicArn }));
  }

  /** The news that wait for the function, without calling it. */
  async takeNews(): Promise<string[]> {
    return this.news.takeAll();
  }

  /** Calls the function with an event of one's own. */
  async tell(event: object): Promise<void> {
    await this.functions.alert(event as never, {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:alert',
    });
  }

  private async call(
    queue: Queue,
    handler: (event: never) => Promise<void>,
    input = (body: string) => body,
  ): Promise<number> {
    const bodies = await queue.take();
    for (const body of bodies) {
      try {
        await handler(JSON.parse(input(body)) as never);
      } catch (error) {
        this.faults.push((error as Error).message);
      }
    }
    return bodies.length;
  }

  private async makeTable(): Promise<void> {
    const TableName = `told-${this.machineArn.split(':').at(-1)}`;
    await new DynamoDBClient({}).send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    process.env['TOLD_TABLE'] = TableName;
  }

  private async makeTopics(template: Template): Promise<void> {
    for (const id of Object.keys(template.findResources('AWS::SNS::Topic'))) {
      const { TopicArn } = await this.sns.send(new CreateTopicCommand({ Name: id }));
      await this.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: this.inbox.arn }));
    }
  }

  private async makeRules(template: Template, prefix: string): Promise<void> {
    for (const [id, { Properties }] of Object.entries(template.findResources('AWS::Events::Rule'))) {
      const Name = `${prefix}-${id}`.slice(0, 64);
      await this.events.send(new PutRuleCommand({ Name, EventPattern: flat(Properties['EventPattern']) }));
      const [target] = Properties['Targets'] as [Target];
      const transformer = target.InputTransformer;
      const delivers = JSON.stringify(target.Arn).includes('deliver');
      const { arn } = delivers ? this.letters : this.news;
      if (delivers) this.envelope = flat(transformer!.InputTemplate);
      await this.events.send(
        new PutTargetsCommand({
          Rule: Name,
          Targets: [
            {
              Id: target.Id,
              Arn: arn,
              ...(delivers && { InputPath: transformer!.InputPathsMap['alert']! }),
              ...(!delivers && {
                InputTransformer: {
                  InputPathsMap: transformer!.InputPathsMap,
                  InputTemplate: flat(transformer!.InputTemplate),
                },
              }),
            },
          ],
        }),
      );
    }
  }
}

/** CloudFormation's words as the emulator's names; anything but a text becomes JSON. */
function flat(value: Value): string {
  const resolved = resolve(value);
  return typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
}

function resolve(value: Value): Value {
  if (Array.isArray(value)) return value.map(resolve);
  if (value === null || typeof value !== 'object') return value;
  const [[name, argument] = ['', null]] = Object.entries(value);
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, Value[]];
    return parts.map((part) => String(resolve(part))).join(separator);
  }
  if (name === 'Ref') {
    if (argument === 'AWS::Partition') return 'aws';
    return String(argument).includes('Alerts')
      ? `arn:aws:sns:${REGION}:${ACCOUNT}:${String(argument)}`
      : String(argument);
  }
  if (name === 'Fn::GetAtt') return (argument as string[]).join('.');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each)]));
}
