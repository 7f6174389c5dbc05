import { describe, expect, it } from 'vitest';
import { taskLog } from '../../lambda/alert/task-log';
import { metricLines } from '../../lambda/alert/metrics';
import { usualLimit } from '../../lambda/alert/late';
import { AlertEvent, Alert, CustomTask, GlueCrawlerTask, type Pipeline } from '../../lib';
import { manifestOfComments } from '../../lib/compile/manifest-comment';
import { VirtualClock } from '../../lib/local/asl/clock';
import { Interpreter } from '../../lib/local/asl/interpreter';
import { type Json, ServiceError, type TaskCall } from '../../lib/local/engine';
import { runFacts } from '../../lib/view/alert-facts';
import { alertMessage } from '../../lib/view/alert-message';
import { RunState } from '../../lib/view/run-state';
import { definition, pipeline } from '../tasks/run-task';

const arn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:demo';
const source = { pipeline: 'Demo-Sales', environment: 'Demo', stateMachineArn: arn };

/** A run of the deployed definition, as the function reads it. */
async function ran(sales: Pipeline, call: (call: TaskCall) => unknown) {
  const asl = definition(sales) as Json & { Comment: string };
  const clock = new VirtualClock();
  const interpreter = new Interpreter({
    clock,
    services: { call: async (each) => call(each) as Json },
    machines: () => ({ definition: asl, name: 'demo', arn }),
  });
  const run = interpreter.start({ stateMachineArn: arn, name: '2026-03-29T01-30-00Z' });
  await run.done;
  const { machines } = JSON.parse(asl.Comment) as { machines: [string] };
  const state = new RunState(manifestOfComments(new Map([[machines[0], asl.Comment]])));
  for (const event of run.history) state.add(run.arn, event as never);
  const events = run.history.map((event) => ({ executionArn: run.arn, event: event as never }));
  return { executionArn: run.arn, state, events };
}

async function told(sales: Pipeline, call: (call: TaskCall) => unknown, status = 'FAILED', task?: string) {
  const facts = runFacts({
    ...(await ran(sales, call)),
    source,
    event: task === undefined ? 'run_failed' : 'task_failed',
    status,
    time: '2026-03-29T01:31:00.000Z',
    logicalDate: '2026-03-29T01:30:00Z',
    ...(task !== undefined && { task }),
  });
  return { facts, ...alertMessage(facts) };
}

function sales(props: Parameters<typeof pipeline>[0] = {}) {
  const made = pipeline(props);
  const task = (id: string) =>
    new CustomTask(made, id, { resource: 'arn:aws:states:::ecs:runTask.sync', arguments: { id }, permissions: [] });
  const [a, b, c] = [task('Ingest'), task('Clean'), task('Load')];
  a.next(b).next(c);
  task('Other');
  return made;
}

const exit3 = JSON.stringify({
  Containers: [{ Name: 'Main', ExitCode: 3 }],
  StoppedReason: 'Essential container in task exited',
  TaskArn: 'arn:aws:ecs:eu-west-1:111122223333:task/data/0123abcd',
});
const cleanFails = (call: TaskCall) => {
  if ((call.arguments as { id: string }).id === 'Clean') throw new ServiceError('States.TaskFailed', exit3);
  return {};
};

describe('the message of a failed run', () => {
  it('names the failed task, its error in plain words, and what did not run', async () => {
    const { subject, text } = await told(sales(), cleanFails);
    expect(subject).toBe('Demo-Sales failed: Clean');
    expect(text).toBe(
      [
        'Pipeline Demo-Sales failed: 1 task failed.',
        '',
        'Run       2026-03-29T01-30-00Z, logical date 2026-03-29T01:30:00Z',
        'Where     Demo, account 111122223333, eu-west-1',
        'Failed    Clean (States.TaskFailed)',
        '          container Main ended with exit code 3',
        'Not run   Load',
        '',
        'Console   https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:111122223333:execution:demo:2026-03-29T01-30-00Z',
        'Repeat    npx headrace rerun Demo-Sales 2026-03-29T01-30-00Z --failed --region eu-west-1',
      ].join('\n'),
    );
  });

  it('reads a task of several states too', async () => {
    const made = pipeline();
    new GlueCrawlerTask(made, 'Crawl', { database: 'raw', path: 's3://data/' });
    const { text } = await told(made, (call) =>
      call.action === 'getCrawler'
        ? {
            Crawler: {
              State: 'READY',
              LastCrawl: { Status: 'FAILED', StartTime: '2030-01-01T00:00:00Z', ErrorMessage: 'no access' },
            },
          }
        : {},
    );
    expect(text).toContain('Failed    Crawl (Glue.CrawlFailed)\n          the crawl of ');
    expect(text).toContain('ended as FAILED: no access');
  });

  it('shows hostile text and shortens a long one, its end kept', async () => {
    const { subject, text } = await told(sales(), () => {
      throw new ServiceError('Boom\u001b[31m', `\u0007${'x'.repeat(5000)} the last word`);
    });
    expect(text).toContain('Boom\\x1b[31m');
    expect(text).toContain('\\x07xxx');
    expect(text).toContain('the last word');
    expect(text.length).toBeLessThan(6_000);
    expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
  });
});

