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

export interface Polling {
  readonly taskId: string;
  readonly timeout: Duration;
  /** Starts the work. `keep` are variables (names begin with `x`) that later states read, as JSONata of `$states.result`. */
  readonly start: Call & { readonly keep?: { readonly [variable: string]: string } };
  /** Asks how it is. `meaning` is JSONata that yields `{end, ok, error, cause, out}`. */
  readonly look: Call & { readonly meaning: string };
  /** Stops what the time limit has overtaken. */
  readonly stop: Call;
  /** Seconds before the first look, and the longest between two. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** What follows success: name of the next state and the state. @default the task ends with `out` */
  readonly then?: { readonly [name: string]: Json };
}

export function pollingStates(polling: Polling): { [name: string]: Json } {
  const { start, look, stop } = polling;
  const { keep, ...startCall } = start;
  const { meaning, ...lookCall } = look;
  const seconds = polling.timeout.toSeconds();
  const late = `${polling.taskId} was not done within its time limit of ${polling.timeout.toHumanString()} and has been stopped`;
  const after = polling.then ?? { done: { Type: 'Succeed', Output: '{% $x.out %}' } };
  return {
    start: {
      Type: 'Task',
      ...startCall,
      Assign: {
        ...Object.fromEntries(Object.entries(keep ?? {}).map(([name, value]) => [name, `{% ${value} %}`])),
        xWait: polling.firstWait,
        xEnd: `{% $millis()+${seconds * 1000} %}`,
      },
      Next: 'wait',
    },
    wait: { Type: 'Wait', Seconds: '{% $xWait %}', Next: 'look' },
    look: {
      Type: 'Task',
      ...lookCall,
      Assign: { x: `{% ${meaning} %}`, xWait: `{% $min([${polling.longestWait},$ceil($xWait*1.5)]) %}` },
      Next: 'check',
    },
    check: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $x.ok %}', Next: Object.keys(after)[0]! },
        { Condition: '{% $not($x.end) and $millis()<$xEnd %}', Next: 'wait' },
        { Condition: '{% $not($x.end) %}', Next: 'stop' },
      ],
      Default: 'failed',
    },
    ...after,
    failed: { Type: 'Fail', Error: '{% $x.error %}', Cause: '{% $x.cause %}' },
    stop: { Type: 'Task', ...stop, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'late' }], Next: 'late' },
    late: { Type: 'Fail', Error: 'Headrace.Timeout', Cause: `{% ${quote(late)} %}` },
  };
}
