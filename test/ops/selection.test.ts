import { describe, expect, it } from 'vitest';
import type { Manifest, ManifestTask } from '../../lib/compile/manifest';
import type { EarlierRun, TaskFacts } from '../../lib/ops/earlier-run';
import { nextRunId, planRerun, type RerunChoice } from '../../lib/ops/selection';
import type { RunStatus, TaskStatus } from '../../lib/view/run-state';

type Given = Partial<Omit<ManifestTask, 'id' | 'index'>>;

function manifestOf(tasks: { readonly [id: string]: Given }): Manifest {
  const common = { kind: 'LambdaTask', path: '', upstream: [], triggerRule: 'all_success', machine: 'M', outputs: [] };
  return {
    ...{ version: 1, name: 'Sales', path: 'Sales', stack: 'S', template: 'S.json', machines: [], rendezvous: [] },
    ...{ params: [], triggers: [], alerts: [] },
    tasks: Object.entries(tasks).map(([id, given], index) => ({ ...common, ...given, id, index }) as ManifestTask),
  };
}

function earlier(manifest: Manifest, said: { readonly [id: string]: TaskStatus | Partial<TaskFacts> }): EarlierRun {
  const facts = ([id, fact]: [string, TaskStatus | Partial<TaskFacts>]): [string, TaskFacts] => [
    id,
    { status: 'succeeded', leftOut: [], ...(typeof fact === 'string' ? { status: fact } : fact) },
  ];
  return {
    ...{ runId: 'r', status: 'FAILED' as RunStatus, manifest, input: {}, start: '2026-11-01T02:30:00.000Z', views: [] },
    tasks: new Map(Object.entries(said).map(facts)),
  };
}

const from = (...ids: string[]): RerunChoice => ({ kind: 'tasks', ids, withDownstream: true });
const only = (...ids: string[]): RerunChoice => ({ kind: 'tasks', ids, withDownstream: false });
const CHAIN = manifestOf({ a: {}, b: { upstream: ['a'] }, c: { upstream: ['b'] }, d: { upstream: ['a'] } });
const BROKEN = earlier(CHAIN, { a: 'succeeded', b: 'failed', c: 'upstream_failed', d: 'succeeded' });

describe('the selection', () => {
  it.each<[string, RerunChoice, string, object | undefined]>([
    ['failed', { kind: 'failed' }, '0110', undefined],
    ['all', { kind: 'all' }, '1111', undefined],
    ['from', from('b'), '0110', undefined],
    ['only', only('b'), '0100', { '2': 'u' }],
    ['only, beside the failure', only('d'), '0001', { '1': 'f', '2': 'u' }],
  ])('of %s', (_, choice, run, kept) => {
    const { input } = planRerun(CHAIN, BROKEN, choice, []);
    expect(input.run).toBe(run);
    expect(input.kept).toEqual(kept);
  });

  it.each<[string, RerunChoice, string]>([
    ['failed', { kind: 'failed' }, '11101'],
    ['only a task between them', only('work'), '11001'],
    ['only a task outside', only('other'), '00010'],
    ['only the teardown', only('end'), '10001'],
  ])('of %s takes along the set-up and the teardown around it', (_, choice, run) => {
    const manifest = manifestOf({
      create: {},
      work: { upstream: ['create'] },
      check: { upstream: ['work'] },
      other: {},
      end: { upstream: ['check', 'create'], setups: ['create'] },
    });
    const broken = earlier(manifest, {
      create: 'succeeded',
      work: 'failed',
      check: 'upstream_failed',
      other: 'succeeded',
      end: 'succeeded',
    });
    expect(planRerun(manifest, broken, choice, []).input.run).toBe(run);
  });

  it('takes the start of the earlier run as its logical date if that was never said', () => {
    expect(planRerun(CHAIN, BROKEN, { kind: 'all' }, []).input).toMatchObject({
      logicalDate: '2026-11-01T02:30:00.000Z',
      rerunOf: 'r',
    });
  });

  it('of failed repeats what a dead run did not finish, and keeps it as failure where it is not chosen', () => {
    const dead = earlier(CHAIN, { a: 'succeeded', b: 'aborted', c: 'waiting', d: 'succeeded' });
    expect(planRerun(CHAIN, dead, { kind: 'failed' }, []).input.run).toBe('0110');
    expect(planRerun(CHAIN, dead, only('d'), []).input.kept).toEqual({ '1': 'f', '2': 'u' });
  });

  it('of failed asks skipped tasks behind the failure again, and no others', () => {
    const manifest = manifestOf({ a: {}, b: { upstream: ['a'], triggerRule: 'all_failed' }, c: {} });
    const run = earlier(manifest, { a: 'failed', b: 'skipped', c: 'skipped' });
    expect(planRerun(manifest, run, { kind: 'failed' }, []).input).toMatchObject({ run: '110', kept: { '2': 's' } });
  });

  it('says which succeeded tasks stay although something before them runs again', () => {
    const manifest = manifestOf({ a: {}, tell: { upstream: ['a'], triggerRule: 'all_done' } });
    const run = earlier(manifest, { a: 'failed', tell: 'succeeded' });
    expect(planRerun(manifest, run, { kind: 'failed' }, []).notes).toEqual([
      'kept although a task before it runs again: tell',
    ]);
  });

  it('never runs whom a kept branch left out, unless named or the branch itself runs', () => {
    const manifest = manifestOf({ pick: {}, a: {}, other: { upstream: ['a', 'pick'], triggerRule: 'none_failed' } });
    const run = earlier(manifest, { pick: { leftOut: ['other'] }, a: 'failed', other: 'skipped' });
    expect(planRerun(manifest, run, { kind: 'failed' }, []).input).toMatchObject({ run: '010', kept: { '2': 's' } });
    expect(planRerun(manifest, run, from('a'), []).input.run).toBe('010');
    expect(planRerun(manifest, run, from('a', 'other'), []).input.run).toBe('011');
    expect(planRerun(manifest, run, from('a', 'pick'), []).input.run).toBe('111');
  });

  it('refuses a task that what is kept would hold back, and says what to run too', () => {
    expect(() => planRerun(CHAIN, BROKEN, only('c'), [])).toThrow(
      'task c would not start: its rule is all_success, and of run r is kept: b failed; run that too, such as with --from b',
    );
    expect(planRerun(CHAIN, BROKEN, only('b', 'c'), []).input.run).toBe('0110');
  });
});

