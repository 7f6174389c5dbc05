import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../lib/compile/compile';
import { dagRequest } from '../../lib/compile/dag-file';
import { OUTCOMES, type GraphTask, type Outcome, TRIGGER_RULES } from '../../lib/compile/model';
import { marker } from '../../lib/compile/reference';
import type { Json } from '../../lib/local/engine';
import { type Simulation, type SimulatedTask, simulate } from '../../lib/local/simulate';
import { simulateDag } from '../../lib/local/simulate-dag';
import { airflowCases, realDags } from '../compile/dag-corpus';
import { request, task } from '../compile/graphs';
import { type ModelTask, model, runFails } from '../compile/reference-model';

async function run(
  tasks: readonly GraphTask[],
  does: { readonly [id: string]: Partial<SimulatedTask> } = {},
  input: Json = {},
  more: Parameters<typeof request>[1] = {},
): Promise<Simulation & { calls: Json[] }> {
  const plan = compile(request(tasks, more));
  const calls: Json[] = [];
  const result = await simulate({
    root: plan.root,
    machines: new Map(plan.machines.map((machine) => [machine.name, machine.definition as Json])),
    tasks: plan.order.map((id) => ({ id, seconds: 1, outcome: 'success', ...does[id] })),
    taskOf: (call) => {
      calls.push(call.arguments);
      return String((call.arguments as { FunctionName: Json }).FunctionName);
    },
    input,
  });
  return { ...result, calls };
}

const outcomes = (result: Simulation): { [id: string]: Outcome } =>
  Object.fromEntries([...result.tasks].map(([id, { outcome }]) => [id, outcome]));

describe('every case of Airflow', () => {
  it.each(airflowCases().map((entry) => [entry.dag.name, entry] as const))(
    '%s',
    async (_, { dag, run: expected, states }) => {
      const result = await simulateDag(dag);
      expect(outcomes(result)).toEqual(Object.fromEntries(states));
      expect(result.outcome).toBe(expected);
    },
  );
});

describe('every real DAG', () => {
  it('runs in its critical path, within the limits and the announced cost', { timeout: 300_000 }, async () => {
    let [reduced, rendezvous] = [0, 0];
    for (const dag of realDags()) {
      const plan = compile(dagRequest(dag, (name) => name, 'rendezvous'));
      const result = await simulateDag(dag);
      expect(result.outcome, dag.name).toBe('succeeded');
      expect(result.makespanSeconds, dag.name).toBeCloseTo(result.criticalPathSeconds, 2);
      expect(result.transitions, dag.name).toBeLessThanOrEqual(plan.transitions);
      expect(result.historyEvents, dag.name).toBeLessThanOrEqual(
        plan.machines.reduce((sum, m) => sum + m.historyEvents, 0),
      );
      for (const machine of plan.machines) {
        expect(machine.definitionChars, dag.name).toBeLessThan(1_048_576);
        expect(result.eventsOf.get(machine.name), dag.name).toBeLessThanOrEqual(25_000);
      }
      reduced += plan.reducedEdges.length;
      rendezvous += plan.rendezvous.length;
    }
    expect(rendezvous / reduced).toBeLessThanOrEqual(0.169);
  });
});

interface RandomTask {
  readonly up: readonly number[];
  readonly rule: (typeof TRIGGER_RULES)[number];
  readonly outcome: 'success' | 'failed' | 'skipped';
  readonly seconds: number;
  readonly kept: Outcome | undefined;
}

const randomTask = (position: number): fc.Arbitrary<RandomTask> =>
  fc.record({
    up: position === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(position - 1), { maxLength: Math.min(position, 4) }),
    rule: fc.oneof(
      { weight: 2, arbitrary: fc.constant('all_success' as const) },
      { weight: 3, arbitrary: fc.constantFrom(...TRIGGER_RULES) },
    ),
    outcome: fc.constantFrom(
      'success' as const,
      'success' as const,
      'success' as const,
      'failed' as const,
      'skipped' as const,
    ),
    seconds: fc.integer({ min: 1, max: 9 }),
    kept: fc.option(fc.constantFrom(...OUTCOMES), { freq: 5, nil: undefined }),
  });

const randomGraph = fc
  .integer({ min: 1, max: 16 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, position) => randomTask(position))));

const LETTER: { readonly [outcome: string]: string } = { failed: 'f', skipped: 's', upstream_failed: 'u' };

