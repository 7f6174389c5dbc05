// Starts a run, here or in the account. In: the site, the run's name and input. Out: how it ended (here, or with `wait`) or that it goes
// on. Always: on this machine Ctrl-C stops the run, a second one ends at once with its child processes; in the account it only stops
// the watching.

import type { Manifest, RunInput } from '../../lib/compile/manifest';
import type { AwsSite } from '../../lib/ops/aws/aws-site';
import type { RunHead } from '../../lib/ops/site';
import type { TaskView } from '../../lib/view/run-state';
import { print } from './columns';
import { LiveRun } from './live-run';
import type { LocalSite } from './local-site';
import { runSummary, taskSummary } from './run-summary';
import { isAws, type SiteOptions, siteWords } from './site-options';
import { watchRun } from './watch-run';

export interface LaunchOptions extends SiteOptions {
  readonly wait?: boolean;
  readonly secrets?: string;
}

export interface Launch {
  readonly manifest: Manifest;
  /** @default made from the logical date */
  readonly runId?: string;
  readonly input: RunInput;
}

export interface Launched {
  readonly head: Omit<RunHead, 'input'>;
  readonly tasks?: readonly TaskView[];
  readonly stopped: boolean;
}

export async function launch(site: AwsSite | LocalSite, request: Launch, options: LaunchOptions): Promise<Launched> {
  return isAws(options) ? launchInAccount(site as AwsSite, request, options) : launchHere(request, options);
}

/** 0 going on or succeeded, 1 failed, 130 stopped by the person. */
export function exitCode({ head, stopped }: Launched): number {
  if (stopped) return 130;
  return head.status === 'SUCCEEDED' || head.status === 'RUNNING' ? 0 : 1;
}

/** What `--json` prints of it. */
export function launchedJson(
  site: AwsSite | LocalSite,
  { manifest, input }: Launch,
  { head, tasks }: Launched,
): object {
  const summary = runSummary({ ...head, input }, manifest, site.link({ ...head, input }));
  return { ...summary, ...(tasks && { tasks: tasks.map(taskSummary) }) };
}

async function launchInAccount(site: AwsSite, request: Launch, options: LaunchOptions): Promise<Launched> {
  const { manifest, runId, input } = request;
  const head = await site.start(manifest.name, runId!, input);
  if (!options.wait) {
    if (!options.json) {
      print(`started  ${head.pipeline}  run ${head.run}  in ${site.where}\npage     ${site.link(head)}`);
      print(`watch    headrace watch ${head.pipeline} ${head.run}${siteWords(options)}`);
    }
    return { head, stopped: false };
  }
  const live = options.json ? undefined : new LiveRun(siteWords(options));
  const { found, interrupted } = await watchRun(site, head.pipeline, head.run, live);
  return { head: found.head, tasks: found.run.views, stopped: interrupted && found.head.status === 'RUNNING' };
}

async function launchHere({ manifest, runId, input }: Launch, options: LaunchOptions): Promise<Launched> {
  const { runHere } = await import('./run-here.js');
  const { head, result, stopped } = await runHere({
    assembly: options.assembly,
    pipeline: manifest.name,
    store: options.store,
    input,
    ...(runId !== undefined && { runId }),
    ...(options.secrets !== undefined && { secrets: options.secrets }),
    json: options.json,
    words: siteWords(options),
  });
  return { head, tasks: result.tasks, stopped };
}
