// Whole runs of hand-written assemblies: real processes, real files, real servers on loopback.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LocalResult, runLocal } from '../../lib/local/local-run';
import { readRun, taskLogs } from '../../lib/local/record';
import { type AssemblyFixture, folderWith, temporaryFolder, writeAssembly } from './assembly-fixture';

const outcomes = (result: LocalResult) => Object.fromEntries(result.tasks.map((task) => [task.id, task.status]));
const call = (resource: string, fields: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Arguments: fields,
});

const CONNECTOR = {
  Dockerfile:
    'FROM node:20-slim\nWORKDIR /app\nCOPY go.mjs ./\nRUN npm ci\nENV GREETING=hello\nUSER node\nENTRYPOINT ["node", "go.mjs"]\n',
  'go.mjs': `
    console.log(process.env.GREETING, process.env.TOKEN, process.argv[2], process.env.AWS_SECRET_ACCESS_KEY === 'mine');
    if (process.argv[2] === 'bad') { console.error('no such day'); process.exit(3); }
    if (process.argv[2] === 'long') setInterval(() => {}, 1000);`,
};
const CONTAINER: AssemblyFixture['resources'] = {
  Definition: {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: 'connector',
      ContainerDefinitions: [
        {
          Name: 'main',
          Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/assets:image1' },
          Secrets: [{ Name: 'TOKEN', ValueFrom: 'arn:aws:secretsmanager:us-east-1:1:secret:token-AbCdEf' }],
        },
      ],
    },
  },
};
const container = (word: string) =>
  call('ecs:runTask.sync', {
    TaskDefinition: 'connector',
    Overrides: { ContainerOverrides: [{ Name: 'main', Command: [word] }] },
  });

function run(
  fixture: AssemblyFixture,
  options: { store?: string; signal?: AbortSignal; secrets?: string; onStart?: () => void } = {},
): Promise<LocalResult> {
  return runLocal({ store: join(temporaryFolder(), '.headrace'), ...options, assembly: writeAssembly(fixture) });
}

describe('a container', () => {
  const secrets = join(folderWith({ 'secrets.env': 'TOKEN=s3cr3t-value\n' }), 'secrets.env');
  const fixture = (word: string): AssemblyFixture => ({
    images: { image1: folderWith(CONNECTOR) },
    resources: CONTAINER,
    tasks: { Ingest: container(word), After: { Type: 'Pass' } },
  });

  it('runs its entry point with its environment, and its secret stays out of the log', async () => {
    const result = await run(fixture('good'), { secrets });
    expect(result.status).toBe('SUCCEEDED');
    const [log] = taskLogs(result.folder, 'Ingest');
    expect(readFileSync(log!, 'utf8')).toBe('hello *** good false\n');
  });

  it("fails with AWS's JSON, and the reason in plain words", async () => {
    const result = await run(fixture('bad'), { secrets });
    expect(outcomes(result)).toEqual({ Ingest: 'failed', After: 'upstream_failed' });
    const [task] = result.tasks;
    expect(task).toMatchObject({ error: 'States.TaskFailed', reason: 'container main ended with exit code 3' });
    expect(JSON.parse(task!.cause!)).toMatchObject({
      StopCode: 'EssentialContainerExited',
      Containers: [{ Name: 'main', ExitCode: 3 }],
    });
  });

  it('says which line to add where its secret is missing', async () => {
    const result = await run(fixture('good'));
    expect(result.tasks[0]!.reason).toMatch(/needs the secret TOKEN .* add a line TOKEN=value to .*secrets\.env/);
  });

  it('is ended with the run, and the record says so', async () => {
    const stop = new AbortController();
    const running = run(fixture('long'), {
      secrets,
      signal: stop.signal,
      onStart: () => setTimeout(() => stop.abort(), 400),
    });
    const result = await running;
    expect(result.status).toBe('ABORTED');
    expect(outcomes(result)).toEqual({ Ingest: 'aborted', After: 'waiting' });
    expect(readRun(result.folder).execution.status).toBe('ABORTED');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('go.mjs long');
  });
});

