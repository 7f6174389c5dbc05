// Tasks that seem to have got another name. In: the manifests before and now. Out: pairs. Always: a guess from place and kind, never more
// than one for a task: same kind, the same upstream and downstream tasks (themselves perhaps renamed), nothing else like it.

import type { Manifest, ManifestTask } from '../compile/manifest';

export interface RenamedTask {
  readonly from: string;
  readonly to: string;
}

export function renamedTasks(before: Manifest, now: Manifest): RenamedTask[] {
  const current = new Set(now.tasks.map((task) => task.id));
  const earlier = new Set(before.tasks.map((task) => task.id));
  const names = new Map<string, string>();
  // Each round knows the renames of the rounds before; a neighbour that nobody knows yet is only that.
  for (let found = true; found; ) {
    found = false;
    const taken = new Set(names.values());
    const gone = before.tasks.filter((task) => !current.has(task.id) && !names.has(task.id));
    const come = now.tasks.filter((task) => !earlier.has(task.id) && !taken.has(task.id));
    const places = groups(come, (task) => placeOf(task, now, (id) => (earlier.has(id) || taken.has(id) ? id : '')));
    const old = (id: string) => names.get(id) ?? (current.has(id) ? id : '');
    for (const [place, olds] of groups(gone, (task) => placeOf(task, before, old))) {
      const news = places.get(place) ?? [];
      if (olds.length !== 1 || news.length !== 1) continue;
      names.set(olds[0]!.id, news[0]!.id);
      found = true;
    }
  }
  return [...names].map(([from, to]) => ({ from, to }));
}

function placeOf(task: ManifestTask, manifest: Manifest, name: (id: string) => string): string {
  const downstream = manifest.tasks.filter((one) => one.upstream.includes(task.id)).map((one) => name(one.id));
  return JSON.stringify([task.kind, task.triggerRule, task.upstream.map(name).sort(), downstream.sort()]);
}

function groups(tasks: readonly ManifestTask[], key: (task: ManifestTask) => string): Map<string, ManifestTask[]> {
  const found = new Map<string, ManifestTask[]>();
  for (const task of tasks) found.set(key(task), [...(found.get(key(task)) ?? []), task]);
  return found;
}
