// Logs and stop where tasks are containers, jobs, crawlers, steps, statements and functions of services (moto's): each log lies where that
// service writes it and nowhere else, and whether a thing was stopped is asked of its service.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueryExecutionCommand, ListQueryExecutionsCommand } from '@aws-sdk/client-athena';
import { DescribeJobsCommand } from '@aws-sdk/client-batch';
import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand } from '@aws-sdk/client-ecs';
import { DescribeClusterCommand } from '@aws-sdk/client-emr';
import { GetCrawlerCommand, GetDataQualityRulesetEvaluationRunCommand, GetJobRunsCommand } from '@aws-sdk/client-glue';
import { DescribeStatementCommand } from '@aws-sdk/client-redshift-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultyProxy } from './faulty-proxy';
import { command, signedIn } from './places';
import { makeStream, writeLines, writeObject } from './services/log-writer';
import { names } from './services/names';
import { type Services, startServices } from './services/services';
import { batchJobs, containers, emrCluster, jobRuns, sparkRuns, steps } from './services/started';

interface Log {
  readonly lines: readonly string[];
  readonly attempt?: number;
  readonly place?: string;
  readonly note?: string;
}

interface Stopped {
  readonly what: string;
  readonly name: string;
  readonly result: 'stopped' | 'asked' | 'failed';
  readonly reason?: string;
}

let at: Services;
beforeAll(async () => {
  at = await startServices();
});
afterAll(() => at.stop());

const said = (who: string) => ['begins', 'works', 'ends'].map((what) => `${who} ${what}`);

async function log(pipeline: string, task: string, ...words: string[]): Promise<Log> {
  const answer = await at.headrace('logs', `Services-${pipeline}`, 'latest', '--task', task, '--json', ...words);
  expect([answer.code, answer.error]).toEqual([0, '']);
  return answer.json<Log[]>()[0]!;
}

