import { aws_stepfunctions as sfn, Duration, Stack } from 'aws-cdk-lib';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { CustomTask, LambdaTask, Param, Pipeline, PipelineTask, type PipelineTaskProps, Retry } from '../../lib';
import { runHere, told } from './run-local';
import { allowed, fails, file, flat, innerStates, mistakes, pipeline, play } from './run-task';

function both(props: Partial<PipelineTaskProps> = {}) {
  const sales = pipeline();
  const daily = new Pipeline(Stack.of(sales), 'Daily', {
    params: { city: Param.string(), n: Param.number({ default: 1 }) },
  });
  const code = file(
    'index.mjs',
    'export const handler = async (event) => { if (event.city === "bad") throw new TypeError("no \\"such\\" city"); return event; };\n',
  );
  new LambdaTask(daily, 'Work', { code, payload: { city: daily.run.param('city'), day: daily.run.date } });
  const task = new PipelineTask(sales, 'Other', { target: daily, params: { city: 'Oslo' }, ...props });
  return { sales, daily, task };
}

const day = {
  logicalDate: '2026-03-29T01:00:00Z',
  intervalStart: '2026-03-28T01:00:00Z',
  intervalEnd: '2026-03-29T01:00:00Z',
};
/** Stands for the other pipeline's machine: one call, which tells what it was started with. */
const machine = {
  QueryLanguage: 'JSONata',
  StartAt: 'Work',
  States: {
    Work: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: { input: '{% $states.input %}', name: '{% $states.context.Execution.Name %}' },
      End: true,
    },
  },
};

describe('a run of another pipeline', () => {
  it('is for the same logical date and interval, and waited for', async () => {
    const run = await play(both({ params: { city: 'Oslo', n: 2 } }).sales, () => ({}), day, machine);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments).toEqual([
      {
        name: expect.stringMatching(/^run-1-[0-9a-f]{12}$/) as string,
        input: {
          ...day,
          params: { city: 'Oslo', n: 2 },
          AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn:aws:states:eu-west-1:111122223333:execution:demo:run-1',
        },
      },
    ]);
  });

  it('has another name in the next attempt', async () => {
    const run = await play(both({ retry: Retry.times(1) }).sales, () => fails('Bad', 'no'), day, machine);
    expect(new Set(run.arguments.map((given) => given['name'])).size).toBe(2);
  });

  it('that fails is told with its error and a link to it', async () => {
    const run = await play(both().sales, () => fails('Bad', '{"errorMessage":"no such \\"city\\""}'), day, machine);
    expect(run.failure?.Error).toBe('Headrace.PipelineFailed');
    expect(run.failure?.Cause).toMatch(
      / ended as FAILED: Bad: \{"errorMessage":"no such \S*city\S*"\}; https:\/\/\S+\/v2\/executions\/details\/\S+:execution:Demo-Daily-\S+:run-1-[0-9a-f]{12}$/,
    );
  });

  it('whose cause Step Functions has cut in the middle is told all the same', async () => {
    const { Cause } = innerStates(both().sales, 'Other')['Other failed'] as { Cause: string };
    const arn = 'arn:aws-cn:states:cn-north-1:1:execution:Daily:r';
    expect(await jsonata(Cause.slice(3, -3)).evaluate({}, { x: `{"ExecutionArn":"${arn}","Input":{"a":"bbb` })).toBe(
      `Daily run r ended as ; https://console.amazonaws.cn/states/home?region=cn-north-1#/v2/executions/details/${arn}`,
    );
    expect(await jsonata(Cause.slice(3, -3)).evaluate({}, { x: 'what nobody could read' })).toBe(
      'what nobody could read',
    );
  });

  it('that is not waited for is started only', async () => {
    const { sales, task } = both({ waitForEnd: false, logicalDate: '2026-01-01T00:00:00Z' });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sns:publish',
      arguments: { id: task.output('runId') },
      permissions: [],
    });
    const run = await play(sales, (call) => (call.service === 'sqs' ? fails('Bad') : {}), day, machine);
    expect(run.status).toBe('SUCCEEDED');
    const started = run.arguments.find((given) => 'input' in given)!;
    expect(started['input']).toMatchObject({ logicalDate: '2026-01-01T00:00:00Z' });
    expect(started['input']).not.toHaveProperty('intervalStart');
    expect(run.arguments.find((given) => 'id' in given)).toEqual({ id: started['name'] });
    expect(allowed(sales)).not.toHaveProperty('states:StopExecution');
  });

  it('may be started, looked at and stopped, and no other', () => {
    const { sales, daily } = both();
    const rights = allowed(sales);
    expect(rights['states:StartExecution']!.map(flat)).toEqual([
      `arn:<AWS::Partition>:states:eu-west-1:111122223333:stateMachine:${daily.prefix}`,
    ]);
    expect(rights['states:StopExecution']).toEqual([
      `arn:<AWS::Partition>:states:eu-west-1:111122223333:execution:${daily.prefix}:*`,
    ]);
  });

  it('of an app that is deployed elsewhere is named by its state machine', () => {
    const sales = pipeline();
    const stateMachine = sfn.StateMachine.fromStateMachineName(Stack.of(sales), 'There', 'other-daily');
    new PipelineTask(sales, 'Other', { stateMachine });
    expect(allowed(sales)['states:StopExecution']![0]).toMatch(/:execution:other-daily:\*$/);
  });
});

