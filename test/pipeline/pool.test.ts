import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { CustomTask, Pipeline, Pool, type TaskProps, WhenBusy } from '../../lib';
import { definition } from '../tasks/run-task';

function limited(
  props: (pool: Pool) => TaskProps,
  more: object = {},
): { readonly app: App; readonly pipeline: Pipeline } {
  const app = new App();
  const stack = new Stack(app, 'Demo');
  const pool = new Pool(stack, 'Warehouse', { slots: 3 });
  const pipeline = new Pipeline(stack, 'Sales', more);
  const resource = 'arn:aws:states:::sqs:sendMessage';
  new CustomTask(pipeline, 'Load', { resource, arguments: {}, permissions: [], ...props(pool) });
  return { app, pipeline };
}

const states = (pipeline: Pipeline) => (definition(pipeline) as { States: Record<string, { Type: string }> }).States;

describe('a task with a pool', () => {
  it('takes its slots, works, and gives them back whatever became of the work', () => {
    const { pipeline } = limited((pool) => ({ pool, poolSlots: 2, priority: 5 }));
    const load = states(pipeline)['Load'] as unknown as {
      Branches: { StartAt: string; States: Record<string, Record<string, unknown>> }[];
    };
    const [branch] = load.Branches;
    expect(branch!.StartAt).toBe('Load slot');
    expect(Object.keys(branch!.States)).toEqual(
      ['slot', 'work', 'free', 'freed', 'free after failure', 'failed'].map((suffix) => `Load ${suffix}`),
    );
    expect(branch!.States['Load slot']).toMatchObject({
      Resource: expect.stringContaining('lambda:invoke.waitForTaskToken') as string,
      Arguments: { Payload: { acquire: { pool: 'Demo-Warehouse', limit: 3, weight: 2, priority: 5 } } },
    });
    expect(branch!.States['Load work']).toMatchObject({
      Catch: [{ Next: 'Load free after failure' }],
      Next: 'Load free',
    });
  });

  it('has one table and one function in the stack, which hear of the ends of its runs alone', () => {
    const { app } = limited((pool) => ({ pool }));
    const template = Template.fromStack(app.node.findChild('Demo') as Stack);
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] } },
    });
    template.hasResourceProperties('AWS::Events::Rule', { Targets: [{ Input: '{"sweep":["Demo-Warehouse"]}' }] });
  });

  it('leaves nothing to AwsSolutions', () => {
    const { app } = limited((pool) => ({ pool }), { maxActiveRuns: 1 });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });

  it.each([
    [
      (pool: Pool) => ({ pool, poolSlots: 4 }),
      {},
      'poolSlots is 4: expected 1 to 3, the slots of the pool Demo-Warehouse',
    ],
    [() => ({ priority: 1 }), {}, 'priority is 1, but the task has no pool'],
    [() => ({}), { maxActiveRuns: 0 }, 'maxActiveRuns is 0: expected a whole number from 1 on'],
    [() => ({}), { whenBusy: WhenBusy.SKIP }, 'whenBusy is skip without maxActiveRuns'],
  ])('fails: %#', (props, more, message) => {
    expect(() => limited(props, more).app.synth()).toThrow(message);
  });
});

describe('maxActiveRuns', () => {
  it('has a run wait for its turn before its first task, and return it before the run is judged', () => {
    const { pipeline } = limited(() => ({}), { maxActiveRuns: 1 });
    const all = states(pipeline);
    expect(definition(pipeline)['StartAt']).toBe('(');
    expect(all['(']).toMatchObject({ Resource: expect.stringContaining('waitForTaskToken') as string, Next: '{' });
    expect(all['=']).toMatchObject({ Type: 'Task', Next: ')' });
    expect(all['_=']).toMatchObject({ Type: 'Choice' });
  });

  it('ends a run that is one too many, where it is told to', () => {
    const all = states(limited(() => ({}), { maxActiveRuns: 2, whenBusy: WhenBusy.SKIP }).pipeline);
    expect(all['(?']).toMatchObject({ Default: '(-' });
    expect(all['(-']).toMatchObject({ Type: 'Succeed' });
  });
});
