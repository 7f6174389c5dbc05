// Waits and signals across branches, inside the machine itself, so that a wait lives and dies with its run. Each waiting
// task owns one item of the rendezvous table; upstream tasks add `<task><letter>` to its string set, an operation that
// retries cannot double. The waiter stores its task token unless the set is complete already; whoever completes the set
// sees the token in the answer of its own update and sends it. Both updates are atomic on one item, so one of the two sees
// the other, and no wake-up is lost.

import { expression } from './expression';
import { DECIDING, setupLetter } from './guard';
import { RENDEZVOUS_TTL_SECONDS, WOKEN_TOGETHER } from './limits';
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
  /** It is a teardown of the task that signals. */
  readonly setup: boolean;
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
  readonly names: SignalNames;
  /** The state after the signal; absent at the end of a branch, whose output is the variable. */
  readonly next?: string;
}

export interface SignalNames {
  /** The state that others lead to. */
  readonly first: string;
  readonly update: string;
  /** Sends tokens, if any. */
  readonly wake: string;
  readonly send: string;
  readonly stop: string;
}

/**
 * Tells all targets the task's outcome, then wakes those whose set is complete now. One target: two states in line; several:
 * the updates in a Map, their tokens sent by a second one; too many tokens for one payload: each is sent where it was found.
 */
export function signalStates(signal: Signal): States {
  const { names, next, targets } = signal;
  const wake = wakeState(signal.names);
  const [target] = targets;
  if (target !== undefined && targets.length === 1) {
    return {
      [names.first]: {
        ...update(signal, `'/${target.task}'`, membersFor(signal, target)),
        Output: expression(woken(`${target.count}`, target.early, '[]')),
        Next: names.wake,
      },
      [names.wake]: { ...wake, ...leave(next, signal.variable) },
    };
  }
  const early = targets.some((each) => each.early);
  const together = targets.length <= WOKEN_TOGETHER;
  const told = update(signal, `'/'&$states.input[0]`, membersForEach(signal, early));
  const found = woken('$states.input[1]', early, together ? '{}' : '[]');
  return {
    [names.first]: {
      Type: 'Map',
      Items: targets.map((each) => [
        each.task,
        each.count,
        ...(early ? [[...((each.early ? DECIDING[each.rule] : undefined) ?? [])]] : []),
      ]),
      ItemProcessor: {
        StartAt: names.update,
        States: together
          ? { [names.update]: { ...told, Output: expression(found), End: true } }
          : {
              [names.update]: { ...told, Output: expression(found), Next: names.wake },
              [names.wake]: { ...wake, Output: {}, End: true },
            },
      },
      ...(together
        ? { Output: expression('[$states.result[$exists(t)]]'), Next: names.wake }
        : leave(next, signal.variable)),
    },
    ...(together ? { [names.wake]: { ...wake, ...leave(next, signal.variable) } } : {}),
  };
}

/** What the only target's set is to hold more. */
function membersFor(signal: Signal, target: Target): string {
  const variable = `$${signal.variable}`;
  const own = `${variable}.t${signal.task}`;
  const letter = `${target.setup ? setupLetter(own) : own}${signal.branch ? `&${variable}.b${target.task}` : ''}`;
  const member = `'${signal.task}'&${letter}`;
  const deciding = target.early ? DECIDING[target.rule] : undefined;
  if (deciding === undefined) return `[${member}]`;
  const fill = Array.from({ length: target.count - 1 }, (_, i) => `'.${i + 1}'`);
  return `${letter}&'' in [${deciding.map((l) => `'${l}'`).join(',')}]?[${[member, ...fill].join(',')}]:[${member}]`;
}

