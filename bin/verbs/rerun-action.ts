// `headrace rerun`: reads the earlier run and the current manifest, shows the plan, runs it on this machine. In: the parsed words.
// Out: the exit code: 0 succeeded (or nothing to do), 1 the run failed, 2 usage, 130 stopped. JSON: RerunPlan (secret params masked)
// as `plan`, and unless --dry-run `run`: id, status, error, cause, folder and tasks. Always: the plan is printed before anything starts.

import { Assembly } from '../../lib/local/assembly/assembly';
import { killAllPrograms } from '../../lib/local/child-process';
import { type LocalResult, type LocalRunOptions, runLocal } from '../../lib/local/local-run';
import { OperatorError } from '../../lib/ops/operator-error';
import { planRerun, type RerunChoice, type RerunPlan } from '../../lib/ops/selection';
import { print, printJson } from './columns';
import { LiveRun } from './live-run';
import { planText } from './plan-text';
import { RunArchive } from './run-archive';
import { shownParams, taskSummary } from './run-summary';

export interface RerunOptions {
  readonly failed?: boolean;
  readonly from: readonly string[];
  readonly only: readonly string[];
  readonly withDownstream?: boolean;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly evenIfRunning?: boolean;
  readonly assembly: string;
  readonly store: string;
  readonly secrets?: string;
  readonly json?: boolean;
}

export async function rerunVerb(word: string, runWord: string, options: RerunOptions): Promise<number> {
  const choice = choiceOf(options);
  const archive = new RunArchive(options.store);
  const pipeline = archive.pipeline(word);
  const { run, execution } = archive.open(pipeline, runWord);
  if (execution.status === 'RUNNING' && !options.evenIfRunning) {
    throw new OperatorError(
      `run ${run.runId} of ${pipeline} is still going (process ${execution.process.pid}): wait for it, or say --even-if-running`,
    );
  }
  const manifest = Assembly.read(options.assembly).pipeline(pipeline);
  const plan = planRerun(manifest, run, choice, archive.runIds(pipeline));
  const shown = {
    ...plan,
    input: { ...plan.input, ...(plan.input.params && { params: shownParams(manifest, plan.input.params) }) },
  };
  if (!options.json) print(planText(shown, options.dryRun === true));
  if (options.dryRun || plan.runs.length === 0) {
    if (options.json) printJson({ plan: shown });
    return 0;
  }
  const result = await runPlan(plan, options);
  if (options.json) printJson({ plan: shown, run: resultOf(result) });
  if (result.stopped) return 130;
  return result.status === 'SUCCEEDED' ? 0 : 1;
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

type Rerun = LocalResult & { readonly stopped: boolean };

async function runPlan(plan: RerunPlan, options: RerunOptions): Promise<Rerun> {
  const stop = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) {
      killAllPrograms();
      process.exit(130);
    }
    if (!options.json) print('\nstopping; press Ctrl-C again to end at once');
    stop.abort();
  };
  const live = options.json ? undefined : new LiveRun();
  // The runner names the run after its logical date unless it knows runId.
  const request: LocalRunOptions & { readonly runId: string } = {
    assembly: options.assembly,
    pipeline: plan.pipeline,
    store: options.store,
    input: plan.input,
    runId: plan.runId,
    ...(options.secrets !== undefined && { secrets: options.secrets }),
    signal: stop.signal,
    onStart: ({ manifest, runId }) => live?.started(manifest, runId),
    onEvent: (_arn, _event, state) => live?.show(state),
    onNotice: ({ kind, task, text }) => live?.notice(kind, task, text),
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    const result = await runLocal(request);
    live?.finished(result);
    return { ...result, stopped: stop.signal.aborted };
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

function resultOf({ runId, status, error, cause, folder, tasks }: LocalResult): object {
  return { id: runId, status, error, cause, folder, tasks: tasks.map(taskSummary) };
}
