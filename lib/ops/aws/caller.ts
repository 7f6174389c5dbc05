// Who asks, and whether the clocks agree. In: clients. Out: the caller's ARN, and that of the user or role whose policies count. Always: one
// request, and one more for a role, whose path the caller's ARN leaves out.

import type { Aws } from './aws';

export interface Caller {
  readonly arn: string;
  readonly account: string;
  /** `root` for the account itself, undefined where no policies can be asked for. */
  readonly principal: string | undefined;
  /** Our clock less that of AWS. */
  readonly clockOffMs: number;
}

export async function callerOf(aws: Aws): Promise<Caller> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = await aws.sts();
  let served = Number.NaN;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { headers } = answer.response as { headers?: { readonly [name: string]: string } };
      served = Date.parse(headers?.['date'] ?? '');
      return answer;
    },
    { step: 'deserialize', name: 'headraceClock', override: true },
  );
  const { Arn: arn = '', Account: account = '' } = await client.send(new GetCallerIdentityCommand({}));
  const clockOffMs = Number.isNaN(served) ? 0 : Date.now() - served;
  return { arn, account, principal: await principalOf(aws, arn), clockOffMs };
}

async function principalOf(aws: Aws, arn: string): Promise<string | undefined> {
  const [, partition, service, , account, resource = ''] = arn.split(':');
  if (resource === 'root') return 'root';
  if (service === 'iam') return arn;
  const role = /^assumed-role\/([^/]+)\//.exec(resource)?.[1];
  if (role === undefined) return undefined;
  const { GetRoleCommand } = await import('@aws-sdk/client-iam');
  try {
    return (await (await aws.iam()).send(new GetRoleCommand({ RoleName: role }))).Role?.Arn;
  } catch {
    // Right for a role without a path; a role of single sign-on has one, and is then told as unknown.
    return `arn:${partition}:iam::${account}:role/${role}`;
  }
}
