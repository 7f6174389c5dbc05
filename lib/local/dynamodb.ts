// A small DynamoDB in memory: items by key, updates and conditions atomic because a call never yields. Knows updateItem,
// getItem, putItem, deleteItem, query (by partition key); everything else is refused by name. Tables appear when first used,
// with the key that the call names.

import { type Attribute, ExpressionError, holds, type Item, type Names, updated } from './dynamodb-expression';
import { type Json, ServiceError } from './engine';

interface Table {
  readonly key: readonly string[];
  readonly items: Map<string, Item>;
}

type Input = { readonly [name: string]: Json };

/** Wire names of types that Step Functions' SDK integrations spell in their own way. */
const SPELLING: { readonly [given: string]: string } = {
  Ss: 'SS',
  Ns: 'NS',
  Bs: 'BS',
  Bool: 'BOOL',
  Nul: 'NULL',
  Null: 'NULL',
};
const MAX_ITEM_BYTES = 409_600;

export class DynamoDb {
  private readonly tables = new Map<string, Table>();

  /** @param keys key attributes by table name, partition key first; @default what the first call names, `id` for putItem */
  constructor(private readonly keys: { readonly [table: string]: readonly string[] } = {}) {}

  /**
   * Answers one API call, e.g. `updateItem`. Throws a ServiceError named `<prefix>.<error>`: the SDK integration says
   * `DynamoDb.`, the optimized one `DynamoDB.`.
   */
  call(action: string, input: Json, prefix = 'DynamoDb'): Json {
    const request = (input ?? {}) as Input;
    try {
      switch (action) {
        case 'updateItem':
          return this.update(request, prefix);
        case 'getItem':
          return this.get(request);
        case 'putItem':
          return this.put(request, prefix);
        case 'deleteItem':
          return this.delete(request, prefix);
        case 'query':
          return this.query(request);
        default:
          throw new ServiceError(
            `${prefix}.UnsupportedOperation`,
            `the local DynamoDB has no ${action}: it knows updateItem, getItem, putItem, deleteItem and query`,
          );
      }
    } catch (error) {
      if (error instanceof ExpressionError)
        throw new ServiceError(`${prefix}.DynamoDbException`, `ValidationException: ${error.message}`);
      throw error;
    }
  }

  private table(request: Input, example: readonly string[]): Table {
    const name = String(request['TableName']);
    let table = this.tables.get(name);
    if (table === undefined) {
      table = { key: Object.hasOwn(this.keys, name) ? this.keys[name]! : example, items: new Map() };
      this.tables.set(name, table);
    }
    return table;
  }

  private find(request: Input): { table: Table; key: Item; id: string; item: Item | undefined } {
    const key = itemOf(request['Key']);
    const table = this.table(request, [...key.keys()]);
    const id = idOf(table, key);
    return { table, key, id, item: table.items.get(id) };
  }

  private update(request: Input, prefix: string): Json {
    const { table, key, id, item } = this.find(request);
    const given = namesOf(request);
    requireCondition(request, item, given, prefix);
    const before = item ?? new Map(key);
    const after =
      request['UpdateExpression'] === undefined ? before : updated(String(request['UpdateExpression']), before, given);
    for (const name of table.key) {
      if (JSON.stringify(after.get(name)) !== JSON.stringify(before.get(name))) {
        throw new ExpressionError(`Cannot update attribute ${name}. This attribute is part of the key`);
      }
    }
    if (Buffer.byteLength(JSON.stringify([...after])) > MAX_ITEM_BYTES)
      throw new ExpressionError('Item size has exceeded the maximum allowed size');
    table.items.set(id, after);
    switch (request['ReturnValues'] ?? 'NONE') {
      case 'ALL_NEW':
        return { Attributes: plain(after) };
      case 'ALL_OLD':
        return item === undefined ? {} : { Attributes: plain(item) };
      case 'UPDATED_NEW':
        return { Attributes: plain(new Map([...after].filter(([name, value]) => before.get(name) !== value))) };
      case 'UPDATED_OLD':
        return { Attributes: plain(new Map([...before].filter(([name, value]) => after.get(name) !== value))) };
      default:
        return {};
    }
  }

  private get(request: Input): Json {
    const { item } = this.find(request);
    return item === undefined ? {} : { Item: plain(item) };
  }

