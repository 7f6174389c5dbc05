import { describe, expect, it } from 'vitest';
import { consoleLink, digest } from '../../lambda/alert/digest';
import { taskIds } from '../../lambda/alert/task-ids';
import { CustomTask, GlueCrawlerTask, type Pipeline } from '../../lib';
import type { Manifest } from '../../lib/compile/manifest';
import { VirtualClock } from '../../lib/local/asl/clock';
import { Interpreter } from '../../lib/local/asl/interpreter';
import { type Json, ServiceError, type TaskCall } from '../../lib/local/engine';
import { RunState } from '../../lib/view/run-state';
import { definition, pipeline } from '../tasks/run-task';

const arn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:demo';

/** A digest of a run of the deployed definition, as the function would read it. */
async function told(sales: Pipeline, call: (call: TaskCall) => unknown, status = 'FAILED') {
  const asl = definition(sales) as Json;
  const clock = new VirtualClock();
  const interpreter = new Interpreter({
    clock,
    services: { call: async (each) => call(each) as Json },
    machines: () => ({ definition: asl, name: 'demo', arn }),
  });
  const run = interpreter.start({ stateMachineArn: arn, name: '2026-03-29T01-30-00Z' });
  await run.done;
  const ids = taskIds(JSON.stringify(asl));
  const tasks = ids.map((id, index) => ({ id, index, kind: '' }));
  const state = new RunState({ tasks } as unknown as Manifest);
  for (const event of run.history) state.add(run.arn, event as never);
  return digest({ pipeline: 'Demo-Sales', executionArn: run.arn, status, state, logicalDate: '2026-03-29T01:30:00Z' });
}

function sales() {
  const made = pipeline();
  const task = (id: string) =>
    new CustomTask(made, id, { resource: 'arn:aws:states:::ecs:runTask.sync', arguments: { id }, permissions: [] });
  const [a, b, c] = [task('Ingest'), task('Clean'), task('Load')];
  a.next(b).next(c);
  task('Other');
  return made;
}

describe('a digest', () => {
  it('names the failed task, its error in plain words, and what did not run', async () => {
    const cause = JSON.stringify({
      Containers: [{ Name: 'Main', ExitCode: 3 }],
      StoppedReason: 'Essential container in task exited',
    });
    const { subject, text } = await told(sales(), (call) => {
      if ((call.arguments as { id: string }).id === 'Clean') throw new ServiceError('States.TaskFailed', cause);
      return {};
    });
    expect(subject).toBe('Demo-Sales failed: Clean');
    expect(text).toBe(
      [
        'Pipeline Demo-Sales failed: 1 of 4 tasks failed.',
        '',
        'Run       2026-03-29T01-30-00Z, logical date 2026-03-29T01:30:00Z',
        'Failed    Clean (States.TaskFailed)',
        '          container Main ended with exit code 3',
        'Not run   Load',
        '',
        'Console   https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:111122223333:execution:demo:2026-03-29T01-30-00Z',
        'Repeat    npx headrace rerun Demo-Sales 2026-03-29T01-30-00Z --failed',
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
    expect(text).toContain(
      'Failed    Crawl (Glue.CrawlFailed)\n          the crawl of Demo-Sales-C8F38FD9-Crawl ended as FAILED: no access',
    );
  });

  it('shows hostile text and shortens a long one', async () => {
    const { subject, text } = await told(sales(), () => {
      throw new ServiceError('Boom\u001b[31m', `\u0007${'x'.repeat(5000)}`);
    });
    expect(text).toContain('Boom\\x1b[31m');
    expect(text).toContain('\\x07xxx');
    expect(text.length).toBeLessThan(6_000);
    expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
  });
});

it.each([
  ['arn:aws-cn:states:cn-north-1:1:execution:a:b', 'https://console.amazonaws.cn/'],
  ['arn:aws-us-gov:states:us-gov-west-1:1:execution:a:b', 'https://console.amazonaws-us-gov.com/'],
])('the link of %s leads to its own console', (execution, host) => {
  expect(consoleLink(execution).startsWith(host)).toBe(true);
});
