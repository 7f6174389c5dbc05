import { gzipSync } from 'node:zlib';
import { App, Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  Alert,
  AlertEvent,
  CustomTask,
  Param,
  Pipeline,
  type PipelineProps,
  Retry,
  Task,
  type TaskSpec,
} from '../../lib';
import { TEST_SOURCE } from '../../lib/compile/alert-request';
import { ACCOUNT, DeployedAlerts, type Letter, REGION } from './deployed-alerts';

Object.assign(process.env, {
  AWS_ENDPOINT_URL: inject('operateUrl'),
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
});

beforeAll(() => new SQSClient({}).send(new CreateQueueCommand({ QueueName: 'nobody' })));

let number = 0;

/** Each gets a name of its own: the server keeps what earlier tests made. */
async function deployed(tasks: (pipeline: Pipeline) => void, props: PipelineProps = {}): Promise<DeployedAlerts> {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, `Alerting${process.pid}x${number++}`, { env: { account: ACCOUNT, region: REGION } });
  const pipeline = new Pipeline(stack, 'Sales', {
    alerts: [Alert.email('a@example.com')],
    retry: Retry.none(),
    ...props,
  });
  tasks(pipeline);
  return DeployedAlerts.deploy(pipeline);
}

/** Reads an object that is not there, or asks a service that is. */
function task(pipeline: Pipeline, id: string, fails: boolean): CustomTask {
  return new CustomTask(pipeline, id, {
    resource: fails ? 'arn:aws:states:::aws-sdk:s3:getObject' : 'arn:aws:states:::aws-sdk:s3:listBuckets',
    arguments: fails ? { Bucket: 'no-such-bucket', Key: 'k' } : {},
    permissions: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::no-such-bucket/*'] })],
  });
}

function failing(pipeline: Pipeline): void {
  const [ingest, clean, load] = [
    task(pipeline, 'Ingest', false),
    task(pipeline, 'Clean', true),
    task(pipeline, 'Load', false),
  ];
  ingest.next(clean).next(load);
  task(pipeline, 'Other', false);
}

/** What differs from one run of the tests to the next. */
function steady({ subject, text }: Letter): Letter {
  const plain = (given: string) =>
    given
      .replace(/Alerting\d+x\d+/g, 'Prod')
      .replace(/Prod-Sales-[0-9A-F]{8}/g, 'Prod-Sales-ID')
      .replace(/Request ID: [^,)]+/g, 'Request ID: x');
  return { subject: plain(subject), text: plain(text) };
}

const subjects = (letters: readonly Letter[]) => letters.map((letter) => steady(letter).subject).sort();

describe('a run that fails', () => {
  let sales: DeployedAlerts;
  let letters: Letter[];
  let arn: string;

  beforeAll(async () => {
    sales = await deployed(failing);
    arn = await sales.run('2026-11-01', { logicalDate: '2026-11-01T02:30:00Z' });
    letters = await sales.pump();
  });

  it('sends one message for its failed task and one at its end, no more', () => {
    expect(subjects(letters)).toEqual(['Prod-Sales failed: Clean', 'Prod-Sales: task Clean failed']);
    expect(sales.faults).toEqual([]);
  });

  it('says what happened, what did not run and what to do', () => {
    expect(letters.map(steady).sort((a, b) => (a.subject < b.subject ? -1 : 1))).toMatchSnapshot();
  });

  it('sends nothing again when every event comes a second time, in another order', async () => {
    const source = sales.facts;
    await sales.tell({ kind: 'run', source, executionArn: arn, status: 'FAILED' });
    await sales.tell({ kind: 'task', source, executionArn: arn, task: 'Clean' });
    await sales.tell({ kind: 'run', source, executionArn: arn, status: 'RUNNING' });
    expect(await sales.pump()).toEqual([]);
  });

  it('is told by the alarm if no event came, and then not by the event that comes late', async () => {
    const lost = await sales.run('2026-11-02');
    const late = await sales.takeNews();
    expect(late.length).toBeGreaterThan(0);
    await sales.tell(sales.alarm);
    expect((await sales.pump()).map(({ text }) => text.includes('Run       2026-11-02'))).toEqual([true]);
    await sales.tell({ kind: 'run', source: sales.facts, executionArn: lost, status: 'FAILED' });
    expect(await sales.pump()).toEqual([]);
  });

  it("is nobody's news any more when an alarm comes two hours later", async () => {
    await sales.run('2026-11-04');
    await sales.takeNews();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
    try {
      await sales.tell(sales.alarm);
    } finally {
      vi.useRealTimers();
    }
    expect(await sales.pump()).toEqual([]);
    await sales.tell(sales.alarm);
    expect((await sales.pump()).map(({ text }) => text.includes('Run       2026-11-04'))).toEqual([true]);
  });

  it('is told once when the function crashes in the middle and is called again', async () => {
    const run = await sales.run('2026-11-03');
    await sales.takeNews();
    const news = { kind: 'run', source: sales.facts, executionArn: run, status: 'FAILED' };
    process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'] = 'http://127.0.0.1:1';
    process.env['AWS_MAX_ATTEMPTS'] = '1';
    const { handler } = await freshFunction();
    try {
      await expect(handler(news as never)).rejects.toThrow();
    } finally {
      delete process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'];
      delete process.env['AWS_MAX_ATTEMPTS'];
      vi.resetModules();
    }
    await sales.tell(news);
    await sales.tell(news);
    expect(subjects(await sales.pump())).toEqual(['Prod-Sales failed: Clean']);
  });
});

/** As Lambda starts it: with the environment of now. */
async function freshFunction(): Promise<typeof import('../../lambda/alert/index.js')> {
  vi.resetModules();
  return import('../../lambda/alert/index.js');
}

/** Fails with what it was given in its words. */
class Login extends Task {
  toSpec(): TaskSpec {
    const Cause = `login with ${this.pipeline.run.param('token')} was refused`;
    return { kind: 'Login', startAt: 'refused', states: { refused: { Type: 'Fail', Error: 'Login.Refused', Cause } } };
  }
}

describe('a run with a secret param', () => {
  it('is told without it', async () => {
    const params = { token: Param.string({ secret: true }) };
    const sales = await deployed((pipeline) => void new Login(pipeline, 'Login'), { params });
    await sales.run('2026-11-01', { params: { token: 'p"a\\ss 73501' } });
    const letters = await sales.pump();
    expect(letters.map(({ text }) => text.includes('login with *** was refused'))).toEqual([true, true]);
    expect(letters.filter((letter) => JSON.stringify(letter).includes('73501'))).toEqual([]);
    expect(sales.faults).toEqual([]);
  });
});

describe('a run that ends in another way', () => {
  it('was stopped by somebody', async () => {
    const sales = await deployed((pipeline) => slow(pipeline));
    const run = await sales.run('2026-11-01', {}, false);
    await sales.reached(run, 'Wait');
    await sales.stop(run);
    // The emulator sends no event of a run that was stopped; AWS does.
    await sales.tell({ kind: 'run', source: sales.facts, executionArn: run, status: 'ABORTED' });
    const letters = await sales.pump();
    expect(subjects(letters)).toEqual(['Prod-Sales was stopped']);
    expect(letters[0]!.text).toContain('Stopped   Wait\nNot run   After');
  });

  it('took too long', async () => {
    const sales = await deployed((pipeline) => slow(pipeline), { timeout: Duration.seconds(3) });
    await sales.run('2026-11-01');
    expect(subjects(await sales.pump())).toEqual(['Prod-Sales timed out']);
  });

  it('succeeded: that is told only after one that did not, and once', async () => {
    const sales = await deployed(
      (pipeline) =>
        new CustomTask(pipeline, 'Read', {
          resource: 'arn:aws:states:::aws-sdk:s3:headBucket',
          arguments: { Bucket: pipeline.run.param('bucket') },
          permissions: [],
        }),
      { params: { bucket: Param.string({ default: 'alerting-bucket' }) } },
    );
    await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'alerting-bucket' }));
    const told = async (name: string, bucket: string) => {
      await sales.run(name, { params: { bucket } });
      return subjects(await sales.pump());
    };
    expect(await told('1', 'alerting-bucket')).toEqual([]);
    expect(await told('2', 'no-such-bucket')).toEqual(['Prod-Sales failed: Read', 'Prod-Sales: task Read failed']);
    expect(await told('3', 'alerting-bucket')).toEqual(['Prod-Sales works again']);
    expect(await told('4', 'alerting-bucket')).toEqual([]);
  });
});

