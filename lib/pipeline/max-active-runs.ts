// At most so many runs of a pipeline at once. In: the root's definition, how many, and what a run too many does. Out: the definition with a
// turn before its first state and its return before the end. Always: only the root is touched; a run that ends in any other way frees its
// turn by the event of its end.

import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import type { IPipeline } from './i-pipeline';
import { Slots } from './slots';

/** What a run does that is one too many. */
export enum WhenBusy {
  /** It waits for its turn, first come first served. */
  QUEUE = 'queue',
  /** It ends at once, without a task having run. */
  SKIP = 'skip',
}

/** What `maxActiveRuns` makes of a pipeline. */
export interface Turns {
  readonly permissions: readonly iam.PolicyStatement[];
  around(definition: Definition): Definition;
}

export function turnsOf(pipeline: IPipeline, limit: number, busy: WhenBusy): Turns {
  const slots = Slots.of(pipeline);
  const pool = `runs of ${pipeline.prefix}`;
  return {
    permissions: [slots.allow(pool, pipeline.prefix)],
    around: (definition) => withTurns(definition, slots, pool, limit, busy),
  };
}

type Definition = { readonly [field: string]: Json };
type States = { readonly [name: string]: Definition };

const TAKE = '(';
const TAKEN = '(?';
const SKIPPED = '(-';
const BACK = ')';
/** The state that judges the run, after all its tasks. */
const JUDGE = '=';

function withTurns(definition: Definition, slots: Slots, pool: string, limit: number, busy: WhenBusy): Definition {
  const states = definition['States'] as States;
  const first = String(definition['StartAt']);
  const request = { pool, limit, weight: 1, priority: 0 };
  const returned = `_${JUDGE}`;
  const input = '{% $states.input %}';
  const take: States =
    busy === WhenBusy.QUEUE
      ? {
          [TAKE]: {
            ...slots.wait(request),
            Assign: { turn: '{% $states.result.lease %}' },
            Output: input,
            Next: first,
          },
        }
      : {
          [TAKE]: {
            ...slots.attempt(request),
            Assign: { turn: '{% $states.result.Payload %}' },
            Output: input,
            Next: TAKEN,
          },
          [TAKEN]: { Type: 'Choice', Choices: [{ Condition: '{% $turn.granted %}', Next: first }], Default: SKIPPED },
          [SKIPPED]: { Type: 'Succeed', Output: { skipped: `${limit} runs of the pipeline were going on` } },
        };
  const lease = busy === WhenBusy.QUEUE ? '$turn' : '$turn.lease';
  const back = slots.giveBack(pool, lease);
  const rest = Object.fromEntries(
    Object.entries(states).map(([name, state]) => [name === JUDGE ? returned : name, state]),
  );
  return {
    ...definition,
    StartAt: TAKE,
    States: {
      ...take,
      ...rest,
      // Whatever led to the judgement leads here first.
      [JUDGE]: { ...back, Catch: [{ ErrorEquals: ['States.ALL'], Next: BACK, Output: input }], Next: BACK },
      [BACK]: { Type: 'Pass', Next: returned },
    },
  };
}
