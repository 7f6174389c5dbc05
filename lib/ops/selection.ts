// Which tasks a re-run executes, and what the others carry into it. In: the current manifest, the earlier run, the operator's choice.
// Out: the plan: the run's input and everything a person should know before it starts. Always: logical date and params stay those
// of the earlier run; a kept task counts with its earlier outcome; a task that a kept branch left out stays left out unless named;
// nothing is guessed about tasks the earlier run did not have. Pure: no clock, no files.

import { downstreamOf, type Manifest, type ManifestTask, type RunInput } from '../compile/manifest';
import type { TaskStatus } from '../view/run-state';
import { type DefinitionChange, definitionChange } from './definition-change';
import type { EarlierRun, TaskFacts } from './earlier-run';
import { findName } from '../compile/find-name';
import { mayStart } from './may-start';
import { OperatorError } from '../compile/operator-error';
import { type GivenAgain, paramsAgain } from './secret-params';

export type RerunChoice =
  | { readonly kind: 'all' }
  /** What did not succeed, and what was skipped because of it. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'tasks'; readonly ids: readonly string[]; readonly withDownstream: boolean };

export type KeptOutcome = 'succeeded' | 'failed' | 'upstream_failed' | 'skipped';

export interface PlannedTask {
  readonly id: string;
  /** What it did in the earlier run; `new` if that run had no such task. */
  readonly earlier: TaskStatus | 'new';
}

export interface RerunPlan {
  readonly pipeline: string;
  readonly runId: string;
  readonly rerunOf: string;
  readonly runs: readonly PlannedTask[];
  readonly keeps: readonly (PlannedTask & { readonly outcome: KeptOutcome })[];
  readonly change: DefinitionChange;
  /** What the operator may not expect. */
  readonly notes: readonly string[];
  readonly input: RunInput;
}

const LETTERS: { readonly [outcome in KeptOutcome]: 'f' | 'u' | 's' | undefined } = {
  succeeded: undefined,
  failed: 'f',
  upstream_failed: 'u',
  skipped: 's',
};

/**
 * @param taken run ids that exist already
 * @param given secret params, which records do not hold
 * @throws OperatorError if the choice names what is not there, or a task that could not start
 */
export function planRerun(
  manifest: Manifest,
  earlier: EarlierRun,
  choice: RerunChoice,
  taken: readonly string[],
  given: GivenAgain = { words: [] },
): RerunPlan {
  const chosen = chosenTasks(manifest, earlier, choice);
  if (choice.kind === 'tasks') for (const id of choice.ids) refuseBlocked(manifest, earlier, chosen, id);
  const fact = (id: string): PlannedTask => ({ id, earlier: earlier.tasks.get(id)?.status ?? 'new' });
  const keeps = manifest.tasks
    .filter((task) => !chosen.has(task.id))
    .map(({ id, index }) => ({ ...fact(id), index, outcome: keptOutcome(earlier.tasks.get(id)) }));
  const letters = keeps.flatMap(({ index, outcome }) => (LETTERS[outcome] ? [[index, LETTERS[outcome]]] : []));
  const { outputs, missing } = keptOutputs(manifest, earlier, chosen);
  const { logicalDate = earlier.start, intervalStart, intervalEnd } = earlier.input;
  const params = sameParams(manifest, earlier, given);
  return {
    pipeline: manifest.name,
    runId: nextRunId(earlier.runId, taken),
    rerunOf: earlier.runId,
    runs: manifest.tasks.filter((task) => chosen.has(task.id)).map((task) => fact(task.id)),
    keeps: keeps.map(({ index: _index, ...kept }) => kept),
    change: definitionChange(earlier.manifest, manifest),
    notes: [...missing, ...staleNotes(manifest, earlier, chosen), ...newNotes(keeps)],
    input: {
      run: manifest.tasks.map((task) => (chosen.has(task.id) ? '1' : '0')).join(''),
      ...(letters.length > 0 && { kept: Object.fromEntries(letters) as RunInput['kept'] }),
      ...(Object.keys(outputs).length > 0 && { outputs }),
      logicalDate,
      ...(intervalStart !== undefined && { intervalStart }),
      ...(intervalEnd !== undefined && { intervalEnd }),
      ...(params && { params }),
      rerunOf: earlier.runId,
    },
  };
}

/** `2024-01-31--2`, whichever run of that chain is repeated: the first number that is free. */
export function nextRunId(runId: string, taken: readonly string[]): string {
  const first = runId.replace(/--\d+$/, '');
  const names = new Set(taken);
  for (let number = 2; ; number += 1) if (!names.has(`${first}--${number}`)) return `${first}--${number}`;
}

