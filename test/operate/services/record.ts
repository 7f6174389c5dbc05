// Records what the command's rooms ask of the services and what these answer, for the tests of test/ops/aws. Always: bodies only, as they
// were; no header of a request is kept, and so nothing that signed it.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DescribeJobsCommand } from '@aws-sdk/client-batch';
import { GetCrawlerCommand } from '@aws-sdk/client-glue';
import { DescribeExecutionCommand, ListExecutionsCommand, ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { ACTS, NOISE } from '../../ops/aws/acts';
import { recordingProxy } from '../../ops/aws/recording-proxy';
import { siteAt } from '../../ops/aws/site-at';
import { makeStream, writeLines, writeObject } from './log-writer';
import { names } from './names';
import { type Clients, type Services, startServices } from './services';
import { batchJobs, containers, emrCluster, jobRuns, sparkRuns, steps } from './started';

const STREAM = '2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef';

const said = (who: string) => ['begins', 'works', 'ends'].map((what) => `${who} ${what}`);

async function writeLogs(clients: Clients): Promise<void> {
  for (const id of await containers(clients, 'fails'))
    await writeLines(clients, '/programs', `run/main/${id}`, said('it'));
  const [run] = await jobRuns(clients, 'works');
  const many = Array.from({ length: NOISE }, (_, i) => `line ${i}`);
  await writeLines(clients, '/aws-glue/jobs/output', run!, [...many, ...said('job')]);
  const crawler = names('works').crawler;
  const { Crawler } = await clients.glue.send(new GetCrawlerCommand({ Name: crawler }));
  const start = Crawler!.LastCrawl!.StartTime!.getTime();
  await writeLines(clients, '/aws-glue/crawlers', crawler, ['yesterday'], start - 3_600_000);
  await writeLines(clients, '/aws-glue/crawlers', crawler, said('crawl'), start + 10);
  const [job] = await batchJobs(clients, 'works');
  const { jobs } = await clients.batch.send(new DescribeJobsCommand({ jobs: [job!] }));
  await writeLines(clients, '/aws/batch/job', jobs![0]!.container!.logStreamName!, said('batch'));
  const [step] = await steps(clients, 'works');
  await writeObject(clients, `emr/${await emrCluster(clients, 'works')}/steps/${step!.Id}/stderr.gz`, said('step'));
  const [spark] = await sparkRuns(clients, 'works');
  const folder = `serverless/applications/${spark!.applicationId}/jobs/${spark!.id}`;
  await writeObject(clients, `${folder}/SPARK_DRIVER/stderr.gz`, said('driver'));
}

/** Starts a run and waits until it has ended, or until all of it goes on. */
async function run({ headrace, clients }: Services, pipeline: string, ends: boolean): Promise<void> {
  const words = ['run', `Services-${pipeline}`, '--date', '2026-11-01', ...(ends ? ['--wait'] : [])];
  const { error } = await headrace(...words);
  if (error !== '') throw new Error(error);
  if (!ends) await new Promise((resolved) => setTimeout(resolved, 10_000));
  const { stateMachines = [] } = await clients.sfn.send(new ListStateMachinesCommand({}));
  const machine = stateMachines.find(({ name }) => name!.startsWith(`Services-${pipeline}-`));
  const { executions = [] } = await clients.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machine!.stateMachineArn }),
  );
  const { status } = await clients.sfn.send(
    new DescribeExecutionCommand({ executionArn: executions[0]!.executionArn }),
  );
  console.log(`${pipeline}: ${status}`);
}

async function main(): Promise<void> {
  const services = await startServices();
  try {
    for (const mood of ['works', 'fails'])
      await makeStream(services.clients, `/aws/lambda/${names(mood).function}`, STREAM);
    await run(services, 'Works', true);
    await run(services, 'Fails', true);
    await run(services, 'Holds', false);
    await writeLogs(services.clients);
    for (const [name, act] of Object.entries(ACTS)) {
      const proxy = await recordingProxy(services.url);
      await act(await siteAt(proxy.url));
      await proxy.close();
      const file = resolve(`test/ops/aws/recorded/${name}.json`);
      writeFileSync(file, `${JSON.stringify(proxy.exchanges(), undefined, 1)}\n`);
      console.log(`${name}: ${proxy.exchanges().length} different requests`);
    }
  } finally {
    await services.stop();
  }
}

void main();
