// How a service is waited for that Step Functions cannot wait for by itself. In: the calls that start, look and stop, and
// what a look means. Out: the states of a task's body. Always: looks come close together at first and then far apart; the
// time limit holds, and what is still running at its end is stopped.

import type { Duration } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';

/** One call of a service: fields of a Task state. */
export interface Call {
  readonly Resource: string;
  readonly Arguments: Json;
  readonly Retry?: Json;
}

/** Variables (names begin with `x`) as JSONata of `$states.result`. */
export interface Kept {
  readonly [variable: string]: string;
}

/** A service that holds its answer back until there is something to tell. */
export interface LongPolling {
  /** The argument that asks for it, in seconds. */
  readonly argument: string;
  readonly seconds: number;
  /** Errors of a service that does not know the argument or has had enough of it. */
  readonly refusals: readonly string[];
}

export interface Polling {
  readonly taskId: string;
  readonly timeout: Duration;
  /** Starts the work. `keep` are variables that later states read. @default there is nothing to start, only to look at */
  readonly start?: Call & { readonly keep?: Kept };
  /** Variables that are set once, before `start`, which may then be entered again without beginning the time limit anew. */
  readonly begin?: { readonly [variable: string]: Json };
  /** Asks how it is. `meaning` is JSONata that yields `{end, ok, error, cause, out}`. */
  readonly look: Call & { readonly meaning: string; readonly longPolling?: LongPolling };
  /** Stops what the time limit has overtaken. @default there is nothing to stop */
  readonly stop?: Call;
  /** The first look comes at once, before the first wait. @default false */
  readonly lookFirst?: boolean;
  /** Seconds before the first look (with `lookFirst`, after it), and the longest between two. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** What a wait is multiplied by to give the next one. @default 1.5 */
  readonly growth?: number;
  /** Looks come every `seconds` until `until` seconds have passed; only then the waits grow. */
  readonly quick?: { readonly seconds: number; readonly until: number };
  /** What follows success: name of the next state and the state. @default the task ends with `out` */
  readonly then?: { readonly [name: string]: Json };
  /** What follows a look that says that it did not go well. @default the task fails with `error` and `cause` */
  readonly otherwise?: { readonly [name: string]: Json };
  /** How the time limit ends it; `seen` adds the cause that the last look gave. @default Headrace.Timeout, and that it has been stopped */
  readonly late?: { readonly error: string; readonly cause: string; readonly seen?: boolean };
}

export function pollingStates(polling: Polling): { [name: string]: Json } {
  const { stop } = polling;
  const { meaning, longPolling, ...lookCall } = polling.look;
  const seconds = polling.timeout.toSeconds();
  const stopped = stop === undefined ? '' : ' and has been stopped';
  const {
    error,
    cause,
    seen = false,
  } = polling.late ?? {
    error: 'Headrace.Timeout',
    cause: `${polling.taskId} was not done within its time limit of ${polling.timeout.toHumanString()}${stopped}`,
  };
  const after = polling.then ?? { done: { Type: 'Succeed', Output: '{% $x.out %}' } };
  const otherwise = polling.otherwise ?? {
    failed: { Type: 'Fail', Error: '{% $x.error %}', Cause: '{% $x.cause %}' },
  };
  return {
    ...beginStates(polling, seconds),
    wait: { Type: 'Wait', Seconds: '{% $xWait %}', Next: 'look' },
    look: {
      Type: 'Task',
      ...lookCall,
      ...(longPolling !== undefined && {
        Arguments: longArguments(lookCall.Arguments, longPolling),
        // Refused while asking to wait: it is asked plainly from now on. Refused then too: it is a failure.
        Catch: [
          {
            ErrorEquals: [...longPolling.refusals],
            Assign: {
              xLong: false,
              x: "{% {'end':$not($xLong),'ok':false,'error':$states.errorOutput.Error,'cause':$states.errorOutput.Cause&''} %}",
            },
            Next: 'check',
          },
        ],
      }),
      Assign: {
        x: `{% ${meaning} %}`,
        xWait: `{% ${nextWait(polling, seconds)} %}`,
        // An answer that came at once and brought no end was not waited for: without a wait of our own that would spin.
        ...(longPolling !== undefined && {
          xLong: '{% $xLong and $millis()-$toMillis($states.context.State.EnteredTime)>=1000 %}',
        }),
      },
      Next: 'check',
    },
    check: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $x.ok %}', Next: Object.keys(after)[0]! },
        ...(longPolling === undefined
          ? []
          : [{ Condition: '{% $xLong and $not($x.end) and $millis()<$xEnd %}', Next: 'look' }]),
        { Condition: '{% $not($x.end) and $millis()<$xEnd %}', Next: 'wait' },
        { Condition: '{% $not($x.end) %}', Next: stop === undefined ? 'late' : 'stop' },
      ],
      Default: Object.keys(otherwise)[0]!,
    },
    ...after,
    ...otherwise,
    ...(stop !== undefined && {
      stop: { Type: 'Task', ...stop, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'late' }], Next: 'late' },
    }),
    late: {
      Type: 'Fail',
      Error: error,
      Cause: `{% ${quote(cause)}${seen ? "&($x.cause?'; '&$x.cause:'')" : ''} %}`,
    },
  };
}

/** `begin` where variables are set once or nothing is started; `start` where something is. */
function beginStates(polling: Polling, seconds: number): { [name: string]: Json } {
  const { start, begin } = polling;
  const first = polling.lookFirst ? 'look' : 'wait';
  const clock = {
    xWait: polling.firstWait,
    xEnd: `{% $millis()+${seconds * 1000} %}`,
    ...(polling.look.longPolling !== undefined && { xLong: true }),
  };
  if (start === undefined) {
    return { begin: { Type: 'Pass', Assign: { ...begin, ...clock }, Next: first } };
  }
  const { keep, ...call } = start;
  const kept = Object.fromEntries(Object.entries(keep ?? {}).map(([name, value]) => [name, `{% ${value} %}`]));
  if (begin === undefined) {
    return { start: { Type: 'Task', ...call, Assign: { ...kept, ...clock }, Next: first } };
  }
  return {
    begin: { Type: 'Pass', Assign: { ...begin, ...clock }, Next: 'start' },
    start: { Type: 'Task', ...call, Assign: { ...kept, xWait: polling.firstWait }, Next: first },
  };
}

function nextWait({ longestWait, growth = 1.5, quick }: Polling, seconds: number): string {
  const grown = `$min([${longestWait},$ceil($xWait*${growth})])`;
  if (quick === undefined) return grown;
  return `$millis()<$xEnd-${Math.max(0, seconds - quick.until) * 1000}?${quick.seconds}:${grown}`;
}

/** The whole of the arguments is one expression, so that the extra argument is there only while it is wanted. */
function longArguments(plain: Json, { argument, seconds }: LongPolling): string {
  const fields = Object.entries(plain as { readonly [name: string]: Json }).map(
    ([name, value]) => `${quote(name)}:${literal(value)}`,
  );
  return `{% $merge([{${fields.join(',')}},$xLong?{${quote(argument)}:${seconds}}:{}]) %}`;
}

function literal(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return value.startsWith('{%') && value.endsWith('%}') ? `(${value.slice(2, -2).trim()})` : quote(value);
}
