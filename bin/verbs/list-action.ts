// `headrace list`: the pipelines there are. Out: the exit code. JSON: a list: pipeline, tasks, schedules, params, and `latest`, a RunSummary.

import type { Manifest } from '../../lib/compile/manifest';
import type { RunHead } from '../../lib/ops/site';
import { MASK } from '../../lib/view/hidden-values';
import { columns, print, printJson } from './columns';
import { openSite } from './open-site';
import { runSummary } from './run-summary';
import type { SiteOptions } from './site-options';

export async function listVerb(options: SiteOptions): Promise<number> {
  const site = await openSite(options);
  const found: { readonly manifest: Manifest; readonly latest?: RunHead }[] = [];
  for (const pipeline of await site.pipelines()) {
    const [latest] = await site.runs(pipeline, 1);
    found.push({ manifest: await site.manifest(pipeline), ...(latest && { latest }) });
  }
  if (options.json) {
    printJson(
      found.map(({ manifest, latest }) => ({
        pipeline: manifest.name,
        tasks: manifest.tasks.length,
        schedules: manifest.triggers.filter((trigger) => trigger.expression !== undefined),
        params: manifest.params.map(({ secret, default: value, ...param }) => ({
          ...param,
          ...(value !== undefined && { default: secret ? MASK : value }),
          ...(secret && { secret }),
        })),
        ...(latest && { latest: runSummary(latest, manifest, site.link(latest)) }),
      })),
    );
  } else if (found.length === 0) print(`no pipelines in ${site.where}`);
  else print(columns(['PIPELINE', 'TASKS', 'SCHEDULE', 'LATEST RUN', 'STATUS'], found.map(row)));
  return 0;
}

function row({ manifest, latest }: { readonly manifest: Manifest; readonly latest?: RunHead }): string[] {
  const schedules = manifest.triggers.flatMap(({ expression, timeZone }) =>
    expression === undefined ? [] : [`${expression}${timeZone === undefined ? '' : ` ${timeZone}`}`],
  );
  return [
    manifest.name,
    String(manifest.tasks.length),
    schedules.join(', ') || '-',
    latest?.run ?? '-',
    latest?.status.toLowerCase().replace('_', ' ') ?? '',
  ];
}
