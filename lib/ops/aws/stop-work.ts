// Ends one thing that a task started in another service. In: the thing, as history tells it. Out: what became of it, or nothing where it
// had ended already. Always: Step Functions may be ending it at the same moment, so a refusal counts only if the thing still goes on.
//
// What Step Functions itself ends is a best effort (`.sync`, with the rights of the machine's role); what was started by a plain call of
// a service it leaves alone. Here both are ended with the rights of the person.

import type { Stopped } from '../site';
import { said } from '../unreachable-error';
import type { Aws } from './aws';
import { passedOn } from './regional-call';
import { callOf, type Fields, idOf, type StartedWork, text } from './started-work';

interface Kind {
  readonly what: string;
  readonly id: (work: StartedWork) => string | undefined;
  /** `asked` where the end takes its time. */
  readonly end: (aws: Aws, work: StartedWork, id: string, cause: string) => Promise<'stopped' | 'asked'>;
  /** Whether it has ended; asked only after a refusal. */
  readonly over: (aws: Aws, work: StartedWork, id: string) => Promise<boolean>;
}

const KINDS: { readonly [call: string]: Kind } = {
  'ecs:runTask': {
    what: 'ECS task',
    id: (work) => text(taskOf(work), 'TaskArn'),
    end: async (aws, work, task, reason) => {
      const { StopTaskCommand } = await import('@aws-sdk/client-ecs');
      await (await aws.ecs(work.region)).send(new StopTaskCommand({ cluster: clusterOf(work), task, reason }));
      return 'asked';
    },
    over: async (aws, work, task) => {
      const { DescribeTasksCommand } = await import('@aws-sdk/client-ecs');
      const command = new DescribeTasksCommand({ cluster: clusterOf(work), tasks: [task] });
      const { tasks } = await (await aws.ecs(work.region)).send(command);
      return tasks?.[0] === undefined || tasks[0].lastStatus === 'STOPPED';
    },
  },
  'glue:startJobRun': {
    what: 'Glue job run',
    id: (work) => idOf(work, 'JobRunId', 'Id'),
    end: async (aws, work, id) => {
      const { BatchStopJobRunCommand } = await import('@aws-sdk/client-glue');
      const command = new BatchStopJobRunCommand({ JobName: text(work.parameters, 'JobName'), JobRunIds: [id] });
      const { Errors = [] } = await (await aws.glue(work.region)).send(command);
      for (const { ErrorDetail } of Errors) throw new Error(ErrorDetail?.ErrorMessage ?? ErrorDetail?.ErrorCode);
      return 'asked';
    },
    over: async (aws, work, id) => {
      const { GetJobRunCommand } = await import('@aws-sdk/client-glue');
      const command = new GetJobRunCommand({ JobName: text(work.parameters, 'JobName'), RunId: id });
      const { JobRun } = await (await aws.glue(work.region)).send(command);
      return !/^(STARTING|RUNNING|WAITING|STOPPING)$/.test(JobRun?.JobRunState ?? '');
    },
  },
  'glue:startCrawler': {
    what: 'crawler',
    id: (work) => text(work.parameters, 'Name'),
    end: async (aws, work, Name) => {
      const { StopCrawlerCommand } = await import('@aws-sdk/client-glue');
      await (await aws.glue(work.region)).send(new StopCrawlerCommand({ Name }));
      return 'asked';
    },
    over: async (aws, work, Name) => {
      const { GetCrawlerCommand } = await import('@aws-sdk/client-glue');
      const { Crawler } = await (await aws.glue(work.region)).send(new GetCrawlerCommand({ Name }));
      return Crawler?.State !== 'RUNNING';
    },
  },
  'glue:startDataQualityRulesetEvaluationRun': {
    what: 'data quality run',
    id: (work) => idOf(work, 'RunId'),
    end: async (aws, work, RunId) => {
      const { CancelDataQualityRulesetEvaluationRunCommand } = await import('@aws-sdk/client-glue');
      await (await aws.glue(work.region)).send(new CancelDataQualityRulesetEvaluationRunCommand({ RunId }));
      return 'asked';
    },
    over: async (aws, work, RunId) => {
      const { GetDataQualityRulesetEvaluationRunCommand } = await import('@aws-sdk/client-glue');
      const { Status } = await (await aws.glue(work.region)).send(
        new GetDataQualityRulesetEvaluationRunCommand({ RunId }),
      );
      return !/^(STARTING|RUNNING)$/.test(Status ?? '');
    },
  },
  'batch:submitJob': {
    what: 'Batch job',
    id: (work) => idOf(work, 'JobId'),
    // A job that has ended is left as it is, without a word.
    end: async (aws, _, jobId, reason) => {
      const { TerminateJobCommand } = await import('@aws-sdk/client-batch');
      await (await aws.batch()).send(new TerminateJobCommand({ jobId, reason }));
      return 'asked';
    },
    over: async (aws, _, jobId) => {
      const { DescribeJobsCommand } = await import('@aws-sdk/client-batch');
      const { jobs } = await (await aws.batch()).send(new DescribeJobsCommand({ jobs: [jobId] }));
      return /^(SUCCEEDED|FAILED)$/.test(jobs?.[0]?.status ?? 'SUCCEEDED');
    },
  },
  'elasticmapreduce:addStep': {
    what: 'EMR step',
    id: (work) => idOf(work, 'StepId') ?? (work.answer?.['StepIds'] as readonly string[] | undefined)?.[0],
    end: async (aws, work, step) => {
      const { CancelStepsCommand } = await import('@aws-sdk/client-emr');
      const command = new CancelStepsCommand({ ClusterId: text(work.parameters, 'ClusterId'), StepIds: [step] });
      const { CancelStepsInfoList = [] } = await (await aws.emr()).send(command);
      // The call itself succeeds also where the step is not cancelled.
      for (const { Status, Reason } of CancelStepsInfoList) if (Status === 'FAILED') throw new Error(Reason);
      return 'asked';
    },
    over: async (aws, work, StepId) => {
      const { DescribeStepCommand } = await import('@aws-sdk/client-emr');
      const command = new DescribeStepCommand({ ClusterId: text(work.parameters, 'ClusterId'), StepId });
      const { Step } = await (await aws.emr()).send(command);
      return !/^(PENDING|RUNNING)$/.test(Step?.Status?.State ?? '');
    },
  },
  'elasticmapreduce:createCluster': {
    what: 'EMR cluster',
    id: (work) => idOf(work, 'ClusterId'),
    end: async (aws, _, id) => {
      const { TerminateJobFlowsCommand } = await import('@aws-sdk/client-emr');
      await (await aws.emr()).send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
      return 'asked';
    },
    over: async (aws, _, ClusterId) => {
      const { DescribeClusterCommand } = await import('@aws-sdk/client-emr');
      const { Cluster } = await (await aws.emr()).send(new DescribeClusterCommand({ ClusterId }));
      return /^TERMINAT/.test(Cluster?.Status?.State ?? '');
    },
  },
  'emr-serverless:startJobRun': {
    what: 'EMR Serverless job run',
    id: (work) => idOf(work, 'JobRunId'),
    end: async (aws, work, jobRunId) => {
      const { CancelJobRunCommand } = await import('@aws-sdk/client-emr-serverless');
      const applicationId = text(work.parameters, 'ApplicationId');
      await (await aws.emrServerless()).send(new CancelJobRunCommand({ applicationId, jobRunId }));
      return 'asked';
    },
    over: async (aws, work, jobRunId) => {
      const { GetJobRunCommand } = await import('@aws-sdk/client-emr-serverless');
      const applicationId = text(work.parameters, 'ApplicationId');
      const { jobRun } = await (await aws.emrServerless()).send(new GetJobRunCommand({ applicationId, jobRunId }));
      return /^(SUCCESS|FAILED|CANCELLING|CANCELLED)$/.test(jobRun?.state ?? '');
    },
  },
  'athena:startQueryExecution': {
    what: 'Athena query',
    id: (work) => idOf(work, 'QueryExecutionId'),
    end: async (aws, _, QueryExecutionId) => {
      const { StopQueryExecutionCommand } = await import('@aws-sdk/client-athena');
      await (await aws.athena()).send(new StopQueryExecutionCommand({ QueryExecutionId }));
      return 'stopped';
    },
    over: async (aws, _, QueryExecutionId) => {
      const { GetQueryExecutionCommand } = await import('@aws-sdk/client-athena');
      const { QueryExecution } = await (await aws.athena()).send(new GetQueryExecutionCommand({ QueryExecutionId }));
      return !/^(QUEUED|RUNNING)$/.test(QueryExecution?.Status?.State ?? '');
    },
  },
  'redshiftdata:executeStatement': statement(),
  'redshiftdata:batchExecuteStatement': statement(),
};

