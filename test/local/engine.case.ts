// The contract of every engine that runs our state machines: ours in test/local/asl, others through an adapter. A case is
// a definition, an input and what AWS answers; gaps of an engine are listed with their reason.

import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/local/engine';

export interface EngineRequest {
  readonly definition: Json;
  readonly input: Json;
  /** Answers of Task states, in order of the attempts. */
  readonly mocks?: { readonly [state: string]: readonly MockAnswer[] };
}

export type MockAnswer =
  | { readonly return: Json }
  | { readonly throw: { readonly error: string; readonly cause: string } };

export interface EngineAnswer {
  readonly status: string;
  readonly output?: Json;
  readonly error?: string;
}

export interface EngineContract {
  run(request: EngineRequest): Promise<EngineAnswer>;
  /** What this engine cannot do, and why. */
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

const LAMBDA = 'arn:aws:states:::lambda:invoke';
const jsonata = (states: { [name: string]: Json }, startAt = Object.keys(states)[0]!): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: startAt,
  States: states,
});
const jsonPath = (states: { [name: string]: Json }): Json => ({ StartAt: Object.keys(states)[0]!, States: states });
const pass = (fields: { [field: string]: Json } = {}): Json => ({ Type: 'Pass', ...fields, End: true });

interface ContractCase extends EngineRequest {
  readonly expected: EngineAnswer;
}

const succeeds = (output: Json): EngineAnswer => ({ status: 'SUCCEEDED', output });
const fails = (error?: string): EngineAnswer => ({ status: 'FAILED', ...(error !== undefined && { error }) });
const boom: MockAnswer = { throw: { error: 'Boom', cause: 'it went boom' } };