describe('logs', () => {
  const stream = '2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef';

  beforeAll(async () => {
    for (const mood of ['works', 'fails']) await makeStream(at.clients, `/aws/lambda/${names(mood).function}`, stream);
    const date = ['--date', '2026-11-01', '--wait', '--json'];
    const worked = await at.headrace('run', 'Services-Works', ...date);
    expect([worked.code, worked.error]).toEqual([0, '']);
    const failed = await at.headrace('run', 'Services-Fails', ...date);
    expect([failed.code, failed.json<{ failed: string[] }>().failed]).toEqual([
      1,
      expect.arrayContaining(['Array', 'Container', 'Crawl', 'Function', 'Job', 'Query', 'Spark', 'Step']),
    ]);
  });

  it('of a container: the last attempt, or the one that is asked for', async () => {
    const [first, second] = await containers(at.clients, 'fails');
    await writeLines(at.clients, '/programs', `run/main/${first}`, said('first'));
    await writeLines(at.clients, '/programs', `run/main/${second}`, said('second'));
    expect(await log('Fails', 'Container')).toMatchObject({
      lines: said('second'),
      attempt: 2,
      place: `/programs run/main/${second}`,
    });
    expect(await log('Fails', 'Container', '--attempt', '1')).toMatchObject({ lines: said('first'), attempt: 1 });
    expect((await log('Fails', 'Container', '--lines', '2')).lines).toEqual(['second works', 'second ends']);
  });

  it('of a Glue job: what it wrote as errors if it failed, else what it put out', async () => {
    const [run] = await jobRuns(at.clients, 'works');
    await writeLines(at.clients, '/aws-glue/jobs/output', run!, said('output'));
    await writeLines(at.clients, '/aws-glue/jobs/error', run!, ['a warning']);
    expect(await log('Works', 'Job')).toMatchObject({ lines: said('output'), place: `/aws-glue/jobs/output ${run}` });
    for (const id of await jobRuns(at.clients, 'fails')) {
      await writeLines(at.clients, '/aws-glue/jobs/output', id, ['halfway']);
      await writeLines(at.clients, '/aws-glue/jobs/error', id, [`Traceback\n  of ${id}`]);
    }
    const { lines, place } = await log('Fails', 'Job');
    const id = place!.split(' ')[1]!;
    expect([place, lines]).toEqual([`/aws-glue/jobs/error ${id}`, ['Traceback', `  of ${id}`]]);
    const before = await log('Fails', 'Job', '--attempt', '1');
    expect(new Set([id, before.place!.split(' ')[1]])).toEqual(new Set(await jobRuns(at.clients, 'fails')));
  });

  it('of a crawler: this crawl, where others share its stream', async () => {
    const crawler = names('works').crawler;
    const { Crawler } = await at.clients.glue.send(new GetCrawlerCommand({ Name: crawler }));
    const start = Crawler!.LastCrawl!.StartTime!.getTime();
    const write = (lines: string[], time: number) => writeLines(at.clients, '/aws-glue/crawlers', crawler, lines, time);
    await write(['yesterday'], start - 3_600_000);
    await write(said('today'), start + 10);
    await write(['an hour later'], start + 3_600_000);
    expect(await log('Works', 'Crawl')).toMatchObject({
      lines: said('today'),
      place: `/aws-glue/crawlers ${crawler}`,
    });
  });

  it('of a Batch job, whose stream the service names', async () => {
    const [job] = await batchJobs(at.clients, 'works');
    const { jobs } = await at.clients.batch.send(new DescribeJobsCommand({ jobs: [job!] }));
    const name = jobs![0]!.container!.logStreamName!;
    await writeLines(at.clients, '/aws/batch/job', name, said('batch'));
    expect(await log('Works', 'Array')).toMatchObject({ lines: said('batch'), place: `/aws/batch/job ${name}` });
  });

  it('of a step of EMR: a file of its cluster', async () => {
    const [step] = await steps(at.clients, 'works');
    const folder = `emr/${await emrCluster(at.clients, 'works')}/steps/${step!.Id}`;
    await writeObject(at.clients, `${folder}/controller.gz`, ['nothing new']);
    await writeObject(at.clients, `${folder}/stderr.gz`, said('step'));
    const found = await log('Works', 'Step', '--lines', '2');
    expect(found).toMatchObject({ lines: said('step').slice(1), place: `s3://services-logs/${folder}/stderr.gz` });
  });

  it('of a job on EMR Serverless: the driver of its last attempt there', async () => {
    const [run] = await sparkRuns(at.clients, 'works');
    const folder = `serverless/applications/${run!.applicationId}/jobs/${run!.id}`;
    await writeObject(at.clients, `${folder}/attempts/1/SPARK_DRIVER/stderr.gz`, ['lost its machine']);
    await writeObject(at.clients, `${folder}/attempts/2/SPARK_DRIVER/stderr.gz`, said('driver'));
    await writeObject(at.clients, `${folder}/attempts/2/SPARK_EXECUTOR/1/stderr.gz`, ['one of many']);
    expect(await log('Works', 'Spark')).toMatchObject({
      lines: said('driver'),
      place: `s3://services-logs/${folder}/attempts/2/SPARK_DRIVER/stderr.gz`,
    });
  });

  it.each([
    ['Works', 'works', 1],
    ['Fails', 'fails', 2],
  ])('of a function: its own invocation of those in the stream (%s)', async (pipeline, mood, attempt) => {
    const name = names(mood).function;
    const other = '11111111-2222-3333-4444-555555555555';
    const lines = [`START RequestId: ${other} Version: $LATEST`, 'not mine', `END RequestId: ${other}`];
    await writeLines(at.clients, `/aws/lambda/${name}`, stream, lines);
    await writeLines(at.clients, `/aws/lambda/${name}`, '2026/11/21/[$LATEST]another', lines);
    const found = await log(pipeline, 'Function');
    const request = /RequestId: (\S+)/.exec(found.lines[0]!)![1];
    expect(found).toMatchObject({
      lines: [`START RequestId: ${request} Version: $LATEST`, `${name} works`, `END RequestId: ${request}`],
      attempt,
    });
  });

  it('that a service does not have: where to look instead', async () => {
    expect((await log('Works', 'Query')).note).toMatch(
      /^Athena writes no log of a query; .* of the workgroup group-works$/,
    );
    expect((await log('Works', 'Statement')).note).toMatch(
      /^Redshift writes no log of a statement; .* in statement \S+ of the Data API$/,
    );
    const step = (await steps(at.clients, 'fails')).at(-1);
    expect((await log('Fails', 'Step', '--attempt', '1')).note).toContain(
      `nothing in s3://services-logs/emr/${await emrCluster(at.clients, 'fails')}/steps/${step!.Id}/stderr.gz`,
    );
    expect((await log('Works', 'Container')).note).toMatch(/^nothing in \/programs run\/main\/\S+$/);
  });

  it('whose group was deleted: said so', async () => {
    await at.clients.logs.send(new DeleteLogGroupCommand({ logGroupName: '/programs' }));
    const { note, place } = await log('Fails', 'Container');
    expect(note).toContain(`nothing in ${place} (there is no such log group)`);
  });

  it('asked for in wrong words: the nearest, and the attempts there are', async () => {
    const typo = await at.headrace('logs', 'Services-Fails', 'latest', '--task', 'Contaner');
    expect([typo.code, typo.error]).toEqual([2, expect.stringContaining('did you mean Container?')]);
    const third = await at.headrace('logs', 'Services-Fails', 'latest', '--task', 'Container', '--attempt', '3');
    expect([third.code, third.error]).toEqual([2, expect.stringContaining('has no attempt 3')]);
    expect(third.error).toContain('there is 1, 2');
  });

  it('refused or throttled: said with the place, and the run is shown all the same', async () => {
    const proxy = await faultyProxy(at.url);
    const cwd = mkdtempSync(join(tmpdir(), 'headrace-operate-'));
    const environment = { ...signedIn(proxy.url), AWS_MAX_ATTEMPTS: '2' };
    const words = ['logs', 'Services-Fails', 'latest', '--task', 'Container'];
    try {
      proxy.fail('AccessDeniedException', 1000, /^Logs_/);
      const refused = await command(words, environment, cwd);
      expect(refused.out).toMatch(/note: \/programs run\/main\/\S+: AWS does not allow it: .*logs:GetLogEvents/);
      proxy.fail('ThrottlingException', 1000, /^Logs_/);
      const throttled = await command(words, environment, cwd);
      expect(throttled.out).toContain('AWS is limiting the rate of requests (ThrottlingException after 2 attempts)');
      expect([refused.code, throttled.code, refused.error, throttled.error]).toEqual([0, 0, '', '']);
    } finally {
      await proxy.close();
    }
  });
});

