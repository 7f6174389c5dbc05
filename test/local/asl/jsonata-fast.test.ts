// The synchronous evaluator answers what the full one answers, or steps aside.

import fc from 'fast-check';
import jsonata from 'jsonata';
import { expect, it } from 'vitest';
import { type AstNode, BAIL, compileFast, lean } from '../../../lib/local/asl/jsonata-fast';
import { canFill, filled, shapeOf } from '../../../lib/local/asl/jsonata-shape';
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
  texts: ['a1', 'b2'],
  nested: [[1], [2, 3]],
  t12: 'x 12.5',
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
  '$states.input.texts',
  '$states.input.t12',
  '$states.input.list[1]',
  '$states.input.texts[7]',
  '$states.input.nested[1]',
  '$states.input.s[0]',
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
    fc
      .tuple(fc.constantFrom('$exists', '$not', '$string', '$merge', '$count', '$join'), tie('expression'))
      .map(([f, a]) => `${f}(${a})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `$contains(${a}, ${b})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `$merge([${a}, ${b}])`),
    tie('expression').map((a) => `$contains(${a}, /f|t/)`),
    tie('expression').map((a) => `$replace(${a}, /[0-9.]/, '')`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `($a := ${a}; $v := ${b}; [$a.x, $v])`),
  ),
}));

/** The tree made from the expression's shape, where it has one. */
function shapedTree(text: string): AstNode | undefined {
  const shaped = shapeOf(text);
  const tree = shaped && lean(jsonata(shaped.shape).ast() as unknown as AstNode);
  return shaped && tree && canFill(tree) ? filled(tree, shaped.numbers) : undefined;
}

it.each([
  ["{'t12':$k.t12&'/34'}", true],
  ['$states.input[5]', true],
  ["'\\u0041' & 1", false],
  ['0.5 + 1', false],
  ['1e3', false],
  ['$replace(a, /[0-9]/, "1")', false],
  ['007', false],
  ['no numbers', false],
])('the numbers of %s can be put back: %s', (text, can) => {
  expect(shapedTree(text) !== undefined).toBe(can);
  if (can) expect(shapedTree(text)).toEqual(lean(jsonata(text).ast() as unknown as AstNode));
});

it('agrees with the full evaluator', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(expression, async (text) => {
      const full = jsonata(text);
      const program = compileFast(shapedTree(text) ?? lean(full.ast() as unknown as AstNode));
      const fast = program?.({
        states: (name) => (name === 'input' ? INPUT : undefined),
        variable: (name) => VARIABLES[name],
      });
      if (fast === BAIL || !program) {
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
