// `headrace rerun`: reads the earlier run and the current manifest, shows the plan, runs it. In: the parsed words.
// Out: the exit code: 0 succeeded (or nothing to do), 1 the run failed, 2 usage, 130 stopped. JSON: RunSummary and `tasks`, as of `run`,
// and `plan` (secret params masked); with --dry-run, or nothing to do, the plan alone. Always: the plan is printed before anything starts.

import type { RunInput } from '../../lib/compile/manifest';
import { OperatorError } from '../../lib/compile/operator-error';
import { planRerun, type RerunChoice, type RerunPlan } from '../../lib/ops/selection';
import { HiddenValues } from '../../lib/view/hidden-values';
import { print, printJson } from './columns';
import { exitCode, launch, launchedJson, type LaunchOptions } from './launch';
import { openSite } from './open-site';
import { planText } from './plan-text';
import { secretSource } from './secret-source';

export interface RerunOptions extends LaunchOptions {
  readonly failed?: boolean;
  readonly from: readonly string[];
  readonly only: readonly string[];
  readonly withDownstream?: boolean;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly evenIfRunning?: boolean;
  readonly param: readonly string[];
}

export async function rerunVerb(word: string, runWord: string, options: RerunOptions): Promise<number> {
  const choice = choiceOf(options);
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  const { head, run } = await site.read(pipeline, runWord);
  if (head.status === 'RUNNING' && !options.evenIfRunning) {
    throw new OperatorError(`run ${head.run} of ${pipeline} is still going: wait for it, or say --even-if-running`);
  }
  const manifest = await site.manifest(pipeline);
  const taken = (await site.known(pipeline)).map((each) => each.run);
  const secrets = secretSource(options);
  const plan = planRerun(manifest, run, choice, taken, { words: options.param, ...(secrets && { secrets }) });
  const hidden = HiddenValues.ofRun(manifest, plan.input);
  const shown = { ...plan, input: JSON.parse(hidden.input(JSON.stringify(plan.input))) as RunInput };
  if (!options.json) print(planText(shown, options.dryRun === true));
  if (options.dryRun || plan.runs.length === 0) {
    if (options.json) printJson({ plan: planJson(shown) });
    return 0;
  }
  const request = { manifest, runId: plan.runId, input: plan.input };
  const launched = await launch(site, request, options);
  if (options.json) printJson({ ...launchedJson(site, request, launched), plan: planJson(shown) });
  return exitCode(launched);
}

function planJson({ pipeline, runId: run, rerunOf, runs: tasks, keeps: kept, ...rest }: RerunPlan): object {
  return { pipeline, run, rerunOf, tasks, kept, ...rest };
}

function choiceOf(options: RerunOptions): RerunChoice {
  const { failed, from, only, withDownstream = false, all } = options;
  const given = [failed, from.length > 0, only.length > 0, all].filter(Boolean).length;
  if (given !== 1) {
    throw new OperatorError(
      `say what to run again with one of --failed, --from TASK, --only TASK, --all; got ${given}`,
    );
  }
  if (withDownstream && only.length === 0) throw new OperatorError('--with-downstream goes with --only TASK');
  if (failed) return { kind: 'failed' };
  if (all) return { kind: 'all' };
  if (from.length > 0) return { kind: 'tasks', ids: from, withDownstream: true };
  return { kind: 'tasks', ids: only, withDownstream };
}
