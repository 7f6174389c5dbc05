// The machine that starts runs one after another for past dates. In: nothing; its input says which. Out: its definition. Always: a run
// that fails stops no other; a run that exists already is left alone; what is running when it is stopped is stopped too.
//
// input: {"machine": ARN, "items": ["2026-11-01T02:30:00Z 2026-10-31T02:30:00Z --2", ...], "maxActive": 3, "params": {...}}
// An item: the logical date (the end of its interval), the interval's start, and what stands behind the name made of the date.

import type { Json } from './model';
import { runName } from './schedule';

export interface BackfillInput {
  readonly machine: string;
  readonly items: readonly string[];
  readonly maxActive: number;
  readonly params?: { readonly [name: string]: unknown };
}

export interface BackfillItem {
  readonly logicalDate: string;
  readonly intervalStart: string;
  /** Behind the name made of the date; empty for the first run of it. */
  readonly suffix: string;
}

/** Bytes of an execution's input, less what stands beside the items. */
export const BACKFILL_ITEMS_BYTES = 250_000;

export function itemText({ logicalDate, intervalStart, suffix }: BackfillItem): string {
  return `${logicalDate} ${intervalStart}${suffix === '' ? '' : ` ${suffix}`}`;
}

export function itemOf(text: string): BackfillItem {
  const [logicalDate = '', intervalStart = '', suffix = ''] = text.split(' ');
  return { logicalDate, intervalStart, suffix };
}

export function itemRun({ logicalDate, suffix }: BackfillItem): string {
  return `${runName(new Date(logicalDate))}${suffix}`;
}

const START_AGAIN = {
  ErrorEquals: ['StepFunctions.ExecutionLimitExceededException', 'StepFunctions.ThrottlingException'],
  IntervalSeconds: 5,
  BackoffRate: 2,
  MaxAttempts: 8,
  MaxDelaySeconds: 120,
  JitterStrategy: 'FULL',
};

export function backfillDefinition(): { readonly [field: string]: Json } {
  return {
    Comment: 'headrace backfill: runs of past dates, so many at a time',
    QueryLanguage: 'JSONata',
    StartAt: 'Runs',
    States: {
      Runs: {
        Type: 'Map',
        Items: '{% $states.input.items %}',
        MaxConcurrency: '{% $states.input.maxActive %}',
        ToleratedFailurePercentage: '{% 100 %}',
        ItemSelector: {
          machine: '{% $states.input.machine %}',
          item: "{% $split($states.context.Map.Item.Value,' ') %}",
          params: '{% $exists($states.input.params)?$states.input.params:{} %}',
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Run',
          States: {
            Run: {
              Type: 'Task',
              Resource: 'arn:aws:states:::states:startExecution.sync:2',
              Arguments: {
                StateMachineArn: '{% $states.input.machine %}',
                Name: "{% $replace($states.input.item[0],':','-')&$states.input.item[2] %}",
                Input: {
                  logicalDate: '{% $states.input.item[0] %}',
                  intervalStart: '{% $states.input.item[1] %}',
                  intervalEnd: '{% $states.input.item[0] %}',
                  params: '{% $states.input.params %}',
                },
              },
              Retry: [START_AGAIN],
              // One letter a run: the results of thousands have to stay within one state's output.
              Output: "{% 's' %}",
              Catch: [{ ErrorEquals: ['States.ALL'], Output: "{% 'f' %}", Next: 'Failed' }],
              End: true,
            },
            Failed: { Type: 'Succeed' },
          },
        },
        Output: "{% {'runs':$count($states.result),'failed':$count($states.result[$='f'])} %}",
        Next: 'All well?',
      },
      'All well?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.failed>0 %}', Next: 'Some failed' }],
        Default: 'Done',
      },
      'Some failed': {
        Type: 'Fail',
        Error: 'Headrace.RunsFailed',
        Cause: "{% $string($states.input.failed)&' of '&$string($states.input.runs)&' runs did not succeed' %}",
      },
      Done: { Type: 'Succeed' },
    },
  };
}
