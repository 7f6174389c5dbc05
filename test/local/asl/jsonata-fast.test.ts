// The synchronous evaluator answers what the full one answers, or steps aside.

import fc from 'fast-check';
import jsonata from 'jsonata';
import { expect, it } from 'vitest';
import { type AstNode, BAIL, compileFast } from '../../../lib/local/asl/jsonata-fast';
import type { Json } from '../../../lib/local/engine';

const INPUT: { [name: string]: Json } = {
  n: 3,
  s: 'text',
  t: true,
  z: null,
  o: { p: { q: 'deep' } },
  list: [1, 2],
  empty: [],
  one: [{ a: 1 }],
};
const VARIABLES: { [name: string]: Json } = { a: { x: 1, y: 'f' }, b: 'plain', c: 0 };

const atom = fc.constantFrom(
  '$states.input.n',
  '$states.input.s',
  '$states.input.o.p.q',
  '$states.input.o',
  '$states.input.missing.x',
  '$states.input.list',
  '$states.input.empty',
  '$states.input.one.a',
  '$states.input.z',
  '$a',
  '$a.x',
  '$a.y',
  '$b',
  '$c',
  '$none',
  '1',
  '2',
  "'text'",
  "''",
  'true',
  'null',
  '-1',
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    atom,
    fc
      .tuple(tie('expression'), fc.constantFrom('=', '!=', '<', '>=', 'and', 'or', '&', '+', '-'), tie('expression'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a}) ? (${b})`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(tie('expression'), { maxLength: 3 })
      .map((items) => `{${items.map((item, index) => `'k${index}': ${item}`).join(', ')}}`),
    fc.tuple(fc.constantFrom('$exists', '$not', '$string', '$merge'), tie('expression')).map(([f, a]) => `${f}(${a})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `$contains(${a}, ${b})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `$merge([${a}, ${b}])`),
  ),
}));

it('agrees with the full evaluator', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(expression, async (text) => {
      const full = jsonata(text);
      const fast = compileFast(full.ast() as unknown as AstNode)?.({
        states: (name) => (name === 'input' ? INPUT : undefined),
        variable: (name) => VARIABLES[name],
      });
      if (fast === BAIL || !compileFast(full.ast() as unknown as AstNode)) {
        return;
      }
      answered += 1;
      const slow: unknown = await full.evaluate(undefined, { states: { input: INPUT }, ...VARIABLES });
      const plain = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
      expect({ text, value: fast }).toEqual({ text, value: plain(slow) });
    }),
    { numRuns: 3_000 },
  );
  expect(answered).toBeGreaterThan(500);
});
