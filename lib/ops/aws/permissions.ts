// Whether the caller may do what each verb needs. In: the caller's user or role, the pipelines found. Out: a finding for each group of verbs.
// Always: IAM is asked and nothing is tried; what is denied in general, and could be allowed for single things, is told as such.

import type { EvaluationResult } from '@aws-sdk/client-iam';
import { said } from '../unreachable-error';
import type { Aws } from './aws';
import { type Finding, ok, type Verdict, warning } from './finding';
import type { FoundPipeline } from './found-pipeline';
import { type ActedOn, NEEDED, type NeededAction, type VerbActions } from './needed-actions';

/** Machines that are asked about: IAM answers one by one. */
const MOST_MACHINES = 20;
/** A run that need not be there. */
const ANY_RUN = 'headrace-doctor';

/** What was denied: action -> where. */
type Denied = ReadonlyMap<string, Where>;
type Where = keyof typeof WHERE;

/** @throws what IAM answers if the caller may not ask it */
export async function verbPermissions(
  aws: Aws,
  principal: string,
  pipelines: readonly FoundPipeline[],
): Promise<Finding[]> {
  const definitions = pipelines.flatMap(({ machines }) => machines.map(({ text }) => text));
  const arns = resources(pipelines);
  const wanted = NEEDED.map(
    ({ verbs, actions }): VerbActions => ({
      verbs,
      actions: actions.filter(
        ({ on, when }) => arns[on].length > 0 && (when === undefined || definitions.some((text) => when.test(text))),
      ),
    }),
  );
  const simulation = new Simulation(aws, principal, arns);
  const denied = await simulation.denied(wanted.flatMap(({ actions }) => actions));
  return wanted.map(({ verbs, actions }) => ({ what: `may ${verbs.join(', ')}`, ...verdict(actions, denied) }));
}

export const keyOf = ({ action, on }: NeededAction): string => `${action} ${on}`;

function verdict(actions: readonly NeededAction[], denied: Denied): Verdict {
  const instead = actions.filter((each) => each.instead);
  const missing = actions.filter((each) => !each.instead && denied.has(keyOf(each)));
  const search = missing.find(({ action }) => action === 'tag:GetResources');
  // Without the search over tags, machines are asked one by one.
  const found = search === undefined || instead.some((each) => denied.has(keyOf(each)));
  const told = found ? missing : missing.filter((each) => each !== search);
  if (told.length === 0) return ok('allowed');
  const places = new Map<Where, string[]>();
  for (const each of told) {
    const where = denied.get(keyOf(each))!;
    places.set(where, [...(places.get(where) ?? []), each.action]);
  }
  return warning(`denied: ${[...places].map(([where, names]) => `${names.join(', ')} (${WHERE[where]})`).join('; ')}`);
}

const WHERE = {
  some: 'on a machine or a run of a pipeline',
  'in general': 'in general; a policy that names single resources cannot be seen from here',
  'on condition': 'depends on a condition of a policy',
};

function resources(pipelines: readonly FoundPipeline[]): { readonly [on in ActedOn]: readonly string[] } {
  const machines = pipelines.flatMap((pipeline) => pipeline.machines.map(({ arn }) => arn)).slice(0, MOST_MACHINES);
  const run = (arn: string) => `${arn.replace(':stateMachine:', ':execution:')}:${ANY_RUN}`;
  const backfills = [...new Set(pipelines.flatMap(({ backfill }) => backfill ?? []))].slice(0, MOST_MACHINES);
  return { machine: machines, execution: machines.map(run), backfill: backfills, any: ['*'] };
}

/** Asks IAM for many actions in few requests. */
class Simulation {
  constructor(
    private readonly aws: Aws,
    private readonly principal: string,
    private readonly arns: { readonly [on in ActedOn]: readonly string[] },
  ) {}

  async denied(actions: readonly NeededAction[]): Promise<Denied> {
    const denied = new Map<string, Where>();
    for (const on of ['machine', 'execution', 'backfill', 'any'] as const) {
      const names = [...new Set(actions.filter((each) => each.on === on).map(({ action }) => action))];
      for (const result of await this.results(names, this.arns[on])) {
        if (result.EvalDecision === 'allowed') continue;
        const open = (result.MissingContextValues ?? []).length > 0 && result.EvalDecision === 'implicitDeny';
        const where = open ? 'on condition' : on === 'any' ? 'in general' : 'some';
        denied.set(`${result.EvalActionName} ${on}`, where);
      }
    }
    return denied;
  }

  /** IAM takes some actions only by themselves: those that need other facts to decide on. */
  private async results(names: readonly string[], on: readonly string[]): Promise<readonly EvaluationResult[]> {
    if (names.length === 0) return [];
    try {
      return await this.pages(names, on);
    } catch (error) {
      if ((error as Error).name !== 'InvalidInputException' || names.length === 1) throw error;
      const halves = [names.slice(0, names.length / 2), names.slice(names.length / 2)];
      return [...(await this.results(halves[0]!, on)), ...(await this.results(halves[1]!, on))];
    }
  }

  private async pages(ActionNames: readonly string[], ResourceArns: readonly string[]): Promise<EvaluationResult[]> {
    const { paginateSimulatePrincipalPolicy } = await import('@aws-sdk/client-iam');
    const request = {
      PolicySourceArn: this.principal,
      ActionNames: [...ActionNames],
      ResourceArns: [...ResourceArns],
    };
    const found: EvaluationResult[] = [];
    for await (const page of paginateSimulatePrincipalPolicy({ client: await this.aws.iam() }, request))
      found.push(...(page.EvaluationResults ?? []));
    return found;
  }
}

/** Where IAM may not be asked: reads that change nothing, each of one page. */
export async function harmlessReads(aws: Aws, pipelines: readonly FoundPipeline[]): Promise<Finding[]> {
  const [first] = pipelines;
  if (first === undefined) return [];
  const root = first.machines[0]!.arn;
  const reads: readonly { readonly verb: string; readonly read: () => Promise<unknown> }[] = [
    { verb: 'runs', read: () => readsRuns(aws, root) },
    { verb: 'logs', read: () => readsLogs(aws) },
    { verb: 'pause', read: () => readsSchedules(aws) },
  ];
  const found: Finding[] = [];
  for (const { verbs } of NEEDED) {
    const tried = reads.find(({ verb }) => verbs.includes(verb));
    const verdict =
      tried === undefined
        ? warning('not known: nothing was tried')
        : await tried.read().then(
            () => ok('the first read of it is answered; more was not tried'),
            (error: unknown) => warning(said(error)),
          );
    found.push({ what: `may ${verbs.join(', ')}`, ...verdict });
  }
  return found;
}

async function readsRuns(aws: Aws, root: string): Promise<void> {
  const { ListExecutionsCommand } = await import('@aws-sdk/client-sfn');
  await (await aws.sfn()).send(new ListExecutionsCommand({ stateMachineArn: root, maxResults: 1 }));
}

async function readsLogs(aws: Aws): Promise<void> {
  const { DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  await (await aws.logs()).send(new DescribeLogGroupsCommand({ limit: 1 }));
}

async function readsSchedules(aws: Aws): Promise<void> {
  const { ListSchedulesCommand } = await import('@aws-sdk/client-scheduler');
  await (await aws.scheduler()).send(new ListSchedulesCommand({ MaxResults: 1 }));
}
