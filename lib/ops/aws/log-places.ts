// Where the services write what a task printed. In: one thing that a task started. Out: places to look, the likeliest first; where there
// is none, a sentence that says where else to look. Always: taken from what the service itself says of the container, job or function;
// nothing is guessed from names except AWS's own defaults.

import type { Aws } from './aws';
import { crawlsIn } from './crawls';
import { emrJobPlaces, emrStepPlaces, serverlessPlaces } from './emr-log-places';
import type { LogPlace } from './log-place';
import { passedOn } from './regional-call';
import { callOf, type Fields, idOf, type StartedWork, text } from './started-work';

/** Clocks of services differ a little. */
const SLACK_MS = 5_000;

type Finder = (aws: Aws, work: StartedWork) => Promise<LogPlace[]> | LogPlace[];

const FINDERS: { readonly [call: string]: Finder } = {
  'ecs:runTask': containers,
  'glue:startJobRun': glueJob,
  'glue:startCrawler': crawler,
  'glue:startDataQualityRulesetEvaluationRun': (_, work) =>
    none(`Glue's data quality writes no log; what was found stands in its run ${idOf(work, 'RunId') ?? ''}`),
  'lambda:invoke': lambdaFunction,
  'batch:submitJob': batchJob,
  'elasticmapreduce:addStep': emrStepPlaces,
  'emr-serverless:startJobRun': serverlessPlaces,
  'emr-containers:startJobRun': emrJobPlaces,
  'athena:startQueryExecution': (_, work) =>
    none(
      `Athena writes no log of a query; its text, state and error stand in query ${idOf(work, 'QueryExecutionId') ?? ''} of the workgroup ${text(work.parameters, 'WorkGroup') ?? 'primary'}`,
    ),
  'redshiftdata:executeStatement': statement,
  'redshiftdata:batchExecuteStatement': statement,
  'states:startExecution': (_, { answer, result }) =>
    none(
      `it ran another pipeline, whose tasks have logs of their own: ${text(answer, 'ExecutionArn') ?? text(result, 'ExecutionArn') ?? ''}`,
    ),
};

/** Empty where the call starts nothing that could have a log. */
export async function logPlaces(aws: Aws, called: StartedWork): Promise<LogPlace[]> {
  const work = passedOn(called);
  const finder = FINDERS[callOf(work)];
  return finder === undefined ? [] : finder(aws, work);
}

function none(told: string): LogPlace[] {
  return [{ kind: 'none', told }];
}

function statement(_: Aws, work: StartedWork): LogPlace[] {
  return none(
    `Redshift writes no log of a statement; its text and error stand in statement ${idOf(work, 'Id') ?? ''} of the Data API`,
  );
}

async function containers(aws: Aws, { answer, result, region: far }: StartedWork): Promise<LogPlace[]> {
  const started = (answer?.['Tasks'] ?? result?.['Tasks']) as readonly Fields[] | undefined;
  const ended = result?.['TaskArn'] === undefined ? started?.[0] : result;
  const task = text(ended, 'TaskArn') ?? text(started?.[0], 'TaskArn');
  const definition = text(ended, 'TaskDefinitionArn') ?? text(started?.[0], 'TaskDefinitionArn');
  if (task === undefined || definition === undefined) return none('ECS started no task');
  const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
  const seen = await (await aws.ecs(far)).send(new DescribeTaskDefinitionCommand({ taskDefinition: definition }));
  const id = task.slice(task.lastIndexOf('/') + 1);
  const failed = new Set(
    ((ended?.['Containers'] ?? []) as readonly Fields[])
      .filter((container) => container['ExitCode'] !== 0)
      .map((container) => container['Name']),
  );
  const all = seen.taskDefinition?.containerDefinitions ?? [];
  const order = [...all.filter(({ name }) => failed.has(name)), ...all.filter(({ name }) => !failed.has(name))];
  return order.map(({ name, logConfiguration }): LogPlace => {
    const { logDriver = 'no log driver', options = {} } = logConfiguration ?? {};
    const group = options['awslogs-group'];
    const prefix = options['awslogs-stream-prefix'];
    const region = options['awslogs-region'] ?? far;
    if (logDriver !== 'awslogs' || group === undefined)
      return { kind: 'none', told: `container ${name} writes to ${logDriver}, not to CloudWatch Logs` };
    // Without a prefix the stream's name is the container's id, which only the machine it ran on knows.
    if (prefix === undefined)
      return {
        kind: 'none',
        told: `container ${name} writes to the log group ${group} under a name that only its machine knows: set awslogs-stream-prefix`,
      };
    return { kind: 'stream', group, stream: `${prefix}/${name}/${id}`, ...(region !== undefined && { region }) };
  });
}

