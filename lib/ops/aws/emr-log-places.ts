// Where EMR's three forms write what a job printed: clusters to S3, EMR Serverless and EMR on EKS to S3 or CloudWatch Logs as the job was
// told. In: what a task started. Out: places to look, the driver's errors first. Always: nothing is read from the log itself.

import type { MonitoringConfiguration } from '@aws-sdk/client-emr-serverless';
import type { Aws } from './aws';
import type { LogPlace } from './log-place';

import { type Fields, idOf, type StartedWork, text } from './started-work';

/** A step's log comes to S3 some minutes after it was written. */
export async function emrStepPlaces(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const cluster = text(work.parameters, 'ClusterId');
  const step = idOf(work, 'StepId') ?? (work.answer?.['StepIds'] as readonly string[] | undefined)?.[0];
  if (cluster === undefined || step === undefined) return [{ kind: 'none', told: 'EMR took no step' }];
  const { DescribeClusterCommand } = await import('@aws-sdk/client-emr');
  const seen = await (await aws.emr()).send(new DescribeClusterCommand({ ClusterId: cluster }));
  const place = s3Place(seen.Cluster?.LogUri);
  if (!place)
    return [{ kind: 'none', told: `cluster ${cluster} was made without a logUri: EMR keeps its logs nowhere else` }];
  const folder = [place.prefix, cluster, 'steps', step].filter(Boolean).join('/');
  return ['stderr.gz', 'stdout.gz', 'controller.gz'].map((file) => ({
    kind: 'object',
    bucket: place.bucket,
    key: `${folder}/${file}`,
  }));
}

export async function serverlessPlaces(aws: Aws, work: StartedWork): Promise<LogPlace[]> {
  const applicationId = text(work.parameters, 'ApplicationId');
  const jobRunId = idOf(work, 'JobRunId');
  if (applicationId === undefined || jobRunId === undefined)
    return [{ kind: 'none', told: 'EMR Serverless took no job' }];
  const { GetApplicationCommand, GetJobRunCommand } = await import('@aws-sdk/client-emr-serverless');
  const client = await aws.emrServerless();
  const { jobRun } = await client.send(new GetJobRunCommand({ applicationId, jobRunId }));
  const own = jobRun?.configurationOverrides?.monitoringConfiguration;
  const monitoring =
    own ?? (await client.send(new GetApplicationCommand({ applicationId }))).application?.monitoringConfiguration ?? {};
  const places = monitored(monitoring, `applications/${applicationId}/jobs/${jobRunId}/`);
  if (places.length > 0) return places;
  const command = `aws emr-serverless get-dashboard-for-job-run --application-id ${applicationId} --job-run-id ${jobRunId}`;
  return [
    {
      kind: 'none',
      told: `the job has no logUri: EMR Serverless keeps its log itself, for 30 days; see it by ${command}`,
    },
  ];
}

function monitored(monitoring: MonitoringConfiguration, below: string): LogPlace[] {
  const { cloudWatchLoggingConfiguration: logs, s3MonitoringConfiguration: stored } = monitoring;
  const place = s3Place(stored?.logUri);
  const prefix = logs?.logStreamNamePrefix?.replace(/\/$/, '') ?? '';
  return [
    ...(logs?.enabled
      ? driver(['stderr', 'stdout'], (match) => ({
          kind: 'streams',
          group: logs.logGroupName ?? '/aws/emr-serverless',
          prefix: `${prefix}/${below}`,
          match,
        }))
      : []),
    ...(place ? inBucket(place, below) : []),
  ];
}

export function emrJobPlaces(_: Aws, work: StartedWork): LogPlace[] {
  const cluster = text(work.parameters, 'VirtualClusterId');
  const job = idOf(work, 'Id');
  if (cluster === undefined || job === undefined) return [{ kind: 'none', told: 'EMR on EKS took no job' }];
  const overrides = work.parameters['ConfigurationOverrides'] as Fields | undefined;
  const monitoring = overrides?.['MonitoringConfiguration'] as Fields | undefined;
  const place = s3Place(text(monitoring?.['S3MonitoringConfiguration'], 'LogUri'));
  if (place) return inBucket(place, `${cluster}/jobs/${job}/`);
  return [
    {
      kind: 'none',
      told: `the job has no logUri: what it prints stays with its pods, where kubectl shows it while they are there`,
    },
  ];
}

function inBucket({ bucket, prefix }: { readonly bucket: string; readonly prefix: string }, below: string): LogPlace[] {
  const folder = prefix === '' ? below : `${prefix}/${below}`;
  return driver(['stderr.gz', 'stdout.gz'], (match) => ({ kind: 'objects', bucket, prefix: folder, match }));
}

/** `SPARK_DRIVER/stderr`, `HIVE_DRIVER/stderr.gz`, `spark-0001-driver/stdout.gz`: attempts and pods may stand before it. */
function driver(files: readonly string[], place: (match: RegExp) => LogPlace): LogPlace[] {
  return files.map((file) => place(new RegExp(`driver/${file.replace('.', '\\.')}$`, 'i')));
}

function s3Place(uri: string | undefined): { readonly bucket: string; readonly prefix: string } | undefined {
  const found = /^s3[na]?:\/\/([^/]+)\/?(.*?)\/*$/.exec(uri ?? '');
  return found ? { bucket: found[1]!, prefix: found[2]! } : undefined;
}
