// Whether the verbs would work here. In: clients. Out: findings, each with what to do. Always: only reads; what cannot be asked is told,
// and the next question is asked all the same.

import { MANIFEST_VERSION } from '../../compile/manifest';
import { shortened } from '../shortened';
import { said } from '../unreachable-error';
import type { Aws } from './aws';
import { type Caller, callerOf } from './caller';
import { type Finding, ok, type Verdict, warning } from './finding';
import { type FoundPipeline, foundPipeline } from './found-pipeline';
import { headRoom } from './head-room';
import { inTurns } from './in-turns';
import { harmlessReads, verbPermissions } from './permissions';

/** AWS refuses requests that are signed five minutes off. */
const CLOCK_LIMIT_MS = 240_000;

/** @param named name and ARN of the root of every pipeline */
export async function examine(aws: Aws, named: () => Promise<readonly [string, string][]>): Promise<Finding[]> {
  const found: Finding[] = [];
  const check = async (what: string, work: () => Promise<Verdict>) => {
    try {
      found.push({ what, ...(await work()) });
    } catch (error) {
      found.push({ what, state: 'error', text: said(error) });
    }
  };
  const { endpoint } = aws;
  found.push({
    what: 'endpoint',
    ...ok(endpoint === undefined ? 'AWS itself' : `an emulator or proxy: ${new URL(endpoint).host}`),
  });
  await check('region', async () => ok(await aws.region()));
  let caller: Caller | undefined;
  await check('credentials', async () => {
    caller = await callerOf(aws);
    return ok(caller.arn);
  });
  if (caller !== undefined) found.push({ what: 'clock', ...clock(caller) });
  let pipelines: readonly FoundPipeline[] = [];
  await check('pipelines', async () => {
    const client = await aws.sfn();
    pipelines = await inTurns(await named(), 4, ([name, arn]) => foundPipeline(client, name, arn));
    return pipelines.length === 0
      ? warning('none is deployed here: is it the right account and region?')
      : ok(shortened(pipelines.map(({ name }) => name)));
  });
  if (caller === undefined || pipelines.length === 0) return found;
  return [
    ...found,
    { what: 'deployed versions', ...versions(pipelines) },
    ...(await permissions(aws, caller, pipelines)),
    ...(await headRoom(aws, pipelines)),
  ];
}

function clock({ clockOffMs }: Caller): Verdict {
  const seconds = Math.round(Math.abs(clockOffMs) / 1000);
  const way = clockOffMs > 0 ? 'ahead of' : 'behind';
  if (Math.abs(clockOffMs) < CLOCK_LIMIT_MS) return ok(seconds < 2 ? "as AWS's" : `${seconds} s ${way} AWS's`);
  return { state: 'error', text: `${seconds} s ${way} AWS's, which refuses requests from 300 s on: set it` };
}

function versions(pipelines: readonly FoundPipeline[]): Verdict {
  const other = pipelines.filter(({ version }) => version !== MANIFEST_VERSION);
  if (other.length === 0) return ok(`manifest version ${MANIFEST_VERSION}, as this headrace reads`);
  const list = other.map(({ name, version }) => `${name} ${version ?? 'none'}`);
  return warning(
    `this headrace reads manifest version ${MANIFEST_VERSION}; deployed is ${shortened(list)}: deploy them again, or use the headrace that deployed them`,
  );
}

async function permissions(aws: Aws, caller: Caller, pipelines: readonly FoundPipeline[]): Promise<Finding[]> {
  if (caller.principal === 'root') return [{ what: 'permissions', ...ok('the root of the account may do everything') }];
  try {
    if (caller.principal === undefined) throw new Error(`IAM tells nothing of ${caller.arn}`);
    return await verbPermissions(aws, caller.principal, pipelines);
  } catch (error) {
    const why = `IAM does not tell (iam:SimulatePrincipalPolicy: ${(error as Error).message}): only what reads was tried`;
    return [{ what: 'permissions', ...warning(why) }, ...(await harmlessReads(aws, pipelines))];
  }
}
