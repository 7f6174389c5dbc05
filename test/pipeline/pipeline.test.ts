import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects, Duration, Stack, Stage, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import {
  Condition,
  CustomTask,
  OnTaskFailure,
  Param,
  Pipeline,
  Retry,
  Schedule,
  Task,
  type TaskSpec,
  TriggerRule,
} from '../../lib';
import { parseManifest } from '../../lib/compile/manifest';
import { definition, fails, mistakes, pipeline, play, template } from '../tasks/run-task';

function task(of: Pipeline | Construct, id: string, given: object = {}, props: object = {}): CustomTask {
  return new CustomTask(of as Construct, id, {
    resource: 'arn:aws:states:::sqs:sendMessage',
    arguments: { task: id, ...given },
    permissions: [],
    ...props,
  });
}

const four = (of: Pipeline) => ({ a: task(of, 'a'), b: task(of, 'b'), c: task(of, 'c'), d: task(of, 'd') });

function manifest(app: App) {
  const { directory } = app.synth();
  return parseManifest(readFileSync(join(directory, 'headrace', 'Demo-Sales.json'), 'utf8'), 'Demo-Sales.json');
}

const upstream = (of: Pipeline) =>
  Object.fromEntries(manifest(of.node.root as App).tasks.map((each) => [each.id, [...each.upstream].sort()]));

describe('edges', () => {
  it('are said with next, which goes on from the tasks it was given', () => {
    const sales = pipeline();
    const { a, b, c, d } = four(sales);
    a.next(b, c).next(d);
    expect(upstream(sales)).toEqual({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });
  });

  it('are said with after, which goes on from the task itself', () => {
    const sales = pipeline();
    const { a, b, c, d } = four(sales);
    c.after(a, b).next(d);
    expect(upstream(sales)).toEqual({ a: [], b: [], c: ['a', 'b'], d: ['c'] });
  });

  it('come from outputs', () => {
    const sales = pipeline();
    const a = task(sales, 'a');
    task(sales, 'b', { text: `rows: ${a.output('rows')}` });
    task(sales, 'c', {}, { runIf: Condition.isGreaterThan(a.output('rows'), 5) });
    expect(upstream(sales)).toEqual({ a: [], b: ['a'], c: ['a'] });
  });

  it('join tasks in scopes of their own', () => {
    const sales = pipeline();
    const group = new Construct(sales, 'Group');
    task(sales, 'a').next(task(group, 'b'));
    expect(upstream(sales)).toEqual({ a: [], b: ['a'] });
  });
});

