// `headrace runs`: one line a run. Out: the exit code. JSON: a list of RunSummary, newest first.

import { OperatorError } from '../../lib/compile/operator-error';
import { duration } from '../../lib/view/text';
import { columns, print, printJson } from './columns';
import { openSite } from './open-site';
import { type RunSummary, runSummary } from './run-summary';
import type { SiteOptions } from './site-options';

export interface RunsOptions extends SiteOptions {
  readonly limit: string;
}

export async function listRunsVerb(word: string | undefined, options: RunsOptions): Promise<number> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new OperatorError(`--limit ${options.limit}: expected 1 or more`);
  const site = await openSite(options);
  const pipelines = word === undefined ? await site.pipelines() : [await site.pipeline(word)];
  const runs: RunSummary[] = [];
  for (const pipeline of pipelines) {
    const heads = await site.runs(pipeline, limit);
    if (heads.length === 0) continue;
    const manifest = await site.manifest(pipeline);
    runs.push(...heads.map((head) => runSummary(head, manifest, site.link(head))));
  }
  runs.sort((a, b) => (a.start < b.start ? 1 : -1));
  if (options.json) printJson(runs);
  else if (runs.length > 0) print(table(runs));
  else print(`no runs in ${site.where} yet${site.kind === 'local' ? ': headrace local cdk.out makes one' : ''}`);
  return 0;
}

function table(runs: readonly RunSummary[]): string {
  return columns(['PIPELINE', 'RUN', 'STATUS', 'LOGICAL DATE', 'STARTED', 'TOOK', 'FAILED'], runs.map(row));
}

function row(run: RunSummary): string[] {
  return [
    run.pipeline,
    run.run,
    run.status.toLowerCase().replace('_', ' '),
    run.logicalDate,
    run.start.replace(/\.\d+Z$/, 'Z'),
    run.milliseconds === undefined ? '' : duration(run.milliseconds),
    run.failed.join(', ').slice(0, 60),
  ];
}