describe('on this computer', () => {
  it('the other pipeline runs too', async () => {
    const { sales, task } = both({ params: { city: 'Oslo' } });
    const code = file(
      'tell.mjs',
      'export const handler = async (event) => { if (event.status !== "SUCCEEDED") throw new Error(event.status); };\n',
    );
    new LambdaTask(sales, 'Tell', { code, payload: { status: task.output('status') } });
    const result = await runHere(sales, { input: day });
    expect(told(result)).toEqual({ Other: 'succeeded', Tell: 'succeeded' });
  });

  it('its failure is told', async () => {
    const result = await runHere(both({ params: { city: 'bad' } }).sales, { input: day });
    expect(told(result)['Other']).toMatch(
      /^failed: \S*Daily\S* run \S+ ended as FAILED: Headrace.TasksFailed: .*Work.*; https:\/\//,
    );
  });

  it('stops with the task that has waited too long', async () => {
    const { sales, daily } = both({ timeout: Duration.seconds(2) });
    new LambdaTask(daily, 'Slow', {
      code: file('slow.mjs', 'export const handler = () => new Promise((r) => setTimeout(r, 20000));\n'),
    });
    const began = Date.now();
    const result = await runHere(sales, { input: day });
    expect(result.tasks[0]!.error).toBe('States.Timeout');
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});

describe('fails', () => {
  it.each<[string, Partial<PipelineTaskProps>, string]>([
    ['without a target', { target: undefined }, 'target and stateMachine are both missing'],
    [
      'with a param that is not declared',
      { params: { city: 'a', town: 'b' } },
      'params has town, which Demo/Daily does not',
    ],
    ['without a param that has no default', { params: {} }, 'params lacks city, for which Demo/Daily has no default'],
  ])('%s', (_, props, message) => {
    expect(mistakes(both(props).sales)).toContain(message);
  });

  it('where it would start itself', () => {
    const sales = pipeline();
    new PipelineTask(sales, 'Self', { target: sales });
    expect(mistakes(sales)).toContain('target is the pipeline of this task: a run would start itself without end');
  });

  it('where the other one lies in another region', () => {
    const sales = pipeline();
    const far = new Stack(Stack.of(sales).node.root as never, 'Far', {
      env: { account: '111122223333', region: 'us-west-2' },
    });
    const other = new Pipeline(far, 'Daily');
    new CustomTask(other, 'A', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    new PipelineTask(sales, 'Other', { target: other });
    expect(mistakes(sales)).toContain('target lies in the region us-west-2, this pipeline in eu-west-1');
  });
});
