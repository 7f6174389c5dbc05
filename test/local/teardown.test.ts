import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../lib/compile/compile';
import type { GraphTask, Outcome } from '../../lib/compile/model';
import type { Json } from '../../lib/local/engine';
import { simulate } from '../../lib/local/simulate';
import { request, task } from '../compile/graphs';
import { mayRun, notRun } from '../compile/reference-model';

interface Given {
  readonly outcome: 'success' | 'failed' | 'skipped';
  readonly seconds: number;
}

async function outcomesOf(tasks: readonly GraphTask[], given: ReadonlyMap<string, Given>) {
  const plan = compile(request(tasks));
  const result = await simulate({
    root: plan.root,
    machines: new Map(plan.machines.map((machine) => [machine.name, machine.definition as Json])),
    tasks: plan.order.map((id) => ({ id, seconds: 1, outcome: 'success', ...given.get(id) })),
    taskOf: (call) => String((call.arguments as { FunctionName: Json }).FunctionName),
  });
  const states = Object.fromEntries([...result.tasks].map(([id, { outcome }]) => [id, outcome]));
  return { plan, run: result.outcome, states };
}

/** Airflow's rules for teardowns, tasks in a topological order. */
function model(tasks: readonly GraphTask[], given: ReadonlyMap<string, Given>) {
  const states = new Map<string, Outcome>();
  for (const { id, upstream, setups } of tasks) {
    const { outcome } = given.get(id)!;
    const did: Outcome = outcome === 'success' ? 'succeeded' : outcome;
    const before = (setups ?? upstream).map((up) => states.get(up)!);
    const runs = setups === undefined ? mayRun('all_success', before) : before.includes('succeeded');
    const kept = setups !== undefined && before.every((state) => state === 'skipped') ? 'skipped' : 'upstream_failed';
    states.set(id, runs ? did : setups === undefined ? notRun('all_success', before) : kept);
  }
  const ignored = (each: GraphTask) => each.setups !== undefined && each.failsRun !== true;
  const decides = (each: GraphTask) =>
    !ignored(each) && tasks.every((next) => !next.upstream.includes(each.id) || ignored(next));
  const fails = tasks.some((each) => decides(each) && states.get(each.id)!.endsWith('failed'));
  return { run: fails ? 'failed' : 'succeeded', states: Object.fromEntries(states) };
}

const random = fc.integer({ min: 2, max: 14 }).chain((size) =>
  fc.tuple(
    ...Array.from({ length: size }, (_, position) =>
      fc.record({
        up: position === 0 ? fc.constant<number[]>([]) : fc.uniqueArray(fc.nat(position - 1), { maxLength: 4 }),
        teardown: fc.boolean(),
        some: fc.nat(3),
        failsRun: fc.boolean(),
        outcome: fc.constantFrom('success' as const, 'success' as const, 'failed' as const, 'skipped' as const),
        seconds: fc.integer({ min: 1, max: 5 }),
      }),
    ),
  ),
);

function graphOf(
  all: readonly { up: readonly number[]; teardown: boolean; some: number; failsRun: boolean; outcome: string }[],
  pad = 0,
) {
  const name = (i: number): string => `t${String(i).padStart(2, '0')}`;
  return all.map(({ up, teardown, some, failsRun, outcome }, i) =>
    task(name(i), up.map(name), {
      maySkip: outcome === 'skipped',
      ...(teardown && up.length > 0 ? { setups: up.slice(0, 1 + (some % up.length)).map(name), failsRun } : {}),
      ...(pad === 0 ? {} : { args: 'x'.repeat(pad) }),
    }),
  );
}

describe('teardowns of random graphs agree with the model', () => {
  it.each([0, 150_000])('with bodies of %i characters', { timeout: 120_000 }, async (pad) => {
    let waits = 0;
    await fc.assert(
      fc.asyncProperty(random, async (all) => {
        const tasks = graphOf(all, pad);
        const given = new Map(tasks.map(({ id }, i) => [id, all[i]!]));
        const { plan, ...seen } = await outcomesOf(tasks, given);
        expect(seen).toEqual(model(tasks, given));
        const teardowns = new Set(tasks.filter((each) => each.setups !== undefined).map((each) => each.id));
        if (plan.rendezvous.some(([, to]) => teardowns.has(to))) waits++;
      }),
      { numRuns: pad === 0 ? 300 : 60, seed: 3 },
    );
    expect(waits).toBeGreaterThan(5);
  });
});

describe('a teardown', () => {
  const tasks = (failsRun = false) => [
    task('create'),
    task('work', ['create']),
    task('drop', ['create', 'work'], { setups: ['create'], failsRun }),
  ];
  const ended = async (outcomes: { [id: string]: Given['outcome'] }, failsRun = false) => {
    const given = new Map(Object.entries(outcomes).map(([id, outcome]) => [id, { outcome, seconds: 1 }]));
    const { run, states } = await outcomesOf(tasks(failsRun), given);
    return [run, states['drop']];
  };

  it('runs whatever became of the work, which decides how the run ends', async () => {
    expect(await ended({})).toEqual(['succeeded', 'succeeded']);
    expect(await ended({ work: 'failed' })).toEqual(['failed', 'succeeded']);
  });

  it('does not run where nothing was set up', async () => {
    expect(await ended({ create: 'failed' })).toEqual(['failed', 'upstream_failed']);
  });

  it('that fails does not fail the run, unless it is told to', async () => {
    expect(await ended({ drop: 'failed' })).toEqual(['succeeded', 'failed']);
    expect(await ended({ drop: 'failed' }, true)).toEqual(['failed', 'failed']);
  });

  it('has to name its setups upstream', () => {
    expect(() => compile(request([task('a'), task('b', [], { setups: ['a'] })]))).toThrow('not upstream of it');
  });
});
