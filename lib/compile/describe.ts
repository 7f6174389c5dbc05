// A compiled pipeline in, what people and other programs look at out: text, Graphviz dot, Mermaid, and the plan as JSON.
// Deterministic; every label is escaped for its language.

import type { Compiled, Json } from './model';

/** The plan in figures: counts, and each machine's size. */
export function describeJson(plan: Compiled): { readonly [field: string]: Json } {
  return {
    name: plan.name,
    tasks: plan.order.length,
    edges: plan.edges.length,
    reducedEdges: plan.reducedEdges.length,
    rendezvous: plan.rendezvous.length,
    machines: plan.machines.map(({ name, definitionChars, historyEvents, states }) => ({
      name,
      definitionChars,
      historyEvents,
      states,
    })),
    transitions: plan.transitions,
  };
}

/** The plan for a reader: figures first, then each task with what it waits for. */
export function describeText(plan: Compiled): string {
  const upstream = new Map<string, string[]>(plan.order.map((id) => [id, []]));
  for (const [before, after] of plan.reducedEdges) upstream.get(after)!.push(before);
  const waits = new Map<string, string[]>();
  for (const [before, after] of plan.rendezvous) waits.set(after, [...(waits.get(after) ?? []), before]);
  const lines = [
    `${plan.name}: ${count(plan.order.length, 'task')}, ${count(plan.edges.length, 'edge')} (${plan.reducedEdges.length} after reduction), ` +
      `${count(plan.rendezvous.length, 'wait')} across branches, ${count(plan.transitions, 'state transition')} when all succeed`,
    '',
    ...plan.machines.map(
      (machine) =>
        `  machine ${machine.name}: ${count(machine.tasks.length, 'task')}, ${count(machine.states, 'state')}, ` +
        `${count(machine.definitionChars, 'character')}, ${count(machine.historyEvents, 'history event')}`,
    ),
    '',
    ...plan.order.map((id) => {
      const before = upstream.get(id)!;
      const signals = waits.get(id) ?? [];
      const after = before.length === 0 ? '' : `  after ${few(before)}`;
      return `  ${id}${after}${signals.length === 0 ? '' : `  (signalled by ${few(signals)})`}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** The reduced graph for Graphviz; waits across branches are dashed. */
export function describeDot(plan: Compiled): string {
  const dashed = new Set(plan.rendezvous.map(([a, b]) => JSON.stringify([a, b])));
  const quoted = (id: string): string => `"${id.replace(/[\\"]/g, '\\$&')}"`;
  return `${[
    `digraph ${quoted(plan.name)} {`,
    '  rankdir=LR; node [shape=box];',
    ...grouped(
      plan,
      (id) => `${quoted(id)};`,
      (group, i) => `subgraph "cluster_${i}" { label=${quoted(group)};`,
      '}',
    ),
    ...plan.reducedEdges.map(([a, b]) => {
      const style = dashed.has(JSON.stringify([a, b])) ? ' [style=dashed]' : '';
      return `  ${quoted(a)} -> ${quoted(b)}${style};`;
    }),
    '}',
  ].join('\n')}\n`;
}

/** The reduced graph for Mermaid; waits across branches are dotted. */
export function describeMermaid(plan: Compiled): string {
  const dotted = new Set(plan.rendezvous.map(([a, b]) => JSON.stringify([a, b])));
  const number = new Map(plan.order.map((id, i) => [id, i]));
  const label = (id: string): string => id.replace(/[#&<>"`\\[\]{}()|]/g, (char) => `#${char.charCodeAt(0)};`);
  return `${[
    'graph LR',
    ...grouped(
      plan,
      (id) => `t${number.get(id)}["${label(id)}"]`,
      (group, i) => `subgraph g${i}["${label(group)}"]`,
      'end',
    ),
    ...plan.reducedEdges.map(
      ([a, b]) => `  t${number.get(a)} ${dotted.has(JSON.stringify([a, b])) ? '-.->' : '-->'} t${number.get(b)}`,
    ),
  ].join('\n')}\n`;
}

/** A line per task, those of a group together, groups in groups. */
function grouped(
  plan: Compiled,
  line: (id: string) => string,
  open: (group: string, number: number) => string,
  close: string,
): string[] {
  const within = new Map<string, string[]>();
  for (const id of plan.order) {
    const group = plan.groups?.get(id) ?? '';
    within.set(group, [...(within.get(group) ?? []), id]);
    // A group that holds groups only is a group too.
    for (let outer = group; outer !== ''; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.'))))
      within.set(outer, within.get(outer) ?? []);
  }
  const names = [...within.keys()].filter((name) => name !== '').sort();
  const draw = (group: string, indent: string): string[] => [
    ...(within.get(group) ?? []).map((id) => `${indent}${line(id)}`),
    ...names
      .filter((name) => name.slice(0, Math.max(0, name.lastIndexOf('.'))) === group)
      .flatMap((name) => [
        `${indent}${open(name, names.indexOf(name))}`,
        ...draw(name, `${indent}  `),
        `${indent}${close}`,
      ]),
  ];
  return draw('', '  ');
}

function count(n: number, word: string): string {
  return `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`;
}

function few(ids: readonly string[]): string {
  return ids.length <= 6 ? ids.join(', ') : `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more`;
}
