// What the strings of a task refer to. One walk over body, runIf and outputs per task; the findings feed the check (unknown
// names), the order (a referenced output is an edge) and the render (only referenced values are carried).

import type { GraphTask, Json } from './model';
import { hasMarker, type Reference, splitMarkers } from './reference';

export interface TaskReferences {
  readonly references: readonly Reference[];
  /** Markers that cannot be read, and markers where AWS evaluates nothing. */
  readonly faults: readonly string[];
}

/** Fields that AWS takes literally. */
const LITERAL = new Set(['Type', 'Resource', 'Comment', 'StartAt', 'Next', 'Default', 'QueryLanguage', 'ErrorEquals']);

const NONE: TaskReferences = { references: [], faults: [] };

export function referencesOf(task: GraphTask): TaskReferences {
  const found: Reference[] = [];
  const faults: string[] = [];
  const read = (text: string, field: string): void => {
    if (!hasMarker(text)) return;
    if (LITERAL.has(field)) {
      faults.push(
        `the field ${field} holds a value that exists only when the pipeline runs, but AWS reads ${field} when it creates the machine`,
      );
      return;
    }
    try {
      for (const part of splitMarkers(text)) if (typeof part !== 'string') found.push(part);
    } catch {
      faults.push(
        `the reference in ${JSON.stringify(text)} cannot be read: expected one made by output(), run or param()`,
      );
    }
  };
  const visit = (value: Json, field: string): void => {
    if (typeof value === 'string') {
      read(value, field);
      return;
    }
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) visit(item, field);
      return;
    }
    const fields = value as { readonly [key: string]: Json };
    for (const key in fields) {
      const inner = fields[key]!;
      if (hasMarker(key))
        faults.push(
          `the key ${JSON.stringify(key)} holds a value that exists only when the pipeline runs; keys are fixed`,
        );
      visit(inner, key);
    }
  };
  visit((task.body.type === 'state' ? task.body.state : task.body.states) as Json, '');
  read(task.runIf ?? '', 'runIf');
  read(task.outputs ?? '', 'outputs');
  return found.length + faults.length === 0 ? NONE : { references: found, faults };
}
