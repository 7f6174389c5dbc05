// `headrace doctor` of this machine: versions, the store, the assembly; nothing is asked of an account.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { register } from '../../bin/verbs/doctor';
import { runsAtOnce, share, transitionsOf } from '../../lib/ops/aws/head-room';
import type { Finding } from '../../lib/ops/aws/finding';
import type { Definition } from '../../lib/ops/aws/found-pipeline';
import { CustomTask, Pipeline, WhenBusy } from '../../lib';
import { Assembly } from '../../lib/local/assembly/assembly';
import { Machines } from '../../lib/local/assembly/machines';
import { temporaryFolder, writeAssembly } from '../local/assembly-fixture';
import { runVerb } from './verb';

const doctor = async (store: string, assembly: string) => {
  const { out, code } = await runVerb(register, 'doctor', '--json', '--store', store, '--assembly', assembly);
  return { code, of: new Map((JSON.parse(out) as Finding[]).map(({ what, ...verdict }) => [what, verdict])) };
};

describe('headrace doctor', () => {
  it('is content where there is an assembly and a store that is made later', async () => {
    const { code, of } = await doctor(
      join(temporaryFolder(), 'later'),
      writeAssembly({ tasks: { A: { Type: 'Pass' } } }),
    );
    expect(code).toBe(0);
    expect([...of.values()].map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(of.get('node')?.text).toBe(`Node ${process.versions.node}`);
    expect(of.get('account')?.text).toContain('--aws');
  });

  it('says what to do where nothing is synthesized', async () => {
    const { code, of } = await doctor(temporaryFolder(), join(temporaryFolder(), 'cdk.out'));
    expect(code).toBe(0);
    expect(of.get('assembly')).toMatchObject({ state: 'warning', text: expect.stringContaining('run npx cdk synth') });
  });

  it('ends with 3 where the store is a file', async () => {
    const store = join(temporaryFolder(), 'store');
    writeFileSync(store, '');
    const { code, of } = await doctor(store, temporaryFolder());
    expect(of.get('store')).toMatchObject({ state: 'error', text: expect.stringContaining('is no folder') });
    expect(code).toBe(3);
  });

  it('is content with a store that is there', async () => {
    const store = join(temporaryFolder(), 'store');
    mkdirSync(store);
    expect((await doctor(store, temporaryFolder())).of.get('store')).toEqual({ state: 'ok', text: store });
  });
});

describe('head-room', () => {
  it.each([
    [79, 'ok'],
    [80, 'warning'],
    [100, 'warning'],
  ])('of 100, %d used, is %s', (used, state) => {
    expect(share(used, 100, 'roles')).toMatchObject({
      state,
      text: expect.stringContaining(`${used} of 100 roles (${used} %)`),
    });
  });

  it('of nothing is none', () => {
    expect(share(0, 0, 'functions').text).toBe('0 of 0 functions: have the quota raised, or use less at once');
  });

  it.each([
    [{}, 1],
    [{ maxActiveRuns: 3 }, 3],
    [{ maxActiveRuns: 25, whenBusy: WhenBusy.SKIP }, 25],
  ])('counts the runs that a pipeline with %j may have at once', (props, runs) => {
    const app = new App({ outdir: join(temporaryFolder(), 'cdk.out') });
    const pipeline = new Pipeline(new Stack(app, 'Shop'), 'Sales', props);
    new CustomTask(pipeline, 'One', {
      resource: 'arn:aws:states:::aws-sdk:s3:listBuckets',
      arguments: {},
      permissions: [],
    });
    const assembly = Assembly.read(app.synth().directory);
    const machines = new Machines(assembly);
    const { definition } = machines.get(machines.rootOf(assembly.pipeline()))!;
    const found = { arn: '', role: '', text: '', definition: definition as Definition };
    expect(runsAtOnce({ name: 'Sales', version: 1, machines: [found] })).toBe(runs);
    expect(transitionsOf({ name: 'Sales', version: 1, machines: [found] })).toBeGreaterThan(3);
  });
});
