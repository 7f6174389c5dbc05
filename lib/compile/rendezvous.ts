// Waits and signals across branches, inside the machine itself, so that a wait lives and dies with its run. Each waiting
// task owns one item of the rendezvous table; upstream tasks add `<task><letter>` to its string set, an operation that
// retries cannot double. The waiter stores its task token unless the set is complete already; whoever completes the set
// sees the token in the answer of its own update and sends it. Both updates are atomic on one item, so one of the two sees
// the other, and no wake-up is lost.

import { expression } from './expression';
import { DECIDING } from './guard';
import { RENDEZVOUS_TTL_SECONDS } from './limits';
import type { Json, TriggerRule } from './model';

export type State = { readonly [field: string]: Json };
export type States = { [name: string]: Json };

/** An empty set of states that takes any task id as a name, `__proto__` too. */
export function newStates(): States {
  return Object.create(null) as States;
}

const UPDATE = 'arn:aws:states:::dynamodb:updateItem';
const UPDATE_AND_WAIT = 'arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken';
const GET = 'arn:aws:states:::dynamodb:getItem';
const SEND = 'arn:aws:states:::aws-sdk:sfn:sendTaskSuccess';
/** Answers to a token that somebody has answered before, or whose wait is over. */
const OLD_TOKEN = ['Sfn.InvalidTokenException', 'Sfn.TaskTimedOutException'];
const COMPLETE = 'DynamoDb.ConditionalCheckFailedException';
/** Set members are `<task><letter>`, or `.<number>` where a deciding task fills the set up. */
const LETTERS = (set: string): string => `$replace($join(${set}),/[0-9.]/,'')`;

const RETRY: Json = [{ ErrorEquals: ['States.ALL'] }];
/** The key of a task's item, as JSONata. */
const key = (task: string): string => `'Key':{'id':{'S':$r&${task}}}`;

/** What all waits and signals have in common, once per machine as the variable `$t`: arguments, and when items expire. */
export function rendezvousVariable(table: string): Json {
  return {
    w: {
      TableName: table,
      UpdateExpression: 'SET tok=:t,x=:x',
      ConditionExpression: 'attribute_not_exists(s) OR size(s)<:n',
    },
    g: { TableName: table, ConsistentRead: true },
    s: { TableName: table, UpdateExpression: 'ADD s :s SET x=:x', ReturnValues: 'ALL_NEW' },
    x: { N: expression(`$string($floor($millis()/1000)+${RENDEZVOUS_TTL_SECONDS})`) },
  };
}

export interface Wait {
  readonly task: number;
  /** How many upstream tasks signal. */
  readonly count: number;
  /** Upstream tasks whose outputs the task reads: they travel in the item. */
  readonly outputsOf: readonly number[];
  /** Fires before all have signalled: an output may be missing. */
  readonly early: boolean;
  readonly names: { readonly wait: string; readonly late: string; readonly next: string };
}

/** Waits until all upstream tasks have signalled; the next state's input is their letters. */
export function waitStates(wait: Wait): States {
  const { names } = wait;
  const values = wait.outputsOf.map((p) => {
    const attribute = `$states.result.Item.o${p}.S`;
    return `'v${p}':${wait.early ? `$exists(${attribute})?$parse(${attribute}):{}` : `$parse(${attribute})`}`;
  });
  return {
    [names.wait]: {
      Type: 'Task',
      Resource: UPDATE_AND_WAIT,
      Arguments: expression(
        `$merge([$t.w,{${key(`'/${wait.task}'`)},'ExpressionAttributeValues':` +
          `{':t':{'S':$states.context.Task.Token},':n':{'N':'${wait.count}'},':x':$t.x}}])`,
      ),
      Retry: [{ ErrorEquals: [COMPLETE], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: [COMPLETE], Next: names.late }],
      Next: values.length > 0 ? names.late : names.next,
    },
    [names.late]: {
      Type: 'Task',
      Resource: GET,
      Arguments: expression(`$merge([$t.g,{${key(`'/${wait.task}'`)}}])`),
      Retry: RETRY,
      ...(values.length > 0 ? { Assign: { [`w${wait.task}`]: expression(`{${values.join(',')}}`) } } : {}),
      Output: expression(LETTERS('$states.result.Item.s.SS')),
      Next: names.next,
    },
  };
}

