// A machine in, the same machine out whose retries wait no longer than a person at a keyboard likes to. Only the waits before retries
// change: their number, what is retried, and every other wait are as deployed.

import type { Json } from './engine';

type Fields = { readonly [field: string]: Json };

/** `seconds`: a whole number, at least 1. */
export function withRetryWait(definition: Json, seconds: number): Json {
  return withStates(definition as Fields, seconds);
}

function withStates(machine: Fields, seconds: number): Fields {
  const states = Object.entries(machine['States'] as { readonly [name: string]: Fields });
  return { ...machine, States: Object.fromEntries(states.map(([name, state]) => [name, withRetry(state, seconds)])) };
}

function withRetry(state: Fields, seconds: number): Fields {
  const { Retry: retry, Branches: branches } = state;
  const changed: { [field: string]: Json } = { ...state };
  if (Array.isArray(retry)) changed['Retry'] = (retry as Fields[]).map((retrier) => shortened(retrier, seconds));
  if (Array.isArray(branches))
    changed['Branches'] = (branches as Fields[]).map((branch) => withStates(branch, seconds));
  for (const field of ['ItemProcessor', 'Iterator']) {
    if (state[field] !== undefined) changed[field] = withStates(state[field] as Fields, seconds);
  }
  return changed;
}

function shortened({ MaxDelaySeconds: _, ...retrier }: Fields, seconds: number): Fields {
  const interval = Number(retrier['IntervalSeconds'] ?? 1);
  return { ...retrier, IntervalSeconds: Math.min(interval, seconds), BackoffRate: 1 };
}