  private put(request: Input, prefix: string): Json {
    const item = itemOf(request['Item']);
    const table = this.table(request, ['id']);
    const id = idOf(table, item);
    const old = table.items.get(id);
    requireCondition(request, old, namesOf(request), prefix);
    table.items.set(id, item);
    return request['ReturnValues'] === 'ALL_OLD' && old !== undefined ? { Attributes: plain(old) } : {};
  }

  private delete(request: Input, prefix: string): Json {
    const { table, id, item } = this.find(request);
    requireCondition(request, item, namesOf(request), prefix);
    table.items.delete(id);
    return request['ReturnValues'] === 'ALL_OLD' && item !== undefined ? { Attributes: plain(item) } : {};
  }

  private query(request: Input): Json {
    const table = this.tables.get(String(request['TableName']));
    const given = namesOf(request);
    const condition = String(request['KeyConditionExpression'] ?? '');
    if (condition === '')
      throw new ExpressionError(
        'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request',
      );
    let items = [...(table?.items.values() ?? [])].filter((item) => holds(condition, item, given));
    const sort = table?.key[1];
    if (sort !== undefined) items.sort((a, b) => order(a.get(sort)!, b.get(sort)!));
    if (request['ScanIndexForward'] === false) items.reverse();
    if (typeof request['Limit'] === 'number') items = items.slice(0, request['Limit']);
    const scanned = items.length;
    if (request['FilterExpression'] !== undefined)
      items = items.filter((item) => holds(String(request['FilterExpression']), item, given));
    return { Items: items.map(plain), Count: items.length, ScannedCount: scanned };
  }
}

function requireCondition(request: Input, item: Item | undefined, given: Names, prefix: string): void {
  const condition = request['ConditionExpression'];
  if (condition === undefined || holds(String(condition), item ?? new Map(), given)) return;
  throw new ServiceError(`${prefix}.ConditionalCheckFailedException`, 'The conditional request failed');
}

function itemOf(value: Json | undefined): Item {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new ExpressionError('an item or key must be an object of attributes');
  return new Map(Object.entries(value).map(([name, attribute]) => [name, attributeOf(attribute)]));
}

/** One typed value; a set without repeats, as the service keeps it. */
function attributeOf(value: Json): Attribute {
  const entries = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [];
  if (entries.length !== 1)
    throw new ExpressionError(
      `Supplied AttributeValue must contain exactly one of the supported datatypes, not ${JSON.stringify(value)}`,
    );
  const [given, inner] = entries[0]!;
  const type = SPELLING[given] ?? given;
  if (type === 'S' && typeof inner !== 'string')
    throw new ExpressionError(`the value of S must be a string, not ${JSON.stringify(inner)}`);
  if (type === 'N' && (typeof inner !== 'string' || inner.trim() === '' || Number.isNaN(Number(inner)))) {
    throw new ExpressionError(`The parameter cannot be converted to a numeric value: ${JSON.stringify(inner)}`);
  }
  if (type === 'SS' || type === 'NS' || type === 'BS') {
    if (!Array.isArray(inner) || inner.length === 0)
      throw new ExpressionError('One or more parameter values were invalid: a set may not be empty');
    if (new Set(inner).size !== inner.length)
      throw new ExpressionError('One or more parameter values were invalid: Input collection contains duplicates');
  }
  return { [type]: inner };
}

function namesOf(request: Input): Names {
  return {
    names: (request['ExpressionAttributeNames'] ?? {}) as { [placeholder: string]: string },
    values:
      request['ExpressionAttributeValues'] === undefined ? new Map() : itemOf(request['ExpressionAttributeValues']),
  };
}

function idOf(table: Table, item: Item): string {
  return JSON.stringify(
    table.key.map((name) => {
      const value = item.get(name);
      if (value === undefined) throw new ExpressionError(`One of the required keys was not given a value: ${name}`);
      return value;
    }),
  );
}

function order(a: Attribute, b: Attribute): number {
  if (a['N'] !== undefined) return Number(a['N']) - Number(b['N']);
  return Buffer.compare(Buffer.from(String(Object.values(a)[0])), Buffer.from(String(Object.values(b)[0])));
}

/** A copy that the caller may keep: later updates do not reach it. */
function plain(item: Item): Json {
  return structuredClone(Object.fromEntries(item)) as Json;
}