export interface Target {
  readonly task: number;
  /** How many signals it waits for. */
  readonly count: number;
  readonly rule: TriggerRule;
  readonly early: boolean;
}

export interface Signal {
  readonly task: number;
  readonly targets: readonly Target[];
  /** Variable that holds the task's outcome. */
  readonly variable: string;
  /** The targets read outputs of the task. */
  readonly outputs: boolean;
  /** The task is a branch: each target has a letter of its own. */
  readonly branch: boolean;
  /** `first` is the state that others lead to. */
  readonly names: {
    readonly first: string;
    readonly update: string;
    readonly ready: string;
    readonly send: string;
    readonly stop: string;
  };
  /** The state after the signal; absent at the end of a branch, whose output is the variable. */
  readonly next?: string;
}

/** Tells all targets the task's outcome. One target: three states in line; several: the same inside a Map. */
export function signalStates(signal: Signal): States {
  const single = signal.targets.length === 1 ? signal.targets[0] : undefined;
  return single ? signalOne(signal, single) : signalEach(signal);
}

function signalOne(signal: Signal, target: Target): States {
  const { names, next } = signal;
  const variable = `$${signal.variable}`;
  const letter = `${variable}.t${signal.task}${signal.branch ? `&${variable}.b${target.task}` : ''}`;
  const member = `'${signal.task}'&${letter}`;
  const deciding = target.early ? DECIDING[target.rule] : undefined;
  const fill = Array.from({ length: target.count - 1 }, (_, i) => `'.${i + 1}'`);
  const members = deciding
    ? `${letter}&'' in [${deciding.map((l) => `'${l}'`).join(',')}]?[${[member, ...fill].join(',')}]:[${member}]`
    : `[${member}]`;
  const stop = next ?? names.stop;
  return {
    [names.first]: {
      ...update(signal, `'/${target.task}'`, members),
      Output: expression(
        `$count($states.result.Attributes.s.SS)${target.early ? '>' : ''}=${target.count}?$states.result.Attributes:{}`,
      ),
      Next: names.ready,
    },
    [names.ready]: readyState(names.send, stop),
    [names.send]: { ...sendState(target.early, stop), ...leave(next, variable) },
    ...(next === undefined ? { [names.stop]: { Type: 'Succeed', Output: expression(variable) } } : {}),
  };
}

function signalEach(signal: Signal): States {
  const { names, next, targets } = signal;
  const variable = `$${signal.variable}`;
  const early = targets.some((target) => target.early);
  const letter = `${variable}.t${signal.task}${signal.branch ? `&$lookup(${variable},'b'&$states.input[0])` : ''}`;
  const member = `'${signal.task}'&${letter}`;
  const members = early
    ? `${letter}&'' in $states.input[2]?$append([${member}],[1..$states.input[1]-1].('.'&$)):[${member}]`
    : `[${member}]`;
  return {
    [names.first]: {
      Type: 'Map',
      Items: targets.map((target) => [
        target.task,
        target.count,
        ...(early ? [[...((target.early ? DECIDING[target.rule] : undefined) ?? [])]] : []),
      ]),
      ItemProcessor: {
        StartAt: names.update,
        States: {
          [names.update]: {
            ...update(signal, `'/'&$states.input[0]`, members),
            Output: expression(
              `$count($states.result.Attributes.s.SS)${early ? '>' : ''}=$states.input[1]?$states.result.Attributes:{}`,
            ),
            Next: names.ready,
          },
          [names.ready]: readyState(names.send, names.stop),
          [names.send]: { ...sendState(early, names.stop), End: true },
          [names.stop]: { Type: 'Succeed', Output: {} },
        },
      },
      ...leave(next, variable),
    },
  };
}

