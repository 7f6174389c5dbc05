import { describe, expect, it } from 'vitest';
import { DynamoDb } from '../../lib/local/dynamodb';
import { ServiceError } from '../../lib/local/engine';

const Key = { id: { S: 'a' } };
const errorOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof ServiceError) return `${error.error}: ${error.causeText}`;
    throw error;
  }
  return 'none';
};

describe('updates', () => {
  it('make the item, add to sets once, and tell the new item', () => {
    const db = new DynamoDb();
    const add = (...members: string[]) =>
      db.call('updateItem', {
        TableName: 't',
        Key,
        UpdateExpression: 'ADD s :s SET x=:x',
        ExpressionAttributeValues: { ':s': { SS: members }, ':x': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      });
    expect(add('1f')).toEqual({ Attributes: { id: { S: 'a' }, s: { SS: ['1f'] }, x: { N: '1' } } });
    expect(add('2', '1f')).toEqual({ Attributes: { id: { S: 'a' }, s: { SS: ['1f', '2'] }, x: { N: '1' } } });
  });

  it('know arithmetic, defaults, removal and deletion from sets, all on the old item', () => {
    const db = new DynamoDb();
    db.call('putItem', { TableName: 't', Item: { ...Key, n: { N: '5' }, old: { S: 'x' }, s: { Ss: ['p', 'q'] } } });
    db.call('updateItem', {
      TableName: 't',
      Key,
      UpdateExpression:
        'SET n = n + :one, m = n, fresh = if_not_exists(fresh, :one) REMOVE old DELETE s :p ADD hits :one',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':p': { SS: ['p'] } },
    });
    expect(db.call('getItem', { TableName: 't', Key })).toEqual({
      Item: { id: { S: 'a' }, n: { N: '6' }, m: { N: '5' }, fresh: { N: '1' }, hits: { N: '1' }, s: { SS: ['q'] } },
    });
  });
});

describe('conditions', () => {
  const item = { ...Key, n: { N: '10' }, text: { S: 'abc' }, s: { SS: ['x', 'y'] }, yes: { BOOL: true } };
  const values = {
    ':n': { N: '9' },
    ':ten': { N: '10.0' },
    ':b': { S: 'b' },
    ':a': { S: 'ab' },
    ':x': { S: 'x' },
    ':two': { N: '2' },
    ':t': { BOOL: true },
  };
  const holds = (condition: string): boolean => {
    const db = new DynamoDb();
    db.call('putItem', { TableName: 't', Item: item });
    const put = {
      TableName: 't',
      Item: item,
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#s': 's' },
      ExpressionAttributeValues: values,
    };
    const error = errorOf(() => db.call('putItem', put));
    expect(['none', 'DynamoDb.ConditionalCheckFailedException: The conditional request failed']).toContain(error);
    return error === 'none';
  };

  it.each([
    ['n > :n', true],
    ['n = :ten', true],
    ['n <> :ten', false],
    ['n BETWEEN :n AND :ten', true],
    ['n IN (:n, :ten)', true],
    ['text = :n', false],
    ['text < :b', true],
    ['contains(text, :b)', true],
    ['begins_with(text, :a)', true],
    ['begins_with(text, :b)', false],
    ['contains(#s, :x)', true],
    ['contains(#s, :b)', false],
    ['size(s) < :two', false],
    ['size(s) >= :two', true],
    ['yes = :t', true],
    ['attribute_exists(gone)', false],
    ['attribute_not_exists(gone) OR size(gone) < :two', true],
    ['gone = :x', false],
    ['gone <> :x', true],
    ['NOT gone = :x', true],
    ['attribute_exists(s) AND NOT (contains(s, :x) OR contains(s, :b))', false],
    ['attribute_not_exists(s) OR attribute_exists(n) AND attribute_exists(gone)', false],
  ])('%s is %s', (condition, expected) => {
    expect(holds(condition)).toBe(expected);
  });

  it('leave the item alone when they fail', () => {
    const db = new DynamoDb();
    db.call('putItem', { TableName: 't', Item: item });
    const update = {
      TableName: 't',
      Key,
      UpdateExpression: 'REMOVE n',
      ConditionExpression: 'attribute_not_exists(n)',
    };
    expect(errorOf(() => db.call('updateItem', update, 'DynamoDB'))).toContain(
      'DynamoDB.ConditionalCheckFailedException',
    );
    expect(db.call('getItem', { TableName: 't', Key })).toEqual({ Item: item });
  });
});

describe('refuses as the service does', () => {
  const update = (
    UpdateExpression: string,
    ExpressionAttributeValues: { [name: string]: { [type: string]: string[] | string } } = { ':s': { SS: ['a'] } },
  ) =>
    errorOf(() =>
      new DynamoDb().call('updateItem', { TableName: 't', Key, UpdateExpression, ExpressionAttributeValues }),
    );

  it.each([
    ['reserved words', 'SET name = :s', 'reserved keyword: name'],
    ['unknown placeholders', 'SET a = :q', ':q'],
    ['broken syntax', 'SET a :s', 'Syntax error'],
    ['changes of the key', 'SET id = :s', 'part of the key'],
  ])('%s', (_, expression, words) => {
    expect(update(expression)).toContain(words);
  });

  it('empty sets, repeats in sets, actions it does not know', () => {
    expect(update('ADD s :s', { ':s': { SS: [] } })).toContain('may not be empty');
    expect(update('ADD s :s', { ':s': { SS: ['a', 'a'] } })).toContain('duplicates');
    expect(errorOf(() => new DynamoDb().call('transactWriteItems', {}))).toContain('has no transactWriteItems');
  });
});

describe('queries', () => {
  it('find by partition key, in the order of the sort key', () => {
    const db = new DynamoDb({ t: ['id', 'at'] });
    for (const at of ['10', '9', '11']) db.call('putItem', { TableName: 't', Item: { ...Key, at: { N: at } } });
    db.call('putItem', { TableName: 't', Item: { id: { S: 'b' }, at: { N: '1' } } });
    const found = db.call('query', {
      TableName: 't',
      KeyConditionExpression: 'id = :i AND at > :n',
      ExpressionAttributeValues: { ':i': { S: 'a' }, ':n': { N: '9' } },
    });
    expect(found).toMatchObject({ Count: 2, Items: [{ at: { N: '10' } }, { at: { N: '11' } }] });
  });
});
