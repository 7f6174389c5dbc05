// `headrace graph`: the tasks and what they wait for. Out: the exit code. JSON: `tasks` (id, kind, triggerRule, upstream) and, with a run,
// its name as `run` and their `status`.

import { OperatorError } from '../../lib/compile/operator-error';
import { graphText, GRAPH_FORMATS, type GraphFormat } from '../../lib/view/graph-text';
import { print, printJson } from './columns';
import { openSite } from './open-site';
import type { SiteOptions } from './site-options';

export interface GraphOptions extends SiteOptions {
  readonly format: string;
}

export async function graphVerb(word: string, run: string | undefined, options: GraphOptions): Promise<number> {
  const format = GRAPH_FORMATS.find((each) => each === options.format) as GraphFormat | undefined;
  if (format === undefined) {
    throw new OperatorError(`--format ${options.format}: expected ${GRAPH_FORMATS.join(', ')}`);
  }
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  const found = run === undefined ? undefined : (await site.read(pipeline, run)).run;
  const manifest = found?.manifest ?? (await site.manifest(pipeline));
  const statuses = new Map(found?.views.map((view) => [view.id, view.status]));
  if (options.json) {
    const tasks = manifest.tasks.map(({ id, kind, triggerRule, upstream }) => {
      const status = statuses.get(id);
      return { id, kind, triggerRule, upstream, ...(status !== undefined && { status }) };
    });
    printJson({ pipeline, ...(found && { run: found.runId }), tasks });
  } else print(graphText(manifest, format, statuses));
  return 0;
}
