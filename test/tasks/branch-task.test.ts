import type { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { register } from '../../bin/verbs/simulate';
import { BranchTask, Condition, CustomTask, Param, type Pipeline, TriggerRule } from '../../lib';
import { runVerb } from '../bin/verb';
import { mistakes, pipeline, play } from './run-task';

const JOIN = { triggerRule: TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS };

function call(of: Pipeline, id: string, props: object = {}): CustomTask {
  return new CustomTask(of, id, {
    resource: 'arn:aws:states:::sqs:sendMessage',
    arguments: { task: id },
    permissions: [],
    ...props,
  });
}

async function ran(of: Pipeline, input: object = {}, answers: { [task: string]: unknown } = {}) {
  const run = await play(of, ({ arguments: given }) => answers[(given as { task: string }).task] ?? {}, input as never);
  return { status: run.status, cause: run.cause, tasks: run.arguments.map((each) => each['task']).sort() };
}

describe('a branch by conditions', () => {
  function loads() {
    const sales = pipeline({
      params: { rows: Param.number({ default: 5 }), mode: Param.string({ default: 'it\'s "x"' }) },
    });
    const branch = new BranchTask(sales, 'Way');
    const [full, delta, audit, join] = [
      call(sales, 'Full'),
      call(sales, 'Delta'),
      call(sales, 'Audit'),
      call(sales, 'Join', JOIN),
    ];
    branch
      .when(Condition.isGreaterThan(sales.run.param('rows'), 100), full)
      .when(Condition.isEqual(sales.run.param('mode'), 'audit'), audit)
      .otherwise(delta);
    join.after(full, delta, audit);
    return sales;
  }

  it('runs the tasks of every condition that holds and skips the rest', async () => {
    expect(await ran(loads(), { params: { rows: 500 } })).toMatchObject({
      status: 'SUCCEEDED',
      tasks: ['Full', 'Join'],
    });
    expect((await ran(loads(), { params: { rows: 500, mode: 'audit' } })).tasks).toEqual(['Audit', 'Full', 'Join']);
  });

  it('runs the tasks of otherwise() where no condition holds', async () => {
    expect((await ran(loads())).tasks).toEqual(['Delta', 'Join']);
  });

  it('does not skip a task that also follows a chosen one', async () => {
    const sales = pipeline();
    const branch = new BranchTask(sales, 'Way');
    const [left, right, join] = [call(sales, 'Left'), call(sales, 'Right'), call(sales, 'Join', JOIN)];
    branch.when(Condition.jsonata('true'), left).otherwise(right);
    join.after(branch, left, right);
    expect((await ran(sales)).tasks).toEqual(['Join', 'Left']);
  });

  it('fails where a condition cannot be answered, and starts none of its tasks', async () => {
    const sales = pipeline({ params: { rows: Param.number() } });
    new BranchTask(sales, 'Way').when(Condition.isGreaterThan(sales.run.param('rows'), 100), call(sales, 'Full'));
    expect(await ran(sales)).toMatchObject({ status: 'FAILED', cause: 'Way', tasks: [] });
  });
});

describe('a branch by a value', () => {
  function chosenBy(value: (of: Pipeline) => string) {
    const sales = pipeline({ params: { way: Param.string({ default: 'Left' }) } });
    new BranchTask(sales, 'Way', { chosen: value(sales) }).next(call(sales, 'Left'), call(sales, 'Right'));
    return sales;
  }

  it('takes a param of the run', async () => {
    const sales = chosenBy((of) => of.run.param('way'));
    expect((await ran(sales)).tasks).toEqual(['Left']);
    expect((await ran(sales, { params: { way: ['Left', 'Right'] } })).tasks).toEqual(['Left', 'Right']);
    expect((await ran(sales, { params: { way: [] } })).tasks).toEqual([]);
  });

  it('takes the output of a task that decided', async () => {
    const sales = chosenBy((of) => call(of, 'Decide').output('way'));
    expect((await ran(sales, {}, { Decide: { way: 'Right' } })).tasks).toEqual(['Decide', 'Right']);
    expect(await ran(sales, {}, { Decide: {} })).toMatchObject({ status: 'FAILED', tasks: ['Decide'] });
  });

  it('fails on a task that it cannot choose', async () => {
    expect(
      await ran(
        chosenBy((of) => of.run.param('way')),
        { params: { way: 'Lef' } },
      ),
    ).toMatchObject({
      status: 'FAILED',
      tasks: [],
    });
  });
});

describe('simulated', () => {
  it('a branch chooses every way', async () => {
    const sales = pipeline();
    const branch = new BranchTask(sales, 'Way').when(Condition.jsonata('false'), call(sales, 'Left'));
    branch.otherwise(call(sales, 'Right'));
    const { directory } = (sales.node.root as App).synth();
    const outcomes = async (...words: string[]) => {
      const { out } = await runVerb(register, 'simulate', '--json', ...words, directory);
      const { tasks } = JSON.parse(out) as { tasks: { [id: string]: { outcome: string } } };
      return [tasks['Left']!.outcome, tasks['Right']!.outcome];
    };
    expect(await outcomes()).toEqual(['succeeded', 'succeeded']);
  });
});

describe('mistakes', () => {
  it('are a branch that chooses nothing, twice, or leaves a task out', () => {
    const nothing = pipeline();
    new BranchTask(nothing, 'Way').next(call(nothing, 'Left'));
    expect(mistakes(nothing)).toContain('[Demo/Sales/Way] it chooses nothing');
    const twice = pipeline();
    new BranchTask(twice, 'Way', { chosen: 'Left' }).otherwise(call(twice, 'Left'));
    expect(mistakes(twice)).toContain('only one of them can choose');
    const left = pipeline();
    const branch = new BranchTask(left, 'Way').otherwise(call(left, 'Left'));
    branch.next(call(left, 'Right'));
    expect(mistakes(left)).toContain('Right follows it, but no when() or otherwise() chooses it');
  });

  it('are the names of no tasks', () => {
    const sales = pipeline();
    expect(() => new BranchTask(sales, 'Way').otherwise()).toThrow('otherwise() names no task');
  });
});
