// `headrace backfill`: plans the runs, shows them, starts them. Out: the exit code: 1 if some run did not succeed. JSON: BackfillReport.

import { type BackfillPlan, planBackfill } from '../../lib/ops/backfill';
import { paramsOf } from '../../lib/compile/new-run';
import { paramsAgain } from '../../lib/ops/secret-params';
import { OperatorError } from '../../lib/compile/operator-error';
import { list } from '../../lib/compile/find-name';
import { type BackfillOptions, type BackfillReport, type LatestBackfill, planned } from './backfill-report';
import { print, printJson } from './columns';
import { confirmed } from './confirmed';
import { openSite } from './open-site';
import { openBackfills } from './open-backfills';
import { secretSource } from './secret-source';
import { isAws, siteWords } from './site-options';

export async function backfillVerb(
  word: string,
  from: string | undefined,
  to: string | undefined,
  options: BackfillOptions,
): Promise<number> {
  const maxActive = Number(options.maxActive);
  if (!Number.isInteger(maxActive) || maxActive < 1 || maxActive > 1000) {
    throw new OperatorError(`--max-active ${options.maxActive}: expected 1 to 1000`);
  }
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  const manifest = await site.manifest(pipeline);
  const backfills = await openBackfills(site, manifest, options);
  const secrets = secretSource(options);
  if (options.progress || options.stop || options.resume) {
    if (from !== undefined)
      throw new OperatorError('--progress, --resume and --stop are about the latest backfill: leave the dates out');
    const latest = await backfills.latest();
    if (latest === undefined) throw new OperatorError(`pipeline ${pipeline} has had no backfill in ${site.where}`);
    if (options.stop) return told(await backfills.stop(latest), options);
    if (options.progress) return told(latest, options);
    if (latest.status === 'RUNNING') throw new OperatorError(`backfill ${latest.backfill} goes on: nothing to resume`);
    const dates = latest.runs.map((run) => run.logicalDate).sort();
    const wanted = new Set(dates);
    const whole = planBackfill(
      manifest,
      { from: dates[0]!, to: dates.at(-1)!, skipSucceeded: true },
      await site.known(pipeline),
    );
    const items = whole.items.filter((item) => wanted.has(item.logicalDate));
    return begin({ ...whole, items }, latest.maxActive ?? maxActive, paramsOfLatest(latest));
  }
  if (from === undefined)
    throw new OperatorError('say the first day, and the last: headrace backfill PIPELINE 2026-10-01 2026-10-31');
  const { reverse = false, skipSucceeded = false } = options;
  const plan = planBackfill(manifest, { from, to: to ?? from, reverse, skipSucceeded }, await site.known(pipeline));
  return begin(plan, maxActive, paramsOf(manifest, options.param, secrets));

  function paramsOfLatest({ backfill, params }: LatestBackfill): { readonly [name: string]: unknown } | undefined {
    if (params === undefined) return undefined;
    const given = { words: options.param, ...(secrets && { secrets }) };
    return paramsAgain(manifest, { manifest, params }, given, `backfill ${backfill}`);
  }

  async function begin(
    plan: BackfillPlan,
    atOnce: number,
    params: { readonly [name: string]: unknown } | undefined,
  ): Promise<number> {
    if (!options.json) print(planText(pipeline, plan, atOnce));
    if (options.dryRun || plan.items.length === 0) {
      const runs = plan.items.map((item) => planned(item));
      if (options.json) printJson({ pipeline, status: 'PLANNED', runs, left: plan.left } satisfies BackfillReport);
      return 0;
    }
    const question = `start ${plan.items.length} runs of ${pipeline} in ${site.where}`;
    if (plan.items.length > 1 && !(await confirmed(question, options))) return 2;
    const report = await backfills.run(plan.items, atOnce, params);
    if (!options.json && report.status === 'RUNNING') {
      print(
        `started  backfill ${report.backfill}\nprogress headrace backfill ${pipeline} --progress${siteWords(options)}`,
      );
      return 0;
    }
    return told({ ...report, left: plan.left }, options);
  }
}

function planText(pipeline: string, { items, left, expression, timeZone }: BackfillPlan, atOnce: number): string {
  const dates = items.map((item) => item.logicalDate);
  return [
    `${pipeline}  ${items.length} runs at the times of ${expression} (${timeZone}), ${atOnce} at a time`,
    ...(dates.length > 0 ? [`run   ${list(dates)}`] : []),
    ...(left.length > 0 ? [`not   ${list(left.map(({ logicalDate, reason }) => `${logicalDate} (${reason})`))}`] : []),
  ].join('\n');
}

function told(report: BackfillReport, options: BackfillOptions): number {
  const failed = report.runs.filter((run) => !['SUCCEEDED', 'RUNNING', 'WAITING'].includes(run.status));
  if (options.json) {
    const { pipeline, backfill, status, runs, left, place } = report;
    printJson({
      pipeline,
      ...(backfill && { backfill }),
      status,
      runs,
      ...(left && { left }),
      ...(place && { place }),
    });
  } else {
    const counts = new Map<string, number>();
    for (const run of report.runs) counts.set(run.status, (counts.get(run.status) ?? 0) + 1);
    const words = [...counts].map(([status, count]) => `${count} ${status.toLowerCase().replace('_', ' ')}`).join(', ');
    print(`${report.pipeline}  backfill ${report.backfill}  ${report.status.toLowerCase()}: ${words}`);
    if (failed.length > 0) print(`failed ${list(failed.map((run) => run.run))}`);
    if (failed.length > 0 || report.status === 'ABORTED') {
      print(`again  headrace backfill ${report.pipeline} --resume${isAws(options) ? siteWords(options) : ''}`);
    }
  }
  if (report.status === 'RUNNING' || options.stop) return 0;
  return failed.length > 0 || report.status !== 'SUCCEEDED' ? 1 : 0;
}
