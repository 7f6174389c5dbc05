// `headrace watch`: a line whenever a task changes, until the run is over. Out: the exit code of the run. JSON: one object a line, a task
// that changed; the last line is the RunSummary.

import { print } from './columns';
import { LiveRun } from './live-run';
import { openSite } from './open-site';
import { runSummary, taskSummary } from './run-summary';
import { type SiteOptions, siteWords } from './site-options';
import { watchRun } from './watch-run';

export async function watchVerb(word: string, run: string, options: SiteOptions): Promise<number> {
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  const live = options.json ? undefined : new LiveRun(siteWords(options));
  const told = new Map<string, string>();
  const { found, interrupted } = await watchRun(site, pipeline, run, live, ({ run: { views } }) => {
    if (!options.json) return;
    for (const view of views) {
      const line = JSON.stringify(taskSummary(view));
      if (view.status !== 'waiting' && told.get(view.id) !== line) print(line);
      told.set(view.id, line);
    }
  });
  const { head } = found;
  if (options.json) print(JSON.stringify(runSummary(head, found.run.manifest, site.link(head))));
  if (interrupted && head.status === 'RUNNING') return 130;
  return head.status === 'SUCCEEDED' || head.status === 'RUNNING' ? 0 : 1;
}
