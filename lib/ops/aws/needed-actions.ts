// What each verb must be allowed to do in an account. Out: one table. Always: the actions are those that the verbs really send (a test
// compares), and those that AWS asks for beside them.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html

/** What an action is allowed on: a pipeline's machines, their executions, its backfill machine, or things whose names are not known here. */
export type ActedOn = 'machine' | 'execution' | 'backfill' | 'any';

export interface NeededAction {
  readonly action: string;
  readonly on: ActedOn;
  /** Needed only where a pipeline's definition has this. @default always */
  readonly when?: RegExp;
  /** Needed only where another action of the verb is not allowed, or to ask it. */
  readonly instead?: true;
  /** No request of ours: AWS asks for it with another one. */
  readonly implied?: true;
}

export interface VerbActions {
  readonly verbs: readonly string[];
  readonly actions: readonly NeededAction[];
}

type More = Omit<NeededAction, 'action' | 'on'>;

const on =
  (place: ActedOn) =>
  (service: string, names: string, more: More = {}): NeededAction[] =>
    names.split(' ').map((name) => ({ action: `${service}:${name}`, on: place, ...more }));
const machine = on('machine');
const execution = on('execution');
const backfill = on('backfill');
const any = on('any');

const ECS = /ecs:runTask|"runTask"/;
const GLUE_JOB = /glue:startJobRun|"startJobRun"/;
const CRAWLER = /startCrawler/;
const QUALITY = /startDataQualityRulesetEvaluationRun/i;
const FUNCTION = /lambda:invoke/;
const BATCH = /submitJob/;
const EMR = /elasticmapreduce/;
const EMR_SERVERLESS = /emr-serverless|emrserverless/;
const ATHENA = /startQueryExecution/;
const REDSHIFT = /redshiftdata/;
const MAP_RUN = /"DISTRIBUTED"/;
/** In the comment of the root, which is JSON in JSON. */
const SEVERAL_MACHINES = /\\"machines\\":\[[^\]]*,/;

const find: readonly NeededAction[] = [
  ...any('tag', 'GetResources'),
  ...any('states', 'ListStateMachines', { instead: true }),
  ...machine('states', 'ListTagsForResource', { instead: true }),
];
/** The definition of now. */
const define = machine('states', 'DescribeStateMachine');
const list = [...machine('states', 'ListExecutions'), ...execution('states', 'DescribeExecution')];
/** What a run did, with the definition that it had. */
const history = execution('states', 'DescribeStateMachineForExecution GetExecutionHistory');
/** A run that has not come to all of its machines tells nothing of the others. */
const cut = machine('states', 'DescribeStateMachine', { when: SEVERAL_MACHINES });
const read: readonly NeededAction[] = [...find, ...list, ...history, ...cut];
const start = machine('states', 'StartExecution');

export const NEEDED: readonly VerbActions[] = [
  { verbs: ['list', 'graph', 'runs', 'status', 'watch'], actions: [...find, ...define, ...list, ...history] },
  { verbs: ['plan --diff'], actions: [...find, ...define, ...any('sts', 'GetCallerIdentity')] },
  {
    verbs: ['logs'],
    actions: [
      ...read,
      ...any('logs', 'GetLogEvents FilterLogEvents DescribeLogStreams'),
      ...any('ecs', 'DescribeTaskDefinition', { when: ECS }),
      ...any('glue', 'GetJobRun', { when: GLUE_JOB }),
      ...any('glue', 'ListCrawls', { when: CRAWLER }),
      ...any('lambda', 'GetFunctionConfiguration', { when: FUNCTION }),
      ...any('batch', 'DescribeJobs ListJobs', { when: BATCH }),
      ...any('elasticmapreduce', 'DescribeCluster', { when: EMR }),
      ...any('emr-serverless', 'GetApplication GetJobRun', { when: EMR_SERVERLESS }),
      ...any('s3', 'GetObject ListBucket', { when: /elasticmapreduce|emr-serverless|emrserverless/ }),
    ],
  },
  { verbs: ['run', 'rerun'], actions: [...find, ...define, ...list, ...history, ...start] },
  {
    verbs: ['backfill'],
    actions: [
      ...find,
      ...define,
      ...list,
      ...backfill('states', 'StartExecution ListExecutions'),
      ...execution('states', 'ListMapRuns StopExecution'),
    ],
  },
  {
    verbs: ['stop'],
    actions: [
      ...read,
      ...execution('states', 'StopExecution'),
      ...any('ecs', 'StopTask DescribeTasks', { when: ECS }),
      ...any('glue', 'BatchStopJobRun GetJobRun', { when: GLUE_JOB }),
      ...any('glue', 'StopCrawler GetCrawler', { when: CRAWLER }),
      ...any('glue', 'CancelDataQualityRulesetEvaluationRun GetDataQualityRulesetEvaluationRun', { when: QUALITY }),
      ...any('batch', 'TerminateJob DescribeJobs', { when: BATCH }),
      ...any('elasticmapreduce', 'CancelSteps DescribeStep TerminateJobFlows DescribeCluster', { when: EMR }),
      ...any('emr-serverless', 'CancelJobRun GetJobRun', { when: EMR_SERVERLESS }),
      ...any('athena', 'StopQueryExecution GetQueryExecution', { when: ATHENA }),
      ...any('redshift-data', 'CancelStatement DescribeStatement', { when: REDSHIFT }),
    ],
  },
  {
    verbs: ['pause', 'resume'],
    actions: [
      ...find,
      ...any('scheduler', 'ListSchedules GetSchedule UpdateSchedule'),
      ...any('iam', 'PassRole', { implied: true }),
      ...any('events', 'ListEventBuses ListRuleNamesByTarget DescribeRule DisableRule EnableRule'),
    ],
  },
  { verbs: ['approve'], actions: [...read, ...any('states', 'SendTaskSuccess')] },
  {
    verbs: ['cost'],
    actions: [
      ...read,
      ...any('states', 'DescribeMapRun', { when: MAP_RUN }),
      ...any('lambda', 'GetFunctionConfiguration', { when: FUNCTION }),
      ...any('glue', 'ListCrawls', { when: CRAWLER }),
    ],
  },
  { verbs: ['alert test'], actions: [...find, ...any('events', 'PutEvents')] },
];
