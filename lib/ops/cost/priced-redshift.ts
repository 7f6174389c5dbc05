// What statements on Redshift cost. In: statements with what the last look at them told. Out: one charge for each serverless workgroup, one for
// each provisioned cluster. Always: a workgroup is billed while it works, once however many statements run at a time, a minute at least each
// time that it wakes; a cluster is paid by the hour anyway. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-billing.html

import { callOf } from '../aws/started-work';
import type { Charge } from './charge';
import { type FollowedWork, positive, type Rates, secondsOf } from './followed-work';
import { shortened } from '../shortened';

const MINUTE_MS = 60_000;
/** The smallest base capacity that a workgroup can have. */
const LEAST_RPU = 4;

interface Span {
  readonly from: number;
  readonly to: number;
}

export function redshiftCharges(started: readonly FollowedWork[], { prices, sizes }: Rates): Charge[] {
  const serverless = new Map<string, { tasks: Set<string>; spans: Span[] }>();
  const provisioned = new Map<string, Set<string>>();
  for (const work of started) {
    if (!/^redshiftdata:(batchE|e)xecuteStatement$/.test(callOf(work))) continue;
    const { WorkgroupName, ClusterIdentifier } = work.parameters;
    if (WorkgroupName === undefined) {
      const cluster = String(ClusterIdentifier ?? '?');
      provisioned.set(cluster, (provisioned.get(cluster) ?? new Set()).add(work.task));
      continue;
    }
    const known = serverless.get(String(WorkgroupName)) ?? { tasks: new Set(), spans: [] };
    known.tasks.add(work.task);
    known.spans.push(spanOf(work));
    serverless.set(String(WorkgroupName), known);
  }
  return [
    ...[...serverless].map(([workgroup, { tasks, spans }]): Charge => {
      const rpus = sizes.workgroups.get(workgroup);
      const seconds = awakeSeconds(spans);
      return {
        what: `${shortened([...tasks], 3)} (Redshift Serverless ${workgroup})`,
        seconds,
        size: `${rpus ?? LEAST_RPU} RPU`,
        terms: [{ amount: (seconds * (rpus ?? LEAST_RPU)) / 3600, unit: 'RPU-h', price: prices.redshiftRpuHour }],
        ...(rpus === undefined && { bound: 'at least' as const }),
        because:
          rpus === undefined
            ? `the base capacity of the workgroup is not known, ${LEAST_RPU} RPU is the least; nothing where other work keeps it awake`
            : 'at its base capacity; nothing where other work keeps it awake',
      };
    }),
    ...[...provisioned].map(
      ([cluster, tasks]): Charge => ({
        what: `${shortened([...tasks], 3)} (Redshift ${cluster})`,
        terms: [],
        size: 'a part of the cluster, nothing more',
      }),
    ),
  ];
}

function spanOf(work: FollowedWork): Span {
  const from = work.start.getTime();
  // Nanoseconds, on the warehouse's own clock.
  const told = positive(work.look?.['Duration']);
  return { from, to: from + Math.max(MINUTE_MS, told === undefined ? secondsOf(work) * 1000 : told / 1e6) };
}

function awakeSeconds(spans: readonly Span[]): number {
  let awake = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    awake += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return Math.ceil(awake / 1000);
}