/** Nothing can be done to these: why, and how long they may go on. */
const ENDLESS: { readonly [call: string]: { readonly what: string; readonly reason: string } } = {
  'lambda:invoke': { what: 'Lambda invocation', reason: 'a function that runs cannot be stopped; it ends by itself' },
  'rdsdata:executeStatement': {
    what: 'RDS statement',
    reason: 'the Data API cannot cancel a statement; it ends by itself within 45 seconds',
  },
  'http:invoke': {
    what: 'HTTP request',
    reason: 'a request that was sent cannot be taken back; it ends within a minute',
  },
};

/** Whether the thing may still go on when its execution has ended. */
export function mayGoOn({ action, end, answer, refused }: StartedWork): boolean {
  // Where a crawler runs already, its crawl is somebody else's.
  if (refused) return false;
  // A call that waits for a token has its answer when the called one is done and only the token is missing.
  if (action.endsWith('.waitForTaskToken')) return end === undefined && answer === undefined;
  return end === undefined || !/\.sync(:2)?$/.test(action);
}

export async function stopWork(aws: Aws, called: StartedWork, cause: string): Promise<Stopped | undefined> {
  if (!mayGoOn(called)) return undefined;
  const work = passedOn(called);
  const call = callOf(work);
  const endless = ENDLESS[call];
  if (endless !== undefined) {
    const name = text(work.parameters, 'FunctionName', 'ApiEndpoint') ?? work.task;
    return work.end === undefined ? { ...endless, name, result: 'failed' } : undefined;
  }
  const kind = KINDS[call];
  if (kind === undefined)
    return work.end === undefined && work.action.includes('.sync') ? leftToService(work) : undefined;
  const id = kind.id(work);
  // A call that was refused has started nothing; one that was on its way has told nobody yet what it started.
  if (id === undefined) return work.end === undefined ? leftToService(work) : undefined;
  const stopped = await attempt(kind.what, id, () => kind.end(aws, work, id, cause));
  if (stopped.result !== 'failed') return stopped;
  return (await kind.over(aws, work, id).catch(() => false)) ? undefined : stopped;
}

