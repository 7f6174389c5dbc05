// A machine in, the same machine out in which entering each state takes time: a Wait stands before every state. Waits hand their
// input on unchanged and set no variables, so nothing else is different.

import type { Json } from './engine';

type Fields = { [field: string]: Json };

const PREFIX = '\u29d6 ';

export function slowed(definition: Json, milliseconds: number): Json {
  return scope(definition as Fields, milliseconds);
}
/** How the added states' names begin. */
slowed.PREFIX = PREFIX;

function scope(machine: Fields, milliseconds: number): Fields {
  const states: [string, Json][] = [];
  for (const [name, state] of Object.entries(machine['States'] as { [name: string]: Fields })) {
    const at = `$fromMillis($toMillis($states.context.State.EnteredTime)+${milliseconds})`;
    states.push([PREFIX + name, { Type: 'Wait', Timestamp: `{% ${at} %}`, Next: name }]);
    states.push([name, led(state, milliseconds)]);
  }
  return { ...machine, StartAt: PREFIX + String(machine['StartAt']), States: Object.fromEntries(states) };
}

function led(state: Fields, milliseconds: number): Fields {
  const next: Fields = { ...state };
  for (const field of ['Next', 'Default']) if (typeof next[field] === 'string') next[field] = PREFIX + next[field];
  for (const field of ['Choices', 'Catch']) {
    const rules = next[field];
    if (Array.isArray(rules))
      next[field] = (rules as Fields[]).map((rule) => ({ ...rule, Next: PREFIX + String(rule['Next']) }));
  }
  if (Array.isArray(next['Branches']))
    next['Branches'] = (next['Branches'] as Fields[]).map((branch) => scope(branch, milliseconds));
  const processor = next['ItemProcessor'];
  if (processor !== undefined) next['ItemProcessor'] = scope(processor as Fields, milliseconds);
  return next;
}
