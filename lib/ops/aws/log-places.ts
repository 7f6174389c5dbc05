// Where the services write what a task printed. In: one thing that a task started. Out: places to look, the likeliest first. Always:
// taken from what the service itself says of the container, job or function; nothing is guessed from names except AWS's own defaults.

import type { Aws } from './aws';
import type { Fields, StartedWork } from './started-work';

export type LogPlace =
  | {
      readonly kind: 'logs';
      readonly group: string;
      readonly stream?: string;
      readonly streamPrefix?: string;
      /** Lines of others in the same stream are left out, where some line has it. */
      readonly word?: string;
      readonly from?: Date;
      readonly to?: Date;
      readonly region?: string;
    }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

/** Clocks of services differ a little. */
const SLACK_MS = 5_000;

export async function logPlaces(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const service = work.service.replace(/^aws-sdk:/, '');
  const action = work.action.replace(/\..*$/, '');
  if (service === 'ecs' && action === 'runTask') return containers(aws, work);
  if (service === 'glue' && action === 'startJobRun') return glueJob(aws, work);
  if (service === 'glue' && action === 'startCrawler') return crawler(work);
  if (service === 'lambda' && action === 'invoke') return lambdaFunction(aws, work);
  if (service === 'batch' && action === 'submitJob') return batchJob(aws, work);
  if (service === 'elasticmapreduce' && action === 'addStep') return emrStep(aws, work);
  return [];
}

function text(from: Fields | undefined, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = from?.[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

async function containers(aws: Aws, { answer, result }: StartedWork): Promise<LogPlace[]> {
  const started = (answer?.['Tasks'] as readonly Fields[] | undefined)?.[0];
  const task = text(started, 'TaskArn') ?? text(result, 'TaskArn');
  const definition = text(started, 'TaskDefinitionArn') ?? text(result, 'TaskDefinitionArn');
  if (task === undefined || definition === undefined) return [];
  const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
  const seen = await (await aws.ecs()).send(new DescribeTaskDefinitionCommand({ taskDefinition: definition }));
  const id = task.slice(task.lastIndexOf('/') + 1);
  return (seen.taskDefinition?.containerDefinitions ?? []).flatMap(({ name, logConfiguration }): LogPlace[] => {
    const options = logConfiguration?.options ?? {};
    const group = options['awslogs-group'];
    const prefix = options['awslogs-stream-prefix'];
    if (logConfiguration?.logDriver !== 'awslogs' || group === undefined) return [];
    const region = options['awslogs-region'];
    // Without a prefix the stream's name is the container's id, which only the machine it ran on knows.
    const stream = prefix === undefined ? {} : { stream: `${prefix}/${name}/${id}` };
    return [{ kind: 'logs', group, ...stream, ...(region !== undefined && { region }) }];
  });
}

async function glueJob(aws: Aws, { answer, result, parameters }: StartedWork): Promise<LogPlace[]> {
  const run = text(answer, 'JobRunId') ?? text(result, 'Id', 'JobRunId');
  const job = text(parameters, 'JobName');
  if (run === undefined || job === undefined) return [];
  const { GetJobRunCommand } = await import('@aws-sdk/client-glue');
  const seen = await (await aws.glue()).send(new GetJobRunCommand({ JobName: job, RunId: run }));
  const group = seen.JobRun?.LogGroupName ?? '/aws-glue/jobs';
  const failed = seen.JobRun?.JobRunState !== 'SUCCEEDED';
  const places: LogPlace[] = ['error', 'output'].map((kind) => ({
    kind: 'logs',
    group: `${group}/${kind}`,
    stream: run,
  }));
  const python = [{ kind: 'logs' as const, group: '/aws-glue/python-jobs/error', stream: run }];
  return [...(failed ? places : places.reverse()), ...python];
}

function crawler({ parameters, start, region }: StartedWork): LogPlace[] {
  const name = text(parameters, 'Name');
  if (name === undefined) return [];
  const from = new Date(start.getTime() - SLACK_MS);
  return [{ kind: 'logs', group: '/aws-glue/crawlers', stream: name, from, ...(region !== undefined && { region }) }];
}

async function lambdaFunction(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const name = text(work.parameters, 'FunctionName');
  if (name === undefined) return [];
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const seen = await (await aws.lambda()).send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  const group = seen.LoggingConfig?.LogGroup ?? `/aws/lambda/${seen.FunctionName ?? name}`;
  const meta = work.result?.['SdkResponseMetadata'] as Fields | undefined;
  const request = text(meta, 'RequestId');
  return [
    {
      kind: 'logs',
      group,
      from: new Date(work.start.getTime() - SLACK_MS),
      ...(work.end !== undefined && { to: new Date(work.end.getTime() + SLACK_MS) }),
      ...(request !== undefined && { word: request }),
    },
  ];
}

async function batchJob(aws: Aws, { answer, result }: StartedWork): Promise<LogPlace[]> {
  const id = text(answer, 'JobId') ?? text(result, 'JobId');
  if (id === undefined) return [];
  const { DescribeJobsCommand } = await import('@aws-sdk/client-batch');
  const seen = await (await aws.batch()).send(new DescribeJobsCommand({ jobs: [id] }));
  return (seen.jobs ?? []).flatMap(({ container }): LogPlace[] => {
    const stream = container?.logStreamName;
    const group = container?.logConfiguration?.options?.['awslogs-group'] ?? '/aws/batch/job';
    return stream === undefined ? [] : [{ kind: 'logs', group, stream }];
  });
}

/** EMR writes to S3, some minutes after the step has ended. */
async function emrStep(aws: Aws, { answer, parameters }: StartedWork): Promise<LogPlace[]> {
  const cluster = text(parameters, 'ClusterId');
  const step = text(answer, 'StepId') ?? (answer?.['StepIds'] as readonly string[] | undefined)?.[0];
  if (cluster === undefined || step === undefined) return [];
  const { DescribeClusterCommand } = await import('@aws-sdk/client-emr');
  const seen = await (await aws.emr()).send(new DescribeClusterCommand({ ClusterId: cluster }));
  const place = /^s3[na]?:\/\/([^/]+)\/?(.*?)\/?$/.exec(seen.Cluster?.LogUri ?? '');
  if (!place) return [];
  const folder = [place[2], cluster, 'steps', step].filter(Boolean).join('/');
  return ['stderr.gz', 'stdout.gz', 'controller.gz'].map((file) => ({
    kind: 's3',
    bucket: place[1]!,
    key: `${folder}/${file}`,
  }));
}
