// What the constructs say, as the compiler's plain data. In: the tasks of a pipeline, in the order they were written.
// Out: one GraphTask each and what the deployment needs beside it. Always: every text of a task is free of run tokens; a
// param without a default that the run was not given fails the task that reads it.

import { type aws_iam as iam, Stack } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { GraphTask, Json, Retrier, TaskBody } from '../compile/model';
import { hasMarker, marker, type Reference, splitMarkers } from '../compile/reference';
import type { IPipeline } from './i-pipeline';
import type { Param } from './param';
import { inPool } from './in-pool';
import { markReferences } from './run-token';
import type { Task } from './task';
import { groupName } from './task-scope';
import type { TaskSpec } from './task-spec';

export interface PlannedTask {
  readonly graph: GraphTask;
  readonly permissions: readonly iam.PolicyStatement[];
  /** Names of the groups around it. */
  readonly group?: string;
  readonly region?: string;
  readonly log?: { readonly [key: string]: string };
}

export type Params = { readonly [name: string]: Param };

export function planTask(task: Task, pipeline: IPipeline): PlannedTask {
  const spec = task.toSpec();
  const stack = Stack.of(task);
  const problem = (message: string) => pipeline.addProblem(task, message);
  const marked = (value: unknown): Json =>
    markReferences(value, stack, pipeline.node.path, problem, task._each?.node.path);
  const required = pipeline.requiredParams;
  const plain = required.length === 0 ? marked : (value: unknown): Json => withParams(marked(value), required);
  const props = task._props;
  const retry: Retrier[] = [...(spec.serviceRetry ?? []), props.retry ?? pipeline.retry].flatMap((one) =>
    one._retriers(),
  );
  const seconds = props.expectedDuration?.toSeconds();
  const group = groupName(task);
  const work = body(task, spec, plain, problem);
  const limited = inPool(task, pipeline, work, plain);
  return {
    graph: {
      id: task.taskId,
      path: task.node.path,
      kind: spec.kind ?? task.constructor.name,
      upstream: task._upstream.map((upstream) => upstream.taskId),
      ...(props.triggerRule !== undefined && { triggerRule: props.triggerRule }),
      ...(props.runIf !== undefined && { runIf: text(plain(wrapped(props.runIf.expression))) }),
      ...(task._setups.length > 0 && { setups: task._setups.map((setup) => setup.taskId), failsRun: task._failsRun }),
      ...(spec.maySkip && { maySkip: true }),
      ...(spec.branch && { branch: true }),
      ...(task._usesRendezvous && { usesRendezvous: true }),
      ...(LARGE_RESULT.test(JSON.stringify(work)) && { largeResult: true }),
      body: limited.body,
      ...(retry.length > 0 && { retry }),
      ...(spec.outputs !== undefined && { outputs: text(plain(wrapped(spec.outputs))) }),
      ...(seconds !== undefined && { seconds }),
    },
    permissions: [...(spec.permissions ?? []), ...limited.permissions],
    ...(group !== undefined && { group }),
    ...(spec.region !== undefined && { region: spec.region }),
    ...(spec.log !== undefined && { log: spec.log }),
  };
}

/** Calls that answer with what somebody else made, of any size; the answers of the others are bounded far below the limit. */
const LARGE_RESULT =
  /"Resource":"arn:[^"]*:(?:lambda:invoke|http:invoke|apigateway:invoke|bedrock:\w+|dynamodb:getItem|athena:getQueryResults|aws-sdk:\w+:(?:batchGet|get|invoke|list|query|scan|search|select)\w*)[".]|"Resource":"arn:[^"]*:lambda:/;

function body(
  task: Task,
  spec: TaskSpec,
  plain: (value: unknown) => Json,
  problem: (message: string) => void,
): TaskBody {
  if ((spec.resource === undefined) === (spec.states === undefined)) {
    problem(
      `toSpec() returned ${spec.resource === undefined ? 'neither resource nor states' : 'both resource and states'}: expected exactly one of them`,
    );
  }
  if (spec.states !== undefined) {
    if (spec.arguments !== undefined)
      problem('toSpec() returned arguments beside states, where they would do nothing: put them into a state');
    const names = Object.keys(spec.states);
    const startAt = spec.startAt ?? names[0] ?? '';
    if (!names.includes(startAt))
      problem(`toSpec() starts at state ${JSON.stringify(startAt)}, its states are ${names.join(', ') || 'none'}`);
    return { type: 'states', startAt, states: plain(spec.states) as { [suffix: string]: { [field: string]: Json } } };
  }
  if (spec.startAt !== undefined) problem('toSpec() returned startAt without states, where it would do nothing');
  return {
    type: 'state',
    state: {
      Type: 'Task',
      Resource: spec.resource ?? '',
      ...(spec.arguments !== undefined && { Arguments: plain(spec.arguments) }),
      TimeoutSeconds: task.timeout.toSeconds(),
    },
  };
}

/** JSONata that is kept without its frame goes through the same rewriting as framed JSONata. */
function wrapped(expression: string): string {
  return `{% ${expression} %}`;
}

function text(framed: Json): string {
  return String(framed).slice(3, -3);
}

/** A param without a default fails the task that reads it, by name, where the run was started without a value. */
function withParams(value: Json, required: readonly string[]): Json {
  if (typeof value === 'string') return hasMarker(value) ? requiredIn(value, required) : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => withParams(item, required));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withParams(item, required)]));
}

function requiredIn(value: string, names: readonly string[]): string {
  const parts = splitMarkers(value);
  const required = (part: Reference): string | undefined => {
    const name = part.kind === 'run' ? part.param : undefined;
    return name !== undefined && names.includes(name) ? name : undefined;
  };
  if (!parts.some((part) => typeof part !== 'string' && required(part) !== undefined)) return value;
  const framed = value.startsWith('{%') && value.endsWith('%}');
  const rewritten = parts.map((part) => {
    if (typeof part === 'string') return framed ? part : quote(part);
    const own = marker(part);
    const name = required(part);
    if (name === undefined) return own;
    return `($exists(${own})?${own}:$error(${quote(`the run was started without a value for the param ${name}, which has no default`)}))`;
  });
  return framed ? rewritten.join('') : `{% ${rewritten.join('&')} %}`;
}