async function glueJob(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const run = idOf(work, 'JobRunId', 'Id');
  const job = text(work.parameters, 'JobName');
  if (run === undefined || job === undefined) return none('Glue started no run of the job');
  const { region } = work;
  const { GetJobRunCommand } = await import('@aws-sdk/client-glue');
  const seen = await (await aws.glue(region)).send(new GetJobRunCommand({ JobName: job, RunId: run }));
  // The service says it with a slash at the end, or without.
  const group = (seen.JobRun?.LogGroupName ?? '/aws-glue/jobs').replace(/\/$/, '');
  const failed = seen.JobRun?.JobRunState !== 'SUCCEEDED';
  const both = (of: string) => [`${of}/error`, `${of}/output`];
  const ordered = (groups: string[]) => (failed ? groups : groups.reverse());
  const at = (name: string, stream: string): LogPlace => ({
    kind: 'stream',
    group: name,
    stream,
    ...(region !== undefined && { region }),
  });
  return [
    ...ordered(both(group)).map((name) => at(name, run)),
    ...ordered(both('/aws-glue/python-jobs')).map((name) => at(name, run)),
    // Where continuous logs are turned on in older versions of Glue.
    at(`${group}/logs-v2`, `${run}-driver`),
  ];
}

/** Every crawl of a crawler goes on in the same stream: this one's part of it is told by its times. */
async function crawler(aws: Aws, { parameters, start, region }: StartedWork): Promise<LogPlace[]> {
  const name = text(parameters, 'Name');
  if (name === undefined) return [];
  const [crawl] = await crawlsIn(aws, { crawler: name, region, from: start });
  const end = crawl?.EndTime === undefined ? undefined : new Date(crawl.EndTime.getTime() + SLACK_MS);
  return [
    {
      kind: 'stream',
      group: crawl?.LogGroup ?? '/aws-glue/crawlers',
      stream: crawl?.LogStream ?? name,
      from: new Date(start.getTime() - SLACK_MS),
      ...(end !== undefined && { to: end }),
      ...(region !== undefined && { region }),
    },
  ];
}

async function lambdaFunction(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const name = text(work.parameters, 'FunctionName');
  if (name === undefined) return [];
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const seen = await (await aws.lambda()).send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  const request = text(work.result?.['SdkResponseMetadata'], 'RequestId') ?? text(work.result, 'requestId');
  return [
    {
      kind: 'invocation',
      group: seen.LoggingConfig?.LogGroup ?? `/aws/lambda/${seen.FunctionName ?? name}`,
      from: new Date(work.start.getTime() - SLACK_MS),
      ...(work.end !== undefined && { to: new Date(work.end.getTime() + SLACK_MS) }),
      ...(request !== undefined && { request }),
    },
  ];
}

/** A job of its own, the last of Batch's own attempts at it; of an array the first copy that failed. */
async function batchJob(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const id = idOf(work, 'JobId');
  if (id === undefined) return none('Batch took no job');
  const { DescribeJobsCommand, ListJobsCommand } = await import('@aws-sdk/client-batch');
  const client = await aws.batch();
  const describe = async (jobId: string) => (await client.send(new DescribeJobsCommand({ jobs: [jobId] }))).jobs?.[0];
  let job = await describe(id);
  if (job?.arrayProperties?.size !== undefined) {
    const failed = await client.send(new ListJobsCommand({ arrayJobId: id, jobStatus: 'FAILED', maxResults: 1 }));
    job = await describe(failed.jobSummaryList?.[0]?.jobId ?? `${id}:0`);
  }
  if (job === undefined) return none(`Batch does not know job ${id} any more: it forgets jobs a week after their end`);
  const stream = job.container?.logStreamName ?? job.attempts?.at(-1)?.container?.logStreamName;
  if (stream === undefined)
    return none(`job ${job.jobId} is ${job.status?.toLowerCase()} and has no log: no container of it has run`);
  const options = job.container?.logConfiguration?.options ?? {};
  const region = options['awslogs-region'];
  const group = options['awslogs-group'] ?? '/aws/batch/job';
  return [{ kind: 'stream', group, stream, ...(region !== undefined && { region }) }];
}
