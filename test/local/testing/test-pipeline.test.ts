// The test kit on real apps: fakes of every shape, failures, what a run leaves out, the frozen clock, and errors of the test itself.

import { App, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Condition, CustomTask, LambdaTask, Param, Pipeline, Retry, TriggerRule } from 'headrace';
import { fail, type PipelineTest, real, skip, testPipeline } from 'headrace/testing';
import { folderWith } from '../assembly-fixture';

const jobs = folderWith({
  'double.mjs': 'export const handler = async ({ n }) => ({ n: n * 2, "and": "word" });\n',
  'slow.mjs': 'export const handler = () => new Promise((done) => setTimeout(() => done({}), 300));\n',
});

/** Fetch -> Double -> Report, and Wait of an hour beside them. */
function pipeline(
  change: (pipeline: Pipeline, first: LambdaTask, second: LambdaTask) => void = () => undefined,
): Pipeline {
  const made = new Pipeline(new Stack(new App(), 'S'), 'P', { params: { n: Param.number({ default: 3 }) } });
  const first = new LambdaTask(made, 'Fetch', {
    code: `${jobs}/double.mjs`,
    payload: { n: made.run.param('n'), day: made.run.date },
    retry: Retry.times(2, { interval: Duration.minutes(10), backoffRate: 1 }),
  });
  const second = new LambdaTask(made, 'Double', { code: `${jobs}/double.mjs`, payload: { n: first.output('n') } });
  const last = new CustomTask(made, 'Report', {
    resource: 'arn:aws:states:::sqs:sendMessage',
    arguments: { QueueUrl: 'q', MessageBody: { n: second.output('n'), word: second.output('and') } },
    permissions: [],
    outputs: "{'id':$states.result.MessageId,'sum':$sum([1..3])}",
    triggerRule: TriggerRule.ALL_SUCCESS,
  });
  change(made, first, second);
  last.after(second);
  return made;
}

const test = (options: PipelineTest, change?: Parameters<typeof pipeline>[0]) =>
  testPipeline(pipeline(change), options);

describe('fakes', () => {
  it('give outputs to what really runs, and get what they would have been given', async () => {
    const run = await test({
      date: '2024-02-29',
      params: { n: 5 },
      fakes: {
        Fetch: ({ n, day }: { n: number; day: string }) => ({ n: n + day.length }),
        Report: (input, { task, attempt }) => ({ sent: input.MessageBody, task, attempt }),
      },
    });
    expect(run.outcomes).toEqual({ Fetch: 'succeeded', Double: 'succeeded', Report: 'succeeded' });
    expect(run.outputs).toEqual({
      Fetch: { n: 15 },
      Double: { n: 30, and: 'word' },
      Report: { sent: { n: 30, word: 'word' }, task: 'Report', attempt: 1 },
    });
    expect(run.order).toEqual(['Fetch', 'Double', 'Report']);
    expect(run.calls.map(({ task, resource }) => `${task} ${resource}`)).toEqual([
      'Fetch fake',
      'Double lambda:invoke',
      'Report fake',
    ]);
  });

  it('fail as often as they say, and the pauses take no time', async () => {
    const before = Date.now();
    const run = await test({
      fakes: { '*': { n: 1, and: 2 }, Fetch: [fail('My.Error', 'first'), fail(), { n: 2 }] },
    });
    expect(run.attempts).toEqual({ Fetch: 3, Double: 1, Report: 1 });
    expect(run.succeeded).toBe(true);
    expect(run.seconds).toBe(600); // two pauses of ten minutes, jitter halved
    expect(Date.now() - before).toBeLessThan(10_000);
  });

  it('fail for good, with their own words', async () => {
    const run = await test({ fakes: { '*': { n: 1, and: 2 }, Double: fail('My.Error', 'no such thing') } });
    expect(run.outcomes).toEqual({ Fetch: 'succeeded', Double: 'failed', Report: 'upstream_failed' });
    expect(run.task('Double')).toMatchObject({ error: 'My.Error', reason: 'no such thing' });
    expect(run).toMatchObject({ status: 'FAILED', error: 'Headrace.TasksFailed', cause: 'Double' });
    expect(String(run)).toMatch(/Double .*failed/);
  });

  it('skip', async () => {
    const run = await test({ fakes: { '*': { n: 1, and: 2 }, Fetch: skip() } });
    expect(run.outcomes).toEqual({ Fetch: 'skipped', Double: 'skipped', Report: 'skipped' });
    expect(run.succeeded).toBe(true);
  });

  it('leave conditions as they are', async () => {
    const conditional = (value: number) =>
      test({ fakes: { '*': { n: value, and: 2 } } }, (made, first, second) => {
        const extra = new LambdaTask(made, 'Extra', {
          code: `${jobs}/double.mjs`,
          runIf: Condition.isGreaterThan(first.output('n'), 10),
        });
        new LambdaTask(made, 'Reader', { code: `${jobs}/double.mjs`, payload: { n: extra.output('n') } }).after(second);
      });
    expect((await conditional(11)).outcomes).toMatchObject({ Extra: 'succeeded', Reader: 'succeeded' });
    expect((await conditional(9)).outcomes).toMatchObject({ Extra: 'skipped', Reader: 'skipped' });
  });

  it('stand in for outputs that an expression makes', async () => {
    const run = await test({ fakes: { '*': { n: 1, and: 2 }, Report: { id: 'x;}', sum: 7 } } }, (made) => {
      const report = made.node.findChild('Report') as CustomTask;
      new LambdaTask(made, 'After', {
        code: `${jobs}/double.mjs`,
        payload: { id: report.output('id'), n: report.output('sum') },
      });
    });
    expect(run.calls.at(-1)).toMatchObject({ task: 'After', arguments: { Payload: { id: 'x;}', n: 7 } } });
  });
});

