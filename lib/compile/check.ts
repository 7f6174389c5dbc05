// A request in, everything that is wrong with it out, at once: names, edges, references, bodies, cycles. Nothing is thrown;
// compile() throws when the list is not empty. Later passes rely on what this one has seen.

import { findCycles } from './cycles';
import { STATE_NAME_CHARS } from './limits';
import { type CompileRequest, type GraphTask, type Problem, TRIGGER_RULES } from './model';
import { nearest } from './nearest';
import { upstreamIds } from './order';
import type { TaskReferences } from './references';
import { runFields } from './run-context';

export function checkRequest(request: CompileRequest, references: ReadonlyMap<GraphTask, TaskReferences>): Problem[] {
  const problems: Problem[] = [];
  const { tasks } = request;
  const report = (code: string, task: GraphTask, message: string): void => {
    problems.push({ code, path: task.path ?? task.id, message });
  };
  if (tasks.length === 0) {
    problems.push({
      code: 'empty-pipeline',
      path: request.name,
      message: 'the pipeline has no tasks: add at least one',
    });
    return problems;
  }
  const known = new Map<string, GraphTask>();
  const looksLike = new Map<string, GraphTask>();
  for (const task of tasks) {
    const fault = idFault(task.id);
    if (fault !== undefined) report('bad-id', task, `the task id ${JSON.stringify(task.id)} ${fault}`);
    const before = known.get(task.id);
    if (before !== undefined) {
      report(
        'duplicate-id',
        task,
        `two tasks have the id ${JSON.stringify(task.id)}: ids are names of states, so give one of them another id`,
      );
      continue;
    }
    known.set(task.id, task);
    const twin = looksLike.get(task.id.normalize('NFC'));
    if (twin !== undefined) {
      report(
        'colliding-id',
        task,
        `the task ids ${escaped(twin.id)} and ${escaped(task.id)} look the same and differ only in how their characters are composed: rename one`,
      );
    }
    looksLike.set(task.id.normalize('NFC'), task);
  }
  const ids = [...known.keys()];
  const missing = (id: string): string => {
    const close = nearest(id, ids);
    return close === undefined
      ? `the pipeline has ${ids.length} tasks, none with a similar id`
      : `did you mean ${JSON.stringify(close)}?`;
  };
  const params = new Set(request.params ?? []);
  const fields = runFields(0);
  for (const task of tasks) {
    const { references: found, faults } = references.get(task)!;
    for (const fault of faults) report('bad-reference', task, fault);
    for (const id of new Set(task.upstream)) {
      if (!known.has(id))
        report('unknown-task', task, `the upstream task ${JSON.stringify(id)} does not exist: ${missing(id)}`);
    }
    for (const reference of found) {
      if (reference.kind === 'output') {
        if (!known.has(reference.task) && !task.upstream.includes(reference.task)) {
          report(
            'unknown-task',
            task,
            `it uses the output ${JSON.stringify(reference.name)} of the task ${JSON.stringify(reference.task)}, which does not exist: ${missing(reference.task)}`,
          );
        }
      } else if (reference.kind === 'item') {
        if (request.item !== true)
          report(
            'no-item',
            task,
            'it uses an item, which exists only in the tasks inside the ForEachTask that goes over the items',
          );
      } else if (reference.field === 'param') {
        const name = reference.param ?? '';
        if (!params.has(name)) {
          const close = nearest(name, [...params]);
          report(
            'unknown-param',
            task,
            `it uses the run param ${JSON.stringify(name)}, which is not declared: ${close === undefined ? 'declare it on the pipeline' : `did you mean ${JSON.stringify(close)}?`}`,
          );
        }
      } else if (!Object.hasOwn(fields, reference.field)) {
        report(
          'unknown-run-field',
          task,
          `it uses run.${reference.field}, which does not exist: a run has ${Object.keys(fields).join(', ')} and params`,
        );
      }
    }
    if (task.triggerRule !== undefined && !TRIGGER_RULES.includes(task.triggerRule)) {
      report(
        'bad-rule',
        task,
        `the trigger rule ${JSON.stringify(task.triggerRule)} does not exist: expected one of ${TRIGGER_RULES.join(', ')}`,
      );
    }
    if (task.triggerRule === 'always' && found.some((reference) => reference.kind === 'output')) {
      report(
        'never-waits',
        task,
        'its trigger rule is "always", so it waits for nobody, but it uses the output of another task: use the rule all_done',
      );
    }
    for (const id of task.setups ?? []) {
      if (!task.upstream.includes(id))
        report(
          'bad-setup',
          task,
          `it is the teardown of ${JSON.stringify(id)}, which is not upstream of it: name it upstream too`,
        );
    }
    for (const fault of bodyFaults(task)) report('bad-body', task, fault);
  }
  problems.push(...branchProblems(tasks, references));
  for (const cycle of findCycles(tasks, (task) => upstreamIds(task, references.get(task)!))) {
    const first = known.get(cycle[0]!)!;
    report(
      'cycle',
      first,
      `the tasks wait for each other: ${[...cycle, cycle[0]].join(' => ')}; remove one of these edges`,
    );
  }
  return problems;
}

