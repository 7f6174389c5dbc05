// Pools in the table: one item each, changed under its version; and what an execution has to do with. In: a change as a function. Out: what
// it granted. Always: two changes at once are done one after the other, whoever is second reads again.

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Change, EMPTY, type PoolState } from '../../lib/ops/slots';

const ATTEMPTS = 40;
const TTL_SECONDS = 90 * 86_400;

const client = new DynamoDBClient({});
const TableName = process.env['TABLE'];

export async function changePool(pool: string, change: (state: PoolState) => Change): Promise<Change> {
  for (let attempt = 0; ; attempt += 1) {
    const { state, version } = await read(pool);
    const changed = change(state);
    if (JSON.stringify(changed.state) === JSON.stringify(state)) return changed;
    try {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: {
            id: { S: `pool ${pool}` },
            version: { N: String(version + 1) },
            state: { S: JSON.stringify(changed.state) },
          },
          ConditionExpression: 'attribute_not_exists(id) OR version = :version',
          ExpressionAttributeValues: { ':version': { N: String(version) } },
        }),
      );
      return changed;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(500, 10 * 2 ** attempt)));
    }
  }
}

export async function readPool(pool: string): Promise<PoolState> {
  return (await read(pool)).state;
}

/** Remembers how to wake a waiter; before it is in the queue, so that nobody is granted who cannot be woken. */
export async function keepToken(lease: string, token: string): Promise<void> {
  await client.send(
    new PutItemCommand({ TableName, Item: { id: { S: `token ${lease}` }, token: { S: token }, x: ttl() } }),
  );
}

/** The token of a waiter whose turn it is, with the time from which it is. */
export async function grantedNow(lease: string): Promise<string | undefined> {
  try {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName,
        Key: { id: { S: `token ${lease}` } },
        UpdateExpression: 'SET grantedAt = :now',
        ConditionExpression: 'attribute_exists(id)',
        ExpressionAttributeValues: { ':now': { N: String(Date.now()) } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes?.['token']?.S;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

export async function tokenOf(lease: string): Promise<{ token: string; grantedAt: number } | undefined> {
  const Key = { id: { S: `token ${lease}` } };
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  const token = Item?.['token']?.S;
  // One that was granted by somebody who ended before saying so counts from now on.
  return token === undefined ? undefined : { token, grantedAt: Number(Item?.['grantedAt']?.N ?? Date.now()) };
}

export async function forgetToken(lease: string): Promise<void> {
  await client.send(new DeleteItemCommand({ TableName, Key: { id: { S: `token ${lease}` } } }));
}

/** Which pools an execution has to do with: what its end has to free. */
export async function remember(execution: string, pool: string): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: { id: { S: `execution ${execution}` } },
      UpdateExpression: 'ADD pools :pool SET x = :x',
      ExpressionAttributeValues: { ':pool': { SS: [pool] }, ':x': ttl() },
    }),
  );
}

export async function poolsOf(execution: string): Promise<readonly string[]> {
  const Key = { id: { S: `execution ${execution}` } };
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item?.['pools']?.SS ?? [];
}

async function read(pool: string): Promise<{ state: PoolState; version: number }> {
  const Key = { id: { S: `pool ${pool}` } };
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  const text = Item?.['state']?.S;
  return {
    state: text === undefined ? EMPTY : (JSON.parse(text) as PoolState),
    version: Number(Item?.['version']?.N ?? 0),
  };
}

function ttl(): { N: string } {
  return { N: String(Math.floor(Date.now() / 1000) + TTL_SECONDS) };
}
