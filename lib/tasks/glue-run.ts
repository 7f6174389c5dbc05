// One run of a Glue job as a task's body. In: the job's name, its arguments, where it is. Out: a TaskSpec. Always: the
// service's limit on concurrent runs is waited out apart from the author's retries; a stopped run stops the job.

import { Duration, aws_iam as iam } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';
import type { IPipeline } from '../pipeline/i-pipeline';
import { Retry } from '../pipeline/retry';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { jobArn } from './glue-job';
import { pollingStates } from './polling';
import { type OutputPlace, readStates } from './run-outputs';
import { SERVICE_FAULTS, type ServiceCalls } from './support-stack';
import { syncStates } from './sync-run';

export interface GlueRun {
  readonly pipeline: IPipeline;
  readonly taskId: string;
  readonly kind: string;
  readonly timeout: Duration;
  readonly jobName: string;
  readonly calls: ServiceCalls;
  readonly region: string | undefined;
  /** Names as Glue wants them, with `--`. */
  readonly arguments: { readonly [name: string]: string };
  readonly worker?: string;
  readonly workers?: number;
  readonly executionClass?: string;
  /** Where the script leaves values, if somebody asked for some. */
  readonly place?: OutputPlace;
  readonly askedOutputs: readonly string[];
}

/** What every run can tell without the script's help. */
export const RUN_OUTPUTS = ['jobName', 'jobRunId', 'executionSeconds'];

const BUSY = ['Glue.ConcurrentRunsExceededException', 'Glue.ResourceNumberLimitExceededException'];

export function glueRunSpec(run: GlueRun): TaskSpec {
  const { calls, place } = run;
  const name = run.jobName.startsWith(`${run.pipeline.prefix}-`) ? `${run.pipeline.prefix}-*` : run.jobName;
  const actions = ['glue:StartJobRun', 'glue:GetJobRun', 'glue:GetJobRuns', 'glue:BatchStopJobRun'];
  const needed = [new iam.PolicyStatement({ actions, resources: [jobArn(run.pipeline, calls.region, name)] })];
  const argumentsOfRun = { ...run.arguments, ...(place !== undefined && { '--headrace_output': place.url }) };
  const request: Json = {
    JobName: run.jobName,
    Timeout: Math.max(1, Math.ceil(run.timeout.toMinutes({ integral: false }))),
    ...(Object.keys(argumentsOfRun).length > 0 && {
      Arguments: Object.fromEntries(Object.entries(argumentsOfRun).map(([key, value]) => [key, asText(value)])),
    }),
    ...(run.worker !== undefined && { WorkerType: run.worker }),
    ...(run.workers !== undefined && { NumberOfWorkers: run.workers }),
    ...(run.executionClass !== undefined && { ExecutionClass: run.executionClass }),
  };
  const common = {
    kind: run.kind,
    log: { service: 'logs', group: '/aws-glue/jobs/output', errorGroup: '/aws-glue/jobs/error', job: run.jobName },
    ...(run.region !== undefined && { region: run.region }),
  };
  if (run.region !== undefined && calls.answer !== '$states.result') {
    return { ...common, states: elsewhere(run, request), permissions: calls.permissions([...needed]) };
  }
  return {
    ...common,
    states: syncStates({
      resource: 'arn:aws:states:::glue:startJobRun.sync',
      arguments: request,
      timeout: run.timeout,
      faults: [busyRetry(), faultRetry()],
      error: 'Glue.JobRunFailed',
      reason: ended('$j', '$j.Id', '$j.JobName'),
      outputs: `{${summary('$states.result')}}`,
      ...(place !== undefined && { then: readStates(run.taskId, place, run.askedOutputs) }),
    }),
    permissions: [...needed, ...(place?.read ?? [])],
  };
}

/** JSONata: why a run ended, from Glue's description of it. */
function ended(run: string, id: string, job: string): string {
  return `'run '&${id}&' of job '&${job}&' ended as '&${run}.JobRunState&($exists(${run}.ErrorMessage)?': '&${run}.ErrorMessage:'')`;
}

/** A run that waits for a free place is not a failed one: half a day of patience. */
function busyRetry(): Retry {
  return Retry.times(150, {
    on: BUSY,
    interval: Duration.seconds(30),
    backoffRate: 1.5,
    maxDelay: Duration.minutes(5),
  });
}

function faultRetry(): Retry {
  return Retry.times(6, { on: SERVICE_FAULTS, interval: Duration.seconds(2), maxDelay: Duration.minutes(1) });
}

function summary(result: string): string {
  return `'jobName':${result}.JobName&'','jobRunId':${result}.Id&'','executionSeconds':${result}.ExecutionTime`;
}

/** Another region: Step Functions cannot wait there, so the job is started, looked at and stopped through the proxy. */
function elsewhere({ calls, taskId, timeout, jobName }: GlueRun, request: Json): { [name: string]: Json } {
  const start = calls.call('startJobRun', request);
  return pollingStates({
    taskId,
    timeout,
    start: {
      ...start,
      Retry: [...busyRetry()._retriers(), ...(start.Retry as [])] as never,
      keep: { xId: `${calls.answer}.JobRunId` },
    },
    look: {
      ...calls.call('getJobRun', { JobName: jobName, RunId: '{% $xId %}' }),
      meaning:
        `($r:=${calls.answer}.JobRun;$s:=$r.JobRunState;{'end':$s in ['SUCCEEDED','FAILED','STOPPED','TIMEOUT','ERROR','EXPIRED'],` +
        `'ok':$s='SUCCEEDED','error':$s='TIMEOUT'?'Headrace.Timeout':'Glue.JobRunFailed',` +
        `'cause':${ended('$r', '$xId', quote(jobName))},'out':{${summary('$r')}}})`,
    },
    stop: calls.call('batchStopJobRun', { JobName: jobName, JobRunIds: ['{% $xId %}'] }),
    firstWait: 15,
    longestWait: 60,
  });
}
