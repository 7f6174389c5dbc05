// Hostile definitions and inputs: whatever comes in, an execution ends, the process lives, and no prototype changes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateDefinition } from '../../../lib/local/asl/validate';
import type { Json } from '../../../lib/local/engine';
import { rigFor } from './harness';

const NAMES = ['A', 'B', 'C', '__proto__', 'constructor'];
const name = fc.constantFrom(...NAMES);
const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'a', 'a.$', 'Output', ''),
  fc.string({ maxLength: 5 }),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e308,
      '',
      '$',
      '$.a',
      '$$',
      '$x.y',
      '{% $states %}',
      '{% $f() %}',
    ),
    fc.string({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 3 })
      .map(
        (pairs) =>
          JSON.parse(`{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`) as Json,
      ),
  ),
})).value;

const expression = fc.constantFrom(
  '{% $states.input %}',
  '{% $states.input.a[0] %}',
  '{% $states %}',
  '{% $x %}',
  "{% {'__proto__': {'polluted': true}} %}",
  '{% $merge([$states.input, {"__proto__": {"polluted": true}}]) %}',
  '{% $states.input.constructor.constructor("return process")() %}',
  '{% ($f := function($n){ $f($n + 1) }; $f(0)) %}'.replace('$f($n + 1)', '$n'),
  '{% function($x){$x} %}',
  '{% $sum($states.input) %}',
  '{% 1/0 %}',
  '{% ',
  '{% $error("no") %}',
);
const path = fc.constantFrom(
  '$',
  '$.a',
  '$.a.b',
  '$..a',
  '$[0]',
  '$[*]',
  '$.__proto__',
  '$$.Execution.Input',
  '$x',
  '$.constructor',
  "$['a','b']",
  '$[?(@.a == 1)]',
  '$[',
  'nonsense',
  null,
);
const field = fc.oneof(json, expression, path);

const machineOf = (state: fc.Arbitrary<Json>, depth = 0): fc.Arbitrary<Json> =>
  fc.record({
    StartAt: name,
    QueryLanguage: fc.constantFrom('JSONata', 'JSONPath'),
    States: fc.dictionary(name, depth > 1 ? state : state, { minKeys: 1, maxKeys: 4 }),
  }) as fc.Arbitrary<Json>;

const common = {
  Next: name,
  End: fc.boolean(),
  QueryLanguage: fc.constantFrom('JSONata', 'JSONPath'),
  InputPath: path,
  OutputPath: path,
  ResultPath: path,
  Parameters: field,
  Arguments: field,
  Output: field,
  Assign: field,
  ResultSelector: field,
  Result: json,
  Retry: fc.constantFrom<Json>([{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }], [], 'x'),
  Catch: fc.constantFrom<Json>([{ ErrorEquals: ['States.ALL'], Next: 'A', ResultPath: '$.e' }], [{}], null),
};
const { state } = fc.letrec<{ state: Json; machine: Json }>((tie) => ({
  machine: fc.record({
    StartAt: name,
    States: fc.dictionary(name, tie('state'), { minKeys: 1, maxKeys: 3 }),
  }) as fc.Arbitrary<Json>,
  state: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record(
      { Type: fc.constantFrom('Pass', 'Succeed', 'Fail', 'Nonsense'), Error: field, Cause: field, ...common },
      { requiredKeys: ['Type'] },
    ),
    fc.record(
      { Type: fc.constant('Wait'), Seconds: field, Timestamp: field, SecondsPath: path, ...common },
      { requiredKeys: ['Type'] },
    ),
    fc.record(
      {
        Type: fc.constant('Task'),
        Resource: fc.constantFrom('arn:aws:states:::lambda:invoke', 'arn:aws:states:::sqs:sendMessage', '', 5),
        TimeoutSeconds: field,
        HeartbeatSeconds: field,
        ...common,
      },
      { requiredKeys: ['Type'] },
    ),
    fc.record(
      {
        Type: fc.constant('Choice'),
        Choices: fc.array(
          fc.record(
            { Condition: field, Variable: path, NumericEquals: json, IsPresent: fc.boolean(), Next: name },
            { requiredKeys: [] },
          ),
          { maxLength: 2 },
        ),
        Default: name,
        ...common,
      },
      { requiredKeys: ['Type'] },
    ),
    fc.record(
      { Type: fc.constant('Parallel'), Branches: fc.array(tie('machine'), { maxLength: 2 }), ...common },
      { requiredKeys: ['Type', 'Branches'] },
    ),
    fc.record(
      {
        Type: fc.constant('Map'),
        Items: field,
        ItemsPath: path,
        ItemProcessor: tie('machine'),
        ItemSelector: field,
        MaxConcurrency: field,
        ToleratedFailureCount: field,
        ...common,
      },
      { requiredKeys: ['Type', 'ItemProcessor'] },
    ),
  ) as fc.Arbitrary<Json>,
}));

