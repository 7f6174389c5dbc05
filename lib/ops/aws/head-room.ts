// How far the account is from its quotas. In: the pipelines found. Out: a finding for each, with the figures. Always: what cannot be asked is
// told, and the next is asked; from 80 % on it is a warning; nothing is changed.

import { said } from '../unreachable-error';
import type { Aws } from './aws';
import { type Finding, ok, type Verdict, warning } from './finding';
import { type FoundPipeline, type State, statesOf } from './found-pipeline';
import { inTurns } from './in-turns';
import { listExecutions } from './list-executions';
import { type Quota, Quotas } from './quotas';

const TIGHT = 0.8;
/** Of a machine that are counted. */
const MOST_EXECUTIONS = 20_000;
/** Machines whose executions are counted: Step Functions answers 5 such questions a second, after the first hundreds. */
const MOST_MACHINES = 200;
/** Jobs whose runs are counted. */
const MOST_JOBS = 50;

type Line = readonly [what: string, ask: () => Promise<Verdict>];

export async function headRoom(aws: Aws, pipelines: readonly FoundPipeline[]): Promise<Finding[]> {
  const quotas = new Quotas(aws);
  const summary = once(() => accountSummary(aws));
  const states = pipelines.flatMap(({ machines }) => machines.flatMap(({ definition }) => statesOf(definition)));
  const jobs = [...new Set(states.flatMap(jobOf))];
  const functions = states.filter(({ Resource = '' }) => Resource.includes('lambda:invoke')).length;
  const lines: readonly Line[] = [
    ['open executions', () => openExecutions(aws, quotas, pipelines)],
    ['state transitions', () => transitions(quotas, pipelines)],
    ['roles of the account', () => rolesOf(summary)],
    ['policies of a role', () => policiesOfRoles(aws, summary, pipelines)],
    ...(jobs.length > 0 ? ([['Glue', () => glue(aws, quotas, jobs)]] as const) : []),
    ...(functions > 0 ? ([['Lambda', () => lambda(aws, functions)]] as const) : []),
  ];
  return inTurns(lines, 3, async ([what, ask]): Promise<Finding> => {
    try {
      return { what, ...(await ask()) };
    } catch (error) {
      return { what, ...warning(`not known: ${said(error)}`) };
    }
  });
}

/** `12 of 1,000 roles (1 %)`, a warning from 80 % on. */
export function share(used: number, limit: number, of: string, more = ''): Verdict {
  const percent = limit > 0 ? ` (${Math.floor((100 * used) / limit)} %)` : '';
  const text = `${number(used)} of ${number(limit)} ${of}${percent}${more}`;
  return used >= TIGHT * limit ? warning(`${text}: have the quota raised, or use less at once`) : ok(text);
}

const number = (value: number): string => value.toLocaleString('en-US');
const source = ({ applied }: Quota): string => (applied ? '' : ', the default');

