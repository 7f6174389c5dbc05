// One task as states: wait for signals, guard, the task itself, signal. Whatever happens to the task, the path ends in the same
// next state, and the variable of its depth holds its letter if it is not a success. Only an error outside any Catch leaves
// this path, and it takes the whole machine with it.

import { bodyOf, SKIP_ERROR } from './body';
import { expression, field, isExpression, merged, quote, resolveText } from './expression';
import { guardOf, setupLetter, teardownGuard } from './guard';
import type { Links } from './link';
import type { FailureEvents, GraphTask, Json, Retrier } from './model';
import type { Names } from './names';
import { firesEarly, type Graph } from './order';
import type { Reference } from './reference';
import { signalStates, type States, type Target, waitStates } from './rendezvous';
import type { Scopes } from './scope';

/** The longest that telling of a failure may hold up what comes after the task. */
const FAILURE_EVENT_SECONDS = 15;

/** Everything about the pipeline that the states of a task depend on. */
export interface Emission {
  readonly graph: Graph;
  readonly links: Links;
  readonly scopes: Scopes;
  readonly names: Names;
  readonly stopOnFailure: boolean;
  readonly failureEvents?: FailureEvents;
  /** Per task: names of its outputs that somebody reads, sorted. */
  readonly outputs: readonly (readonly string[])[];
  /** Characters that the outputs of one task may have. */
  readonly outputLimit: number;
}

/** Where a task stands in its branch. */
export interface Place {
  readonly variable: string;
  /** First in its branch: the variable holds nothing yet. */
  readonly fresh: boolean;
  /** The state after the task; absent when it ends its branch, whose output is then the variable. */
  readonly next?: string;
}

/** The state with which a task begins. */
export function entryOf(emission: Emission, task: number): string {
  return emission.names.helper(task, emission.links.far[task]!.length > 0 ? '~' : '?');
}

/** Adds the states of a task to those of its branch. */
export function addTaskStates(states: States, emission: Emission, task: number, place: Place): void {
  const { links, names } = emission;
  const signals = links.targets[task]!.length > 0;
  const endsBranch = place.next === undefined && !signals;
  const after = signals ? names.helper(task, '>') : (place.next ?? names.plumbing(task, '.'));
  const spot: Spot = { ...place, task, after, endsBranch };
  if (links.far[task]!.length > 0) Object.assign(states, waitOf(emission, task));
  states[names.helper(task, '?')] = guardState(emission, spot);
  states[names.task(task)] = taskState(emission, spot);
  if (emission.failureEvents !== undefined) {
    states[names.helper(task, '^')] = failureEvent(emission, emission.failureEvents, spot);
  }
  if (emission.stopOnFailure) {
    states[names.helper(task, '!')] = { Type: 'Fail', Error: 'Headrace.TasksFailed', Cause: names.task(task) };
  }
  if (signals) Object.assign(states, signalOf(emission, spot));
  if (endsBranch) states[names.plumbing(task, '.')] = { Type: 'Succeed', Output: expression(`$${place.variable}`) };
}

/** A place seen from one task. */
interface Spot extends Place {
  readonly task: number;
  /** Where guard, task and catch lead. */
  readonly after: string;
  /** The task state itself ends the branch when it succeeds. */
  readonly endsBranch: boolean;
}

function guardState(emission: Emission, spot: Spot): Json {
  const { graph, links, scopes, names } = emission;
  const { task, variable, fresh } = spot;
  const near = links.near[task]!.map((p) => `${scopes.variable(p, task)}.t${p}`);
  const far = links.far[task]!.length > 0 ? ['$states.input'] : [];
  const kept = `$k.t${task}`;
  const count = near.length + links.far[task]!.length;
  const setups = setupsOf(graph, task);
  const guard =
    setups === undefined
      ? guardOf(graph.rules[task]!, kept, [...near, ...far], count)
      : teardownGuard(kept, [
          ...links.near[task]!.filter((p) => setups.has(p)).map((p) =>
            setupLetter(`${scopes.variable(p, task)}.t${p}`),
          ),
          ...far,
        ]);
  const rule = (condition: string, letter: string): Json => ({
    Condition: expression(condition),
    Assign: { [variable]: recorded(variable, fresh, task, letter) },
    Next: spot.after,
  });
  // A kept task takes its earlier letter; without one the key is dropped, as for any success.
  const letter = guard.letter === undefined ? `$k.o${task}` : `${kept}?$k.o${task}:${guard.letter}`;
  return {
    Type: 'Choice',
    Choices: [
      ...notChosen(emission, spot, kept).map((condition) => rule(condition, `'s'`)),
      rule(guard.condition, letter),
    ],
    ...(fresh && !spot.endsBranch ? { Assign: { [variable]: {} } } : {}),
    Default: names.task(task),
  };
}

/** The variable with a task's letter added; a plain object where nothing is to be evaluated. */
function recorded(variable: string, fresh: boolean, task: number, letter: string): Json {
  const constant = /^'([fsu])'$/.exec(letter);
  if (fresh && constant !== null) return { [`t${task}`]: constant[1]! };
  return expression(merged(variable, fresh, `{'t${task}':${letter}}`));
}