describe('a run', () => {
  it('passes its values and outputs to tasks, mixed into texts', async () => {
    const sales = pipeline({
      params: { region: Param.string({ default: 'eu' }), full: Param.boolean({ default: false }) },
    });
    const { run } = sales;
    const a = task(sales, 'a', {}, { outputs: "{'rows':7,'names':['x','y']}" });
    task(sales, 'b', {
      path: `s3://x/${run.param('region')}/day=${run.date}/${a.output('rows')}.csv`,
      rows: a.output('rows'),
      names: a.output('names'),
      full: run.param('full'),
      at: [run.logicalDate, run.intervalStart, run.intervalEnd, run.id],
    });
    const input = {
      logicalDate: '2026-03-29T01:30:00Z',
      intervalStart: '2026-03-28T01:30:00Z',
      params: { region: 'us' },
    };
    const played = await play(sales, () => ({}), input);
    expect(played.arguments[1]).toEqual({
      task: 'b',
      path: 's3://x/us/day=2026-03-29/7.csv',
      rows: 7,
      names: ['x', 'y'],
      full: false,
      at: ['2026-03-29T01:30:00Z', '2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z', 'run-1'],
    });
  });

  it('without a param that has no default fails the task that reads it, and says which', async () => {
    const sales = pipeline({ params: { day: Param.date() } });
    task(sales, 'a', { text: `day ${sales.run.param('day')}` });
    const played = await play(sales, () => ({}));
    expect(played.calls).toEqual([]);
    expect(played.failure?.Cause).toContain(
      'the run was started without a value for the param day, which has no default',
    );
  });

  it('skips a task whose condition does not hold', async () => {
    const sales = pipeline({
      params: { full: Param.boolean({ default: false }), who: Param.string({ default: "o'hara" }) },
    });
    const { run } = sales;
    const on = Condition.all(
      Condition.not(Condition.isTrue(run.param('full'))),
      Condition.isEqual(run.param('who'), "o'hara"),
    );
    task(sales, 'on', {}, { runIf: on });
    task(
      sales,
      'off',
      {},
      {
        runIf: Condition.any(
          Condition.isEqual(run.param('full'), true),
          Condition.isNotEqual(`x-${run.param('who')}`, "x-o'hara"),
        ),
      },
    );
    const played = await play(sales, () => ({}));
    expect(played.status).toBe('SUCCEEDED');
    expect(played.arguments.map((given) => given['task'])).toEqual(['on']);
  });

  it('goes on after a failure where nothing depends on it, and fails at its end', async () => {
    const sales = pipeline();
    const [a, b] = [task(sales, 'a'), task(sales, 'b'), task(sales, 'c')];
    task(sales, 'd', {}, { triggerRule: TriggerRule.ALL_DONE }).after(a);
    a.next(b);
    const played = await play(sales, (call) =>
      (call.arguments as { task: string }).task === 'a' ? fails('Boom') : {},
    );
    expect(played.status).toBe('FAILED');
    expect(played.arguments.map((given) => given['task']).sort()).toEqual(['a', 'c', 'd']);
  });

  it('stops at once where that is asked for', async () => {
    const sales = pipeline({ onTaskFailure: OnTaskFailure.STOP });
    task(sales, 'a').next(task(sales, 'b', {}, { triggerRule: TriggerRule.ALL_DONE }));
    const played = await play(sales, () => fails('Boom'));
    expect(played.status).toBe('FAILED');
    expect(played.calls).toHaveLength(1);
  });

  it("repeats a task as its retry says, the pipeline's if it says nothing", async () => {
    const sales = pipeline({ retry: Retry.times(1, { interval: Duration.seconds(10), jitter: false }) });
    task(sales, 'a');
    task(sales, 'b', {}, { retry: Retry.none() });
    const played = await play(sales, () => fails('Boom'));
    expect(played.arguments.map((given) => given['task']).sort()).toEqual(['a', 'a', 'b']);
    expect(played.seconds).toBe(10);
  });
});