describe('the message of a failed task', () => {
  const events = [Alert.email('a@example.com').on(AlertEvent.TASK_FAILED)];

  it('is sent for by the machine, and tells of that task alone', async () => {
    const put: unknown[] = [];
    const made = sales({ alerts: events });
    const { subject, text } = await told(
      made,
      (call) => {
        if (call.action !== 'putEvents') return cleanFails(call);
        put.push(call.arguments);
        return {};
      },
      'RUNNING',
      'Clean',
    );
    expect(put).toEqual([
      {
        Entries: [
          {
            Source: 'headrace.task',
            DetailType: 'task_failed',
            Detail: {
              pipeline: 'Demo-Sales',
              run: 'arn:aws:states:eu-west-1:111122223333:execution:demo:2026-03-29T01-30-00Z',
              task: 'Clean',
            },
          },
        ],
      },
    ]);
    expect(subject).toBe('Demo-Sales: task Clean failed');
    expect(text).toContain('task Clean failed. Tasks that do not depend on it go on.');
    expect(text).toContain('Not run   Load\n');
  });

  it('holds nothing up when the bus does not take it: the run ends the same way', async () => {
    const outcomes = async (bus: () => unknown) => {
      const { state } = await ran(sales({ alerts: events }), (call) =>
        call.action === 'putEvents' ? bus() : cleanFails(call),
      );
      return { status: state.status, tasks: state.tasks().map(({ id, status }) => [id, status]) };
    };
    const broken = await outcomes(() => {
      throw new ServiceError('EventBridge.AccessDenied', 'no');
    });
    expect(broken).toEqual(await outcomes(() => ({})));
    expect(broken.status).toBe('FAILED');
    expect(broken.tasks).toContainEqual(['Other', 'succeeded']);
  });
});

describe('the log of a failed task', () => {
  const run = 'arn:aws:states:eu-west-1:111122223333:execution:demo:x';
  const view = (id: string, kind: string, cause: string) =>
    ({ id, kind, cause, index: 0, status: 'failed', kept: false, attempts: 1 }) as const;

  it.each([
    [view('Clean', 'FargateTask', exit3), '/$252Fheadrace$252Fdemo/log-events/Clean$252FMain$252F0123abcd'],
    [
      view('Glue', 'GlueJobTask', 'run jr_1a2b of job x ended as FAILED: no'),
      '/$252Faws-glue$252Fjobs$252Ferror/log-events/jr_1a2b',
    ],
    [view('Fn', 'LambdaTask', '{"errorMessage":"no"}'), '/$252Fheadrace$252Fdemo$252FFn'],
  ])('is linked to: %#', (task, ending) => {
    const link = taskLog(run, task);
    expect(link).toBe(
      `https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group${ending}`,
    );
  });

  it('is left out where nothing tells it', () => {
    expect(taskLog(run, view('Q', 'RedshiftQueryTask', 'no such table'))).toBeUndefined();
  });
});

describe('a run is late', () => {
  it.each([
    [[60, 60, 60, 60], undefined],
    [[60, 60, 60, 60, 60], 660],
    [[3600, 3600, 3600, 3600, 3700], 10_800],
    [[600, 600, 600, 600, 600, 600, 5000, 5000], 7500],
  ])('after runs of %j seconds: after %s', (seconds, expected) => {
    expect(usualLimit(seconds)).toBe(expected);
  });
});

it('figures of a run are lines in the embedded metric format', async () => {
  const run = await ran(sales(), cleanFails);
  const lines = metricLines(source, 'FAILED', { ...run, status: 'FAILED' }, 1_000) as {
    [key: string]: unknown;
  }[];
  expect(lines.map(({ Task }) => Task)).toEqual([undefined, 'Clean', 'Ingest', 'Other']);
  expect(lines[0]).toMatchObject({ Pipeline: 'Demo-Sales', RunsFailed: 1, Transitions: 12 });
  expect(lines[1]).toMatchObject({
    TaskFailures: 1,
    _aws: { CloudWatchMetrics: [{ Namespace: 'Headrace', Dimensions: [['Pipeline', 'Task']] }] },
  });
});