/** The same for the target that a Map's item names: number, count, and the letters that decide it. */
function membersForEach(signal: Signal, early: boolean): string {
  const variable = `$${signal.variable}`;
  const own = `${variable}.t${signal.task}`;
  const teardowns = signal.targets.filter((target) => target.setup).map((target) => target.task);
  const told =
    teardowns.length === 0 ? own : `($states.input[0] in [${teardowns.join(',')}]?${setupLetter(own)}:${own})`;
  const letter = `${told}${signal.branch ? `&$lookup(${variable},'b'&$states.input[0])` : ''}`;
  const member = `'${signal.task}'&${letter}`;
  if (!early) return `[${member}]`;
  return `${letter}&'' in $states.input[2]?$append([${member}],[1..$states.input[1]-1].('.'&$)):[${member}]`;
}

/** The token and answer for a target whose set this update completed and who waits; otherwise `none`. */
function woken(count: string, early: boolean, none: '[]' | '{}'): string {
  const item = `{'t':$i.tok.S,'o':'"'&${LETTERS('$i.s.SS')}&'"'}`;
  return (
    `($i:=$states.result.Attributes;$exists($i.tok) and $count($i.s.SS)${early ? '>' : ''}=${count}?` +
    `${none === '[]' ? `[${item}]` : item}:${none})`
  );
}

/** On to the next state, or out of the branch with what it knows. */
function leave(next: string | undefined, variable: string): State {
  return next === undefined ? { Output: expression(`$${variable}`), End: true } : { Next: next };
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

/**
 * Sends the tokens of its input, usually none: an empty Map costs one transition, as a Choice would. A send that fails
 * otherwise than by an old token ends the run: better than a wait that nobody ends.
 */
function wakeState(names: SignalNames): State {
  return {
    Type: 'Map',
    Items: expression('$states.input'),
    ItemProcessor: {
      StartAt: names.send,
      States: {
        [names.send]: {
          Type: 'Task',
          Resource: SEND,
          Arguments: { TaskToken: expression('$states.input.t'), Output: expression('$states.input.o') },
          Retry: [{ ErrorEquals: OLD_TOKEN, MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }],
          Catch: [{ ErrorEquals: OLD_TOKEN, Next: names.stop }],
          End: true,
        },
        [names.stop]: { Type: 'Succeed' },
      },
    },
  };
}

export interface Poison {
  /** Signals that the dead machine may have left unsent: who should have sent, to whom. */
  readonly edges: readonly { readonly from: number; readonly to: Target }[];
  readonly names: SignalNames;
  readonly variable: string;
  readonly next?: string;
}

/** After a child machine died: every task of it that has not signalled counts as failed, and whoever waits is woken. */
export function poisonStates(poison: Poison): States {
  const { names, next } = poison;
  const teardowns = poison.edges.some(({ to }) => to.setup);
  const sent = ['', 'f', 'u', 's', 'b', ...(teardowns ? ['o', 'F', 'U', 'S'] : [])].map(
    (letter, i) => [`:${i}`, letter] as const,
  );
  return {
    [names.first]: {
      Type: 'Map',
      Items: poison.edges.map(({ from, to }) => [
        to.task,
        to.count,
        from,
        to.early && DECIDING[to.rule]!.includes('f') ? 1 : 0,
        ...(teardowns ? [to.setup ? 'F' : 'f'] : []),
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
                `$states.input[3]=1?$append([$states.input[2]&'f'],[1..$states.input[1]-1].('.'&$)):[$states.input[2]&${teardowns ? '$states.input[4]' : "'f'"}]},` +
                `':x':$t.x,${sent.map(([value, letter]) => `'${value}':{'S':$states.input[2]&'${letter}'}`).join(',')}}}])`,
            ),
            Retry: [
              { ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], MaxAttempts: 0 },
              { ErrorEquals: ['States.ALL'] },
            ],
            Catch: [
              { ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Output: expression('[]'), Next: names.wake },
            ],
            Output: expression(woken('$states.input[1]', true, '[]')),
            Next: names.wake,
          },
          [names.wake]: { ...wakeState(names), Output: {}, End: true },
        },
      },
      ...leave(next, poison.variable),
    },
  };
}
