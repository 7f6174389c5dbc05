// Gives out and takes back the slots of pools. In: a state machine that wants or returns one; the end of an execution, by EventBridge;
// the time to look after those whose end nobody told. Out: whoever may go on is woken by its task token. Always: what is done twice is
// done once; a waiter that cannot be woken any more gives its slot to the next.

import { createHash } from 'node:crypto';
import { DescribeExecutionCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { acquire, type PoolState, release, releaseExecutions } from '../../lib/ops/slots';
import { changePool, forgetToken, grantedNow, keepToken, poolsOf, readPool, remember, tokenOf } from './store';

export type SlotsEvent =
  | {
      readonly acquire: {
        readonly pool: string;
        readonly limit: number;
        readonly weight?: number;
        readonly priority?: number;
        readonly execution: string;
        /** Woken by it; without one, the answer says whether there was a free slot. */
        readonly token?: string;
      };
    }
  | { readonly release: { readonly pool: string; readonly lease: string } }
  | { readonly detail: { readonly executionArn: string; readonly status: string } }
  | { readonly sweep: readonly string[] };

/** Longer than it takes to wake somebody, retries included. */
const WAKING_MS = 150_000;

const sfn = new SFNClient({});

export async function handler(event: SlotsEvent): Promise<object> {
  if ('acquire' in event) return take(event.acquire);
  if ('release' in event) {
    await freed(event.release.pool, (state) => release(state, event.release.lease));
    return {};
  }
  if ('detail' in event) {
    const { executionArn, status } = event.detail;
    if (status !== 'RUNNING') await ended(await poolsOf(executionArn), executionArn);
    return {};
  }
  for (const pool of event.sweep) await sweep(pool);
  return {};
}

type Acquire = Extract<SlotsEvent, { acquire: unknown }>['acquire'];

async function take({ pool, limit, weight = 1, priority = 0, execution, token }: Acquire): Promise<object> {
  // The same call again, by a retry of the state machine, has another token: the lease of the first is found dead when its turn comes.
  const lease = createHash('sha256')
    .update(token ?? execution)
    .digest('hex')
    .slice(0, 24);
  if (token !== undefined) await keepToken(lease, token);
  await remember(execution, pool);
  // Before anybody waits: perhaps a holder died without anybody being told.
  const seen = await readPool(pool);
  if (seen.holders.length > 0 && !fits(seen, limit, weight)) await sweep(pool);
  const change = await changePool(pool, (state) =>
    acquire(state, limit, { lease, execution, weight, priority }, token !== undefined),
  );
  await wake(pool, change.granted);
  return { lease, granted: change.granted.includes(lease) };
}

function fits({ holders, queue }: PoolState, limit: number, weight: number): boolean {
  return queue.length === 0 && holders.reduce((sum, holder) => sum + holder.weight, 0) + weight <= limit;
}

async function ended(pools: readonly string[], execution: string): Promise<void> {
  for (const pool of pools) await freed(pool, (state) => releaseExecutions(state, new Set([execution])));
}

async function freed(pool: string, change: Parameters<typeof changePool>[1]): Promise<void> {
  await wake(pool, (await changePool(pool, change)).granted);
}

/** Frees what ended executions hold, and wakes again whoever was granted and perhaps never told. */
async function sweep(pool: string): Promise<void> {
  const { holders, queue } = await readPool(pool);
  const dead = new Set<string>();
  for (const execution of new Set([...holders, ...queue].map((each) => each.execution))) {
    if (await isOver(execution)) dead.add(execution);
  }
  if (dead.size > 0) await freed(pool, (state) => releaseExecutions(state, dead));
  await wakeAgain(holders.filter((holder) => !dead.has(holder.execution)).map((holder) => holder.lease));
}

/** Whoever granted it wakes it at once, and forgets the token; where one is left after so long, that never came to its end. */
async function wakeAgain(leases: readonly string[]): Promise<void> {
  for (const lease of leases) {
    const kept = await tokenOf(lease);
    if (kept === undefined || Date.now() - kept.grantedAt < WAKING_MS) continue;
    await send(kept.token, lease).catch(() => undefined);
    await forgetToken(lease);
  }
}

async function isOver(executionArn: string): Promise<boolean> {
  try {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
  } catch (error) {
    if ((error as Error).name === 'ExecutionDoesNotExist') return true;
    throw error;
  }
}

async function wake(pool: string, leases: readonly string[]): Promise<void> {
  for (const lease of leases) {
    const kept = await grantedNow(lease);
    if (kept === undefined) continue;
    try {
      await send(kept, lease);
    } catch (error) {
      if (!/TaskTimedOut|TaskDoesNotExist|InvalidToken/.test((error as Error).name)) throw error;
      // It was stopped while it waited, or asked again with another token.
      await freed(pool, (state) => release(state, lease));
    }
    await forgetToken(lease);
  }
}

async function send(taskToken: string, lease: string): Promise<void> {
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ lease }) }));
}