/** The choice, and what has to stand around it. */
function chosenTasks(manifest: Manifest, earlier: EarlierRun, choice: RerunChoice): Set<string> {
  return withSetups(manifest, directlyChosen(manifest, earlier, choice));
}

/**
 * What the set-ups made is gone: their teardown has run. So a task between them takes both along, as Airflow does.
 * https://airflow.apache.org/docs/apache-airflow/stable/howto/setup-and-teardown.html
 */
function withSetups(manifest: Manifest, chosen: ReadonlySet<string>): Set<string> {
  const all = new Set(chosen);
  const teardowns = manifest.tasks.filter((task) => task.setups !== undefined);
  const between = new Map(
    teardowns.map((task) => {
      const before = ancestors(manifest, task.id);
      return [task.id, [...descendants(manifest, task.setups!)].filter((id) => before.has(id) || id === task.id)];
    }),
  );
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    for (const task of teardowns) {
      if (!between.get(task.id)!.some((id) => all.has(id))) continue;
      for (const id of [...task.setups!, task.id]) all.add(id);
    }
  }
  return all;
}

function ancestors(manifest: Manifest, of: string): Set<string> {
  const upstream = new Map(manifest.tasks.map((task) => [task.id, task.upstream]));
  const found = new Set<string>();
  const open = [of];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const before of upstream.get(id) ?? []) {
      if (found.has(before)) continue;
      found.add(before);
      open.push(before);
    }
  }
  return found;
}

function directlyChosen(manifest: Manifest, earlier: EarlierRun, choice: RerunChoice): Set<string> {
  const ids = manifest.tasks.map((task) => task.id);
  if (choice.kind === 'all') return new Set(ids);
  if (choice.kind === 'tasks') {
    const named = choice.ids.map((word) => taskNamed(manifest, earlier, word));
    if (!choice.withDownstream) return new Set(named);
    return withoutLeftOut(manifest, earlier, new Set([...named, ...descendants(manifest, named)]), new Set(named));
  }
  const undone = ids.filter((id) => !['succeeded', 'skipped'].includes(earlier.tasks.get(id)?.status ?? 'new'));
  const skipped = [...descendants(manifest, undone)].filter((id) => earlier.tasks.get(id)?.status === 'skipped');
  return withoutLeftOut(manifest, earlier, new Set([...undone, ...skipped]), new Set());
}

function taskNamed(manifest: Manifest, earlier: EarlierRun, word: string): string {
  const names = manifest.tasks.map((task) => task.id);
  if (!names.includes(word) && earlier.tasks.has(word)) {
    throw new OperatorError(
      `task ${word} was in run ${earlier.runId} but is no longer in pipeline ${manifest.name}: choose one of ${names.join(', ')}`,
    );
  }
  return findName({ what: 'task', word, names, where: `pipeline ${manifest.name}` });
}

/** A branch that is kept chooses nobody anew: whom it left out stays out. */
function withoutLeftOut(
  manifest: Manifest,
  earlier: EarlierRun,
  chosen: ReadonlySet<string>,
  named: ReadonlySet<string>,
): Set<string> {
  const leftOut = (task: ManifestTask) =>
    task.upstream.some((id) => !chosen.has(id) && earlier.tasks.get(id)?.leftOut.includes(task.id));
  return new Set(
    manifest.tasks
      .filter((task) => chosen.has(task.id) && (named.has(task.id) || !leftOut(task)))
      .map((task) => task.id),
  );
}

function descendants(manifest: Manifest, from: readonly string[]): Set<string> {
  const downstream = downstreamOf(manifest);
  const found = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const next of downstream.get(id) ?? []) {
      if (found.has(next.id)) continue;
      found.add(next.id);
      open.push(next.id);
    }
  }
  return found;
}

