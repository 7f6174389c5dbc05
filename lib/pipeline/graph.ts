// What the constructs say, as the compiler's plain data. In: the tasks of a pipeline, in the order they were written.
// Out: one GraphTask each and what the deployment needs beside it. Always: every text of a task is free of run tokens; a
// param without a default that the run was not given fails the task that reads it.

import { type aws_iam as iam, Stack } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { GraphTask, Json, Retrier, TaskBody } from '../compile/model';
import { hasMarker, marker, type Reference, splitMarkers } from '../compile/reference';
import type { IPipeline } from './i-pipeline';
import type { Param } from './param';
import { markReferences } from './run-token';
import type { Task } from './task';
import type { TaskSpec } from './task-spec';

export interface PlannedTask {
  readonly graph: GraphTask;
  readonly permissions: readonly iam.PolicyStatement[];
  readonly region?: string;
  readonly log?: { readonly [key: string]: string };
}

export type Params = { readonly [name: string]: Param };

export function planTask(task: Task, pipeline: IPipeline, params: Params): PlannedTask {
  const spec = task.toSpec();
  const stack = Stack.of(task);
  const problem = (message: string) => pipeline.addProblem(task, message);
  const marked = (value: unknown): Json => markReferences(value, stack, pipeline.node.path, problem);
  const plain =
    pipeline.requiredParams.length === 0 ? marked : (value: unknown): Json => withParams(marked(value), params);
  const props = task._props;
  const retry: Retrier[] = [...(spec.serviceRetry ?? []), props.retry ?? pipeline.retry].flatMap((one) =>
    one._retriers(),
  );
  const seconds = props.expectedDuration?.toSeconds();
  const work = body(task, spec, plain, problem);
  return {
    graph: {
      id: task.taskId,
      path: task.node.path,
      kind: spec.kind ?? task.constructor.name,
      upstream: task._upstream.map((upstream) => upstream.taskId),
      ...(props.triggerRule !== undefined && { triggerRule: props.triggerRule }),
      ...(props.runIf !== undefined && { runIf: text(plain(wrapped(props.runIf.expression))) }),
      ...(spec.maySkip && { maySkip: true }),
      ...(spec.branch && { branch: true }),
      ...(LARGE_RESULT.test(JSON.stringify(work)) && { largeResult: true }),
      body: work,
      ...(retry.length > 0 && { retry }),
      ...(spec.outputs !== undefined && { outputs: text(plain(wrapped(spec.outputs))) }),
      ...(seconds !== undefined && { seconds }),
    },
    permissions: spec.permissions ?? [],
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
function withParams(value: Json, params: Params): Json {
  if (typeof value === 'string') return hasMarker(value) ? requiredIn(value, params) : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => withParams(item, params));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withParams(item, params)]));
}

function requiredIn(value: string, params: Params): string {
  const parts = splitMarkers(value);
  const required = (part: Reference): string | undefined => {
    const name = part.kind === 'run' ? part.param : undefined;
    const param = name === undefined ? undefined : params[name];
    return param !== undefined && param.defaultValue === undefined ? name : undefined;
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
