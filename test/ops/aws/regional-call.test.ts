import { describe, expect, it } from 'vitest';
import { passedOn } from '../../../lib/ops/aws/regional-call';
import { idOf } from '../../../lib/ops/aws/started-work';
import { callOf, type StartedWork } from '../../../lib/ops/aws/started-work';
import { mayGoOn } from '../../../lib/ops/aws/stop-work';

const start = new Date('2026-11-01T02:30:00Z');
const work = (more: Partial<StartedWork>): StartedWork => ({
  task: 'T',
  attempt: 1,
  service: 'lambda',
  action: 'invoke',
  parameters: {},
  start,
  ...more,
});

describe('a call in another region', () => {
  const crawl = work({
    parameters: {
      FunctionName: 'regional',
      Payload: { region: 'us-west-2', service: 'glue', action: 'startCrawler', parameters: { Name: 'c' } },
    },
    result: { StatusCode: 200, Payload: { CrawlerRun: '1' } },
    end: start,
  });

  it('is the call that the function passed on, there', () => {
    const passed = passedOn(crawl);
    expect([callOf(passed), passed.region, passed.parameters, passed.result]).toEqual([
      'glue:startCrawler',
      'us-west-2',
      { Name: 'c' },
      { CrawlerRun: '1' },
    ]);
  });

  it.each([
    ['of a function whose event only looks alike', { Payload: { region: 'us-west-2', service: 'glue' } }],
    ['of a function with an event of text', { Payload: 'glue' }],
  ])('is not that %s', (_, parameters) => {
    const call = work({ parameters });
    expect(passedOn(call)).toBe(call);
  });
});

describe('what a service calls the thing', () => {
  it('stands in its answer to the start before what it said in the end, also one level deeper', () => {
    expect(idOf(work({ answer: { JobRunId: 'a' }, result: { Id: 'b' } }), 'JobRunId', 'Id')).toBe('a');
    expect(idOf(work({ result: { JobRun: { JobRunId: 'c' } } }), 'JobRunId')).toBe('c');
    expect(idOf(work({ answer: {} }), 'JobRunId')).toBeUndefined();
  });
});

describe('what may go on when its execution has ended', () => {
  it.each([
    [true, 'a job that is waited for', { service: 'glue', action: 'startJobRun.sync' }],
    [false, 'a job that has ended', { service: 'glue', action: 'startJobRun.sync', end: start }],
    [false, 'a run that has ended', { service: 'states', action: 'startExecution.sync:2', end: start }],
    [true, 'a crawler, whose start was over at once', { service: 'aws-sdk:glue', action: 'startCrawler', end: start }],
    [false, 'a crawler that others had started', { action: 'startCrawler', end: start, refused: true }],
    [true, 'a function that is asked', { action: 'invoke.waitForTaskToken' }],
    [false, 'a function that has handed its token on', { action: 'invoke.waitForTaskToken', answer: { Payload: {} } }],
  ] as const)('%s: %s', (expected, _, more) => {
    expect(mayGoOn(work(more))).toBe(expected);
  });
});
