// What `headrace backfill` is told and what it tells. In: items, and the runs there are. Out: how each date stands.

import { type BackfillItem, itemRun } from '../../lib/compile/backfill';
import type { BackfillPlan, KnownRun } from '../../lib/ops/backfill';
import type { SiteOptions } from './site-options';

export interface BackfillOptions extends SiteOptions {
  readonly maxActive: string;
  readonly reverse?: boolean;
  readonly skipSucceeded?: boolean;
  readonly param: readonly string[];
  readonly dryRun?: boolean;
  readonly progress?: boolean;
  readonly resume?: boolean;
  readonly stop?: boolean;
  readonly wait?: boolean;
  readonly yes?: boolean;
  readonly secrets?: string;
}

/** What `--json` prints. */
export interface BackfillReport {
  readonly pipeline: string;
  readonly backfill?: string;
  /** PLANNED, RUNNING, SUCCEEDED, FAILED, ABORTED */
  readonly status: string;
  readonly runs: readonly { readonly run: string; readonly logicalDate: string; readonly status: string }[];
  readonly left?: BackfillPlan['left'];
  readonly place?: string;
}

export type LatestBackfill = BackfillReport & {
  readonly maxActive?: number;
  readonly params?: { readonly [name: string]: unknown };
};

export interface Backfills {
  run(items: readonly BackfillItem[], maxActive: number, params: LatestBackfill['params']): Promise<BackfillReport>;
  latest(): Promise<LatestBackfill | undefined>;
  stop(latest: LatestBackfill): Promise<BackfillReport>;
}

/** How each date stands: a later run of the same date counts. */
export function statusOf(items: readonly BackfillItem[], known: readonly KnownRun[]): BackfillReport['runs'] {
  const byName = new Map(known.map((run) => [run.run, run.status]));
  return items.map((item) => ({ ...planned(item), status: byName.get(itemRun(item)) ?? 'WAITING' }));
}

export function planned(item: BackfillItem): { run: string; logicalDate: string; status: string } {
  return { run: itemRun(item), logicalDate: item.logicalDate, status: 'WAITING' };
}