describe('a function', () => {
  const fixture = (code: string, files = 'index.js', runtime = 'nodejs20.x'): AssemblyFixture => ({
    files: { 'fn.zip': folderWith({ [files]: code }) },
    resources: {
      Fn: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: 'fn',
          Runtime: runtime,
          Handler: 'index.handler',
          Timeout: 1,
          Code: { S3Bucket: 'b', S3Key: 'fn.zip' },
        },
      },
    },
    tasks: { Call: call('lambda:invoke', { FunctionName: 'fn', Payload: { x: 20 } }) },
  });

  it('answers', async () => {
    const result = await run(
      fixture('exports.handler = async (event, context) => ({ y: event.x + 1, name: context.functionName });'),
    );
    const { events } = readRun(result.folder);
    const output = events.find(({ event }) => event.type === 'TaskSucceeded')?.event.taskSucceededEventDetails?.output;
    expect(JSON.parse(output!)).toMatchObject({ StatusCode: 200, Payload: { y: 21, name: 'fn' } });
  });

  it.each([
    ['throws', "exports.handler = async () => { throw new RangeError('too far'); };", 'RangeError', /too far/],
    [
      'takes too long',
      'exports.handler = () => new Promise(() => setInterval(() => {}, 1000));',
      'Sandbox.Timedout',
      /timed out after 1\.00 seconds/,
    ],
    ['ends its process', 'exports.handler = async () => process.exit(7);', 'Runtime.ExitError', /exit status 7/],
    ['is not there', 'exports.other = 1;', 'Runtime.HandlerNotFound', /index\.handler/],
  ])('that %s is an error of that name', async (_, code, error, reason) => {
    const result = await run(fixture(code));
    expect(result.tasks[0]).toMatchObject({ status: 'failed', error, reason: expect.stringMatching(reason) as string });
  });

  it('in Python answers and fails likewise', async () => {
    const good = await run(
      fixture('def handler(event, context):\n  return {"y": event["x"]}\n', 'index.py', 'python3.12'),
    );
    expect(good.status).toBe('SUCCEEDED');
    const bad = await run(fixture('def handler(event, context):\n  return event["gone"]\n', 'index.py', 'python3.12'));
    expect(bad.tasks[0]).toMatchObject({ error: 'KeyError', reason: "KeyError: 'gone'" });
  });
});

