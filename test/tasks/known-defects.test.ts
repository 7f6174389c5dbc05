// Defects that other tools are known for, each by its name: the kinds of task that compute do not have them.

import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import {
  AthenaQueryTask,
  CustomTask,
  EmrServerlessJob,
  EmrServerlessTask,
  GlueCrawlerTask,
  GlueJobTask,
  GlueScript,
  type Pipeline,
  Retry,
  Sql,
} from '../../lib';
import { allowed, definition, fails, file, mistakes, pipeline, play, template } from './run-task';

function serverless(sales: Pipeline, ...ids: string[]) {
  const executionRole = iam.Role.fromRoleArn(Stack.of(sales), 'JobRole', 'arn:aws:iam::111122223333:role/job');
  const job = EmrServerlessJob.spark('s3://code/a.py');
  for (const id of ids) new EmrServerlessTask(sales, id, { applicationId: 'app', job, executionRole });
  return sales;
}

describe('EMR Serverless', () => {
  it('two jobs in one stack do not share the name of a construct', () => {
    expect(() => definition(serverless(pipeline(), 'First', 'Second'))).not.toThrow();
  });

  it('its client token is not a random number of synth, the same in every run', async () => {
    const text = () => JSON.stringify(definition(serverless(pipeline(), 'Clean')));
    expect(text()).toBe(text());
    const run = (name: string) => play(serverless(pipeline(), name), () => ({ JobRunId: 'jr' }));
    const tokens = [await run('Clean'), await run('Other')].map((played) => played.arguments[0]!['ClientToken']);
    expect(new Set(tokens).size).toBe(2);
  });
});

describe('a Glue crawler', () => {
  const crawl = () => {
    const sales = pipeline();
    new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: 's3://data/' });
    return sales;
  };
  const crawler = (now: number, State: string, Status: string) => ({
    Crawler: { State, LastCrawl: { Status, StartTime: new Date(now).toISOString(), ErrorMessage: 'no access' } },
  });

  it('is not taken for done when it has only been started', async () => {
    const run = await play(crawl(), (call, nth, now) =>
      call.action === 'startCrawler' ? {} : crawler(now, nth < 3 ? 'RUNNING' : 'READY', 'SUCCEEDED'),
    );
    expect(run.calls.filter((call) => call === 'glue:getCrawler')).toHaveLength(4);
  });

  it('that is running already is no success: it is waited for and then started', async () => {
    const run = await play(crawl(), (call, nth, now) =>
      call.action === 'startCrawler'
        ? nth === 0
          ? fails('Glue.CrawlerRunningException')
          : {}
        : crawler(now, 'READY', 'SUCCEEDED'),
    );
    expect(run.calls.slice(0, 2)).toEqual(['glue:startCrawler', 'glue:startCrawler']);
    expect(run.status).toBe('SUCCEEDED');
  });

  it('whose crawl failed is no success, though its state is READY', async () => {
    for (const status of ['FAILED', 'CANCELLED']) {
      const run = await play(crawl(), (call, _, now) =>
        call.action === 'startCrawler' ? {} : crawler(now, 'READY', status),
      );
      expect(run.status).toBe('FAILED');
    }
  });

  it('is never called with .sync, which the SDK integrations do not have', () => {
    expect(JSON.stringify(definition(crawl()))).not.toMatch(/aws-sdk:[^"]*\.sync/);
    const sales = pipeline();
    new CustomTask(sales, 'Crawl', { resource: 'arn:aws:states:::aws-sdk:glue:startCrawler.sync', permissions: [] });
    expect(mistakes(sales)).toContain('calls of the AWS SDK never wait');
  });
});

describe('a Glue job', () => {
  it('that exists keeps its own workers, and Python shell gets none', () => {
    const sales = pipeline();
    new GlueJobTask(sales, 'Existing', { jobName: 'nightly' });
    new GlueJobTask(sales, 'Shell', { script: GlueScript.pythonShell(file('a.py', '')) });
    for (const id of ['Existing', 'Shell']) {
      const { Arguments } = stateOf(definition(sales), `${id} run`);
      expect(Arguments).not.toHaveProperty('WorkerType');
      expect(Arguments).not.toHaveProperty('NumberOfWorkers');
    }
    template(sales).hasResourceProperties('AWS::Glue::Job', { MaxCapacity: 0.0625 });
  });

  it('is retried for throttles though its author said nothing', async () => {
    const sales = pipeline({ retry: Retry.none() });
    new GlueJobTask(sales, 'Clean', { jobName: 'nightly' });
    const run = await play(sales, (_, nth) => (nth === 0 ? fails('Glue.ThrottlingException') : { Id: 'jr' }));
    expect(run.status).toBe('SUCCEEDED');
  });

  it('of hundreds needs no policy more: names share their beginning', () => {
    const sales = pipeline();
    const script = GlueScript.pythonShell(file('a.py', ''));
    for (let n = 0; n < 300; n++) new GlueJobTask(sales, `Job${n}`, { script });
    expect([...new Set(allowed(sales)['glue:StartJobRun'])]).toEqual([
      'arn:<AWS::Partition>:glue:eu-west-1:111122223333:job/Demo-Sales-C8F38FD9-*',
    ]);
    template(sales).resourceCountIs('AWS::IAM::ManagedPolicy', 0);
  });
});

describe('a query of Athena', () => {
  it('is not allowed S3 as a whole, nor to make buckets', () => {
    const sales = pipeline();
    new AthenaQueryTask(sales, 'Ask', { sql: Sql.fromString('SELECT 1'), database: 'lake' });
    const rights = allowed(sales);
    expect(rights).not.toHaveProperty('s3:CreateBucket');
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:ListBucket']) expect(rights[action]).not.toContain('*');
  });

  it('that was cancelled does not loop for ever', async () => {
    const sales = pipeline();
    new AthenaQueryTask(sales, 'Ask', { sql: Sql.fromString('SELECT 1'), database: 'lake' });
    const cause = JSON.stringify({ QueryExecutionId: 'q', Status: { State: 'CANCELLED' } });
    const run = await play(sales, () => fails('States.TaskFailed', cause));
    expect([run.status, run.calls.length]).toEqual(['FAILED', 1]);
  });
});

it('what is deployed is the same at every synth', () => {
  const text = () => {
    const sales = serverless(pipeline(), 'Serverless');
    new AthenaQueryTask(sales, 'Ask', { sql: Sql.fromString('SELECT 1'), database: 'lake' });
    new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: 's3://data/' });
    return JSON.stringify(Template.fromStack(Stack.of(sales)).toJSON());
  };
  expect(text()).toBe(text());
});

/** A state by its name, however deep it lies. */
function stateOf(machine: any, name: string): any {
  for (const [id, state] of Object.entries<any>(machine.States)) {
    if (id === name) return state;
    for (const branch of state.Branches ?? []) {
      const found = stateOf(branch, name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
