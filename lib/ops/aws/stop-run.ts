// Ends a deployed run and what Step Functions leaves behind. In: the run with its history. Out: what was ended, what was asked to end
// and what could not be. Always: the root first, so that nothing new is started; one failure keeps nothing else from being ended.

import type { StopExecutionCommandInput } from '@aws-sdk/client-sfn';
import { machineOfExecution, nameOfExecution } from './arn';
import type { SiteEvent, SiteRun, Stopped } from '../site';
import { unreachable } from '../unreachable-error';
import type { Aws } from './aws';
import { type StartedWork, startedWork } from './started-work';

const ERROR = 'Headrace.Stopped';

export async function stopRun(aws: Aws, { head, run, events }: SiteRun, cause: string): Promise<readonly Stopped[]> {
  const running = new Set(run.views.filter((view) => view.status === 'running').map((view) => view.id));
  const done: Stopped[] = [await attempt('execution', head.run, () => stopExecution(aws, head.place, cause))];
  const children = [...new Set(events.map((each) => each.executionArn))].filter((arn) => arn !== head.place);
  for (const arn of children) done.push(...(await stopChild(aws, arn, cause)));
  for (const arn of mapRuns(events)) done.push(...(await stopMapRun(aws, arn, cause)));
  // Only the last thing of its kind that a running task started can still be going.
  const latest = new Map<string, StartedWork>();
  for (const work of startedWork(run.manifest, events)) {
    if (running.has(work.task)) latest.set(`${work.task} ${work.service} ${work.action}`, work);
  }
  for (const work of latest.values()) {
    const stopped = await stopWork(aws, work, cause);
    if (stopped) done.push(stopped);
  }
  return done;
}

async function stopExecution(aws: Aws, executionArn: string, cause: string): Promise<void> {
  const { StopExecutionCommand } = await import('@aws-sdk/client-sfn');
  const request: StopExecutionCommandInput = { executionArn, error: ERROR, cause };
  await (await aws.sfn()).send(new StopExecutionCommand(request));
}

/** Step Functions ends the children it waits for by itself, if it can; those it did not are ended here. */
async function stopChild(aws: Aws, executionArn: string, cause: string): Promise<Stopped[]> {
  const { DescribeExecutionCommand } = await import('@aws-sdk/client-sfn');
  const name = `${machineOfExecution(executionArn)} ${nameOfExecution(executionArn)}`;
  let status: string | undefined;
  const asked = await attempt('child execution', name, async () => {
    ({ status } = await (await aws.sfn()).send(new DescribeExecutionCommand({ executionArn })));
  });
  if (asked.result === 'failed') return [asked];
  if (status !== 'RUNNING') return [];
  return [await attempt('child execution', name, () => stopExecution(aws, executionArn, cause))];
}

function mapRuns(events: readonly SiteEvent[]): string[] {
  return events.flatMap(({ event }) => {
    const arn = (event as { mapRunStartedEventDetails?: { mapRunArn?: string } }).mapRunStartedEventDetails?.mapRunArn;
    return arn === undefined ? [] : [arn];
  });
}

/** A map run ends with its parent, but its items may outlive it. */
async function stopMapRun(aws: Aws, mapRunArn: string, cause: string): Promise<Stopped[]> {
  const { ListExecutionsCommand } = await import('@aws-sdk/client-sfn');
  const client = await aws.sfn();
  const arns: string[] = [];
  const listed = await attempt('map run', mapRunArn, async () => {
    let nextToken: string | undefined;
    do {
      const page = await client.send(
        new ListExecutionsCommand({
          mapRunArn,
          statusFilter: 'RUNNING',
          maxResults: 1000,
          ...(nextToken && { nextToken }),
        }),
      );
      arns.push(...(page.executions ?? []).map((execution) => execution.executionArn!));
      nextToken = page.nextToken;
    } while (nextToken);
    for (const arn of arns) await stopExecution(aws, arn, cause);
  });
  if (listed.result !== 'failed')
    return arns.length === 0 ? [] : [{ ...listed, name: `${arns.length} items of ${mapRunArn}` }];
  return [listed];
}

