// Whether the verbs would work here. In: clients. Out: findings, each with what to do. Always: only reads; what cannot be asked is told,
// and the next question is asked all the same.

import { unreachable } from '../unreachable-error';
import type { Aws } from './aws';

export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'error';
  readonly text: string;
}

const CLOCK_LIMIT_MS = 240_000;
/** Step Functions' account limit. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const OPEN_EXECUTIONS = 1_000_000;

export async function examine(aws: Aws, pipelines: () => Promise<readonly [string, string][]>): Promise<Finding[]> {
  const found: Finding[] = [];
  const check = async (what: string, work: () => Promise<Omit<Finding, 'what'>>) => {
    try {
      found.push({ what, ...(await work()) });
    } catch (error) {
      found.push({ what, state: 'error', text: unreachable(error)?.message ?? (error as Error).message });
    }
  };
  found.push({
    what: 'endpoint',
    state: 'ok',
    text: aws.endpoint === undefined ? 'AWS itself' : `an emulator or proxy: ${new URL(aws.endpoint).host}`,
  });
  await check('region', async () => ({ state: 'ok', text: await aws.region() }));
  await check('credentials', () => identity(aws));
  let known: readonly [string, string][] = [];
  await check('pipelines', async () => {
    known = await pipelines();
    return known.length > 0
      ? { state: 'ok', text: known.map(([name]) => name).join(', ') }
      : { state: 'warning', text: 'none is deployed here: is it the right account and region?' };
  });
  const [root] = known[0] ? [known[0][1]] : [];
  if (root !== undefined) {
    await check('list, runs, status, watch', () => mayRead(aws, root));
    await check('open executions', () => headRoom(aws, known));
    await check('pause, resume', () => maySchedule(aws));
    await check('logs', () => mayReadLogs(aws));
  }
  return found;
}

async function identity(aws: Aws): Promise<Omit<Finding, 'what'>> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = await aws.sts();
  let served: number | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { headers } = answer.response as { headers?: { readonly [name: string]: string } };
      served = Date.parse(headers?.['date'] ?? '');
      return answer;
    },
    { step: 'deserialize', name: 'headraceClock' },
  );
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  const off = served === undefined || Number.isNaN(served) ? 0 : Math.abs(Date.now() - served);
  if (off < CLOCK_LIMIT_MS) return { state: 'ok', text: Arn ?? 'known' };
  return {
    state: 'error',
    text: `${Arn}, but the clock is ${Math.round(off / 1000)} s off: AWS refuses requests beyond 300 s`,
  };
}

async function mayRead(aws: Aws, root: string): Promise<Omit<Finding, 'what'>> {
  const { DescribeStateMachineCommand, ListExecutionsCommand } = await import('@aws-sdk/client-sfn');
  const client = await aws.sfn();
  await client.send(new DescribeStateMachineCommand({ stateMachineArn: root }));
  await client.send(new ListExecutionsCommand({ stateMachineArn: root, maxResults: 1 }));
  return { state: 'ok', text: 'allowed' };
}

async function headRoom(aws: Aws, known: readonly [string, string][]): Promise<Omit<Finding, 'what'>> {
  const { ListExecutionsCommand } = await import('@aws-sdk/client-sfn');
  const client = await aws.sfn();
  let open = 0;
  let more = false;
  for (const [, stateMachineArn] of known) {
    const page = await client.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', maxResults: 1000 }),
    );
    open += page.executions?.length ?? 0;
    more ||= page.nextToken !== undefined;
  }
  const text = `${more ? 'more than ' : ''}${open} runs of pipelines go on, of ${OPEN_EXECUTIONS} executions that an account may have open`;
  return { state: open > 0.8 * OPEN_EXECUTIONS ? 'warning' : 'ok', text };
}

async function maySchedule(aws: Aws): Promise<Omit<Finding, 'what'>> {
  const { ListSchedulesCommand } = await import('@aws-sdk/client-scheduler');
  await (await aws.scheduler()).send(new ListSchedulesCommand({ MaxResults: 1 }));
  return { state: 'ok', text: 'schedules can be read; changing them was not tried' };
}

async function mayReadLogs(aws: Aws): Promise<Omit<Finding, 'what'>> {
  const { DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  await (await aws.logs()).send(new DescribeLogGroupsCommand({ limit: 1 }));
  return { state: 'ok', text: 'allowed' };
}