/** The graph as compiled, as the model sees it, and the run's input. Padding makes bodies large enough to be cut. */
function prepare(random: readonly RandomTask[], padding = 0) {
  const id = (position: number): string => `task-${position}`;
  const tasks = random.map((each, i) =>
    task(id(i), each.up.map(id), {
      triggerRule: each.rule,
      maySkip: each.outcome === 'skipped',
      ...(padding === 0 ? {} : { args: 'x'.repeat(padding) }),
    }),
  );
  const plan = compile(request(tasks));
  const given = new Map(random.map((each, i) => [id(i), each]));
  const modelled = plan.order.map((name): ModelTask => {
    const each = given.get(name)!;
    return {
      id: name,
      upstream: each.up.map(id),
      rule: each.rule,
      seconds: each.seconds,
      outcome: each.outcome,
      ...(each.kept ? { kept: each.kept } : {}),
    };
  });
  const kept = modelled.flatMap((each, i) => (each.kept && LETTER[each.kept] ? [[String(i), LETTER[each.kept]!]] : []));
  const input: Json = modelled.some((each) => each.kept)
    ? {
        run: modelled.map((each) => (each.kept ? '0' : '1')).join(''),
        kept: Object.fromEntries(kept) as { [index: string]: string },
      }
    : {};
  return { plan, modelled, input };
}

async function agrees(random: readonly RandomTask[], padding: number): Promise<number> {
  const { plan, modelled, input } = prepare(random, padding);
  const started: string[] = [];
  const result = await simulate({
    root: plan.root,
    machines: new Map(plan.machines.map((machine) => [machine.name, machine.definition as Json])),
    tasks: modelled.map(({ id, seconds, outcome }) => ({ id, seconds, outcome })),
    taskOf: (call) => {
      const id = String((call.arguments as { FunctionName: Json }).FunctionName);
      started.push(id);
      return id;
    },
    input,
  });
  const expected = model(modelled);
  const seen = modelled.map(({ id }) => ({
    id,
    outcome: result.tasks.get(id)!.outcome,
    start: result.tasks.get(id)!.startSeconds,
  }));
  const wanted = modelled.map(({ id, kept }) => {
    const { outcome, ran, start } = expected.get(id)!;
    return { id, outcome: kept ?? outcome, start: ran ? start : null };
  });
  expect(seen).toEqual(wanted);
  expect(new Set(started).size).toBe(started.length);
  expect(result.outcome).toBe(runFails(modelled, expected) ? 'failed' : 'succeeded');
  return plan.machines.length;
}