export async function attempt(what: string, name: string, work: () => Promise<'stopped' | 'asked'>): Promise<Stopped> {
  try {
    return { what, name, result: await work() };
  } catch (error) {
    return { what, name, result: 'failed', reason: said(error) };
  }
}

function leftToService(work: StartedWork): Stopped {
  return {
    what: callOf(work),
    name: work.task,
    result: 'asked',
    reason: 'left to Step Functions, which cancels what it waits for if it can',
  };
}

function statement(): Kind {
  return {
    what: 'Redshift statement',
    id: (work) => idOf(work, 'Id'),
    end: async (aws, _, Id) => {
      const { CancelStatementCommand } = await import('@aws-sdk/client-redshift-data');
      await (await aws.redshiftData()).send(new CancelStatementCommand({ Id }));
      return 'stopped';
    },
    over: async (aws, _, Id) => {
      const { DescribeStatementCommand } = await import('@aws-sdk/client-redshift-data');
      const { Status } = await (await aws.redshiftData()).send(new DescribeStatementCommand({ Id }));
      return /^(FINISHED|FAILED|ABORTED)$/.test(Status ?? '');
    },
  };
}

function taskOf({ answer, result }: StartedWork): Fields | undefined {
  return ((answer?.['Tasks'] ?? result?.['Tasks']) as readonly Fields[] | undefined)?.[0] ?? result;
}

function clusterOf(work: StartedWork): string | undefined {
  return text(taskOf(work), 'ClusterArn') ?? text(work.parameters, 'Cluster');
}
