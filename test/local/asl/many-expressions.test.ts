import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../lib/local/asl/jsonata';

const environment = { variable: () => undefined, states: () => undefined, now: () => 0, random: () => 0 };

describe('many expressions at once', () => {
  it('gives each its own time: together they may take longer than the limit of one', async () => {
    const slow = (n: number) => `$sum($map([1..6000], function($i) { $i + ${n} }))`;
    const all = await Promise.all(Array.from({ length: 250 }, async (_, n) => evaluate(slow(n), environment as never)));
    expect(all.every((value) => typeof value === 'number')).toBe(true);
  });
});