describe('a storm', () => {
  it('is told ten times and then once, with the number of failures', async () => {
    const sales = await deployed((pipeline) => {
      for (let i = 0; i < 30; i++) task(pipeline, `T${i}`, true);
    });
    await sales.run('2026-11-01');
    const letters = await sales.pump();
    expect(letters).toHaveLength(11);
    const digest = letters.find(({ subject }) => steady({ subject, text: '' }).subject.startsWith('Prod-Sales failed'));
    expect(digest!.text).toContain('30 tasks failed');
    expect(digest!.text).toContain('and 5 more');
    expect(letters.filter(({ text }) => text.includes('those after them are told in one message'))).toHaveLength(1);
  });
});

describe('a broken way out', () => {
  it('changes nothing about the run', async () => {
    const sales = await deployed(failing);
    await sales.deleteTopics();
    const run = await sales.run('2026-11-01');
    expect(await sales.pump()).toEqual([]);
    expect(sales.faults).toHaveLength(2);
    expect(await sales.status(run)).toBe('FAILED');
  });
});

describe('a pipeline that is watched', () => {
  it('has a run that is late', async () => {
    const sales = await deployed((pipeline) => slow(pipeline), { expectDuration: Duration.minutes(1) });
    const run = await sales.run('2026-11-01', {}, false);
    const check = { kind: 'late', source: sales.facts, executionArn: run, expectedSeconds: 60 };
    await sales.tell(check);
    await sales.tell(check);
    const [letter, ...more] = (await sales.pump()).map(steady);
    expect(more).toEqual([]);
    expect(letter!.subject).toMatch(/^Prod-Sales is late: running for .*, expected 1 min 00 s$/);
    await sales.stop(run);
    await sales.pump();
    await sales.tell(check);
    expect(await sales.pump()).toEqual([]);
  });

  it('has no successful run for too long, which is told again after as long', async () => {
    const sales = await deployed(failing, { expectSuccessEvery: Duration.hours(1) });
    const look = { kind: 'missed', source: sales.facts, expectedSeconds: 3600 };
    /** Looks twice, so many hours after the deployment. */
    const told = async (hours: number) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
      try {
        await sales.tell(look);
        await sales.tell(look);
      } finally {
        vi.useRealTimers();
      }
      return subjects(await sales.pump());
    };
    expect(await told(0.5)).toEqual([]);
    expect(await told(1.5)).toEqual([expect.stringMatching(/^Prod-Sales has no successful run since 1 h 30 min$/)]);
    expect(await told(1.7)).toEqual([]);
    expect(await told(2.5)).toHaveLength(1);
  });

  it('has an attempt that failed and is repeated', async () => {
    const sales = await deployed((pipeline) => task(pipeline, 'Clean', true), {
      alerts: [Alert.email('a@example.com').on(AlertEvent.RETRYING)],
      retry: Retry.times(3, { interval: Duration.minutes(10) }),
    });
    const run = await sales.run('2026-11-01', {}, false);
    const id = await sales.reachedEvent(run, 'TaskFailed');
    const message = JSON.stringify({ id: String(id), type: 'TaskFailed', execution_arn: run });
    const log = { awslogs: { data: gzipSync(JSON.stringify({ logEvents: [{ message }] })).toString('base64') } };
    await sales.tell(log);
    await sales.tell(log);
    const letters = (await sales.pump()).map(steady);
    expect(letters.map(({ subject }) => subject)).toEqual(['Prod-Sales: task Clean is repeated']);
    expect(letters[0]!.text).toContain('Failed    Clean (S3.NoSuchBucketException)');
    await sales.stop(run);
    await sales.tell(log);
    expect(await sales.pump()).toEqual([]);
  });

  it('sends a sample when it is asked for', async () => {
    const sales = await deployed(failing);
    await new EventBridgeClient({}).send(
      new PutEventsCommand({
        Entries: [
          { Source: TEST_SOURCE, DetailType: 'test', Detail: JSON.stringify({ pipeline: sales.facts.pipeline }) },
        ],
      }),
    );
    expect(subjects(await sales.pump())).toEqual(['Prod-Sales: this is a test']);
  });
});

function slow(pipeline: Pipeline): void {
  const wait = new CustomTask(pipeline, 'Wait', {
    resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    arguments: {
      QueueUrl: inject('operateUrl') + '/000000000000/nobody',
      MessageBody: '{% $states.context.Task.Token %}',
    },
    permissions: [],
  });
  task(pipeline, 'After', false).after(wait);
}
