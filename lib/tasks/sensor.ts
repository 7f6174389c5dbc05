// What the sensors share: a look at once, then one every poke interval, until it is met or the time limit ends it. In: what to
// look at and what it means. Out: the states. Always: a look costs one wait and one call, never a thing that keeps running;
// with soft fail the end of the time limit is a skip.

import { Duration } from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import type { Task, TaskProps } from '../pipeline/task';
import { type Call, type Polling, pollingStates } from './polling';

/** What every sensor may say. Words and meaning are Airflow's. */
export interface SensorProps extends TaskProps {
  /**
   * Time between two looks.
   * @default 1 minute
   */
  readonly pokeInterval?: Duration;
  /**
   * The time between two looks doubles from one to the next, up to `maxWait`.
   * @default false
   */
  readonly exponentialBackoff?: boolean;
  /**
   * The longest time between two looks with `exponentialBackoff`.
   * @default 15 minutes
   */
  readonly maxWait?: Duration;
  /**
   * Where the time limit (`timeout`) ends the wait the task is skipped instead of failed. Errors still fail it.
   * @default false
   */
  readonly softFail?: boolean;
}

/** Error of a sensor whose time is over. */
const LATE = 'Headrace.SensorTimeout';

export interface Sensing {
  readonly task: Task;
  readonly props: SensorProps;
  /** In words: `s3://raw/orders/ to hold 1 object`. */
  readonly wanted: string;
  readonly look: Call & { readonly meaning: string };
  readonly begin?: { readonly [variable: string]: Json };
}

export function sensorStates(sensing: Sensing): { [name: string]: Json } {
  return pollingStates({
    ...sensorTimes(sensing),
    lookFirst: true,
    look: sensing.look,
    ...(sensing.begin !== undefined && { begin: sensing.begin }),
  });
}

/** The part of a polling that says when, and what the end of the time limit is. */
export function sensorTimes({ task, props, wanted }: Pick<Sensing, 'task' | 'props' | 'wanted'>): {
  taskId: string;
  timeout: Duration;
  firstWait: number;
  longestWait: number;
  growth: number;
  late: NonNullable<Polling['late']>;
} {
  const poke = (props.pokeInterval ?? Duration.minutes(1)).toSeconds();
  const longest = props.exponentialBackoff ? (props.maxWait ?? Duration.minutes(15)).toSeconds() : poke;
  return {
    taskId: task.taskId,
    timeout: task.timeout,
    // The first look makes the next wait of it.
    firstWait: props.exponentialBackoff ? poke / 2 : poke,
    longestWait: longest,
    growth: 2,
    late: {
      error: props.softFail ? 'Headrace.Skip' : LATE,
      cause: `${task.taskId} waited ${task.timeout.toHumanString()} for ${wanted}`,
      seen: true,
    },
  };
}

export function sensorProblems(props: SensorProps): string[] {
  const { pokeInterval, maxWait, exponentialBackoff } = props;
  const poke = (pokeInterval ?? Duration.minutes(1)).toSeconds();
  const found: string[] = [];
  if (poke < 1) found.push(`pokeInterval is ${pokeInterval!.toString()}: expected at least 1 second`);
  if (maxWait !== undefined && !exponentialBackoff)
    found.push('maxWait is given without exponentialBackoff: it would do nothing; set that, or leave maxWait out');
  if (maxWait !== undefined && maxWait.toSeconds() < poke)
    found.push(`maxWait is ${maxWait.toHumanString()}, shorter than the pokeInterval: expected at least as long`);
  return found;
}

/** JSONata of a look: met or not, what was seen, and what it gives. */
export function metOrNot(parts: { setup?: string; met: string; seen: string; out: string }): string {
  const setup = parts.setup === undefined ? '' : `${parts.setup};`;
  return `(${setup}$m:=${parts.met};{'end':$m,'ok':$m,'cause':${parts.seen},'out':${parts.out}})`;
}