describe('stop', () => {
  const GOING = [
    'Inside',
    'Container',
    'Job',
    'Crawl',
    'Array',
    'Step',
    'Spark',
    'Query',
    'Function',
    'Statement',
    'Quality',
    'OldStep',
  ];
  let stopped: readonly Stopped[];

  async function state() {
    const { Crawler: own } = await at.clients.glue.send(new GetCrawlerCommand({ Name: names('hold').crawler }));
    const { Crawler: inner } = await at.clients.glue.send(new GetCrawlerCommand({ Name: names('hold inner').crawler }));
    const [job] = await batchJobs(at.clients, 'hold');
    const { jobs = [] } = await at.clients.batch.send(new DescribeJobsCommand({ jobs: [job ?? 'none'] }));
    const tasks = await containers(at.clients, 'hold');
    const ecs = { cluster: names('hold').cluster, tasks };
    const container =
      tasks.length === 0 ? undefined : (await at.clients.ecs.send(new DescribeTasksCommand(ecs))).tasks?.[0];
    const { JobRuns = [] } = await at.clients.glue.send(new GetJobRunsCommand({ JobName: names('hold').job }));
    const { QueryExecutionIds: [query] = [] } = await at.clients.athena.send(
      new ListQueryExecutionsCommand({ WorkGroup: names('hold').workGroup }),
    );
    const { QueryExecution } =
      query === undefined
        ? {}
        : await at.clients.athena.send(new GetQueryExecutionCommand({ QueryExecutionId: query }));
    return {
      Container: container?.desiredStatus,
      Job: JobRuns[0]?.JobRunState,
      Crawl: own?.State,
      Other: inner?.State,
      Array: jobs[0]?.status,
      Step: (await steps(at.clients, 'hold'))[0]?.Status?.State,
      OldStep: (await steps(at.clients, 'hold old'))[0]?.Status?.State,
      Spark: (await sparkRuns(at.clients, 'hold'))[0]?.state,
      Query: QueryExecution?.Status?.State,
    };
  }

  const ALL_RUN = {
    Container: 'RUNNING',
    Job: 'RUNNING',
    Crawl: 'RUNNING',
    Other: 'RUNNING',
    Array: 'RUNNING',
    Step: 'RUNNING',
    OldStep: 'RUNNING',
    Spark: 'RUNNING',
    Query: 'RUNNING',
  };

  it('begins with a run in which everything goes on', async () => {
    const started = await at.headrace('run', 'Services-Holds', '--date', '2026-11-01', '--json');
    expect([started.code, started.error]).toEqual([0, '']);
    await expect.poll(state, { timeout: 60_000, interval: 1_000 }).toEqual(ALL_RUN);
    await expect
      .poll(
        async () => {
          const status = await at.headrace('status', 'Services-Holds', '--json');
          const { tasks } = status.json<{ tasks: { id: string; status: string }[] }>();
          return tasks.filter((task) => task.status === 'running').map((task) => task.id);
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toEqual(expect.arrayContaining([...GOING, 'Other']));
  });

  it('lets a log that is followed end when the task does; each line is shown once, as it comes', async () => {
    const [id] = await containers(at.clients, 'hold');
    const write = (...lines: string[]) => writeLines(at.clients, '/programs', `run/main/${id}`, lines);
    await write('one', 'two', 'three');
    const following = at.follow('logs', 'Services-Holds', '--task', 'Container', '--follow', '--lines', '2');
    await following.shows('three');
    await write('four');
    await following.shows('four');
    await write('five', 'six');
    const answer = await at.headrace('stop', 'Services-Holds', 'latest', '--reason', 'wrong file', '--json');
    expect(answer.error).toBe('');
    expect(answer.code).toBe(1);
    stopped = answer.json<{ stopped: Stopped[] }[]>()[0]!.stopped;
    expect((await following.ended).trimEnd().split('\n')).toEqual(['two', 'three', 'four', 'five', 'six']);
  });

  it('ends what Step Functions left, as each service says itself', async () => {
    // Most were asked to end, and do so in their own time.
    await expect.poll(state, { timeout: 60_000, interval: 1_000 }).toEqual({
      Container: 'STOPPED',
      Job: 'STOPPED',
      Crawl: 'STOPPING',
      Other: 'STOPPING',
      Array: 'FAILED',
      Step: 'CANCELLED',
      OldStep: 'RUNNING',
      Spark: 'CANCELLED',
      Query: 'CANCELLED',
    });
    const id = (what: string) => stopped.find((each) => each.what === what)!.name;
    const statement = await at.clients.redshift.send(new DescribeStatementCommand({ Id: id('Redshift statement') }));
    expect(statement.Status).toBe('ABORTED');
    const { Cluster } = await at.clients.emr.send(new DescribeClusterCommand({ ClusterId: id('EMR cluster') }));
    expect(Cluster!.Name).toContain('-Own ');
    expect(Cluster!.Status!.State).toBe('TERMINATED');
    const quality = await at.clients.glue.send(
      new GetDataQualityRulesetEvaluationRunCommand({ RunId: id('data quality run') }),
    );
    expect(quality.Status).toBe('STOPPED');
  });

  it('tells of each what became of it, and what goes on', async () => {
    const told = stopped.map(({ what, result }) => `${result} ${what}`).sort();
    expect(told).toEqual(
      [
        'stopped execution',
        'stopped run of Services-Inner',
        'asked ECS task',
        'asked Glue job run',
        'asked crawler',
        'asked crawler',
        'asked data quality run',
        'asked Batch job',
        'asked EMR step',
        'asked EMR step',
        'asked EMR cluster',
        'failed EMR step',
        'asked EMR Serverless job run',
        'stopped Athena query',
        'stopped Redshift statement',
        'failed Lambda invocation',
      ].sort(),
    );
    const goesOn = stopped.filter(({ result }) => result === 'failed').map(({ name, reason }) => `${name}: ${reason}`);
    const [old] = await steps(at.clients, 'hold old');
    expect(goesOn.sort()).toEqual([
      `arn:aws:lambda:us-east-1:000000000000:function:${names('hold').function}: a function that runs cannot be stopped; it ends by itself`,
      `${old!.Id}: a step that is RUNNING cannot be cancelled`,
    ]);
  });
});
