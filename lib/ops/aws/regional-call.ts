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