describe('random graphs, rules, outcomes and selections against the model', () => {
  it('agree on outcomes, on the moment each task starts, and on the run', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async (random) => {
        await agrees(random, 0);
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('agree when the graph is cut into several machines', { timeout: 300_000 }, async () => {
    let cut = 0;
    await fc.assert(
      fc.asyncProperty(randomGraph, async (random) => {
        if ((await agrees(random, 150_000)) > 1) cut++;
      }),
      { numRuns: 100, seed: 11 },
    );
    expect(cut).toBeGreaterThan(30);
  });
});

describe('a child machine that dies outside any Catch', () => {
  it('fails its tasks, wakes whoever waits for them, and stops nothing else', { timeout: 300_000 }, async () => {
    let [died, awaited] = [0, 0];
    const dead: Json = { StartAt: 'x', States: { x: { Type: 'Fail', Error: 'States.Runtime' } } };
    await fc.assert(
      fc.asyncProperty(randomGraph, async (random) => {
        const { plan, modelled } = prepare(
          random.map((each) => ({ ...each, kept: undefined })),
          150_000,
        );
        const child = plan.machines.find((machine) => !machine.root && machine.children.length === 0);
        if (child === undefined) return;
        const lost = new Set(child.tasks);
        died++;
        if (plan.rendezvous.some(([from, to]) => lost.has(from) && !lost.has(to))) awaited++;
        const result = await simulate({
          root: plan.root,
          machines: new Map(plan.machines.map((m) => [m.name, m === child ? dead : (m.definition as Json)])),
          tasks: modelled.map(({ id, seconds, outcome }) => ({ id, seconds, outcome })),
          taskOf: (call) => String((call.arguments as { FunctionName: Json }).FunctionName),
        });
        const expected = model(
          modelled.map((each) => (lost.has(each.id) ? { ...each, kept: 'failed' as const } : each)),
        );
        expect(outcomes(result)).toEqual(Object.fromEntries([...expected].map(([id, { outcome }]) => [id, outcome])));
      }),
      { numRuns: 120, seed: 5 },
    );
    expect(died).toBeGreaterThan(30);
    expect(awaited).toBeGreaterThan(5);
  });
});

describe('outputs', () => {
  const reads = (from: string): Json => ({ rows: marker({ kind: 'output', task: from, name: 'rows' }) });
  const n = [
    task('a'),
    task('b'),
    task('c', [], { args: reads('a') }),
    task('d', ['a', 'b'], {
      args: { ...(reads('b') as object), text: `n=${marker({ kind: 'output', task: 'a', name: 'rows' })}'s` },
    }),
  ];
  const payload = (result: { calls: Json[] }, id: string): Json =>
    (result.calls.find((call) => (call as { FunctionName: Json }).FunctionName === id) as { Payload: Json }).Payload;

  it('reach their readers in the branch and across branches', async () => {
    const result = await run(n, {
      a: { result: { rows: 5, other: 'x' } },
      b: { result: { rows: [1, 2] }, seconds: 3 },
    });
    expect(outcomes(result)).toEqual({ a: 'succeeded', b: 'succeeded', c: 'succeeded', d: 'succeeded' });
    expect(payload(result, 'c')).toEqual({ rows: 5 });
    expect(payload(result, 'd')).toEqual({ rows: [1, 2], text: "n=5's" });
  });

  it('of kept tasks come from the run input', async () => {
    const result = await run(n, {}, { run: '0011', outputs: { v0: { rows: 7 }, v1: { rows: 'q' } } });
    expect(payload(result, 'd')).toEqual({ rows: 'q', text: "n=7's" });
  });

  it('over the limit fail their task, not the run', async () => {
    const result = await run(n, { a: { result: { rows: 'x'.repeat(40_000) } } });
    expect(outcomes(result)).toEqual({ a: 'failed', b: 'succeeded', c: 'upstream_failed', d: 'upstream_failed' });
    expect(result.cause).toBe('a');
  });

  it('missing fail their reader, not the run', async () => {
    const result = await run(n, { a: { result: {} }, b: { result: { rows: 1 } } });
    expect(outcomes(result)).toEqual({ a: 'succeeded', b: 'succeeded', c: 'failed', d: 'failed' });
  });
});

describe('skip and branch', () => {
  const condition = marker({ kind: 'output', task: 'a', name: 'go' });
  const conditional = [task('a'), task('b', [], { runIf: `${condition} = true` }), task('c', ['b'])];

  it('runs a task whose condition holds', async () => {
    const result = await run(conditional, { a: { result: { go: true } } });
    expect(outcomes(result)).toEqual({ a: 'succeeded', b: 'succeeded', c: 'succeeded' });
  });

  it('skips a task whose condition does not hold, and what needs it', async () => {
    const result = await run(conditional, { a: { result: { go: false } } });
    expect(outcomes(result)).toEqual({ a: 'succeeded', b: 'skipped', c: 'skipped' });
    expect(result.outcome).toBe('succeeded');
  });

  const fork = [
    task('choose', [], { branch: true }),
    task('left', ['choose']),
    task('right', ['choose']),
    task('side'),
    task('join', ['left', 'right', 'side'], { triggerRule: 'none_failed_min_one_success' }),
    task('both', ['choose', 'side'], { triggerRule: 'all_done' }),
  ];

  it('runs what a branch chose and skips the rest', async () => {
    const result = await run(fork, { choose: { result: { branch: 'left' } } });
    expect(outcomes(result)).toMatchObject({ left: 'succeeded', right: 'skipped', join: 'succeeded', both: 'skipped' });
  });

  it('takes a list, and fails the branch when it names a stranger', async () => {
    const result = await run(fork, { choose: { result: { branch: ['right', 'both'] } } });
    expect(outcomes(result)).toMatchObject({ left: 'skipped', right: 'succeeded', both: 'succeeded' });
    const stranger = await run(fork, { choose: { result: { branch: ['join'] } } });
    expect(outcomes(stranger)).toMatchObject({ choose: 'failed', left: 'upstream_failed', both: 'succeeded' });
  });

  it('counts a task as skipped that asks for it, without retrying', async () => {
    const tasks = [
      task('a', [], { maySkip: true, retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 3 }] }),
      task('b', ['a']),
    ];
    const result = await run(tasks, { a: { outcome: 'skipped' } });
    expect(outcomes(result)).toEqual({ a: 'skipped', b: 'skipped' });
    expect(result.calls).toHaveLength(1);
  });
});

