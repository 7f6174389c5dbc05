// Remembers what has been told, so that an event that comes twice is told once and a storm becomes one message. In: a key and what to do.
// Out: whether it was done. Always: what failed half-way is done again by the next try; if the table cannot be asked it is done:
// twice is better than never.

import { DeleteItemCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

const dynamodb = new DynamoDBClient({});
const KEPT_SECONDS = 30 * 86_400;
/** Whoever took a key and has not finished after this time has died. Lambda repeats a failed call after a minute. */
const LEASE_SECONDS = 50;

export async function once(key: string, work: () => Promise<void>): Promise<boolean> {
  if (!(await claimed(key))) return false;
  try {
    await work();
  } catch (error) {
    await quietly(() => dynamodb.send(new DeleteItemCommand({ TableName: table(), Key: { id: { S: key } } })));
    throw error;
  }
  await quietly(() =>
    dynamodb.send(
      new UpdateItemCommand({
        TableName: table(),
        Key: { id: { S: key } },
        UpdateExpression: 'SET told = :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    ),
  );
  return true;
}

/** How often this key has been counted, this time included. */
export async function count(key: string): Promise<number> {
  const answer = await quietly(() =>
    dynamodb.send(
      new UpdateItemCommand({
        TableName: table(),
        Key: { id: { S: key } },
        UpdateExpression: 'SET x = :x ADD n :one',
        ExpressionAttributeValues: { ':x': expiry(), ':one': { N: '1' } },
        ReturnValues: 'UPDATED_NEW',
      }),
    ),
  );
  return Number(answer?.Attributes?.['n']?.N ?? 1);
}

async function claimed(key: string): Promise<boolean> {
  const seconds = Math.floor(Date.now() / 1000);
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: table(),
        Key: { id: { S: key } },
        UpdateExpression: 'SET x = :x, taken = :now',
        ConditionExpression: 'attribute_not_exists(id) OR (attribute_not_exists(told) AND taken < :stale)',
        ExpressionAttributeValues: {
          ':x': expiry(),
          ':now': { N: String(seconds) },
          ':stale': { N: String(seconds - LEASE_SECONDS) },
        },
      }),
    );
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    console.warn(`what has been told is not known: ${(error as Error).message}`);
    return true;
  }
}

async function quietly<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    console.warn(`what has been told cannot be kept: ${(error as Error).message}`);
    return undefined;
  }
}

function table(): string {
  return process.env['TOLD_TABLE'] ?? '';
}

function expiry() {
  return { N: String(Math.floor(Date.now() / 1000) + KEPT_SECONDS) };
}