const CASES: { readonly [name: string]: ContractCase } = {
  'Output sees the input': {
    definition: jsonata({ A: pass({ Output: { twice: '{% $states.input.n * 2 %}' } }) }),
    input: { n: 21 },
    expected: succeeds({ twice: 42 }),
  },
  'Assign sees the old values': {
    definition: jsonata({
      A: { Type: 'Pass', Assign: { x: 1, y: 10 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Next: 'C' },
      C: pass({ Output: ['{% $x %}', '{% $y %}'] }),
    }),
    input: {},
    expected: succeeds([10, 1]),
  },
  'an undefined result is an error': {
    definition: jsonata({ A: pass({ Output: { gone: '{% $states.input.missing %}' } }) }),
    input: {},
    expected: fails('States.QueryEvaluationError'),
  },
  'Choice takes the first rule that holds': {
    definition: jsonata({
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Big' },
          { Condition: '{% $states.input.n > 5 %}', Next: 'Middle' },
        ],
        Default: 'Small',
      },
      Big: pass({ Output: 'big' }),
      Middle: pass({ Output: 'middle' }),
      Small: pass({ Output: 'small' }),
    }),
    input: { n: 7 },
    expected: succeeds('middle'),
  },
  'Retry repeats until it succeeds': {
    definition: jsonata({
      T: {
        Type: 'Task',
        Resource: LAMBDA,
        Arguments: { FunctionName: 'f' },
        Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 1, MaxAttempts: 2 }],
        Output: '{% $states.result.Payload %}',
        End: true,
      },
    }),
    input: {},
    mocks: { T: [boom, boom, { return: { Payload: 'third' } }] },
    expected: succeeds('third'),
  },
  'Catch carries error and cause': {
    definition: jsonata({
      T: {
        Type: 'Task',
        Resource: LAMBDA,
        Arguments: { FunctionName: 'f' },
        Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput %}', Next: 'Caught' }],
        End: true,
      },
      Caught: pass(),
    }),
    input: {},
    mocks: { T: [boom] },
    expected: succeeds({ Error: 'Boom', Cause: 'it went boom' }),
  },
  'an uncaught error fails the execution': {
    definition: jsonata({ T: { Type: 'Task', Resource: LAMBDA, Arguments: { FunctionName: 'f' }, End: true } }),
    input: {},
    mocks: { T: [boom] },
    expected: fails('Boom'),
  },
  'Parallel gathers its branches in order': {
    definition: jsonata({
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 1, Next: 'L' }, L: pass({ Output: 'left' }) } },
          { StartAt: 'R', States: { R: pass({ Output: 'right' }) } },
        ],
        End: true,
      },
    }),
    input: {},
    expected: succeeds(['left', 'right']),
  },
  'Parallel fails with the first failing branch, and can be caught': {
    definition: jsonata({
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Bad', Cause: 'so bad' } } },
          { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 5, End: true } } },
        ],
        Catch: [{ ErrorEquals: ['Bad'], Output: '{% $states.errorOutput.Cause %}', Next: 'C' }],
        End: true,
      },
      C: pass(),
    }),
    input: {},
    expected: succeeds('so bad'),
  },
  'inner variables do not leave a branch': {
    definition: jsonata({
      A: { Type: 'Pass', Assign: { x: 'outer' }, Next: 'P' },
      P: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'B', States: { B: pass({ Assign: { y: 'inner' }, Output: '{% $x %}' }) } }],
        Next: 'Z',
      },
      Z: pass({ Output: '{% $exists($y) %}' }),
    }),
    input: {},
    expected: succeeds(false),
  },
  'Map iterates with index and value': {
    definition: jsonata({
      M: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        ItemSelector: { i: '{% $states.context.Map.Item.Index %}', v: '{% $states.context.Map.Item.Value %}' },
        ItemProcessor: { StartAt: 'I', States: { I: pass() } },
        End: true,
      },
    }),
    input: { list: ['a', 'b'] },
    expected: succeeds([
      { i: 0, v: 'a' },
      { i: 1, v: 'b' },
    ]),
  },
  'JSONPath: InputPath, Parameters, ResultPath, OutputPath': {
    definition: jsonPath({
      A: {
        Type: 'Pass',
        InputPath: '$.in',
        Parameters: { 'n.$': '$.n', fixed: true },
        ResultPath: '$.out',
        OutputPath: '$.out',
        End: true,
      },
    }),
    input: { in: { n: 3 } },
    expected: succeeds({ n: 3, fixed: true }),
  },
  'JSONPath: intrinsic functions': {
    definition: jsonPath({
      A: pass({ Parameters: { 'text.$': "States.Format('{} of {}', $.a, States.ArrayLength($.list))" } }),
    }),
    input: { a: 'two', list: [1, 2] },
    expected: succeeds({ text: 'two of 2' }),
  },
  'JSONPath: a missing path ends the execution, whatever is caught': {
    definition: jsonPath({
      T: {
        Type: 'Task',
        Resource: LAMBDA,
        Parameters: { 'FunctionName.$': '$.nope' },
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }],
        End: true,
      },
      C: pass(),
    }),
    input: {},
    expected: fails('States.Runtime'),
  },
  'JSONPath: Choice compares': {
    definition: jsonPath({
      A: {
        Type: 'Choice',
        Choices: [
          {
            And: [{ Variable: '$.n', NumericGreaterThan: 1 }, { Not: { Variable: '$.s', StringMatches: 'x*' } }],
            Next: 'Y',
          },
        ],
        Default: 'N',
      },
      Y: pass({ Result: 'yes' }),
      N: pass({ Result: 'no' }),
    }),
    input: { n: 2, s: 'abc' },
    expected: succeeds('yes'),
  },
  'Fail without a name': {
    definition: jsonata({ F: { Type: 'Fail' } }),
    input: {},
    expected: fails(),
  },
  'no rule and no Default': {
    definition: jsonata({
      A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }] },
      B: pass(),
    }),
    input: {},
    expected: fails('States.Runtime'),
  },
};

export function engineContract({ run, skip = [] }: EngineContract): void {
  describe('engine contract', () => {
    for (const [name, { expected, ...request }] of Object.entries(CASES)) {
      const gap = skip.find(({ tests }) => tests.includes(name));
      it.skipIf(gap !== undefined)(gap ? `${name} (${gap.reason})` : name, async () => {
        const { status, output, error } = await run(request);
        expect({ status, ...(output !== undefined && { output }), ...(error !== undefined && { error }) }).toEqual(
          expected,
        );
      });
    }
  });
}