describe('failure', () => {
  it('stops the run at once when asked to', async () => {
    const tasks = [task('a'), task('b'), task('c', ['a'])];
    const result = await run(tasks, { a: { outcome: 'failed' }, b: { seconds: 100 } }, {}, { onTaskFailure: 'stop' });
    expect(result).toMatchObject({ outcome: 'failed', error: 'Headrace.TasksFailed', cause: 'a', makespanSeconds: 1 });
  });

  it('names every failed task, and repeats a task as often as told', async () => {
    const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, MaxAttempts: 2, BackoffRate: 1 }];
    const tasks = [task('it\'s "a"', [], { retry }), task('b'), task('c', ['b'])];
    const result = await run(tasks, { 'it\'s "a"': { outcome: 'failed' }, b: { outcome: 'failed' } });
    expect(result.cause).toBe('b, it\'s "a"');
    expect(result.makespanSeconds).toBe(23);
  });

  it('of several states in a body is the failure of the task', async () => {
    const body: GraphTask['body'] = {
      type: 'states',
      startAt: 'start',
      states: {
        start: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: 'a' },
          Next: 'judge',
        },
        judge: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.ok %}', Next: 'fine' }], Default: 'bad' },
        fine: { Type: 'Succeed', Output: { rows: 3 } },
        bad: { Type: 'Fail', Error: 'Bad', Cause: 'no' },
      },
    };
    const tasks = [
      { ...task('a'), body },
      task('b', [], { args: marker({ kind: 'output', task: 'a', name: 'rows' }) }),
    ];
    const good = await run(tasks, { a: { result: { ok: true } } });
    expect(good.calls.at(-1)).toEqual({ FunctionName: 'b', Payload: 3 });
    const bad = await run(tasks, { a: { result: { ok: false } } });
    expect(outcomes(bad)).toEqual({ a: 'failed', b: 'upstream_failed' });
  });
});

describe('a result of more than 256 KiB', () => {
  const large = { rows: 1, text: 'x'.repeat(262_145) };
  const reader = task('after', [], { args: marker({ kind: 'output', task: 'big', name: 'rows' }) });

  it.each([
    ['that nobody reads', [task('big', [], { largeResult: true }), task('after', ['big']), task('other')]],
    ['of which a small part is read', [task('big', [], { largeResult: true }), reader, task('other')]],
  ])('%s fails its task, not the run', async (_, tasks) => {
    const result = await run(tasks, { big: { result: large }, other: { seconds: 9 } });
    expect(outcomes(result)).toEqual({ big: 'failed', after: 'upstream_failed', other: 'succeeded' });
    expect(result).toMatchObject({ error: 'Headrace.TasksFailed', cause: 'big', makespanSeconds: 9 });
  });

  it('just below it is fine', async () => {
    const tasks = [task('big', [], { largeResult: true }), reader];
    const result = await run(tasks, { big: { result: { rows: 1, text: 'x'.repeat(262_000) } } });
    expect(result.outcome).toBe('succeeded');
  });
});

describe('a task that wakes many', () => {
  it.each([3, 150])('%i across branches', async (count) => {
    // Each of the waiting ones has a branch of its own, so all wait for the hub.
    const ids = Array.from({ length: count }, (_, i) => i);
    const tasks = [
      task('hub'),
      task('sink', ['hub']),
      ...ids.flatMap((i) => [
        task(`own${i}`),
        task(`left${i}`, [`own${i}`]),
        task(`right${i}`, [`own${i}`]),
        task(`meets${i}`, [`left${i}`, `right${i}`, 'hub']),
      ]),
    ];
    const plan = compile(request(tasks));
    expect(plan.rendezvous.filter(([from]) => from === 'hub')).toHaveLength(count);
    for (const seconds of [1, 7]) {
      const result = await run(tasks, { hub: { seconds } });
      expect(result.outcome).toBe('succeeded');
      for (const i of ids) expect(result.tasks.get(`meets${i}`)!.startSeconds).toBe(Math.max(2, seconds));
      expect(result.transitions).toBeLessThanOrEqual(plan.transitions);
    }
  });
});