/** The setups of a teardown; undefined for any other task. */
function setupsOf(graph: Graph, task: number): ReadonlySet<number> | undefined {
  const { setups } = graph.tasks[task]!;
  return setups === undefined ? undefined : new Set(setups.map((id) => graph.position.get(id)!));
}

/** Upstream branch tasks that ran and chose others: the task is skipped whatever its rule says. */
function notChosen({ graph, links, scopes }: Emission, { task }: Spot, kept: string): string[] {
  const branches = graph.upstream[task]!.filter((p) => graph.tasks[p]!.branch);
  if (branches.length === 0) return [];
  const near = links.near[task]!.filter((p) => branches.includes(p)).map((p) => `${scopes.variable(p, task)}.b${task}`);
  const far = links.far[task]!.some((p) => branches.includes(p)) ? ['$states.input'] : [];
  return [`$not($exists(${kept})) and $contains(${[...near, ...far, `''`].join('&')},'b')`];
}

function taskState(emission: Emission, spot: Spot): Json {
  const { graph, names } = emission;
  const { task, variable, fresh, after } = spot;
  const given = graph.tasks[task]!;
  const text = (reference: Reference): string => referenceText(emission, task, reference);
  const body = bodyOf(given, (suffix) => names.inner(task, suffix), text);
  const produced = outputObject(emission, given, task, body.wrapped, text);
  // The guard has emptied the variable on the way here, unless nothing but the task's own output is left to say.
  const unset = fresh && spot.endsBranch;
  const result =
    produced === undefined ? undefined : limited(emission, given, task, produced, (o) => merged(variable, unset, o));
  const retry = retriers(given, body.maySkip);
  const record = (letter: string): Json => ({ [variable]: recorded(variable, fresh, task, letter) });
  return {
    ...body.state,
    ...(retry.length > 0 ? { Retry: retry } : {}),
    ...(spot.endsBranch
      ? { Output: result !== undefined ? expression(result) : unset ? {} : expression(`$${variable}`) }
      : result !== undefined
        ? { Assign: { [variable]: expression(result) } }
        : {}),
    Catch: catchers(emission, task, body.maySkip, produced !== undefined || given.largeResult === true, record, after),
    ...(spot.endsBranch ? { End: true } : { Next: after }),
  };
}

/** The error text of a failed task is read from the state's exit event, so no Catcher has an Output of its own. */
function catchers(
  { stopOnFailure, failureEvents, names }: Emission,
  task: number,
  maySkip: boolean,
  mayBeLarge: boolean,
  record: (letter: string) => Json,
  after: string,
): Json {
  const skipped = { ErrorEquals: [SKIP_ERROR], Assign: record(`'s'`), Next: after };
  if (stopOnFailure) {
    const last = failureEvents === undefined ? names.helper(task, '!') : names.helper(task, '^');
    return [...(maySkip ? [skipped] : []), { ErrorEquals: ['States.ALL'], Next: last }];
  }
  // States.ALL does not cover a result over the payload limit.
  const tooLarge = (next: string): Json => ({
    ErrorEquals: ['States.DataLimitExceeded'],
    Assign: record(`'f'`),
    Next: next,
  });
  if (failureEvents !== undefined) {
    const told = names.helper(task, '^');
    return [
      ...(maySkip ? [skipped] : []),
      ...(mayBeLarge ? [tooLarge(told)] : []),
      { ErrorEquals: ['States.ALL'], Assign: record(`'f'`), Next: told },
    ];
  }
  const letter = maySkip ? `$states.errorOutput.Error='${SKIP_ERROR}'?'s':'f'` : `'f'`;
  return [
    ...(mayBeLarge ? [tooLarge(after)] : []),
    { ErrorEquals: ['States.ALL'], Assign: record(letter), Next: after },
  ];
}

/** Tells of the failure before anything goes on. Whoever does not hear of it changes nothing: the run goes on either way. */
function failureEvent({ names, graph, stopOnFailure }: Emission, events: FailureEvents, { task, after }: Spot): Json {
  const next = stopOnFailure ? names.helper(task, '!') : after;
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::events:putEvents',
    Arguments: {
      Entries: [
        {
          Source: events.source,
          DetailType: 'task_failed',
          Detail: { pipeline: events.pipeline, run: expression('$r'), task: graph.ids[task]! },
        },
      ],
    },
    TimeoutSeconds: FAILURE_EVENT_SECONDS,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: next }],
    Next: next,
  };
}

function retriers(task: GraphTask, maySkip: boolean): readonly Json[] {
  const retry = (task.retry ?? []).map((retrier: Retrier): Json => ({ ...retrier }));
  return maySkip && retry.length > 0 ? [{ ErrorEquals: [SKIP_ERROR], MaxAttempts: 0 }, ...retry] : retry;
}

