// Asks the function of alerts for a sample. In: a deployed pipeline's name. Out: the event's id. Always: the sample goes the way of all
// alerts: rule, function, bus, the rule of each alert.

import { TEST_SOURCE } from '../../compile/alert-request';
import { UnreachableError } from '../unreachable-error';
import type { Aws } from './aws';

export async function askForSample(aws: Aws, pipeline: string): Promise<string> {
  const { PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
  const client = await aws.eventBridge();
  const { Entries } = await client.send(
    new PutEventsCommand({
      Entries: [{ Source: TEST_SOURCE, DetailType: 'test', Detail: JSON.stringify({ pipeline }) }],
    }),
  );
  const [entry] = Entries ?? [];
  if (entry?.EventId === undefined) {
    throw new UnreachableError(
      `the event bus did not take the request: ${entry?.ErrorMessage ?? entry?.ErrorCode ?? 'no reason was given'}`,
    );
  }
  return entry.EventId;
}
