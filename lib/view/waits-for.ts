// Why a task of a run that goes on has not started or does not get on. In: manifest and views. Out: task id -> what it waits for, in
// plain words. Always: only tasks of a run whose end is not known yet are told.

import type { Manifest } from '../compile/manifest';
import type { TaskView } from './run-state';

const MOST_NAMED = 5;

export function waitsFor(manifest: Manifest, views: readonly TaskView[]): Map<string, string> {
  const byId = new Map(views.map((view) => [view.id, view]));
  const found = new Map<string, string>();
  for (const task of manifest.tasks) {
    const view = byId.get(task.id);
    if (view?.queuedFor !== undefined && view.status === 'running') found.set(task.id, view.queuedFor);
    if (view?.status !== 'waiting') continue;
    const open = task.upstream.filter((id) => ['waiting', 'running'].includes(byId.get(id)?.status ?? ''));
    if (open.length === 0) continue;
    const more = open.length > MOST_NAMED ? ` and ${open.length - MOST_NAMED} more` : '';
    found.set(task.id, `${open.slice(0, MOST_NAMED).join(', ')}${more}`);
  }
  return found;
}
