// `headrace run`: checks the words against the pipeline, says what will run, starts it. Out: the exit code. JSON: RunSummary, `tasks`
// where the run has ended, and `plan`: what was chosen; with --dry-run that alone.

import { nextRunId } from '../../lib/ops/selection';
import { newRun, type NewRun } from '../../lib/compile/new-run';
import { runName } from '../../lib/compile/schedule';
import type { Manifest } from '../../lib/compile/manifest';
import { escapeText } from '../../lib/view/escape-text';
import type { AwsSite } from '../../lib/ops/aws/aws-site';
import { print, printJson } from './columns';
import { exitCode, launch, launchedJson, type LaunchOptions } from './launch';
import type { LocalSite } from './local-site';
import { openSite } from './open-site';
import { shownParams } from './run-summary';
import { secretSource } from './secret-source';

export interface RunOptions extends LaunchOptions {
  readonly date?: string;
  readonly param: readonly string[];
  readonly only: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly skip: readonly string[];
  readonly dryRun?: boolean;
}

export async function runVerb(word: string, options: RunOptions): Promise<number> {
  const { date, param: params, only, from, to, skip } = options;
  const site = await openSite(options);
  const manifest = await site.manifest(await site.pipeline(word));
  const secrets = secretSource(options);
  const chosen = { ...(date !== undefined && { date }), params, only, from, to, skip };
  const planned = newRun(manifest, { ...chosen, ...(secrets && { secrets }) });
  const runId = await nameOf(site, manifest, planned);
  if (!options.json) print(planText(manifest, planned, runId));
  if (options.dryRun) {
    if (options.json) printJson({ plan: shown(manifest, planned, runId) });
    return 0;
  }
  const request = { manifest, input: planned.input, ...(runId !== undefined && { runId }) };
  const launched = await launch(site, request, options);
  if (options.json)
    printJson({ ...launchedJson(site, request, launched), plan: shown(manifest, planned, launched.head.run) });
  return exitCode(launched);
}

/** A whole run has the name that its schedule would give it, so that a date is run once; a part of one is a run beside it. */
async function nameOf(site: AwsSite | LocalSite, manifest: Manifest, { input }: NewRun): Promise<string | undefined> {
  if (site.kind === 'local') return undefined; // The runner numbers names that are taken.
  const name = runName(new Date(input.logicalDate ?? Date.now()));
  if (input.run === undefined) return name;
  const taken = (await site.known(manifest.name)).map((each) => each.run);
  return taken.includes(name) ? nextRunId(name, taken) : name;
}

function planText(manifest: Manifest, { chosen, input, notes }: NewRun, runId: string | undefined): string {
  const all = chosen.length === manifest.tasks.length;
  const lines = [
    `${manifest.name}${runId === undefined ? '' : `  run ${runId}`}${input.logicalDate === undefined ? '' : `, logical date ${input.logicalDate}`}`,
    `run   ${all ? `all ${chosen.length} tasks` : chosen.join(', ')}`,
    ...notes.map((note) => `note  ${note}`),
  ];
  return lines.map((line) => escapeText(line)).join('\n');
}

function shown(manifest: Manifest, { chosen, input, notes }: NewRun, run: string | undefined): object {
  const params = input.params && { params: shownParams(manifest, input.params) };
  const tasks = chosen.map((id) => ({ id }));
  return { pipeline: manifest.name, run, tasks, notes, input: { ...input, ...params } };
}