/** On to the next state, or out of the branch with what it knows. */
function leave(next: string | undefined, variable: string): State {
  return next === undefined ? { Output: expression(variable), End: true } : { Next: next };
}

function update(signal: Signal, task: string, members: string): State {
  const { outputs, variable } = signal;
  const attribute = `o${signal.task}`;
  const carried = outputs ? `,':o':{'S':$string($merge([$k.v${signal.task},$${variable}.v${signal.task}]))}` : '';
  const more = outputs ? `,'UpdateExpression':'ADD s :s SET x=:x,${attribute}=:o'` : '';
  return {
    Type: 'Task',
    Resource: UPDATE,
    Arguments: expression(
      `$merge([$t.s,{${key(task)},'ExpressionAttributeValues':{':s':{'SS':${members}},':x':$t.x${carried}}${more}}])`,
    ),
    Retry: RETRY,
  };
}

function readyState(send: string, stop: string): State {
  return {
    Type: 'Choice',
    Choices: [{ Condition: expression('$exists($states.input.tok)'), Next: send }],
    Default: stop,
  };
}

/** A send that fails otherwise than by an old token ends the run: better than a wait that nobody ends. */
function sendState(early: boolean, stop: string): State {
  return {
    Type: 'Task',
    Resource: SEND,
    Arguments: {
      TaskToken: expression('$states.input.tok.S'),
      Output: expression(`'"'&${LETTERS('$states.input.s.SS')}&'"'`),
    },
    Retry: early ? [{ ErrorEquals: OLD_TOKEN, MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] : RETRY,
    Catch: [{ ErrorEquals: OLD_TOKEN, Next: stop }],
  };
}

export interface Poison {
  /** Signals that the dead machine may have left unsent: who should have sent, to whom. */
  readonly edges: readonly { readonly from: number; readonly to: Target }[];
  readonly names: {
    readonly first: string;
    readonly update: string;
    readonly ready: string;
    readonly send: string;
    readonly stop: string;
  };
  readonly variable: string;
  readonly next?: string;
}

/** After a child machine died: every task of it that has not signalled counts as failed, and whoever waits is woken. */
export function poisonStates(poison: Poison): States {
  const { names, next } = poison;
  const sent = ['', 'f', 'u', 's', 'b'].map((letter, i) => [`:${i}`, letter] as const);
  return {
    [names.first]: {
      Type: 'Map',
      Items: poison.edges.map(({ from, to }) => [
        to.task,
        to.count,
        from,
        to.early && DECIDING[to.rule]!.includes('f') ? 1 : 0,
      ]),
      ItemProcessor: {
        StartAt: names.update,
        States: {
          [names.update]: {
            Type: 'Task',
            Resource: UPDATE,
            Arguments: expression(
              `$merge([$t.s,{${key(`'/'&$states.input[0]`)},'ConditionExpression':` +
                `'NOT (${sent.map(([value]) => `contains(s,${value})`).join(' OR ')})','ExpressionAttributeValues':{':s':{'SS':` +
                `$states.input[3]=1?$append([$states.input[2]&'f'],[1..$states.input[1]-1].('.'&$)):[$states.input[2]&'f']},` +
                `':x':$t.x,${sent.map(([value, letter]) => `'${value}':{'S':$states.input[2]&'${letter}'}`).join(',')}}}])`,
            ),
            Retry: [
              { ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], MaxAttempts: 0 },
              { ErrorEquals: ['States.ALL'] },
            ],
            Catch: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Next: names.stop }],
            Output: expression('$count($states.result.Attributes.s.SS)>=$states.input[1]?$states.result.Attributes:{}'),
            Next: names.ready,
          },
          [names.ready]: readyState(names.send, names.stop),
          [names.send]: { ...sendState(true, names.stop), End: true },
          [names.stop]: { Type: 'Succeed', Output: {} },
        },
      },
      ...leave(next, `$${poison.variable}`),
    },
  };
}
