// The states of a task per item. In: the item's machine in both its forms, where items come from and where records go. Out:
// states, `which` first. Always: every item is tried; then the count of those that failed decides, and the error names the first
// of them. Where the run repeats one that left records, only the recorded items are tried.

import { quote } from '../compile/expression';
import type { Json } from '../compile/model';

export interface ForEachPlan {
  readonly bucket: string;
  /** Of this task's records in all runs; ends with `/`. */
  readonly prefix: string;
  readonly runId: string;
  /** A marker: the run that this one repeats, if it does. */
  readonly rerunOf: string;
  /** What the items' machines need of the run. */
  readonly params: { readonly [name: string]: Json };
  /** `Items` or `ItemReader`. */
  readonly source: { readonly [field: string]: Json };
  readonly maxConcurrency: number;
  readonly batchSize?: number;
  readonly itemName?: string;
  readonly collected: readonly string[];
  /** JSONata over `$x`: too many have failed. */
  readonly tolerated: string;
  readonly all: Json;
  readonly again: Json;
}

/** Items that an error names. */
const NAMED = 20;

const RETRY: Json = [
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2, JitterStrategy: 'FULL' },
];
const VALUE = '$states.context.Map.Item.Value';
const INDEX = '{% $states.context.Map.Item.Index %}';

export function forEachStates(plan: ForEachPlan): { [name: string]: Json } {
  const { bucket, params, batchSize } = plan;
  const own = `${plan.prefix}${plan.runId}/`;
  const earlier = `{% ${quote(plan.prefix)}&${plan.rerunOf}&'/' %}`;
  const common = { params, p: own };
  const field = plan.itemName === undefined ? '$v.Key' : `$lookup($v,${quote(plan.itemName)})`;
  const name = `($v:=${VALUE};$f:=$type($v)='object'?${field}:$v;$string($exists($f)?$f:$v))`;
  const item = { item: `{% ${VALUE} %}`, n: INDEX, k: `{% ${name} %}` };
  return {
    which: {
      Type: 'Choice',
      Choices: [{ Condition: `{% $exists(${plan.rerunOf}) %}`, Next: 'earlier' }],
      Default: 'all',
    },
    earlier: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:listObjectsV2',
      Arguments: { Bucket: bucket, Prefix: earlier, MaxKeys: 1 },
      Retry: RETRY,
      Output: '{% $exists($states.result.Contents) %}',
      Next: 'failed before',
    },
    'failed before': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input %}', Next: 'again' }],
      Default: 'all',
    },
    all: {
      Type: 'Map',
      ...plan.source,
      ItemSelector:
        batchSize === undefined
          ? { item: item.item, at: { n: item.n, k: item.k, p: own, r: plan.runId }, params }
          : item,
      ...(batchSize !== undefined && {
        ItemBatcher: { MaxItemsPerBatch: batchSize, BatchInput: { ...common, r: plan.runId } },
      }),
      ItemProcessor: plan.all,
      ...mapEnd(plan),
    },
    again: {
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:listObjectsV2',
        Arguments: { Bucket: bucket, Prefix: earlier },
      },
      ItemSelector: { Key: `{% ${VALUE}.Key %}`, n: INDEX, ...common, r: plan.runId },
      ItemProcessor: plan.again,
      ...mapEnd(plan),
    },
    judge: {
      Type: 'Choice',
      Choices: [
        {
          Condition: `{% ($x:=$states.input;${plan.tolerated}) %}`,
          Assign: { x: '{% $states.input %}' },
          Next: 'records',
        },
      ],
      Default: 'done',
    },
    done: { Type: 'Succeed' },
    records: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:listObjectsV2',
      Arguments: { Bucket: bucket, Prefix: own, MaxKeys: NAMED },
      Retry: RETRY,
      Output:
        "{% $join($map($states.result.Contents,function($c){($k:=$split($c.Key,'/')[[-2..-1]];" +
        "$decodeUrlComponent($k[0])&' ('&$decodeUrlComponent($k[1])&')')}),', ') %}",
      Next: 'failed',
    },
    failed: {
      Type: 'Fail',
      Error: 'Headrace.ItemsFailed',
      Cause:
        `{% $x.failed&' of '&$x.items&' ${batchSize === undefined ? 'items' : 'batches'} failed: '&$states.input&` +
        `($x.failed>${NAMED}?' and '&($x.failed-${NAMED})&' more':'')&'; a re-run repeats only these' %}`,
    },
  };
}

function mapEnd({ maxConcurrency, collected }: ForEachPlan): { [field: string]: Json } {
  const lists = collected.map((name) => `,${quote(name)}:[$states.result[$!=1].$lookup($,${quote(name)})]`);
  return {
    MaxConcurrency: maxConcurrency,
    Output: `{% {'items':$count($states.result),'failed':$count($states.result[$=1])${lists.join('')}} %}`,
    Next: 'judge',
  };
}
