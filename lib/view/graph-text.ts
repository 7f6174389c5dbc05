// The graph of a pipeline as text for a terminal, as Mermaid or as DOT. In: the manifest, and how tasks stand. Out: text. Always: ids may
// hold any character; each task is said once, and each edge once.

import type { Manifest, ManifestTask } from '../compile/manifest';
import { escapeText } from './escape-text';
import type { TaskStatus } from './run-state';

export const GRAPH_FORMATS = ['text', 'mermaid', 'dot'] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

type Statuses = ReadonlyMap<string, TaskStatus>;

const COLOURS: { readonly [status in TaskStatus]?: string } = {
  succeeded: '#2e7d32',
  failed: '#c62828',
  upstream_failed: '#ef6c00',
  skipped: '#9e9e9e',
  running: '#0277bd',
  aborted: '#6a1b9a',
};

export function graphText(manifest: Manifest, format: GraphFormat, statuses: Statuses = new Map()): string {
  if (format === 'mermaid') return mermaid(manifest, statuses);
  return format === 'dot' ? dot(manifest, statuses) : lines(manifest, statuses);
}

/** A line a task, in the order in which they can run, each with what it waits for. */
function lines(manifest: Manifest, statuses: Statuses): string {
  const depth = depths(manifest);
  const width = Math.min(
    50,
    Math.max(...manifest.tasks.map((task) => escapeText(task.id).length + 2 * depth.get(task.id)!)),
  );
  return manifest.tasks
    .map((task) => {
      const name = `${'  '.repeat(depth.get(task.id)!)}${escapeText(task.id)}`.padEnd(width);
      const rule = task.triggerRule === 'all_success' ? '' : ` [${task.triggerRule}]`;
      const after =
        task.upstream.length === 0 ? '' : `  after ${task.upstream.map((id) => escapeText(id)).join(', ')}${rule}`;
      const status = statuses.get(task.id);
      return `${name}  ${task.kind}${status === undefined ? '' : `  ${status.replace('_', ' ')}`}${after}`.trimEnd();
    })
    .join('\n');
}

/** The longest way from a first task. */
function depths(manifest: Manifest): Map<string, number> {
  const found = new Map<string, number>();
  for (const task of manifest.tasks) {
    found.set(task.id, Math.max(-1, ...task.upstream.map((id) => found.get(id) ?? 0)) + 1);
  }
  return found;
}

function mermaid(manifest: Manifest, statuses: Statuses): string {
  const name = new Map(manifest.tasks.map((task) => [task.id, `t${task.index}`]));
  const label = ({ id, kind }: ManifestTask) =>
    `"${escapeText(id).replaceAll('"', '#quot;')}<br/><small>${kind}</small>"`;
  const used = new Set(statuses.values());
  return [
    'flowchart LR',
    ...manifest.tasks.map((task) => `  ${name.get(task.id)}[${label(task)}]`),
    ...manifest.tasks.flatMap((task) =>
      task.upstream.map((id) => {
        const rule = task.triggerRule === 'all_success' ? '' : `|${task.triggerRule}|`;
        return `  ${name.get(id)} -->${rule} ${name.get(task.id)}`;
      }),
    ),
    ...[...used].flatMap((status) => {
      const colour = COLOURS[status];
      const tasks = manifest.tasks.filter((task) => statuses.get(task.id) === status).map((task) => name.get(task.id));
      if (colour === undefined || tasks.length === 0) return [];
      return [`  classDef ${status} stroke:${colour},stroke-width:3px`, `  class ${tasks.join(',')} ${status}`];
    }),
  ].join('\n');
}

function dot(manifest: Manifest, statuses: Statuses): string {
  const quoted = (text: string) => `"${escapeText(text).replace(/[\\"]/g, (character) => `\\${character}`)}"`;
  return [
    `digraph ${quoted(manifest.name)} {`,
    '  rankdir=LR; node [shape=box, style=rounded];',
    ...manifest.tasks.map((task) => {
      const colour = COLOURS[statuses.get(task.id) ?? 'waiting'];
      return `  ${quoted(task.id)}${colour === undefined ? '' : ` [color="${colour}", penwidth=2]`};`;
    }),
    ...manifest.tasks.flatMap((task) => {
      const rule = task.triggerRule === 'all_success' ? '' : ` [label=${quoted(task.triggerRule)}]`;
      return task.upstream.map((id) => `  ${quoted(id)} -> ${quoted(task.id)}${rule};`);
    }),
    '}',
  ].join('\n');
}