describe('hostile definitions', () => {
  it('every execution ends, whatever the definition and the input', async () => {
    await fc.assert(
      fc.asyncProperty(machineOf(state), json, async (definition, input) => {
        validateDefinition(definition);
        const rig = rigFor(definition, { call: ({ arguments: args }) => args });
        const { status } = await rig.start(input).done;
        expect(['SUCCEEDED', 'FAILED']).toContain(status);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('validation never throws', () => {
    fc.assert(
      fc.property(fc.oneof(json, fc.string()), (definition) => {
        expect(typeof validateDefinition(definition).accepted).toBe('boolean');
      }),
    );
  });
});

const single = (fields: { [name: string]: Json }): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: { Type: 'Pass', ...fields, End: true } },
});

describe('bounded evaluation', () => {
  const cases: { readonly [what: string]: string } = {
    'a regular expression that backtracks for ever': `$match('${'a'.repeat(60)}!', /^(a+)+$/)`,
    'endless recursion': '($f := function($x){ 1 + $f($x) }; $f(1))',
    'an endless tail call': '($f := function($x){ $f($x) }; $f(1))',
    'a range of millions': '$sum([1..9999999])',
    'arrays without end': '$map([1..1000], function($x){ [1..900000] })',
    'a string that doubles': "$length($reduce([1..40], function($a){ $a & $a }, 'x'))",
    'a padding of gigabytes': "$length($pad('', 3000000000))",
    eval: "$eval('1 + 1')",
    'the way to the process': '$states.input.constructor.constructor("return process")()',
  };
  for (const [what, expression] of Object.entries(cases)) {
    it(`fails, and soon: ${what}`, async () => {
      const before = Date.now();
      const result = await rigFor(single({ Output: `{% ${expression} %}` })).start({}).done;
      expect(result.error).toBe('States.QueryEvaluationError');
      expect(Date.now() - before).toBeLessThan(8_000);
    });
  }

  it('refuses an input nested too deeply', () => {
    let deep: Json = 0;
    for (let level = 0; level < 100_000; level += 1) {
      deep = [deep];
    }
    expect(() => rigFor(single({})).start(deep)).toThrow('nested deeper');
  });

  it('refuses a definition nested too deeply', () => {
    let deep: Json = { Type: 'Succeed' };
    for (let level = 0; level < 5_000; level += 1) {
      deep = { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: deep } }], End: true };
    }
    const definition: Json = { StartAt: 'A', States: { A: deep } };
    expect(validateDefinition(definition).accepted).toBe(false);
    expect(() => rigFor(definition).start({})).toThrow('nested deeper');
  });

  it('keeps __proto__ an ordinary key', async () => {
    const input = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as Json;
    const definition: Json = {
      StartAt: 'A',
      States: { A: { Type: 'Pass', Parameters: { 'all.$': '$' }, ResultPath: '$.__proto__.b', End: true } },
    };
    const { output } = await rigFor(definition).start(input).done;
    expect(JSON.stringify(output)).toBe(
      '{"__proto__":{"polluted":true,"b":{"all":{"__proto__":{"polluted":true},"a":1}}},"a":1}',
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