function idFault(id: string): string | undefined {
  if (id === '') return 'is empty: a task needs a name';
  if (id.length > STATE_NAME_CHARS) {
    return `has ${id.length} characters: it is the name of a state, which may have ${STATE_NAME_CHARS} (letters outside the basic plane count two)`;
  }
  if (/[\u27e6\u27e7]/.test(id)) return 'holds a bracket that marks references: leave \u27e6 and \u27e7 out';
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(id))
    return 'holds a character that cannot be printed: use printable characters only';
  if (id !== id.trim()) return 'begins or ends with a space: remove it';
  return undefined;
}

/** Shows what two look-alikes are made of. */
function escaped(id: string): string {
  return JSON.stringify(id).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Fields of a Task state that are the compiler's to write. */
const OURS = ['Retry', 'Catch', 'Next', 'End', 'Assign', 'Output'];

function bodyFaults({ body }: GraphTask): string[] {
  if (body.type === 'state') {
    const faults = OURS.filter((name) => name in body.state).map(
      (name) => `its state sets ${name}, which the pipeline sets itself: leave it out`,
    );
    if (typeof body.state['Type'] !== 'string') faults.push('its state has no Type: give it one, for instance "Task"');
    return faults;
  }
  const names = Object.keys(body.states);
  if (names.length === 0) return ['its body has no states: give it at least one'];
  const faults: string[] = [];
  const lead = (from: string, to: unknown): void => {
    if (typeof to !== 'string' || Object.hasOwn(body.states, to)) return;
    faults.push(
      `in its body ${from} leads to ${JSON.stringify(to)}, which does not exist: the states are ${names.map((n) => JSON.stringify(n)).join(', ')}`,
    );
  };
  lead('the start', body.startAt);
  for (const [name, state] of Object.entries(body.states)) {
    lead(`the state ${JSON.stringify(name)}`, state['Next']);
    lead(`the state ${JSON.stringify(name)}`, state['Default']);
  }
  return faults;
}

function branchProblems(tasks: readonly GraphTask[], references: ReadonlyMap<GraphTask, TaskReferences>): Problem[] {
  const problems: Problem[] = [];
  const branches = new Map(tasks.filter((task) => task.branch).map((task) => [task.id, 0]));
  if (branches.size === 0) return problems;
  for (const task of tasks) {
    for (const id of upstreamIds(task, references.get(task)!)) {
      const count = branches.get(id);
      if (count === undefined) continue;
      branches.set(id, count + 1);
      if (task.triggerRule === 'always') {
        problems.push({
          code: 'never-waits',
          path: task.path ?? task.id,
          message: `its trigger rule is "always", so it would start before the branch ${JSON.stringify(id)} has chosen: use the rule all_done`,
        });
      }
    }
  }
  for (const task of tasks) {
    if (branches.get(task.id) !== 0) continue;
    problems.push({
      code: 'empty-branch',
      path: task.path ?? task.id,
      message: 'it is a branch but has no task downstream to choose: put tasks after it, or make it an ordinary task',
    });
  }
  return problems;
}