describe('outputs', () => {
  const manifest = manifestOf({ x: {}, a: { outputs: ['rows', 'day'] }, b: { upstream: ['a'] }, c: {} });

  it('travel under the index of now, for readers that run, without what nobody reads', () => {
    const old = manifestOf({ a: { outputs: ['rows'] }, b: { upstream: ['a'] }, c: {} });
    const run = earlier(old, { a: { outputs: { rows: 7, day: 'Mo', more: 1 } }, b: 'failed', c: 'succeeded' });
    expect(planRerun(manifest, run, only('b'), []).input.outputs).toEqual({ v1: { rows: 7, day: 'Mo' } });
    expect(planRerun(manifest, run, only('c'), []).input.outputs).toBeUndefined();
    expect(planRerun(manifest, run, from('a'), []).input.outputs).toBeUndefined();
  });

  it('that the earlier run did not leave are told of before anything starts', () => {
    const run = earlier(manifest, { x: 'succeeded', a: { outputs: { rows: 7 } }, b: 'failed', c: 'succeeded' });
    const plan = planRerun(manifest, run, only('b'), []);
    expect(plan.input.outputs).toEqual({ v1: { rows: 7 } });
    expect(plan.notes).toEqual(['run r left no output day of a: if b reads it, add --from a']);
  });
});

describe('a definition that changed', () => {
  const now = manifestOf({ n: {}, a: {}, b: { upstream: ['a', 'n'] }, d: { upstream: ['a'], kind: 'GlueJobTask' } });

  it('runs new tasks with the failed ones and says what changed', () => {
    const plan = planRerun(now, BROKEN, { kind: 'failed' }, []);
    expect(plan.runs).toEqual([
      { id: 'n', earlier: 'new' },
      { id: 'b', earlier: 'failed' },
    ]);
    expect(plan.change).toEqual({
      added: ['n'],
      removed: ['c'],
      changed: [
        { id: 'b', what: ['now waits for n'] },
        { id: 'd', what: ['is a GlueJobTask, was a LambdaTask'] },
      ],
    });
  });

  it('takes new tasks that are not chosen as succeeded, and says so', () => {
    const plan = planRerun(now, BROKEN, only('b'), []);
    expect(plan.input).toMatchObject({ run: '0010' });
    expect(plan.notes).toEqual(['new and not chosen, so taken as succeeded without having run: n']);
  });

  it('answers a task that is gone, and a param that has no value', () => {
    expect(() => planRerun(now, BROKEN, from('c'), [])).toThrow(
      'task c was in run r but is no longer in pipeline Sales',
    );
    const asks = { ...now, params: [{ name: 'day', type: 'date' as const }] };
    expect(() => planRerun(asks, BROKEN, { kind: 'all' }, [])).toThrow(
      'param day is new since run r and has no default',
    );
  });
});

describe('the id of a re-run', () => {
  it.each([
    ['2026-11-01', [], '2026-11-01--2'],
    ['2026-11-01', ['2026-11-01', '2026-11-01--2'], '2026-11-01--3'],
    ['2026-11-01--2', ['2026-11-01', '2026-11-01--2'], '2026-11-01--3'],
    ['a--b', [], 'a--b--2'],
  ])('after %s', (id, taken, expected) => {
    expect(nextRunId(id, taken)).toBe(expected);
  });
});