async function stopWork(aws: Aws, work: StartedWork, cause: string): Promise<Stopped | undefined> {
  const service = work.service.replace(/^aws-sdk:/, '');
  const action = work.action.replace(/\..*$/, '');
  if (service === 'glue' && action === 'startCrawler') return stopCrawler(aws, work);
  if (service === 'redshiftdata' && /^(batchE|e)xecuteStatement$/.test(action)) return cancelStatement(aws, work);
  if (service === 'elasticmapreduce' && action === 'addStep') return cancelStep(aws, work);
  if (service === 'batch' && action === 'submitJob') return terminateJob(aws, work, cause);
  if (service === 'lambda' && work.end === undefined) {
    const name = String(work.parameters['FunctionName'] ?? work.task);
    return {
      what: 'Lambda invocation',
      name,
      result: 'failed',
      reason: 'a function that runs cannot be stopped; it ends by itself',
    };
  }
  if (work.end !== undefined || !/\.sync/.test(work.action)) return undefined;
  return {
    what: `${service} ${action}`,
    name: work.task,
    result: 'asked',
    reason: 'Step Functions cancels what it waits for',
  };
}

async function stopCrawler(aws: Aws, { parameters, region }: StartedWork): Promise<Stopped | undefined> {
  const name = String(parameters['Name'] ?? '');
  let going = true;
  const stopped = await attempt('crawler', name, async () => {
    const { StopCrawlerCommand } = await import('@aws-sdk/client-glue');
    try {
      await (await aws.glue(region)).send(new StopCrawlerCommand({ Name: name }));
    } catch (error) {
      if (!/CrawlerNotRunning|CrawlerStopping/.test((error as Error).name)) throw error;
      going = false;
    }
  });
  return going ? { ...stopped, ...(stopped.result === 'stopped' && { result: 'asked' as const }) } : undefined;
}

async function cancelStatement(aws: Aws, { answer, result }: StartedWork): Promise<Stopped | undefined> {
  const id = String(result?.['Id'] ?? answer?.['Id'] ?? '');
  let going = true;
  const stopped = await attempt('Redshift statement', id, async () => {
    const { CancelStatementCommand } = await import('@aws-sdk/client-redshift-data');
    try {
      await (await aws.redshiftData()).send(new CancelStatementCommand({ Id: id }));
    } catch (error) {
      // A statement that has ended cannot be cancelled any more, which is as good.
      if ((error as Error).name !== 'ValidationException') throw error;
      going = false;
    }
  });
  return going ? stopped : undefined;
}

async function cancelStep(aws: Aws, { answer, parameters }: StartedWork): Promise<Stopped> {
  const step = String(answer?.['StepId'] ?? (answer?.['StepIds'] as readonly string[] | undefined)?.[0] ?? '');
  return attempt('EMR step', step, async () => {
    const { CancelStepsCommand } = await import('@aws-sdk/client-emr');
    const ClusterId = String(parameters['ClusterId']);
    await (await aws.emr()).send(new CancelStepsCommand({ ClusterId, StepIds: [step] }));
  });
}

async function terminateJob(aws: Aws, { answer }: StartedWork, reason: string): Promise<Stopped> {
  const jobId = String(answer?.['JobId'] ?? '');
  return attempt('Batch job', jobId, async () => {
    const { TerminateJobCommand } = await import('@aws-sdk/client-batch');
    await (await aws.batch()).send(new TerminateJobCommand({ jobId, reason }));
  });
}

async function attempt(what: string, name: string, work: () => Promise<void>): Promise<Stopped> {
  try {
    await work();
    return { what, name, result: 'stopped' };
  } catch (error) {
    return { what, name, result: 'failed', reason: unreachable(error)?.message ?? (error as Error).message };
  }
}
