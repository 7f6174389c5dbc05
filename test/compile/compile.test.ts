import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lintMachine } from '../../lib/compile/lint';
import { marker } from '../../lib/compile/reference';
import { compiled, statesOf, synthetic, task } from './graphs';

const diamond = [task('a'), task('b', ['a']), task('c', ['a']), task('d', ['b', 'c'])];

describe('the text', () => {
  it('is the same whatever the order of insertion', () => {
    const edges = synthetic('dbt-like', 60);
    const tasks = Array.from({ length: 60 }, (_, i) =>
      task(
        `t${i}`,
        edges.filter(([, b]) => b === i).map(([a]) => `t${a}`),
      ),
    );
    const text = JSON.stringify(compiled(tasks));
    fc.assert(
      fc.property(fc.shuffledSubarray(tasks, { minLength: 60, maxLength: 60 }), (shuffled) => {
        const mixed = shuffled.map((each) => ({ ...each, upstream: [...each.upstream].reverse() }));
        expect(JSON.stringify(compiled(mixed))).toBe(text);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps all names of states when a task is added', () => {
    const before = [...statesOf(compiled(diamond)).keys()];
    const after = new Set(statesOf(compiled([...diamond, task('aa', ['a']), task('z', ['d'])])).keys());
    expect(before.filter((name) => !after.has(name))).toEqual([]);
  });

  it('has one Parallel for a diamond, and no rendezvous', () => {
    const plan = compiled(diamond);
    expect(plan.rendezvous).toEqual([]);
    expect([...statesOf(plan).values()].filter((state) => state['Type'] === 'Parallel')).toHaveLength(1);
    expect(plan.transitions).toBe(3 + 2 * 4 + 1);
  });

  it('waits across branches for an N, once', () => {
    const plan = compiled([task('a'), task('b'), task('c', ['a']), task('d', ['a', 'b'])]);
    expect(plan.rendezvous).toHaveLength(1);
    expect(plan.machines[0]!.usesRendezvous).toBe(true);
  });

  it('drops edges that longer paths imply, but still hears of the task', () => {
    const plan = compiled([task('a'), task('b', ['a']), task('c', ['a', 'b'])]);
    expect(plan.reducedEdges).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expect(JSON.stringify(statesOf(plan).get('c?'))).toContain('$a.t0&$a.t1');
  });

  it('carries what the author typed without evaluating it', () => {
    const run = marker({ kind: 'run', field: 'date' });
    const text = 'it\'s "q" \\ \n\u2028 ${Token[X.1]} %}';
    const plan = compiled([
      task('a', [], { args: { plain: text, mixed: `${text}${run}`, code: `{% $uppercase(${run}) %}` } }),
    ]);
    const payload = (statesOf(plan).get('a')!['Arguments'] as { Payload: { [key: string]: string } }).Payload;
    expect(payload['plain']).toBe(text);
    expect(payload['code']).toBe('{% $uppercase($run.date) %}');
    expect(payload['mixed']).toContain('\'it\\u0027s "q" \\\\ \\n\\u2028 ${Token[X.1]} %}\'&');
    expect(JSON.stringify(plan.machines[0]!.definition)).not.toContain('intervalStart');
  });

  it('passes its own lint for every shape', () => {
    for (const shape of ['series-parallel', 'dbt-like', 'grid', 'random layers'] as const) {
      const edges = synthetic(shape, 200);
      const tasks = Array.from({ length: 200 }, (_, i) =>
        task(
          `t${i}`,
          edges.filter(([, b]) => b === i).map(([a]) => `t${a}`),
        ),
      );
      for (const machine of compiled(tasks).machines) expect(lintMachine(machine.definition)).toEqual([]);
    }
  });
});

describe('size', () => {
  const wide = (count: number, chars: number) => [
    task('first'),
    ...Array.from({ length: count }, (_, i) => task(`t${i}`, ['first'], { args: 'x'.repeat(chars) })),
  ];

  it('cuts what does not fit one machine, keeping names of children when a task is added', () => {
    const plan = compiled([
      ...wide(40, 60_000),
      task(
        'last',
        Array.from({ length: 40 }, (_, i) => `t${i}`),
      ),
    ]);
    expect(plan.machines.length).toBeGreaterThan(2);
    for (const machine of plan.machines) expect(machine.definitionChars).toBeLessThan(1_000_000);
    const more = compiled([
      ...wide(40, 60_000),
      task(
        'last',
        Array.from({ length: 40 }, (_, i) => `t${i}`),
      ),
      task('after', ['last']),
    ]);
    expect(more.machines.map((machine) => machine.name)).toEqual(plan.machines.map((machine) => machine.name));
    expect(plan.machines.flatMap((machine) => machine.tasks).sort()).toEqual([...plan.order].sort());
  });

  it('nests no deeper than a machine may, however long the chain of side branches', () => {
    const tasks = Array.from({ length: 300 }, (_, i) => [
      task(`m${i}`, i === 0 ? [] : [`m${i - 1}`]),
      task(`side${i}`, [`m${i}`]),
    ]).flat();
    const plan = compiled(tasks);
    expect(plan.machines.length).toBeGreaterThan(1);
    expect(plan.machines.every((machine) => lintMachine(machine.definition).length === 0)).toBe(true);
  });
});
