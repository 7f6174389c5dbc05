// Calls that a pipeline makes in another region, through its function for that. In: one thing that a task started. Out: the call that the
// function passed on, as if the state machine had made it, or the same thing. Always: nothing is asked of AWS.

import type { Fields, StartedWork } from './started-work';

export function passedOn(work: StartedWork): StartedWork {
  const call = work.service === 'lambda' ? (work.parameters['Payload'] as Fields | undefined) : undefined;
  const { region, service, action, parameters } = call ?? {};
  if (typeof region !== 'string' || typeof service !== 'string' || typeof action !== 'string') return work;
  if (typeof parameters !== 'object' || parameters === null) return work;
  const result = work.result?.['Payload'];
  const { result: _, ...rest } = work;
  return {
    ...rest,
    service: `aws-sdk:${service}`,
    action,
    parameters: parameters as Fields,
    region,
    ...(typeof result === 'object' && result !== null && { result: result as Fields }),
  };
}

/** The first of the fields that holds a text. */
export function text(from: unknown, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = (from as Fields | undefined)?.[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** What the service calls the thing: from its answer to the start, or from what it said in the end, also one level deeper. */
export function idOf({ answer, result }: StartedWork, ...names: readonly string[]): string | undefined {
  for (const from of [answer, result]) {
    const found =
      text(from, ...names) ??
      Object.values(from ?? {})
        .map((inner) => text(inner, ...names))
        .find(Boolean);
    if (found !== undefined) return found;
  }
  return undefined;
}