/** `{'v3':{...},'b5':...}`: the outputs that somebody reads, and for a branch a `b` for each task it did not choose. */
function outputObject(
  { graph, outputs }: Emission,
  given: GraphTask,
  task: number,
  wrapped: boolean,
  text: (reference: Reference) => string,
): string | undefined {
  const fields = outputs[task]!;
  if (fields.length === 0 && !given.branch) return undefined;
  const own = given.outputs ?? '$states.result';
  const code = resolveText(isExpression(own) ? own.slice(2, -2).trim() : own, text);
  const source = wrapped ? code.replace(/\$states\.result\b(?!\[)/g, '$states.result[0]') : code;
  const simple = /^[$\w.[\]]+$/.test(source);
  const base = simple ? source : '$xo';
  const parts =
    fields.length > 0 ? [`'v${task}':{${fields.map((f) => `${quote(f)}:${field(base, f)}`).join(',')}}`] : [];
  if (given.branch) {
    const chosen = `[${field(base, 'branch')}]`;
    for (const next of graph.downstream[task]!) {
      const reach = graph.downstream[task]!.filter((via) => via === next || leadsTo(graph, via, next));
      const anyOf = reach.map((via) => `${quote(graph.ids[via]!)} in ${chosen}`).join(' or ');
      parts.push(`'b${next}':(${anyOf})?'':'b'`);
    }
  }
  const object = `{${parts.join(',')}}`;
  const strangers = given.branch ? branchCheck(graph, task, `[${field(base, 'branch')}]`) : '';
  const bind = simple ? '' : `$xo:=${source};`;
  return bind || strangers ? `(${bind}${strangers}${object})` : object;
}

/** A branch that names a task it cannot choose fails, instead of silently skipping everything. */
function branchCheck(graph: Graph, task: number, chosen: string): string {
  const ids = graph.downstream[task]!.map((next) => quote(graph.ids[next]!)).join(',');
  const message = `the branch task ${graph.ids[task]} chose a task that is not directly downstream of it: `;
  return `$count(${chosen}[$not($ in [${ids}])])>0?$error(${quote(message)}&$string(${chosen}));`;
}

/** Whether `to` can be reached from `from`. */
function leadsTo(graph: Graph, from: number, to: number): boolean {
  const seen = new Set([from]);
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of graph.downstream[at]!) {
      if (next === to) return true;
      if (next < to && !seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return false;
}

function limited(
  emission: Emission,
  given: GraphTask,
  task: number,
  object: string,
  use: (object: string) => string,
): string {
  const fields = emission.outputs[task]!;
  if (fields.length === 0) return use(object);
  const names = fields.map((f) => `'${f}'`).join(', ');
  const message =
    `output ${names} of task ${given.id} is larger than ${emission.outputLimit} characters: ` +
    'write large values to S3 and give their address as the output';
  return `($xv:=${object};$length($string($xv))>${emission.outputLimit}?$error(${quote(message)}):${use('$xv')})`;
}

function referenceText({ graph, links, scopes }: Emission, task: number, reference: Reference): string {
  if (reference.kind === 'item') return reference.name === undefined ? '$run.item' : field('$run.item', reference.name);
  if (reference.kind === 'run') {
    return reference.field === 'param' ? field('$run.params', reference.param!) : `$run.${reference.field}`;
  }
  const from = graph.position.get(reference.task)!;
  const value = links.far[task]!.includes(from)
    ? `$w${task}.v${from}`
    : `$merge([$k.v${from},${scopes.variable(from, task)}.v${from}])`;
  return field(value, reference.name);
}

function waitOf(emission: Emission, task: number): States {
  const { graph, links, names } = emission;
  const read = new Set<string>();
  for (const reference of graph.references[task]!.references) if (reference.kind === 'output') read.add(reference.task);
  return waitStates({
    task,
    count: links.far[task]!.length,
    outputsOf: links.far[task]!.filter((p) => read.has(graph.ids[p]!)),
    early: firesEarly(graph, task),
    names: { wait: names.helper(task, '~'), late: names.plumbing(task, '='), next: names.helper(task, '?') },
  });
}

/** A task that another one signals. */
export function targetOf({ graph, links }: Pick<Emission, 'graph' | 'links'>, task: number, from: number): Target {
  return {
    task,
    count: links.far[task]!.length,
    rule: graph.rules[task]!,
    early: firesEarly(graph, task),
    setup: setupsOf(graph, task)?.has(from) ?? false,
  };
}

function signalOf(emission: Emission, { task, variable, next }: Spot): States {
  const { graph, links, names } = emission;
  const id = graph.ids[task]!;
  const reads = (target: number): boolean =>
    graph.references[target]!.references.some((reference) => reference.kind === 'output' && reference.task === id);
  return signalStates({
    task,
    targets: links.targets[task]!.map((target) => targetOf(emission, target, task)),
    variable,
    outputs: links.targets[task]!.some(reads),
    branch: graph.tasks[task]!.branch === true,
    names: {
      first: names.helper(task, '>'),
      update: names.plumbing(task, '+'),
      wake: names.plumbing(task, '!'),
      send: names.plumbing(task, '-'),
      stop: names.plumbing(task, '.'),
    },
    ...(next === undefined ? {} : { next }),
  });
}
