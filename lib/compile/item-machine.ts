// The machine of one item in, the processor of a distributed Map out. An item whose tasks failed does not fail its execution:
// it leaves a record in S3, by which the error can name it and a re-run finds it, and ends with 1. An item that went well ends
// with 0, or with the outputs that somebody collects. So a Map over any number of items ends with a small list.

import { renameMachine } from './body';
import { expression } from './expression';
import type { Compiled, Json } from './model';

type State = { readonly [field: string]: Json };

export interface ItemMachineOptions {
  /** Where records of failed items go: the bucket, and a prefix that ends with `/`. */
  readonly bucket: string;
  /** What an item comes as: by itself, several in a batch, or as the record of an earlier failure. */
  readonly form: 'item' | 'batch' | 'record';
  /** The items' outputs are collected. */
  readonly collects: boolean;
  readonly rename: (name: string) => string;
}

const UNPACK = 'unpack';

export function itemMachine(compiled: Compiled, options: ItemMachineOptions): { readonly [field: string]: Json } {
  const { StartAt, States } = compiled.machines[0]!.definition as {
    StartAt: string;
    States: { [name: string]: State };
  };
  const states: { [name: string]: Json } = Object.create(null) as { [name: string]: Json };
  const first = unpackState(options, StartAt);
  // A task may be called so too.
  const unpack = UNPACK in States ? `${UNPACK}#` : UNPACK;
  if (first !== undefined) states[unpack] = first;
  for (const [name, state] of Object.entries(States)) {
    if (state['Type'] === 'Fail' && state['Error'] === 'Headrace.TasksFailed')
      states[name] = recordState(options, state);
    else if (state['Type'] === 'Succeed' && !options.collects) states[name] = { ...state, Output: expression('0') };
    else states[name] = state;
  }
  const machine = { StartAt: first === undefined ? StartAt : unpack, States: states };
  return {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    ...(renameMachine(machine, options.rename) as { [field: string]: Json }),
  };
}

/** What comes in becomes `{item, at, params}`, the input of the machine. */
function unpackState({ form, bucket }: ItemMachineOptions, next: string): State | undefined {
  if (form === 'item') return undefined;
  if (form === 'batch') {
    return {
      Type: 'Pass',
      Output: expression(
        "($i:=$states.input.Items;{'item':[$i.item],'params':$states.input.BatchInput.params,'at':" +
          "{'n':$i[0].n,'k':$i[0].k&($count($i)>1?' and '&($count($i)-1)&' more':''),'p':$states.input.BatchInput.p,'r':$states.input.BatchInput.r}})",
      ),
      Next: next,
    };
  }
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
    Arguments: { Bucket: bucket, Key: expression('$states.input.Key') },
    Retry: RETRY,
    Output: expression(
      "($x:=$parse($states.result.Body);{'item':$x.item,'params':$states.input.params," +
        "'at':{'n':$states.input.n,'k':$x.key,'p':$states.input.p,'r':$states.input.r}})",
    ),
    Next: next,
  };
}

const RETRY: Json = [
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2, JitterStrategy: 'FULL' },
];

/** The record's name tells the failed tasks and the item's key, so that a listing is enough to say what failed. */
function recordState({ bucket }: ItemMachineOptions, failed: State): State {
  const cause = String(failed['Cause']).slice(2, -2).trim();
  const name = '$encodeUrlComponent($substring($x,0,150))';
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:s3:putObject',
    Arguments: {
      Bucket: bucket,
      Key: expression(`($f:=function($x){${name}};$run.at.p&$run.at.n&'/'&$f($run.at.k)&'/'&$f(${cause}))`),
      Body: expression(`$string({'key':$run.at.k,'failed':${cause},'item':$run.item})`),
      ContentType: 'application/json',
    },
    Retry: RETRY,
    Output: expression('1'),
    End: true,
  };
}
