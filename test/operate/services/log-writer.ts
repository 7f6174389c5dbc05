// Writes what programs would write, where the services put it. In: clients. Always: lines of one call have times a millisecond apart.

import { gzipSync } from 'node:zlib';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { LOGS } from './names';
import type { Clients } from './services';

export async function makeStream({ logs }: Clients, logGroupName: string, logStreamName: string): Promise<void> {
  const unlessThere = (error: unknown) => {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
  };
  await logs.send(new CreateLogGroupCommand({ logGroupName })).catch(unlessThere);
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch(unlessThere);
}

/** @param at when the first line was written, milliseconds since the epoch */
export async function writeLines(
  clients: Clients,
  logGroupName: string,
  logStreamName: string,
  lines: readonly string[],
  at = Date.now(),
): Promise<void> {
  await makeStream(clients, logGroupName, logStreamName);
  const logEvents = lines.map((message, i) => ({ message, timestamp: at + i }));
  await clients.logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

export async function writeObject({ s3 }: Clients, Key: string, lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join('');
  await s3.send(new PutObjectCommand({ Bucket: LOGS, Key, Body: gzipSync(text) }));
}
