// Tasks that run once per item, in executions of their own, in; the same tasks out, with what they use of the pipeline around
// them (outputs of its tasks, values of the run) turned into params, and those params with what each stands for. Inside, only
// the item, the params and the tasks beside them are left.

import type { GraphTask, Json, TaskBody } from './model';
import { hasMarker, marker, type Reference, splitMarkers } from './reference';

export interface Lifted {
  readonly tasks: readonly GraphTask[];
  /** Param name -> what it stands for outside. */
  readonly params: ReadonlyMap<string, Reference>;
}

export function liftReferences(tasks: readonly GraphTask[]): Lifted {
  const inside = new Set(tasks.map((task) => task.id));
  const params = new Map<string, Reference>();
  const names = new Map<string, string>();
  const lifted = (reference: Reference): Reference => {
    if (reference.kind === 'item' || (reference.kind === 'output' && inside.has(reference.task))) return reference;
    // Places that are named after the run have to differ from item to item.
    if (reference.kind === 'run' && reference.field === 'id') return reference;
    const key = marker(reference);
    const name = names.get(key) ?? `o${names.size}`;
    names.set(key, name);
    params.set(name, reference);
    return { kind: 'run', field: 'param', param: name };
  };
  const text = (value: string): string =>
    hasMarker(value)
      ? splitMarkers(value)
          .map((part) => (typeof part === 'string' ? part : marker(lifted(part))))
          .join('')
      : value;
  const visit = (value: Json): Json => {
    if (typeof value === 'string') return text(value);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return (value as readonly Json[]).map(visit);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  const moved = tasks.map(
    (task): GraphTask => ({
      ...task,
      body: visit(task.body as unknown as Json) as unknown as TaskBody,
      ...(task.runIf !== undefined && { runIf: text(task.runIf) }),
      ...(task.outputs !== undefined && { outputs: text(task.outputs) }),
    }),
  );
  return { tasks: moved, params };
}
