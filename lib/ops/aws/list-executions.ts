// Executions of a machine or of a Map run, the newest first. In: which, how many at most. Out: what Step Functions lists. Always: page by page,
// no more pages than that many need.

import { type ExecutionListItem, paginateListExecutions, type SFNClient } from '@aws-sdk/client-sfn';
import type { RunStatus } from '../../view/run-state';

export interface ListedExecutions {
  readonly of: { readonly stateMachineArn: string } | { readonly mapRunArn: string };
  /** @default all */
  readonly status?: RunStatus | undefined;
  /** @default all */
  readonly limit?: number;
}

const PAGE = 1000;

export async function listExecutions(
  client: SFNClient,
  { of, status, limit = Number.POSITIVE_INFINITY }: ListedExecutions,
): Promise<ExecutionListItem[]> {
  const found: ExecutionListItem[] = [];
  const paging = { client, pageSize: Math.min(PAGE, limit) };
  for await (const page of paginateListExecutions(paging, { ...of, ...(status && { statusFilter: status }) })) {
    found.push(...(page.executions ?? []));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
