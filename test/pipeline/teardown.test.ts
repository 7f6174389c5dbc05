import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, type Pipeline, TriggerRule } from '../../lib';
import { parseManifest } from '../../lib/compile/manifest';
import { fails, mistakes, pipeline, play } from '../tasks/run-task';

const call = (of: Pipeline, id: string, props: object = {}): CustomTask =>
  new CustomTask(of, id, {
    resource: 'arn:aws:states:::sqs:sendMessage',
    arguments: { task: id },
    permissions: [],
    ...props,
  });

function cluster(failsRun?: boolean) {
  const sales = pipeline();
  const [create, load, drop, report] = [
    call(sales, 'Create'),
    call(sales, 'Load'),
    call(sales, 'Drop'),
    call(sales, 'Report'),
  ];
  create.next(load).next(report);
  drop.asTeardown([create], failsRun === undefined ? {} : { failsRun }).after(load);
  return sales;
}

async function ran(of: Pipeline, ...bad: string[]) {
  const run = await play(of, ({ arguments: given }) => {
    const { task } = given as { task: string };
    return bad.includes(task) ? fails('Bad') : {};
  });
  return [run.status, ...run.arguments.map((each) => each['task'] as string).sort()];
}

describe('asTeardown', () => {
  it('cleans up whatever happened, if there is something to clean up', async () => {
    expect(await ran(cluster())).toEqual(['SUCCEEDED', 'Create', 'Drop', 'Load', 'Report']);
    expect(await ran(cluster(), 'Load')).toEqual(['FAILED', 'Create', 'Drop', 'Load']);
    expect(await ran(cluster(), 'Create')).toEqual(['FAILED', 'Create']);
  });

  it('does not decide how the run ends, unless it is told to', async () => {
    expect((await ran(cluster(), 'Drop'))[0]).toBe('SUCCEEDED');
    expect((await ran(cluster(true), 'Drop'))[0]).toBe('FAILED');
  });

  it('is told in the manifest', () => {
    const { directory } = (cluster().node.root as App).synth();
    const manifest = parseManifest(
      readFileSync(join(directory, 'headrace', 'Demo-Sales.json'), 'utf8'),
      'Demo-Sales.json',
    );
    const drop = manifest.tasks.find((task) => task.id === 'Drop');
    expect(drop).toMatchObject({ setups: ['Create'], triggerRule: 'all_done', upstream: ['Create', 'Load'] });
  });

  it('takes no trigger rule, and at least one set-up', () => {
    const sales = pipeline();
    const drop = call(sales, 'Drop', { triggerRule: TriggerRule.ALWAYS });
    drop.asTeardown([call(sales, 'Create')]);
    expect(mistakes(sales)).toContain('asTeardown() has a rule of its own: leave triggerRule out');
    expect(() => drop.asTeardown([])).toThrow('names no task');
  });
});
