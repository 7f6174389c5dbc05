import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { register as registerPlan } from '../../bin/verbs/plan';
import { CustomTask, ForEachTask, Items, Pipeline, Retry, TaskGroup, TriggerRule } from '../../lib';
import { parseManifest } from '../../lib/compile/manifest';
import { runVerb } from '../bin/verb';
import { definition, mistakes, pipeline } from '../tasks/run-task';

const call = (scope: Construct, id: string, props: object = {}): CustomTask =>
  new CustomTask(scope, id, { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [], ...props });

function assembly(of: Pipeline) {
  const { directory } = (of.node.root as App).synth();
  return {
    directory,
    manifest: parseManifest(readFileSync(join(directory, 'headrace', 'Demo-Sales.json'), 'utf8'), 'Demo-Sales.json'),
  };
}

const upstream = (of: Pipeline) =>
  Object.fromEntries(assembly(of).manifest.tasks.map((task) => [task.id, [...task.upstream].sort()]));

describe('a group', () => {
  it('names its tasks, and is followed and preceded as one', () => {
    const sales = pipeline();
    const [extract, report] = [call(sales, 'Extract'), call(sales, 'Report')];
    const stage = new TaskGroup(sales, 'Stage');
    stage.after(extract).next(report);
    const [a, b, c] = [call(stage, 'A'), call(stage, 'B'), call(stage, 'C')];
    a.next(b);
    expect(upstream(sales)).toEqual({
      Extract: [],
      Report: ['Stage.B', 'Stage.C'],
      'Stage.A': ['Extract'],
      'Stage.B': ['Stage.A'],
      'Stage.C': ['Extract'],
    });
    expect(c.taskId).toBe('Stage.C');
  });

  it('can be made twice with the same ids inside, in groups, and per item', () => {
    const sales = pipeline();
    const outer = new TaskGroup(sales, 'Eu');
    for (const shop of ['One', 'Two']) call(new TaskGroup(outer, shop), 'Load');
    const each = new ForEachTask(sales, 'PerFile', { items: Items.fromOutput(call(sales, 'List').output('files')) });
    const inside = new TaskGroup(each, 'Clean');
    inside.next(call(each, 'Done'));
    call(inside, 'A').next(call(inside, 'B'));
    expect(Object.keys(upstream(sales)).sort()).toEqual(['Eu.One.Load', 'Eu.Two.Load', 'List', 'PerFile']);
    expect(JSON.stringify(definition(sales))).toContain('"PerFile Clean.A"');
  });

  it('says what its tasks leave out, the nearest group first', () => {
    const sales = pipeline({ retry: Retry.times(1) });
    const outer = new TaskGroup(sales, 'Outer', {
      retry: Retry.times(2),
      timeout: Duration.minutes(7),
      triggerRule: TriggerRule.ALL_DONE,
    });
    const inner = new TaskGroup(outer, 'Inner', { retry: Retry.times(3) });
    call(outer, 'A');
    call(inner, 'B').after(call(inner, 'C', { retry: Retry.times(4), timeout: Duration.minutes(9) }));
    const states = JSON.stringify(definition(sales));
    const task = (id: string) =>
      new RegExp(`"${id}":\\{"Type":"Task".*?"TimeoutSeconds":(\\d+).*?"MaxAttempts":(\\d)`).exec(states)!.slice(1, 3);
    expect([task('Outer.A'), task('Outer.Inner.B'), task('Outer.Inner.C')]).toEqual([
      ['420', '2'],
      ['420', '3'],
      ['540', '4'],
    ]);
    expect(assembly(sales).manifest.tasks.map(({ triggerRule }) => triggerRule)).toEqual([
      'all_done',
      'all_done',
      'all_done',
    ]);
  });

  it('is drawn as one', async () => {
    const sales = pipeline();
    const outer = new TaskGroup(sales, 'Eu');
    call(new TaskGroup(outer, 'One'), 'Load');
    call(sales, 'Report');
    const { directory, manifest } = assembly(sales);
    expect(manifest.tasks.map(({ group }) => group)).toEqual(['Eu.One', undefined]);
    const { out } = await runVerb(registerPlan, 'plan', '--mermaid', directory);
    expect(out).toBe(
      'graph LR\n  t1["Report"]\n  subgraph g0["Eu"]\n    subgraph g1["Eu.One"]\n      t0["Eu.One.Load"]\n    end\n  end\n',
    );
    expect((await runVerb(registerPlan, 'plan', '--dot', directory)).out).toContain(
      'subgraph "cluster_1" { label="Eu.One";',
    );
  });

  it('refuses tasks of another pipeline, tasks of its own, and no tasks', () => {
    const sales = pipeline();
    const group = new TaskGroup(sales, 'Stage');
    const own = call(group, 'A');
    group.next(own);
    group.after(own);
    group.after(call(new Pipeline(sales.node.scope!, 'Other'), 'B'));
    expect(mistakes(sales)).toContain('[Demo/Sales/Stage/A] next() of Demo/Sales/Stage joins it with that group');
    expect(mistakes(sales)).toContain('after() joins it with Demo/Sales/Stage/A');
    expect(() => group.next()).toThrow('next() names no task');
    expect(() => new TaskGroup(sales.node.scope!, 'Alone')).toThrow('lies in no pipeline');
  });
});
