// Passes a call of a state machine on to a service of another region. In: region, service, action, parameters. Out: the
// service's answer as plain JSON. Always: only the actions named here; an error keeps the name that Step Functions would have
// given it, so that Retry and Catch cannot tell the difference.

import {
  BatchStopJobRunCommand,
  GetCrawlerCommand,
  GetJobRunCommand,
  GlueClient,
  StartCrawlerCommand,
  StartJobRunCommand,
  StopCrawlerCommand,
} from '@aws-sdk/client-glue';

export interface RegionalCall {
  readonly region: string;
  readonly service: string;
  readonly action: string;
  readonly parameters: { readonly [name: string]: unknown };
}

type Send = (client: GlueClient, parameters: any) => Promise<object>;

const GLUE: { readonly [action: string]: Send } = {
  startCrawler: (client, parameters) => client.send(new StartCrawlerCommand(parameters)),
  getCrawler: (client, parameters) => client.send(new GetCrawlerCommand(parameters)),
  stopCrawler: (client, parameters) => client.send(new StopCrawlerCommand(parameters)),
  startJobRun: (client, parameters) => client.send(new StartJobRunCommand(parameters)),
  getJobRun: (client, parameters) => client.send(new GetJobRunCommand(parameters)),
  batchStopJobRun: (client, parameters) => client.send(new BatchStopJobRunCommand(parameters)),
};

const clients = new Map<string, GlueClient>();

export async function handler(call: RegionalCall): Promise<object> {
  const send = call.service === 'glue' && Object.hasOwn(GLUE, call.action) ? GLUE[call.action] : undefined;
  if (send === undefined)
    throw named(
      'Headrace.NotAllowed',
      `${call.service}:${call.action} is not one of glue's ${Object.keys(GLUE).join(', ')}`,
    );
  const client = clients.get(call.region) ?? new GlueClient({ region: call.region });
  clients.set(call.region, client);
  try {
    const { $metadata: _, ...answer } = (await send(client, call.parameters)) as { $metadata?: unknown };
    return answer;
  } catch (error) {
    const { name, message } = error as Error;
    throw named(`Glue.${name}`, message);
  }
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
