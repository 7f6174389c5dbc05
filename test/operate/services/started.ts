// What was started in the services, as they themselves tell. In: clients, whose things. Out: names and descriptions.

import { ListJobsCommand } from '@aws-sdk/client-batch';
import { ListTasksCommand } from '@aws-sdk/client-ecs';
import { ListClustersCommand, ListStepsCommand } from '@aws-sdk/client-emr';
import { ListApplicationsCommand, ListJobRunsCommand } from '@aws-sdk/client-emr-serverless';
import { GetJobRunsCommand } from '@aws-sdk/client-glue';
import { names } from './names';
import type { Clients } from './services';

/** Of a cluster in the order in which they began. */
export async function containers(clients: Clients, mood: string): Promise<string[]> {
  const cluster = names(mood).cluster;
  const { taskArns = [] } = await clients.ecs.send(new ListTasksCommand({ cluster }));
  return taskArns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
}

export async function jobRuns(clients: Clients, mood: string): Promise<string[]> {
  const { JobRuns = [] } = await clients.glue.send(new GetJobRunsCommand({ JobName: names(mood).job }));
  return JobRuns.map((run) => run.Id!);
}

export async function batchJobs(clients: Clients, mood: string): Promise<string[]> {
  const found = await Promise.all(
    (['RUNNING', 'FAILED', 'SUCCEEDED'] as const).map(async (jobStatus) => {
      const page = await clients.batch.send(new ListJobsCommand({ jobQueue: names(mood).queue, jobStatus }));
      return page.jobSummaryList ?? [];
    }),
  );
  return found.flat().map((job) => job.jobId!);
}

export async function emrCluster(clients: Clients, mood: string): Promise<string> {
  const { Clusters = [] } = await clients.emr.send(new ListClustersCommand({}));
  return Clusters.find((cluster) => cluster.Name === names(mood).emr)!.Id!;
}

export async function steps(clients: Clients, mood: string) {
  const { Steps = [] } = await clients.emr.send(new ListStepsCommand({ ClusterId: await emrCluster(clients, mood) }));
  return Steps;
}

export async function sparkRuns(clients: Clients, mood: string) {
  const { applications = [] } = await clients.serverless.send(new ListApplicationsCommand({}));
  const applicationId = applications.find((each) => each.name === names(mood).application)!.id!;
  const { jobRuns: runs = [] } = await clients.serverless.send(new ListJobRunsCommand({ applicationId }));
  return runs;
}
