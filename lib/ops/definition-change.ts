// What became of a pipeline's definition between two manifests. In: the earlier one and the current one. Out: tasks by what happened
// to them, and the same in words. Always: a renamed task is one removed and one added, because nothing else can be known.

import type { Manifest } from '../compile/manifest';

export interface DefinitionChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Tasks that now wait for others, start under another rule or are of another kind. */
  readonly changed: readonly { readonly id: string; readonly what: readonly string[] }[];
}

export function definitionChange(before: Manifest, now: Manifest): DefinitionChange {
  const earlier = new Map(before.tasks.map((task) => [task.id, task]));
  const current = new Set(now.tasks.map((task) => task.id));
  const changed = now.tasks.flatMap((task) => {
    const old = earlier.get(task.id);
    if (!old) return [];
    const what = [
      ...(old.kind === task.kind ? [] : [`is a ${task.kind}, was a ${old.kind}`]),
      ...(old.triggerRule === task.triggerRule ? [] : [`starts on ${task.triggerRule}, was ${old.triggerRule}`]),
      ...edges(old.upstream, task.upstream),
    ];
    return what.length === 0 ? [] : [{ id: task.id, what }];
  });
  return {
    added: now.tasks.filter((task) => !earlier.has(task.id)).map((task) => task.id),
    removed: before.tasks.filter((task) => !current.has(task.id)).map((task) => task.id),
    changed,
  };
}

/** One line for each change; none if the definition is the same. */
export function changeLines({ added, removed, changed }: DefinitionChange): string[] {
  return [
    ...(added.length > 0 ? [`added: ${added.join(', ')}`] : []),
    ...(removed.length > 0 ? [`removed: ${removed.join(', ')}`] : []),
    ...changed.map(({ id, what }) => `${id} ${what.join('; ')}`),
  ];
}

function edges(before: readonly string[], now: readonly string[]): string[] {
  const gained = now.filter((id) => !before.includes(id));
  const lost = before.filter((id) => !now.includes(id));
  return [
    ...(gained.length > 0 ? [`now waits for ${gained.join(', ')}`] : []),
    ...(lost.length > 0 ? [`no longer waits for ${lost.join(', ')}`] : []),
  ];
}
