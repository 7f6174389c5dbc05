// How a history is read as it grows: through the SDK's own client from the laptop's Step Functions API, which pages as the service does,
// behind a proxy that can be an overloaded AWS.

import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../../lib/local/gateway/gateway';
import { fieldsOf, withInitial } from '../../lib/local/services/service';
import { type LocalExecution, States } from '../../lib/local/services/states';
import { ExecutionHistory } from '../../lib/ops/aws/execution-history';
import { type FaultyProxy, faultyProxy } from '../operate/faulty-proxy';

const ROOT = 'arn:aws:states:us-east-1:000000000000:execution:Sales:run';
const CHILD = 'arn:aws:states:us-east-1:000000000000:execution:Sales-2:run-part';
const OTHER = 'arn:aws:states:us-east-1:000000000000:execution:Elsewhere:run';

interface Asked {
  readonly executionArn: string;
  readonly nextToken?: string;
  readonly maxResults: number;
  readonly reverseOrder: boolean;
}

const histories = new Map<string, object[]>();
let asked: Asked[] = [];
/** Called when a page has been answered, before the next is asked for. */
let afterPage: () => void = () => undefined;
let gateway: Gateway;
let proxy: FaultyProxy;
let client: SFNClient;

const states = new States({
  find: (arn: string) => histories.has(arn) && ({ arn, history: histories.get(arn)! } as unknown as LocalExecution),
} as never);

beforeAll(async () => {
  gateway = await startGateway({
    dispatch: async ({ action, region, input }) => {
      asked.push(input as unknown as Asked);
      const answer = await states.handle({ action, region, input: fieldsOf(withInitial(input, 'upper')) });
      afterPage();
      return withInitial(answer, 'lower');
    },
  });
  proxy = await faultyProxy(gateway.url);
  client = new SFNClient({
    endpoint: proxy.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 3,
  });
});
afterAll(async () => {
  client.destroy();
  await proxy.close();
  await gateway.close();
});

function happens(arn: string, count: number, more: object = { type: 'PassStateEntered' }): void {
  const history = histories.get(arn) ?? [];
  histories.set(arn, history);
  for (let i = 0; i < count; i += 1) history.push({ id: history.length + 1, timestamp: 1_790_000_000, ...more });
}

function opened(count: number): ExecutionHistory {
  histories.clear();
  asked = [];
  afterPage = () => undefined;
  happens(ROOT, count);
  return new ExecutionHistory(client, ROOT, new Set(['Sales', 'Sales-2']));
}

const ids = (events: readonly { readonly event: { readonly id?: number } }[]) => events.map(({ event }) => event.id);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const submitted = (ExecutionArn: string) => ({
  type: 'TaskSubmitted',
  taskSubmittedEventDetails: { resourceType: 'states', resource: 'x', output: JSON.stringify({ ExecutionArn }) },
});

describe('a long history', () => {
  it('is read once, and then only from its tail', async () => {
    const history = opened(2_345);
    expect(ids(await history.refresh())).toEqual(upTo(1, 2_345));
    expect(asked.map((each) => each.maxResults)).toEqual([1000, 1000, 1000]);
    happens(ROOT, 7);
    expect(ids(await history.refresh())).toEqual(upTo(2_346, 2_352));
    expect(await history.refresh()).toEqual([]);
    expect(asked.slice(3)).toMatchObject([
      { executionArn: ROOT, reverseOrder: true, maxResults: 100 },
      { executionArn: ROOT, reverseOrder: true, maxResults: 100 },
    ]);
  });

  it('that grew by more than a page of the tail is read back to where the last look ended', async () => {
    const history = opened(10);
    await history.refresh();
    happens(ROOT, 250);
    expect(ids(await history.refresh())).toEqual(upTo(11, 260));
    expect(asked).toHaveLength(4);
  });

  it('that grows while its pages are read has each event once', async () => {
    const history = opened(1_500);
    afterPage = () => {
      happens(ROOT, 3);
      afterPage = () => undefined;
    };
    expect(ids(await history.refresh())).toEqual(upTo(1, 1_500));
    expect(ids(await history.refresh())).toEqual([1_501, 1_502, 1_503]);
  });

  it('is asked for no more once its execution has ended', async () => {
    const history = opened(3);
    happens(ROOT, 1, { type: 'ExecutionSucceeded', executionSucceededEventDetails: { output: '{}' } });
    await history.refresh();
    await history.refresh();
    expect(asked).toHaveLength(1);
  });

  it('has those of its own child machines in it, and of no other pipeline', async () => {
    const history = opened(2);
    happens(ROOT, 1, submitted(CHILD));
    happens(ROOT, 1, submitted(OTHER));
    happens(CHILD, 2);
    happens(OTHER, 2);
    const events = await history.refresh();
    expect(events.map(({ executionArn }) => executionArn)).toEqual([ROOT, ROOT, ROOT, ROOT, CHILD, CHILD]);
    expect(history.executions()).toEqual([ROOT, CHILD]);
  });

  it('is whole although AWS was limiting requests between two of its pages', async () => {
    const history = opened(2_500);
    afterPage = () => {
      proxy.fail('ThrottlingException', 2);
      afterPage = () => undefined;
    };
    expect(ids(await history.refresh())).toEqual(upTo(1, 2_500));
    expect(proxy.requests).toHaveLength(4);
  });

  it('fails as a whole if that does not end, and the next look misses nothing', async () => {
    const history = opened(1_000);
    happens(ROOT, 1, submitted(CHILD));
    happens(CHILD, 1_500);
    afterPage = () => {
      if (asked.length < 3) return;
      proxy.fail('ThrottlingException', 3);
      afterPage = () => undefined;
    };
    await expect(history.refresh()).rejects.toThrow('Rate exceeded');
    happens(ROOT, 1);
    const events = await history.refresh();
    const of = (arn: string) => ids(events.filter(({ executionArn }) => executionArn === arn));
    expect([of(ROOT), of(CHILD)]).toEqual([upTo(1, 1_002), upTo(1, 1_500)]);
  });
});
