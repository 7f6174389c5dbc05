// The page of roles, made from what is synthesized. In: the pipelines of every kind of task. Out: Markdown: each action that a state
// machine's role may hold, what for, which kinds need it, on which resources.

import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { KINDS, newPipeline } from '../permissions/every-kind';
import { type Asl, flat } from '../tasks/run-task';

/** What a statement is for, by what its actions begin with; the first that fits. */
const PURPOSES: readonly (readonly [RegExp, string])[] = [
  [/^logs:/, 'deliver the log of the state machine; these actions know no resources'],
  [/^xray:/, 'hand over traces; these actions know no resources'],
  [/^events:(PutTargets|PutRule|DescribeRule)$/, 'the rule by which Step Functions learns that a job has ended'],
  [/^events:PutEvents$/, 'put an event on a bus'],
  [/^events:RetrieveConnectionCredentials$/, 'use the credentials of a connection'],
  [/^iam:PassRole$/, 'give a job its role, to the named service only'],
  [/^ecs:TagResource$/, 'tag tasks as their definition is tagged, while they are being made'],
  [/^ecs:/, 'start containers of this pipeline, look at them, stop them with the run'],
  [/^batch:/, 'submit jobs, look at them, end them with the run'],
  [/^elasticmapreduce:/, 'make clusters, add steps, look at them, terminate them'],
  [/^emr-/, 'start job runs, look at them, cancel them with the run'],
  [/^glue:.*(Crawler)/, 'start crawlers of this pipeline, wait for their end, stop them'],
  [/^glue:.*(Job|DataQuality)/, 'start runs, look at them, stop them with the run'],
  [/^glue:/, 'read and write tables of the named catalog database: Athena and sensors do that in the machine’s name'],
  [/^athena:/, 'run queries in one workgroup, wait for them, stop them with the run'],
  [/^redshift-data:/, 'run statements, wait for them, cancel them; only statements that the machine itself began'],
  [/^redshift(-serverless)?:/, 'temporary credentials of the warehouse'],
  [/^rds-data:/, 'run statements by the Data API'],
  [/^secretsmanager:/, 'let the service log in with the secret that the author named'],
  [/^lambda:/, 'call functions of the task, or those that the library brings'],
  [/^sns:/, 'publish to the topic of the task'],
  [/^sqs:/, 'send to the queue of the task'],
  [/^kms:/, 'the key of the queue, topic or bucket of the task'],
  [/^s3:/, 'outputs of runs, results of Athena, lists of items: below the named prefixes only'],
  [/^dynamodb:/, 'the rendezvous of tasks'],
  [/^states:/, 'start, look at and stop runs of the named machines; answer task tokens'],
];

export function purposeOf(action: string): string | undefined {
  return PURPOSES.find(([known]) => known.test(action))?.[1];
}

interface Row {
  readonly kinds: Set<string>;
  readonly resources: Set<string>;
}

export function rolesPage(): string {
  const rows = new Map<string, Row>();
  for (const [name, build] of Object.entries(KINDS)) {
    const sales = newPipeline();
    build(sales);
    for (const { Action, Resource } of statementsOf(Stack.of(sales))) {
      for (const action of [Action].flat() as string[]) {
        const row = rows.get(action) ?? { kinds: new Set(), resources: new Set() };
        rows.set(action, row);
        row.kinds.add(name.split(':')[0]!);
        for (const resource of [Resource].flat()) row.resources.add(shortArn(flat(resource)));
      }
    }
  }
  const all = new Set(Object.keys(KINDS).map((name) => name.split(':')[0]!)).size;
  const lines = [...rows].sort().map(([action, { kinds, resources }]) => {
    const who = kinds.size === all ? 'every machine' : [...kinds].sort().join(', ');
    return `| \`${action}\` | ${purposeOf(action) ?? '?'} | ${[...resources]
      .sort()
      .map((one) => `\`${one}\``)
      .join(' ')} | ${who} |`;
  });
  return [...HEAD, '| action | what for | on | needed by |', '|---|---|---|---|', ...lines, ''].join('\n');
}

/** Names of the sample pipeline as words that mean something. */
function shortArn(arn: string): string {
  return arn
    .replace(/^arn:<AWS::Partition>:/, 'arn:')
    .replace(':eu-west-1:111122223333:', '::')
    .replace(/Demo-(Sales|Daily)-[0-9A-F]{8}/g, 'PIPELINE')
    .replace(/<([A-Za-z]+?)[0-9A-F]{8}(\.Arn)?>/g, '<$1>');
}

function statementsOf(stack: Stack): Asl[] {
  return Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith('SalesHeadraceMachine'))
    .flatMap(([, policy]) => policy['Properties'].PolicyDocument.Statement as Asl[]);
}

const HEAD = [
  '# Roles',
  '',
  '<!-- Made by `npm run docs:roles` from what is synthesized; a test compares. Do not edit the table. -->',
  '',
  'A pipeline makes these roles, nothing else may assume them, and `PermissionsBoundary.of(stack)` or a stage’s boundary holds for all:',
  '',
  '| role | assumed by | may |',
  '|---|---|---|',
  '| `.../Machine/Role`, one a pipeline | Step Functions, for machines of this account | what the tasks of the pipeline call: the table below. Statements of equal actions are merged; more than 200 resources of one kind become the beginning of their names |',
  '| `.../GlueRole` | Glue | what jobs and crawlers of the pipeline read and write: the paths and databases that tasks name |',
  '| `.../ContainerStartRole` | ECS | pull images, read the secrets that tasks name, write the log group of the pipeline |',
  '| a role per container | the container | nothing, until `bucket.grantRead(task)` and the like |',
  '| `Headrace-*/Role` | Lambda functions that the library brings | write their log; `start-run`: start runs; `regional`: the calls of tasks in other regions; `alert`, `deliver`: look at failed runs, publish |',
  '| `.../ScheduleRole` | EventBridge Scheduler | call `start-run` |',
  '',
  'Roles of your own: `taskRole`, `executionRole` and `role` of tasks. Such a role is yours to fill; the state machine is allowed to pass it to the one service.',
  '',
  '## What a state machine’s role may hold',
  '',
];
