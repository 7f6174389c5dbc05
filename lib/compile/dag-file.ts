// A DAG file's text in, a graph out. The format: {"name", "tasks": [{"id", "seconds"|null, "trigger_rule"?, "outcome"?,
// "retries"?}], "edges": [["before", "after"], ...]}. Everything that is wrong with a file is told at once, in its own words.

import {
  type CompileRequest,
  CompileError,
  type GraphTask,
  type Problem,
  TRIGGER_RULES,
  type TriggerRule,
} from './model';
import { nearest } from './nearest';

/** What a task does if it runs: forced in simulations. */
export type ForcedOutcome = 'success' | 'failed' | 'skipped';

export interface DagTask {
  readonly id: string;
  /** Run time; undefined where the file does not know it. */
  readonly seconds?: number;
  readonly triggerRule: TriggerRule;
  readonly outcome: ForcedOutcome;
  readonly retries: number;
}

export interface DagFile {
  readonly name: string;
  readonly tasks: readonly DagTask[];
  readonly edges: readonly (readonly [string, string])[];
}

const OUTCOMES: readonly string[] = ['success', 'failed', 'skipped'];
/** Seconds between two attempts of a task with `retries`. */
export const RETRY_INTERVAL_SECONDS = 1;

/** Reads a DAG file. Throws a CompileError that lists everything wrong with it. */
export function parseDagFile(text: string, file: string): DagFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CompileError([
      { code: 'not-json', path: file, message: `the file is not JSON: ${(error as Error).message}` },
    ]);
  }
  const problems: Problem[] = [];
  const report = (path: string, message: string): void => {
    problems.push({ code: 'bad-dag-file', path, message });
  };
  const top = record(value);
  if (top === undefined) report(file, `expected an object with name, tasks and edges, not ${brief(value)}`);
  const name = top?.['name'] ?? file.replace(/^.*[/\\]/, '').replace(/\.json$/, '');
  if (typeof name !== 'string' || name === '') report(file, `name must be a text, not ${brief(name)}`);
  if (top !== undefined && !Array.isArray(top['tasks']))
    report(file, `tasks must be a list, not ${brief(top['tasks'])}`);
  const edges = top?.['edges'] ?? [];
  if (!Array.isArray(edges)) report(file, `edges must be a list, not ${brief(edges)}`);
  const tasks = list(top?.['tasks']).flatMap((task, i) => readTask(task, i, report));
  const pairs = list(edges).flatMap((edge, i) => readEdge(edge, i, report));
  const ids = new Set(tasks.map((task) => task.id));
  for (const edge of pairs) {
    for (const [id, does] of [
      [edge[0], 'starts'],
      [edge[1], 'ends'],
    ] as const) {
      if (!ids.has(id))
        report(
          id,
          `the edge ${JSON.stringify(edge)} ${does} at ${JSON.stringify(id)}, which is not a task${didYouMean(id, ids)}`,
        );
    }
  }
  if (problems.length > 0) throw new CompileError(problems);
  return { name: String(name), tasks, edges: pairs };
}

/** The graph of a DAG file. Bodies call a function named after the task. */
export function dagRequest(
  dag: DagFile,
  machineArn: (name: string) => string,
  rendezvousTable: string,
): CompileRequest {
  const upstream = new Map<string, string[]>();
  for (const [before, after] of dag.edges) {
    const known = upstream.get(after);
    if (known) known.push(before);
    else upstream.set(after, [before]);
  }
  return {
    name: machineName(dag.name),
    rendezvousTable,
    machineArn,
    tasks: dag.tasks.map(
      (task): GraphTask => ({
        id: task.id,
        kind: 'LambdaTask',
        upstream: upstream.get(task.id) ?? [],
        triggerRule: task.triggerRule,
        maySkip: task.outcome === 'skipped',
        body: {
          type: 'state',
          state: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: { FunctionName: literal(task.id) },
          },
        },
        ...(task.retries > 0
          ? {
              retry: [
                {
                  ErrorEquals: ['States.ALL'],
                  IntervalSeconds: RETRY_INTERVAL_SECONDS,
                  MaxAttempts: task.retries,
                  BackoffRate: 1,
                },
              ],
            }
          : {}),
        ...(task.seconds === undefined ? {} : { seconds: task.seconds }),
      }),
    ),
  };
}

/** An id may look like an expression; then it is written as one that yields it. */
function literal(id: string): string {
  return id.startsWith('{%') ? `{% ${JSON.stringify(id)} %}` : id;
}

/** Machines are named with letters, digits, - and _, 80 at most. */
function machineName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 80);
}

type Report = (path: string, message: string) => void;

function readTask(value: unknown, position: number, report: Report): DagTask[] {
  const task = record(value);
  const path = typeof task?.['id'] === 'string' ? task['id'] : `tasks[${position}]`;
  if (task === undefined || typeof task['id'] !== 'string') {
    report(path, `a task must be an object with a text as id, not ${brief(value)}`);
    return [];
  }
  const { id, seconds, trigger_rule: rule = 'all_success', outcome = 'success', retries = 0 } = task;
  if (
    seconds !== undefined &&
    seconds !== null &&
    (typeof seconds !== 'number' || !(seconds >= 0) || seconds > 31_536_000)
  ) {
    report(path, `seconds must be a number from 0 to 31536000 (a year) or null, not ${brief(seconds)}`);
  }
  if (!TRIGGER_RULES.includes(rule as TriggerRule)) {
    report(
      path,
      `the trigger rule ${brief(rule)} does not exist: expected one of ${TRIGGER_RULES.join(', ')}${didYouMean(rule, TRIGGER_RULES)}`,
    );
  }
  if (!OUTCOMES.includes(outcome as string))
    report(path, `the outcome ${brief(outcome)} does not exist: expected success, failed or skipped`);
  if (!Number.isInteger(retries) || (retries as number) < 0 || (retries as number) > 99_999_999) {
    report(path, `retries must be a whole number from 0 on, not ${brief(retries)}`);
  }
  return [
    {
      id: id as string,
      ...(typeof seconds === 'number' ? { seconds } : {}),
      triggerRule: rule as TriggerRule,
      outcome: outcome as ForcedOutcome,
      retries: retries as number,
    },
  ];
}

function readEdge(value: unknown, position: number, report: Report): [string, string][] {
  if (Array.isArray(value) && value.length === 2 && value.every((id) => typeof id === 'string'))
    return [[String(value[0]), String(value[1])]];
  report(`edges[${position}]`, `an edge must be a list of two task ids, not ${brief(value)}`);
  return [];
}

function record(value: unknown): { [field: string]: unknown } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { [field: string]: unknown })
    : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function didYouMean(given: unknown, known: Iterable<string>): string {
  const close = typeof given === 'string' && given.length > 2 ? nearest(given, [...known]) : undefined;
  return close === undefined ? '' : `; did you mean ${JSON.stringify(close)}?`;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