describe('what is deployed', () => {
  it('has logs, traces, limits and one role', () => {
    const sales = pipeline({ taskTimeout: Duration.hours(1), timeout: Duration.hours(5) });
    task(sales, 'a');
    const made = template(sales);
    made.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineName: 'Demo-Sales-C8F38FD9',
      LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
      Tags: [
        { Key: 'headrace:pipeline', Value: 'Demo-Sales' },
        { Key: 'headrace:root', Value: 'Demo-Sales-C8F38FD9' },
      ],
    });
    made.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/vendedlogs/states/Demo-Sales-C8F38FD9',
      RetentionInDays: 90,
    });
    made.resourceCountIs('AWS::IAM::Role', 1);
    made.resourceCountIs('AWS::DynamoDB::Table', 0);
    expect(definition(sales)).toMatchObject({ TimeoutSeconds: 18_000, States: { a: { TimeoutSeconds: 3_600 } } });
  });

  it('has the rendezvous table where branches wait for one another, and the rights to it', () => {
    const sales = pipeline();
    const { a, b, c, d } = four(sales);
    a.next(c, d);
    b.next(d);
    const made = template(sales);
    made.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'Demo-Sales-C8F38FD9',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'x', Enabled: true },
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    const policy = JSON.stringify(made.findResources('AWS::IAM::Policy'));
    for (const action of ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'states:SendTaskSuccess'])
      expect(policy).toContain(action);
    expect(JSON.stringify(definition(sales)['States'])).toContain('"TableName":"Demo-Sales-C8F38FD9"');
  });

  it('keeps its logical ids when a task is added', () => {
    const ids = (extra: boolean) => {
      const sales = pipeline({ triggers: [Schedule.rate(Duration.hours(1))] });
      const a = task(sales, 'a');
      if (extra) task(sales, '0-first').next(a);
      return Object.keys(template(sales).toJSON()['Resources'] as object);
    };
    expect(ids(true)).toEqual(expect.arrayContaining(ids(false)));
    expect(ids(false)).toMatchSnapshot();
  });

  it('is the same, byte by byte, twice', () => {
    const once = () => {
      const sales = pipeline({ triggers: [Schedule.rate(Duration.hours(1))] });
      task(sales, 'a').next(task(sales, 'b'), task(sales, 'c'));
      return JSON.stringify([template(sales).toJSON(), manifest(sales.node.root as App)]);
    };
    expect(once()).toBe(once());
  });

  it('lies with its manifest in the assembly of its stage', () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-stage-')) });
    const stage = new Stage(app, 'Prod');
    task(new Pipeline(new Stack(stage, 'Demo'), 'Sales'), 'a');
    app.synth();
    const file = join(stage.synth().directory, 'headrace', 'Prod-Demo-Sales.json');
    const written = parseManifest(readFileSync(file, 'utf8'), file);
    expect(written).toMatchObject({ name: 'Prod-Demo-Sales', path: 'Prod/Demo/Sales', machines: [{ root: true }] });
    const made = Template.fromStack(stage.node.findChild('Demo') as Stack).findResources(
      'AWS::StepFunctions::StateMachine',
    );
    expect(Object.keys(made)).toEqual([written.machines[0]!.logicalId]);
  });

  it('takes the tags of the author', () => {
    const sales = pipeline();
    task(sales, 'a');
    Tags.of(sales.node.root).add('team', 'data');
    template(sales).hasResourceProperties('AWS::StepFunctions::StateMachine', {
      Tags: [{ Key: 'headrace:pipeline' }, { Key: 'headrace:root' }, { Key: 'team', Value: 'data' }],
    });
  });
});

