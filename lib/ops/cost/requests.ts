// Requests that a run's states made to services that bill by the request: rendezvous, pools, outputs, messages. In: events, or the calls
// themselves. Out: a charge for each kind of request. Always: they are tiny, and they are all counted.

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { callOf, type Fields, fields } from '../aws/started-work';
import type { Charge } from './charge';
import type { Prices } from './prices';
import type { SiteEvent } from '../site';

export interface Request {
  /** `aws-sdk:dynamodb` */
  readonly service: string;
  readonly action: string;
  readonly parameters: Fields;
}

type Price = { readonly [K in keyof Prices]: Prices[K] extends number ? K : never }[keyof Prices];

const KINDS: readonly {
  readonly call: RegExp;
  readonly what: string;
  readonly unit: string;
  readonly price: Price;
  readonly count?: (parameters: Fields) => number;
}[] = [
  {
    call: /^dynamodb:transactWriteItems$/,
    what: 'DynamoDB',
    unit: 'writes',
    price: 'dynamodbWrite',
    // A transaction writes each item twice.
    count: ({ TransactItems }) => 2 * (Array.isArray(TransactItems) ? TransactItems.length : 1),
  },
  { call: /^dynamodb:(put|update|delete)/, what: 'DynamoDB', unit: 'writes', price: 'dynamodbWrite' },
  { call: /^dynamodb:/, what: 'DynamoDB', unit: 'reads', price: 'dynamodbRead' },
  { call: /^s3:(put|copy|list|create|complete|upload)/, what: 'S3', unit: 'PUT and LIST requests', price: 's3Put' },
  { call: /^s3:(get|head|select)/, what: 'S3', unit: 'GET requests', price: 's3Get' },
  { call: /^sns:/, what: 'SNS', unit: 'messages', price: 'snsPublish' },
  { call: /^sqs:/, what: 'SQS', unit: 'requests', price: 'sqsRequest' },
  {
    call: /^(events|eventbridge):putEvents$/,
    what: 'EventBridge',
    unit: 'events',
    price: 'eventBridgeEvent',
    count: entries,
  },
  {
    call: /^glue:\w*(Table|Partition|Database)s?$/,
    what: 'Glue Data Catalog',
    unit: 'requests',
    price: 'glueCatalogRequest',
  },
  { call: /^rdsdata:/, what: 'RDS Data API', unit: 'requests', price: 'rdsDataRequest' },
];

function entries({ Entries }: Fields): number {
  return Array.isArray(Entries) ? Entries.length : 1;
}

export function requestCharges(events: readonly SiteEvent[], prices: Prices): Charge[] {
  return chargesOf(
    events.flatMap(({ event }) => {
      const scheduled = (event as HistoryEvent).taskScheduledEventDetails;
      if (scheduled === undefined) return [];
      const { resourceType = '', resource = '', parameters } = scheduled;
      return [{ service: resourceType, action: resource, parameters: fields(parameters) }];
    }),
    prices,
  );
}

export function chargesOf(requests: readonly Request[], prices: Prices): Charge[] {
  return requests.flatMap((request) => {
    const call = callOf(request);
    const kind = KINDS.find((each) => each.call.test(call));
    if (kind === undefined) return [];
    const amount = kind.count?.(request.parameters) ?? 1;
    return [{ what: kind.what, terms: [{ amount, unit: kind.unit, price: prices[kind.price] as number }] }];
  });
}
