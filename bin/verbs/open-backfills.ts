// Backfills of the place that is operated. In: the site. Out: how to start one, and how the latest stands. Always: in the account the stack's
// machine does the work; on this machine this process does, and a file says how far it came.

import { itemRun } from '../../lib/compile/backfill';
import type { Manifest } from '../../lib/compile/manifest';
import type { AwsSite } from '../../lib/ops/aws/aws-site';
import type { Backfill } from '../../lib/ops/aws/deployed-backfill';
import { type BackfillOptions, type Backfills, type LatestBackfill, statusOf } from './backfill-report';
import { LocalBackfills } from './local-backfills';
import type { LocalSite } from './local-site';
import { print } from './columns';

const LOOK_MS = 3_000;

export async function openBackfills(
  site: AwsSite | LocalSite,
  manifest: Manifest,
  options: BackfillOptions,
): Promise<Backfills> {
  if (site.kind === 'local') return new LocalBackfills(site as LocalSite, manifest, options);
  return deployed(site as AwsSite, manifest, options);
}

async function deployed(site: AwsSite, manifest: Manifest, options: BackfillOptions): Promise<Backfills> {
  const { DeployedBackfills } = await import('../../lib/ops/aws/deployed-backfill.js');
  const machine = new DeployedBackfills(site.client, await site.rootArn(manifest.name), manifest);
  const pipeline = manifest.name;
  const report = async (backfill: Backfill): Promise<LatestBackfill> => ({
    pipeline,
    backfill: backfill.id,
    status: backfill.status,
    runs: statusOf(backfill.items, await site.known(pipeline)),
    place: backfill.place,
    maxActive: backfill.maxActive,
    ...(backfill.params && { params: backfill.params }),
  });
  const latest = async () => {
    const found = await machine.latest();
    return found && report(found);
  };
  return {
    latest,
    run: async (items, maxActive, params) => {
      const id = `${itemRun(items[0]!)}-${Date.now().toString(36)}`.slice(0, 80);
      const started = await machine.start(id, items, { maxActive, ...(params && { params }) });
      if (!options.wait) return report(started);
      for (let seen = -1; ; ) {
        const now = (await latest())!;
        const done = now.runs.filter((run) => !['WAITING', 'RUNNING'].includes(run.status)).length;
        if (done !== seen && !options.json) print(`${String(done).padStart(5)} of ${now.runs.length} done`);
        seen = done;
        if (now.status !== 'RUNNING') return now;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    stop: async () => {
      const found = (await machine.latest())!;
      await machine.stop(found, 'the backfill was stopped by a person');
      return (await latest())!;
    },
  };
}
