// What a definition's calls need, told apart from how the library grants it. In: states. Out: IAM actions, from the services'
// documentation: an SDK call needs the action of its name, an optimised integration what its page in the Step Functions guide
// lists. https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html

import type { Asl } from '../tasks/run-task';

const RULE = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/** Optimised integrations: what the call, the wait for its end, and its cancellation need. */
const OPTIMISED: { readonly [resource: string]: readonly string[] } = {
  'athena:startQueryExecution.sync': [
    'athena:StartQueryExecution',
    'athena:GetQueryExecution',
    'athena:StopQueryExecution',
    'athena:GetDataCatalog',
  ],
  'athena:getQueryResults': ['athena:GetQueryResults'],
  'batch:submitJob.sync': ['batch:SubmitJob', 'batch:DescribeJobs', 'batch:TerminateJob', ...RULE],
  'ecs:runTask.sync': ['ecs:RunTask', 'ecs:StopTask', 'ecs:DescribeTasks', ...RULE],
  'elasticmapreduce:addStep.sync': [
    'elasticmapreduce:AddJobFlowSteps',
    'elasticmapreduce:DescribeStep',
    'elasticmapreduce:CancelSteps',
    ...RULE,
  ],
  'elasticmapreduce:createCluster.sync': [
    'elasticmapreduce:RunJobFlow',
    'elasticmapreduce:DescribeCluster',
    'elasticmapreduce:TerminateJobFlows',
    ...RULE,
  ],
  'elasticmapreduce:terminateCluster.sync': [
    'elasticmapreduce:TerminateJobFlows',
    'elasticmapreduce:DescribeCluster',
    ...RULE,
  ],
  'emr-containers:startJobRun.sync': [
    'emr-containers:StartJobRun',
    'emr-containers:DescribeJobRun',
    'emr-containers:CancelJobRun',
  ],
  'emr-serverless:startJobRun.sync': [
    'emr-serverless:StartJobRun',
    'emr-serverless:GetJobRun',
    'emr-serverless:CancelJobRun',
    ...RULE,
  ],
  'events:putEvents': ['events:PutEvents'],
  // Its end is asked for, not told by events: there is no managed rule for Glue.
  'glue:startJobRun.sync': ['glue:StartJobRun', 'glue:GetJobRun', 'glue:GetJobRuns', 'glue:BatchStopJobRun'],
  'http:invoke': [
    'states:InvokeHTTPEndpoint',
    'events:RetrieveConnectionCredentials',
    'secretsmanager:GetSecretValue',
    'secretsmanager:DescribeSecret',
  ],
  'lambda:invoke': ['lambda:InvokeFunction'],
  // Readers of a distributed Map.
  's3:getObject': ['s3:GetObject'],
  's3:listObjectsV2': ['s3:ListBucket'],
  'sns:publish': ['sns:Publish'],
  'sqs:sendMessage': ['sqs:SendMessage'],
  'states:startExecution': ['states:StartExecution'],
  'states:startExecution.sync:2': [
    'states:StartExecution',
    'states:DescribeExecution',
    'states:StopExecution',
    ...RULE,
  ],
};

/** Services that Step Functions spells otherwise than IAM does. */
const PREFIX: { readonly [service: string]: string } = {
  sfn: 'states',
  redshiftdata: 'redshift-data',
  rdsdata: 'rds-data',
  eventbridge: 'events',
  emr: 'elasticmapreduce',
  cloudwatchlogs: 'logs',
};

/** SDK calls whose action has another name. */
const RENAMED: { readonly [call: string]: readonly string[] } = {
  's3:listObjectsV2': ['s3:ListBucket'],
  's3:headObject': ['s3:GetObject'],
  's3:headBucket': ['s3:ListBucket'],
  's3:deleteObjects': ['s3:DeleteObject'],
};

/** Fields of arguments that need a permission beside the call's own. */
const FIELDS: readonly { readonly calls: RegExp; readonly field: RegExp; readonly actions: readonly string[] }[] = [
  { calls: /^ecs:runTask/, field: /"PropagateTags"/, actions: ['ecs:TagResource'] },
  { calls: /^elasticmapreduce:createCluster/, field: /"Tags"/, actions: ['elasticmapreduce:AddTags'] },
  {
    calls: /^elasticmapreduce:createCluster/,
    field: /"AutoTerminationPolicy"/,
    actions: ['elasticmapreduce:PutAutoTerminationPolicy'],
  },
  {
    calls: /createCluster|addStep|emr-serverless|DataQuality/,
    field: /"(ServiceRole|ExecutionRoleArn|Role)"/,
    actions: ['iam:PassRole'],
  },
  // The containers' roles stand in the task definition.
  { calls: /^ecs:runTask/, field: /"TaskDefinition"/, actions: ['iam:PassRole'] },
  // A result is encrypted, or a database is logged in to, as the warehouse says.
  {
    calls: /^redshiftdata:(batchE|e)xecuteStatement/,
    field: /"WorkgroupName"/,
    actions: ['redshift-serverless:GetCredentials'],
  },
  { calls: /^redshiftdata:(batchE|e)xecuteStatement/, field: /"DbUser"/, actions: ['redshift:GetClusterCredentials'] },
  { calls: /data:(batchE|e)xecuteStatement/i, field: /"SecretArn"/, actions: ['secretsmanager:GetSecretValue'] },
];

export function neededBy(definition: Asl): Set<string> {
  const needed = new Set<string>();
  for (const state of tasksOf(definition)) for (const action of actionsOf(state)) needed.add(action);
  return needed;
}

/** Every state that calls something, however deep it lies. */
export function tasksOf(value: unknown): Asl[] {
  if (Array.isArray(value)) return value.flatMap(tasksOf);
  if (typeof value !== 'object' || value === null) return [];
  const state = value as Asl;
  const inside = Object.values(state).flatMap(tasksOf);
  const calls = state['Type'] === 'Task' || typeof state['Resource'] === 'string';
  const distributed = state['ItemProcessor']?.ProcessorConfig?.Mode === 'DISTRIBUTED';
  return calls || distributed ? [state, ...inside] : inside;
}

function actionsOf(state: Asl): string[] {
  const resource = state['Resource'] as string | undefined;
  if (resource === undefined) return ['states:StartExecution', 'states:DescribeExecution', 'states:StopExecution'];
  const name = resource.replace(/^arn:[^:]*:states:::/, '');
  const sdk = /^(?:aws-sdk:)([a-z0-9-]+):([A-Za-z0-9]+)/.exec(name);
  const own = sdk === null ? OPTIMISED[name.replace('.waitForTaskToken', '')] : sdkActions(sdk[1]!, sdk[2]!);
  if (own === undefined)
    throw new Error(`nobody has written down what ${name} needs: look it up and add it to OPTIMISED`);
  const call = sdk === null ? name : `${sdk[1]}:${sdk[2]}`;
  const text = JSON.stringify(state['Arguments'] ?? {});
  return [
    ...own,
    ...FIELDS.filter((each) => each.calls.test(call) && each.field.test(text)).flatMap((each) => each.actions),
  ];
}

function sdkActions(service: string, call: string): readonly string[] {
  return (
    RENAMED[`${service}:${call}`] ?? [`${PREFIX[service] ?? service}:${call.charAt(0).toUpperCase()}${call.slice(1)}`]
  );
}
