// The function that gives out slots, with its real clients, against the local DynamoDB and Step Functions; the machines are those that
// would be deployed. A run is killed at many points: what it held must be free again, and nobody may wait for ever.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LocalClock, Activity } from '../../lib/local/activity';
import { wallClock } from '../../lib/local/asl/clock';
import { Interpreter } from '../../lib/local/asl/interpreter';
import { Assembly } from '../../lib/local/assembly/assembly';
import { Machines } from '../../lib/local/assembly/machines';
import { DynamoDb } from '../../lib/local/dynamodb';
import { type Json, ServiceError, type TaskCall } from '../../lib/local/engine';
import { executionsOf } from '../../lib/local/executions';
import { startGateway } from '../../lib/local/gateway/gateway';
import { fieldsOf, withInitial } from '../../lib/local/services/service';
import { States } from '../../lib/local/services/states';
import type { SlotsEvent } from '../../lambda/slots/index';
import type { PoolState } from '../../lib/ops/slots';
import { synthesize } from '../assembly';

const machines = new Machines(Assembly.read(synthesize('test/operate/pool-app.ts')));
const root = machines.arns().find((arn) => /-One-/.test(arn))!;
const SLOTS = 2;

let close: () => Promise<void>;
let handler: (event: SlotsEvent) => Promise<object>;
let interpreter: Interpreter;
let tables: DynamoDb;
/** Who works at the moment, and the most there ever were. */
let busy = 0;
let most = 0;
let onEvent: (arn: string) => void = () => undefined;

async function call({ arguments: given }: TaskCall): Promise<Json> {
  const { FunctionName, Payload } = given as { FunctionName: string; Payload: { id?: string; fail?: boolean } };
  if (/slots/i.test(FunctionName)) return { Payload: (await handler(Payload as unknown as SlotsEvent)) as Json };
  const weight = Payload.id === 'After' ? 2 : 1;
  busy += weight;
  most = Math.max(most, busy);
  await new Promise((resolve) => setTimeout(resolve, 3));
  busy -= weight;
  if (Payload.fail) throw new ServiceError('Error', 'told to fail');
  return { Payload: {} };
}

beforeAll(async () => {
  const states = new States(executionsOf(() => interpreter, machines));
  const gateway = await startGateway({
    dispatch: async ({ service, action, input, region }) => {
      if (service === 'dynamodb') return tables.call(action.charAt(0).toLowerCase() + action.slice(1), input);
      const {
        StartDate: _start,
        StopDate: _stop,
        ...answer
      } = fieldsOf(await states.handle({ action, input: fieldsOf(withInitial(input, 'upper')), region }));
      return withInitial(answer, 'lower');
    },
  });
  close = () => gateway.close();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: gateway.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    TABLE: 'slots',
  });
  ({ handler } = await import('../../lambda/slots/index.js'));
});
afterAll(() => close());

function fresh(): void {
  tables = new DynamoDb();
  [busy, most] = [0, 0];
  onEvent = () => undefined;
  interpreter = new Interpreter({
    services: { call },
    machines: (arn) => machines.get(arn),
    clock: new LocalClock(wallClock, new Activity()),
    onEvent: (arn) => onEvent(arn),
  });
}

async function pools(): Promise<PoolState[]> {
  const read = (pool: string) => {
    const { Item } = tables.call('getItem', { TableName: 'slots', Key: { id: { S: `pool ${pool}` } } }) as {
      Item?: { state: { S: string } };
    };
    return Item === undefined ? [] : [JSON.parse(Item.state.S) as PoolState];
  };
  return [...read('Pools-Warehouse'), ...read(`runs of ${root.split(':').at(-1)}`)];
}

const start = (name: string) => interpreter.start({ stateMachineArn: root, name });

/** A pool with something left in it. */
const left = async () => (await pools()).filter(({ holders, queue }) => holders.length + queue.length > 0);

/** When a run's tasks were at work: between its turn and its judgement. */
function spanOf(run: ReturnType<typeof start>): { from: number; to: number } {
  const time = (name: string) =>
    Date.parse(run.history.find((event) => event.stateEnteredEventDetails?.name === name)!.timestamp);
  return { from: time('{'), to: time('=') };
}

describe('slots', () => {
  it('are never held by too many, one run at a time, and all are free in the end', async () => {
    fresh();
    const runs = ['one', 'two', 'three'].map(start);
    const ends: string[] = [];
    await Promise.all(runs.map((run) => run.done.then(() => ends.push(run.name))));
    expect(runs.map((run) => run.status)).toEqual(['FAILED', 'FAILED', 'FAILED']); // Broken is told to fail.
    expect(runs[0]!.result?.cause).toBe('Broken');
    expect(ends).toHaveLength(3);
    const spans = runs.map((run) => [spanOf(run).from, spanOf(run).to]).sort(([a], [b]) => a! - b!);
    for (const [i, [from]] of spans.entries()) if (i > 0) expect(from).toBeGreaterThanOrEqual(spans[i - 1]![1]!);
    expect(most).toBe(SLOTS);
    expect(await left()).toEqual([]);
  });

  it.each([
    ['told by the event of its end', false],
    ['told by nobody, found at the next look', true],
  ])(
    'are freed by a run that is killed wherever it stands: %s',
    async (_, silent) => {
      fresh();
      const whole = start('whole');
      await whole.done;
      const events = whole.history.length;
      expect(events).toBeGreaterThan(60);
      for (let n = 1; n < events; n += silent ? 25 : 9) {
        fresh();
        const victim = start('victim');
        let seen = 0;
        const killed = new Promise<void>((resolve) => {
          onEvent = (arn) => {
            if (arn !== victim.arn || ++seen !== n) return;
            setImmediate(() => {
              if (victim.status === 'RUNNING') interpreter.stop(victim.arn, 'Killed', 'by the test');
              resolve();
            });
          };
        });
        const next = start('next');
        await Promise.race([killed, victim.done]);
        await victim.done;
        // Calls of the function that were under way when the run died end after it.
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (silent) await handler({ sweep: ['Pools-Warehouse', `runs of ${root.split(':').at(-1)}`] });
        else await handler({ detail: { executionArn: victim.arn, status: 'ABORTED' } });
        await next.done;
        expect([n, next.result?.cause]).toEqual([n, 'Broken']);
        await handler({ detail: { executionArn: next.arn, status: 'FAILED' } });
        // A call that was under way when the run died gives back what it took as soon as it sees that nobody waits.
        await vi.waitFor(async () => expect([n, await left()]).toEqual([n, []]), 5_000);
      }
    },
    180_000,
  );
});