describe('fails', () => {
  it('with all mistakes of all pipelines at once, each with its path, and no trace of the inside', () => {
    const sales = pipeline();
    const other = new Pipeline(Stack.of(sales), 'Other', { params: { 'a-b': Param.number() } });
    task(other, 'x', {}, { resource: 'arn:aws:states:::aws-sdk:glue:startCrawler.sync' });
    const [a, b] = [task(sales, 'a'), task(sales, 'b', { day: sales.run.param('dya') })];
    a.next(b).next(a);
    let error: Error | undefined;
    try {
      template(sales);
    } catch (caught) {
      error = caught as Error;
    }
    expect(error?.message).toMatch(/^4 mistakes in the app's pipelines:\n/);
    expect(error?.message).toContain('[Demo/Sales/b] it uses the run param "dya", which is not declared');
    expect(error?.message).toMatch(/\[Demo\/Sales\/a\] .*a.*b.*a/);
    expect(error?.message).toContain('[Demo/Other] the param "a-b" has a bad name');
    expect(error?.message).toContain(
      '[Demo/Other/x] resource is "arn:aws:states:::aws-sdk:glue:startCrawler.sync": calls of the AWS SDK never wait',
    );
    expect(error?.stack).toBe(`PipelineError: ${error?.message}`);
  });

  it('without a task', () => expect(mistakes(pipeline())).toContain('[Demo/Sales]'));

  it('when the id of a task holds a value of the run', () => {
    const sales = pipeline();
    expect(() => task(sales, `load-${sales.run.date}`)).toThrow(
      /^\[Demo\/Sales\] the id of a \w+ holds a value that is known only/,
    );
  });

  it('with a task outside of a pipeline', () => {
    expect(() => task(new Stack(), 'a')).toThrow(
      '[Default/a] this task lies in no pipeline: its scope, or one above it, should be a Pipeline',
    );
  });

  it('with an edge to a task of another pipeline', () => {
    const sales = pipeline();
    const a = task(sales, 'a');
    task(new Pipeline(Stack.of(sales), 'Other'), 'x').next(a);
    expect(mistakes(sales)).toContain('[Demo/Sales/a] next() joins it with Demo/Other/x, a task of another pipeline');
  });

  it('with an output of another pipeline', () => {
    const sales = pipeline();
    const x = task(new Pipeline(Stack.of(sales), 'Other'), 'x');
    task(sales, 'a', { rows: x.output('rows') });
    expect(mistakes(sales)).toContain('[Demo/Sales/a] the output rows of task x belongs to the pipeline Demo/Other');
  });

  it('with an edge to nothing', () => {
    expect(() => task(pipeline(), 'a').next()).toThrow('[Demo/Sales/a] next() names no task: it would do nothing');
  });

  it('with a run value where CloudFormation has to know it', () => {
    const sales = pipeline();
    task(sales, 'a');
    new Bucket(Stack.of(sales), 'Bucket', { bucketName: `x-${sales.run.date}` });
    expect(mistakes(sales)).toMatch(/Demo\/Bucket\/Resource.*the date of the run is known only when the pipeline runs/);
  });

  it('with anything that comes after it was compiled, by the name of the method', () => {
    const sales = pipeline();
    const a = task(sales, 'a');
    const b = task(sales, 'b');
    template(sales);
    expect(() => a.next(b)).toThrow(
      '[Demo/Sales/b] next() with a comes too late: the pipeline Demo/Sales is already compiled',
    );
    expect(() => a.output('rows')).toThrow("[Demo/Sales/a] output('rows') comes too late");
    expect(() => task(sales, 'c')).toThrow('[Demo/Sales/c] a new task comes too late');
    expect(() => sales.addTrigger(Schedule.rate(Duration.hours(1)))).toThrow(
      '[Demo/Sales] addTrigger() comes too late',
    );
  });

  it('with a schedule that cannot give a value to a param', () => {
    const sales = pipeline({
      params: { day: Param.date() },
      triggers: [Schedule.rate(Duration.days(1), { params: { dya: '2026-01-01' } })],
    });
    task(sales, 'a');
    const told = mistakes(sales);
    expect(told).toContain('sets the param dya, which the pipeline does not declare: expected day');
    expect(told).toContain('starts runs without the param day, which has no default');
  });
});

describe('a kind of task of your own', () => {
  class Copy extends Task {
    constructor(
      scope: Construct,
      id: string,
      private readonly spec: TaskSpec,
    ) {
      super(scope, id);
    }
    toSpec(): TaskSpec {
      return this.spec;
    }
  }

  it('is one class with toSpec', async () => {
    const sales = pipeline();
    new Copy(sales, 'copy', {
      states: { wait: { Type: 'Wait', Seconds: 7, Next: 'done' }, done: { Type: 'Succeed' } },
    });
    expect((await play(sales, () => ({}))).seconds).toBe(7);
    expect(manifest(sales.node.root as App).tasks[0]).toMatchObject({ id: 'copy', kind: 'Copy' });
  });

  it.each([
    ['nothing', {}, 'toSpec() returned neither resource nor states'],
    [
      'two things',
      { resource: 'arn:aws:states:::sqs:sendMessage', states: { a: { Type: 'Succeed' } } },
      'toSpec() returned both resource and states',
    ],
    [
      'arguments that nobody reads',
      { arguments: {}, states: { a: { Type: 'Succeed' } } },
      'toSpec() returned arguments beside states',
    ],
    [
      'an unknown first state',
      { startAt: 'b', states: { a: { Type: 'Succeed' } } },
      'toSpec() starts at state "b", its states are a',
    ],
    ['a function', { resource: 'arn:aws:states:::sqs:sendMessage', arguments: { f: () => 1 } }, 'f is a function'],
  ])('fails when it returns %s', (_, spec, message) => {
    const sales = pipeline();
    new Copy(sales, 'copy', spec);
    expect(mistakes(sales)).toContain(`[Demo/Sales/copy] ${message}`);
  });
});

it('aspects see what the pipeline has made', () => {
  const sales = pipeline();
  task(sales, 'a');
  const seen: string[] = [];
  Aspects.of(sales.node.root).add({ visit: (node) => seen.push(node.node.path) });
  template(sales);
  expect(seen).toContain('Demo/Sales/Headrace/Machine/Resource');
});
