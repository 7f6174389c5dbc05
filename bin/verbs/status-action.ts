// `headrace status`: reads one run and prints it. Out: the exit code: 0 succeeded or going on, 1 failed or stopped.
// JSON: RunSummary and `tasks`, one TaskView each with times as ISO 8601 and, while it waits, `waitsFor`.

import type { SiteRun } from '../../lib/ops/site';
import { waitsFor } from '../../lib/view/waits-for';
import { printJson, print, wantsColour } from './columns';
import { openSite } from './open-site';
import { runSummary, taskSummary } from './run-summary';
import { type SiteOptions, siteWords } from './site-options';
import { statusText } from './status-text';

export async function statusVerb(word: string, run: string, options: SiteOptions): Promise<number> {
  const site = await openSite(options);
  const found = await site.read(await site.pipeline(word), run);
  const link = site.link(found.head);
  if (options.json) printJson(statusJson(found, link));
  else print(statusText(found, { link, words: siteWords(options), colours: wantsColour() }));
  return found.head.status === 'SUCCEEDED' || found.head.status === 'RUNNING' ? 0 : 1;
}

export function statusJson({ head, run }: SiteRun, link: string | undefined): object {
  const waits = waitsFor(run.manifest, run.views);
  const tasks = run.views.map((view) => {
    const reason = waits.get(view.id);
    return { ...taskSummary(view), ...(reason !== undefined && { waitsFor: reason }) };
  });
  return { ...runSummary(head, run.manifest, link), tasks };
}