describe('one task', () => {
  it('runs with the outputs that fakes of the others tell', async () => {
    const run = await test({ only: 'Double', fakes: { Fetch: { n: 21 } } });
    expect(run.order).toEqual(['Double']);
    expect(run.calls[0]!.arguments).toMatchObject({ Payload: { n: 21 } });
    const [call] = run.calls;
    expect(call).toMatchObject({ resource: 'lambda:invoke', attempt: 1 });
  });

  it('does not run where a fake of the others has failed', async () => {
    const run = await test({ from: ['Double'], fakes: { Fetch: fail(), Report: {} } });
    expect(run.outcomes).toEqual({ Fetch: 'failed', Double: 'upstream_failed', Report: 'upstream_failed' });
  });
});

describe('the clock', () => {
  const fakes = { '*': { n: 1, and: 2 } };

  it('stands where it is told to', async () => {
    const run = await test({ clock: '2030-05-06T07:08:09Z', fakes });
    expect(run.calls[0]!.arguments).toMatchObject({ Payload: { day: '2030-05-06' } });
    expect(run.task('Report').start).toBe(Date.UTC(2030, 4, 6, 7, 8, 9));
  });

  it('stands still while a process works, so nothing times out', async () => {
    const run = await test({ fakes: { ...fakes, Slow: real, Other: real } }, (made) => {
      const slow = new LambdaTask(made, 'Slow', { code: `${jobs}/slow.mjs`, timeout: Duration.seconds(5) });
      new LambdaTask(made, 'Other', { code: `${jobs}/slow.mjs` }).after(slow);
    });
    expect(run.outcomes).toMatchObject({ Slow: 'succeeded', Other: 'succeeded' });
    expect(run.calls.filter(({ resource }) => resource === 'lambda:invoke')).toHaveLength(2);
    expect(run.seconds).toBe(0);
  });

  it('can be the real one', async () => {
    const run = await test({ clock: 'real', fakes });
    expect(Math.abs(run.task('Fetch').start! - Date.now())).toBeLessThan(60_000);
  });
});

describe('a wrong test', () => {
  it.each<[string, PipelineTest, RegExp]>([
    ['an unknown task', { fakes: { Fecth: {} } }, /"Fecth", which is no task of pipeline S-P: did you mean Fetch\?/],
    ['an unknown task to run', { only: 'Nothing' }, /only names "Nothing".* it has Fetch, Double, Report/],
    ['a fake that is no object', { fakes: { Fetch: 5 as never } }, /fake of task Fetch is 5: expected an object/],
    ['no fake at all', { fakes: { Fetch: [] } }, /empty list/],
    ['an output that is missing', { fakes: { '*': {}, Fetch: { m: 1 } } }, /answers \{"m":1\}, without n/],
    [
      'a fake that breaks',
      {
        fakes: {
          Fetch: () => {
            throw new TypeError('oops');
          },
        },
      },
      /oops/,
    ],
    ['a fake that answers nonsense', { fakes: { Fetch: () => 'text' as never } }, /answered "text": expected/],
    ['a date', { date: '2024-02-31' }, /^date 2024-02-31 is no date/],
    ['a param', { params: { m: 1 } }, /^no param m in the params of pipeline S-P: there is n$/],
    ['a param of another type', { params: { n: 'x' } }, /expected a number/],
    ['a pipeline', { pipeline: 'Q' }, /no pipeline Q in .* there is S-P/],
    ['a clock', { clock: 'soon' }, /clock is "soon"/],
    ['a bucket', { files: { 's3://b/k': '' }, fakes: { '*': {} } }, /bucket b, which the app does not make/],
    ['a file', { files: { '/tmp/x': '' }, fakes: { '*': {} } }, /expected s3:\/\/bucket\/key/],
  ])('is told: %s', async (_, options, message) => {
    await expect(test(options)).rejects.toThrow(message);
  });

  it.each([[7], [undefined], ['/no/such/folder'], [{ node: {} }]])('is told: the source %s', async (source) => {
    await expect(testPipeline(source as never)).rejects.toThrow(/cdk synth/);
  });

  it('an unknown task in a question', async () => {
    const run = await test({ fakes: { '*': { n: 1, and: 2 } } });
    expect(() => run.task('Nope')).toThrow(/no task "Nope" in Fetch/);
    await expect(run.query('SELECT 1')).rejects.toThrow(/no task has used a warehouse/);
    await expect(run.table('t')).rejects.toThrow(/no table t/);
  });
});