/** A named task that its kept upstream tasks hold back would end at once without running: say so instead. */
function refuseBlocked(manifest: Manifest, earlier: EarlierRun, chosen: ReadonlySet<string>, id: string): void {
  const task = manifest.tasks.find((each) => each.id === id)!;
  // A teardown waits for its set-up alone, which runs too.
  if (task.setups !== undefined) return;
  const outcomes = task.upstream.map((up) => (chosen.has(up) ? 'open' : keptOutcome(earlier.tasks.get(up))));
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
  const counts = {
    succeeded: count('succeeded'),
    failed: count('failed'),
    upstreamFailed: count('upstream_failed'),
    skipped: count('skipped'),
    open: count('open'),
  };
  if (mayStart(task.triggerRule, counts)) return;
  const all = task.upstream.map((up, i) => ({ up, outcome: outcomes[i]! }));
  const blocking = all.filter(({ outcome }) => outcome !== 'succeeded' && outcome !== 'open');
  const causes = blocking.length > 0 ? blocking : all;
  const why = causes.map(({ up, outcome }) => `${up} ${outcome}`).join(', ');
  throw new OperatorError(
    `task ${id} would not start: its rule is ${task.triggerRule}, and of run ${earlier.runId} is kept: ${why}; ` +
      `run that too, such as with --from ${causes[0]!.up}`,
  );
}

/** Tasks that the earlier run did not finish count as what they would have meant for those behind them. */
function keptOutcome(facts: TaskFacts | undefined): KeptOutcome {
  switch (facts?.status) {
    case undefined:
      return 'succeeded';
    case 'running':
    case 'aborted':
      return 'failed';
    case 'waiting':
      return 'upstream_failed';
    default:
      return facts!.status as KeptOutcome;
  }
}

/** Outputs of kept tasks that some chosen task has directly upstream. */
function keptOutputs(
  manifest: Manifest,
  earlier: EarlierRun,
  chosen: ReadonlySet<string>,
): { readonly outputs: { [key: string]: unknown }; readonly missing: string[] } {
  const downstream = downstreamOf(manifest);
  const outputs: { [key: string]: unknown } = {};
  const missing: string[] = [];
  for (const task of manifest.tasks) {
    const readers = (downstream.get(task.id) ?? []).filter((next) => chosen.has(next.id));
    if (chosen.has(task.id) || task.outputs.length === 0 || readers.length === 0) continue;
    const facts = earlier.tasks.get(task.id);
    if (facts && keptOutcome(facts) !== 'succeeded') continue;
    const left = new Map(Object.entries(facts?.outputs ?? {}));
    const hidden = task.outputs.filter((name) => facts?.hidden?.includes(name));
    const known = task.outputs.filter((name) => left.has(name));
    const unknown = task.outputs.filter((name) => !left.has(name) && !hidden.includes(name));
    if (known.length > 0) outputs[`v${task.index}`] = Object.fromEntries(known.map((name) => [name, left.get(name)]));
    const reader = readers.map((next) => next.id).join(' or ');
    if (hidden.length > 0) {
      missing.push(
        `a secret was in output ${hidden.join(', ')} of ${task.id}, so the record of run ${earlier.runId} does not hold it: if ${reader} reads it, add --from ${task.id}`,
      );
    }
    if (unknown.length > 0) {
      missing.push(
        `run ${earlier.runId} left no output ${unknown.join(', ')} of ${task.id}: if ${reader} reads it, add --from ${task.id}`,
      );
    }
  }
  return { outputs, missing };
}

/** Succeeded tasks behind a task that runs again: kept, because only the failed ones were asked for. */
function staleNotes(manifest: Manifest, earlier: EarlierRun, chosen: ReadonlySet<string>): string[] {
  const stale = [...descendants(manifest, [...chosen])].filter(
    (id) => !chosen.has(id) && earlier.tasks.get(id)?.status === 'succeeded',
  );
  if (stale.length === 0) return [];
  return [`kept although a task before it runs again: ${stale.join(', ')}`];
}

function newNotes(keeps: readonly PlannedTask[]): string[] {
  const fresh = keeps.filter(({ earlier }) => earlier === 'new').map(({ id }) => id);
  return fresh.length === 0
    ? []
    : [`new and not chosen, so taken as succeeded without having run: ${fresh.join(', ')}`];
}

function sameParams(
  manifest: Manifest,
  earlier: EarlierRun,
  given: GivenAgain,
): { [name: string]: unknown } | undefined {
  const before = { manifest: earlier.manifest, params: earlier.input.params ?? {} };
  const params = new Map(Object.entries(paramsAgain(manifest, before, given, `run ${earlier.runId}`)));
  for (const param of manifest.params) {
    if (params.has(param.name)) continue;
    if (param.default === undefined) {
      throw new OperatorError(
        `param ${param.name} is new since run ${earlier.runId} and has no default: give it one, or start a new run with it`,
      );
    }
    params.set(param.name, param.default);
  }
  return params.size === 0 ? undefined : Object.fromEntries(params);
}
