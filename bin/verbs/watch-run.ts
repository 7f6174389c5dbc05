// Follows a run to its end. In: where it is. Out: its last state. Always: Ctrl-C ends the watching and leaves the run alone.

import { OperatorError } from '../../lib/compile/operator-error';
import type { Site, SiteRun } from '../../lib/ops/site';
import type { LiveRun } from './live-run';

export interface Watched {
  readonly found: SiteRun;
  readonly interrupted: boolean;
}

export async function watchRun(
  site: Site,
  pipeline: string,
  run: string,
  live: LiveRun | undefined,
  onChange: (found: SiteRun) => void = () => undefined,
): Promise<Watched> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);
  let last: SiteRun | undefined;
  try {
    for await (const found of site.follow(pipeline, run, stop.signal)) {
      const { views } = found.run;
      if (last === undefined)
        live?.started(
          pipeline,
          found.head.run,
          views.map((view) => view.id),
        );
      live?.show(views, Date.parse(found.run.start));
      onChange(found);
      last = found;
    }
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
  if (last === undefined)
    throw new OperatorError(`run ${run} of ${pipeline} has no history yet: try again in a moment`);
  const { head } = last;
  if (head.status !== 'RUNNING') {
    live?.finished({ ...head, tasks: last.run.views });
  }
  return { found: last, interrupted: stop.signal.aborted };
}