async function openExecutions(aws: Aws, quotas: Quotas, pipelines: readonly FoundPipeline[]): Promise<Verdict> {
  const client = await aws.sfn();
  const all = pipelines.flatMap(({ machines }) => machines);
  const counted = all.slice(0, MOST_MACHINES);
  const counts = await inTurns(counted, 4, async ({ arn }) => {
    const listed = { of: { stateMachineArn: arn }, status: 'RUNNING', limit: MOST_EXECUTIONS } as const;
    return (await listExecutions(client, listed)).length;
  });
  const open = counts.reduce((sum, count) => sum + count, 0);
  const quota = await quotas.find('states', /open .*executions|executions.* open/i).catch(() => OPEN_EXECUTIONS);
  const ofMachines = counted.length < all.length ? `, of ${counted.length} of ${number(all.length)} machines` : '';
  const more = counts.includes(MOST_EXECUTIONS) ? ' or more' : '';
  return share(open, quota.value, 'open executions', `${more} by pipelines${ofMachines}${source(quota)}`);
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const OPEN_EXECUTIONS: Quota = { name: 'open executions', value: 1_000_000, applied: false };

/** What would go on if every pipeline had all the runs at once that it may have. */
async function transitions(quotas: Quotas, pipelines: readonly FoundPipeline[]): Promise<Verdict> {
  const bucket = await quotas.find('states', /StateTransition.*bucket/i);
  const refill = await quotas.find('states', /StateTransition.*refill/i);
  const all = pipelines.reduce((sum, pipeline) => sum + transitionsOf(pipeline) * runsAtOnce(pipeline), 0);
  const seconds = Math.ceil(Math.max(0, all - bucket.value) / Math.max(1, refill.value));
  const more = `, then ${number(refill.value)} a second${source(bucket)}; every state once, of all runs that may go on at once`;
  const verdict = share(all, bucket.value, 'transitions at once', more);
  if (verdict.state === 'ok') return verdict;
  return warning(`${verdict.text}; a run is slower then, not wrong: by up to ${number(seconds)} s`);
}

export function transitionsOf({ machines }: FoundPipeline): number {
  return machines.reduce((sum, { definition }) => sum + statesOf(definition).length, 0);
}

/** The state that waits for a turn tells `maxActiveRuns`; without one a pipeline is counted with one run. */
export function runsAtOnce({ machines }: FoundPipeline): number {
  const turn = machines[0]?.definition.States?.['('];
  const limit = /\\?"limit\\?":\s*(\d+)/.exec(JSON.stringify(turn?.Arguments ?? {}))?.[1];
  return Number(limit ?? 1);
}

async function rolesOf(summary: () => Promise<Summary>): Promise<Verdict> {
  const { Roles, RolesQuota } = await summary();
  if (Roles === undefined || RolesQuota === undefined) return warning('not known: IAM does not tell');
  return share(Roles, RolesQuota, 'roles');
}

async function policiesOfRoles(
  aws: Aws,
  summary: () => Promise<Summary>,
  pipelines: readonly FoundPipeline[],
): Promise<Verdict> {
  const { AttachedPoliciesPerRoleQuota: limit } = await summary();
  if (limit === undefined) return warning('not known: IAM does not tell');
  const names = [...new Set(pipelines.flatMap(({ machines }) => machines.map(({ role }) => nameOfRole(role))))];
  const counts = await inTurns(names.filter(Boolean), 4, (name) => attached(aws, name));
  const gone = counts.flatMap(({ name, count }) => (count === undefined ? [name] : []));
  const missing = gone.length === 0 ? '' : `; there is no role ${gone.join(', ')}`;
  const [most] = counts.flatMap(({ name, count }) => (count === undefined ? [] : [{ name, count }])).sort(byCount);
  if (most === undefined) return warning(`not known${missing}`);
  const verdict = share(most.count, limit, 'managed policies', `, of role ${most.name}`);
  return gone.length === 0 ? verdict : warning(`${verdict.text}${missing}`);
}

interface Attached {
  readonly name: string;
  /** Undefined if there is no such role. */
  readonly count: number | undefined;
}

const byCount = (a: { readonly count: number }, b: { readonly count: number }): number => b.count - a.count;

async function attached(aws: Aws, name: string): Promise<Attached> {
  const { ListAttachedRolePoliciesCommand } = await import('@aws-sdk/client-iam');
  try {
    const answer = await (await aws.iam()).send(new ListAttachedRolePoliciesCommand({ RoleName: name }));
    return { name, count: answer.AttachedPolicies?.length ?? 0 };
  } catch (error) {
    if ((error as Error).name !== 'NoSuchEntityException') throw error;
    return { name, count: undefined };
  }
}

const nameOfRole = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

type Summary = { readonly [name: string]: number | undefined };

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

async function accountSummary(aws: Aws): Promise<Summary> {
  const { GetAccountSummaryCommand } = await import('@aws-sdk/client-iam');
  const { SummaryMap = {} } = await (await aws.iam()).send(new GetAccountSummaryCommand({}));
  return SummaryMap;
}

async function glue(aws: Aws, quotas: Quotas, jobs: readonly string[]): Promise<Verdict> {
  const { GetJobRunsCommand } = await import('@aws-sdk/client-glue');
  const client = await aws.glue();
  const counted = jobs.slice(0, MOST_JOBS);
  const going = await inTurns(counted, 4, async (JobName) => {
    const { JobRuns = [] } = await client.send(new GetJobRunsCommand({ JobName, MaxResults: 200 }));
    return JobRuns.filter(({ JobRunState = '' }) => /^(STARTING|RUNNING|STOPPING)$/.test(JobRunState));
  });
  const runs = going.flat();
  const dpus = runs.reduce((sum, run) => sum + (run.MaxCapacity ?? run.AllocatedCapacity ?? 0), 0);
  const ofJobs = jobs.length > counted.length ? `, of ${counted.length} of ${jobs.length} jobs of pipelines` : '';
  const [atOnce, capacity] = await Promise.all([
    quotas.find('glue', /concurrent job runs per account/i),
    quotas.find('glue', /task DPUs per account/i),
  ]);
  const verdicts = [
    share(runs.length, atOnce.value, 'job runs at once', source(atOnce)),
    share(dpus, capacity.value, 'DPUs', `${source(capacity)}${ofJobs}`),
  ];
  const text = verdicts.map((verdict) => verdict.text).join('; ');
  return verdicts.some(({ state }) => state === 'warning') ? warning(text) : ok(text);
}

function jobOf({ Resource = '', Arguments }: State): string[] {
  const name = (Arguments as { readonly JobName?: unknown } | undefined)?.JobName;
  return /glue:startJobRun/.test(Resource) && typeof name === 'string' && !name.startsWith('{%') ? [name] : [];
}

/** Functions of pipelines at once are at most their calls; what others use is not told without metrics. */
async function lambda(aws: Aws, calls: number): Promise<Verdict> {
  const { GetAccountSettingsCommand } = await import('@aws-sdk/client-lambda');
  const { AccountLimit } = await (await aws.lambda()).send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions: all, UnreservedConcurrentExecutions: free } = AccountLimit ?? {};
  if (all === undefined || free === undefined) return warning('not known: Lambda does not tell');
  return share(
    calls,
    free,
    'functions at once',
    `, if all of one run of each pipeline went on together; ${number(all - free)} are reserved`,
  );
}