describe('data', () => {
  const put = (key: string, body: string) => call('aws-sdk:s3:putObject', { Bucket: 'lake', Key: key, Body: body });
  const crawl = {
    Type: 'Parallel',
    Branches: [
      {
        StartAt: 'Crawl start',
        States: {
          'Crawl start': { ...call('aws-sdk:glue:startCrawler', { Name: 'crawl' }), Next: 'Crawl wait' },
          'Crawl wait': { Type: 'Wait', Seconds: 20, Next: 'Crawl look' },
          'Crawl look': { ...call('aws-sdk:glue:getCrawler', { Name: 'crawl' }), Next: 'Crawl check' },
          'Crawl check': {
            Type: 'Choice',
            Choices: [
              { Condition: "{% $states.input.Crawler.LastCrawl.Status='SUCCEEDED' %}", Next: 'Crawl done' },
              {
                Condition: "{% $states.input.Crawler.LastCrawl.Status='FAILED' %}",
                Output: '{% $states.input.Crawler.LastCrawl %}',
                Next: 'Crawl failed',
              },
            ],
            Default: 'Crawl wait',
          },
          'Crawl done': { Type: 'Succeed' },
          'Crawl failed': { Type: 'Fail', Error: 'Glue.CrawlFailed', Cause: '{% $states.input.ErrorMessage %}' },
        },
      },
    ],
  };
  const spark = (sql: string) =>
    call('glue:startJobRun.sync', {
      JobName: 'spark',
      Arguments: {
        '--headrace_sql_text': sql,
        '--headrace_database': 'raw',
        '--headrace_target': 's3://lake/out/',
        '--headrace_format': 'parquet',
        '--headrace_mode': 'overwrite',
      },
    });
  const resources: AssemblyFixture['resources'] = {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
    Raw: { Type: 'AWS::Glue::Database', Properties: { DatabaseInput: { Name: 'raw' } } },
    Crawler: {
      Type: 'AWS::Glue::Crawler',
      Properties: { Name: 'crawl', DatabaseName: 'raw', Targets: { S3Targets: [{ Path: 's3://lake/raw/' }] } },
    },
    Job: {
      Type: 'AWS::Glue::Job',
      Properties: { Name: 'spark', Command: { Name: 'glueetl', ScriptLocation: 's3://x/y.py' } },
    },
  };
  const orders = 'id,price\n1,1.5\n2,2.5\n';
  // A second, unlike folder: with one alone the crawler takes the whole path for a table.
  const Cities = put('raw/cities/c.csv', 'code,name\n1,Rome\n2,Oslo\n');

  it('is crawled and turned into Parquet, and a polling wait ends with the crawl', async () => {
    const result = await run({
      resources,
      tasks: {
        Put: put('raw/orders/day=2024-01-01/a.csv', orders),
        Put2: put('raw/orders/day=2024-01-02/a.csv', orders),
        Cities,
        Crawl: crawl,
        Spark: spark('SELECT day, sum(price) AS total FROM orders GROUP BY day'),
      },
    });
    expect(result.tasks.map((task) => task.reason)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(result.tasks[3]!.end! - result.tasks[3]!.start!).toBeLessThan(10_000);
    expect(readdirSync(join(result.store, 'us-east-1', 's3', 'lake', 'out'))).toEqual([
      expect.stringMatching(/^part-00000-.*\.snappy\.parquet$/),
    ]);
  });

  it('that is bad fails the task, names file and row, and leaves the files of before', async () => {
    const store = join(temporaryFolder(), '.headrace');
    const tasks = {
      Put: put('raw/orders/a.csv', orders),
      Cities,
      Crawl: crawl,
      Spark: spark('SELECT sum(price) AS total FROM orders'),
    };
    await run({ resources, tasks }, { store });
    const out = join(store, 'us-east-1', 's3', 'lake', 'out');
    const before = readdirSync(out);
    const broken = await run(
      {
        resources,
        tasks: {
          Put: put('raw/orders/a.csv', 'id,price\n1,1.5\n2,cheap\n'),
          Spark: spark('SELECT sum(price) AS total FROM orders'),
        },
      },
      { store },
    );
    expect(outcomes(broken)).toEqual({ Put: 'succeeded', Spark: 'failed' });
    expect(broken.tasks[1]!.reason).toMatch(/s3:\/\/lake\/raw\/orders\/a\.csv/);
    expect(broken.tasks[1]!.reason).toMatch(/cheap/);
    expect(broken.tasks[1]!.reason).toMatch(/line:? 3/i);
    expect(readdirSync(out)).toEqual(before);
  });

  it('that a crawl cannot read names the file', async () => {
    const result = await run({ resources, tasks: { Put: put('raw/orders/a.json', '{"a":1}\n{"a":\n'), Crawl: crawl } });
    expect(result.tasks[1]).toMatchObject({
      status: 'failed',
      error: 'Glue.CrawlFailed',
      reason: expect.stringMatching(/^s3:\/\/lake\/raw\/orders\/a\.json line 2: not JSON/) as string,
    });
  });
});

it('an unknown service is an error that names it', async () => {
  const result = await run({ tasks: { Mail: call('aws-sdk:sesv2:sendEmail', {}) } });
  expect(result.tasks[0]).toMatchObject({
    error: 'Headrace.NotLocal',
    reason: expect.stringMatching(/arn:aws:states:::aws-sdk:sesv2:sendEmail has no stand-in/) as string,
  });
});

it('a failed run reaches the targets of the rules, and a failing target changes nothing', async () => {
  const fixture: AssemblyFixture = {
    resources: {
      Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'oncall' } },
      Mail: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'a@example.com' },
      },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.states'], detail: { status: ['FAILED'] } },
          Targets: [
            { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:gone' },
            {
              Arn: { Ref: 'Topic' },
              InputTransformer: { InputPathsMap: { n: '$.detail.name' }, InputTemplate: '"run <n> failed"' },
            },
          ],
        },
      },
    },
    tasks: { Mail: call('aws-sdk:sesv2:sendEmail', {}) },
  };
  const result = await run(fixture);
  expect(result.status).toBe('FAILED');
  expect(result.alerts).toEqual([`oncall (to email a@example.com: not sent from here)\nrun ${result.runId} failed`]);
  expect(existsSync(join(result.folder, 'alerts.jsonl'))).toBe(true);
});

it('two runs at once on one store keep their records apart', async () => {
  const store = join(temporaryFolder(), '.headrace');
  const tasks = { A: { Type: 'Pass' }, B: { Type: 'Wait', Seconds: 1 } };
  const results = await Promise.all([run({ tasks }, { store }), run({ tasks }, { store }), run({ tasks }, { store })]);
  expect(new Set(results.map((result) => result.runId)).size).toBe(3);
  for (const result of results) {
    const { execution, events } = readRun(result.folder);
    expect(execution.status).toBe('SUCCEEDED');
    expect(events.map(({ event }) => event.id)).toEqual(events.map((_, i) => i + 1));
  }
});
