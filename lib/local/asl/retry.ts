// Retry and Catch: which error a rule matches, and how long to wait before the next attempt. Counts live in one
// RetryCounter per visit of a state; they start anew when the state is entered again.

import type { Json } from '../engine';
import type { StateFailure } from './failure';
import { isObject, type JsonObject } from './json-value';
import { MAX_EXECUTION_SECONDS } from './limits';

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  readonly jitter: boolean;
}

/** Errors that `States.ALL` does not match: they must be named, or cannot be caught at all. */
const NOT_ALL = new Set(['States.DataLimitExceeded', 'States.Runtime']);

export function parseRetriers(value: Json | undefined): Retrier[] {
  return rules(value).map((rule) => ({
    errorEquals: strings(rule['ErrorEquals']),
    intervalSeconds: number(rule['IntervalSeconds'], 1),
    maxAttempts: number(rule['MaxAttempts'], 3),
    backoffRate: number(rule['BackoffRate'], 2),
    maxDelaySeconds: number(rule['MaxDelaySeconds'], Number.POSITIVE_INFINITY),
    jitter: rule['JitterStrategy'] === 'FULL',
  }));
}

/** The objects of a Retry or Catch field. */
export function rules(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function matchesError(errorEquals: readonly string[], failure: StateFailure): boolean {
  const name = failure.error ?? '';
  if (failure.terminal) {
    return false;
  }
  return errorEquals.some((wanted) => {
    switch (wanted) {
      case 'States.ALL':
        return !NOT_ALL.has(name);
      case 'States.TaskFailed':
        return name === wanted || !name.startsWith('States.');
      case 'States.HeartbeatTimeout':
        return name === wanted || failure.options.heartbeat === true;
      case 'States.Timeout':
        return name === wanted || name === 'States.HeartbeatTimeout';
      default:
        return name === wanted;
    }
  });
}

export function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export class RetryCounter {
  private readonly used: number[];
  private total = 0;

  constructor(
    private readonly retriers: readonly Retrier[],
    private readonly random: () => number,
  ) {
    this.used = retriers.map(() => 0);
  }

  /** Retries so far: `$$.State.RetryCount`. */
  get count(): number {
    return this.total;
  }

  /** Seconds to wait before the next attempt, or undefined when the failure is final. */
  next(failure: StateFailure): number | undefined {
    const index = this.retriers.findIndex((retrier) => matchesError(retrier.errorEquals, failure));
    const retrier = this.retriers[index];
    if (!retrier || this.used[index]! >= retrier.maxAttempts) {
      return undefined;
    }
    const delay = backoffSeconds(retrier, this.used[index]!);
    // No execution lives long enough for it.
    if (!(delay <= MAX_EXECUTION_SECONDS)) return undefined;
    this.used[index]! += 1;
    this.total += 1;
    return retrier.jitter ? this.random() * delay : delay;
  }
}

/** Wait before retry number `attempt` (from 0), before jitter. */
export function backoffSeconds(retrier: Retrier, attempt: number): number {
  return Math.min(retrier.intervalSeconds * retrier.backoffRate ** attempt, retrier.maxDelaySeconds);
}

function number(value: Json | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
