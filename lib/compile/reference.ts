// References inside strings: a marker `⟦["output","Load","rows"]⟧` or `⟦["run","date"]⟧` stands in any string of a task body for a
// value that exists only when the pipeline runs. The constructs write markers, the compiler replaces them by JSONata.
// The marker is JSON between two rare brackets, so it survives being embedded in any text.

/** What a marker stands for. */
export type Reference =
  | { readonly kind: 'output'; readonly task: string; readonly name: string }
  /** The item of a task that runs once per item, or one field of it. */
  | { readonly kind: 'item'; readonly name?: string }
  /** `date`, `logicalDate`, `intervalStart`, `intervalEnd`, `id`, or `param` with its name. */
  | { readonly kind: 'run'; readonly field: string; readonly param?: string };

const OPEN = '⟦';
const CLOSE = '⟧';

/** The marker of a reference. */
export function marker(reference: Reference): string {
  return `${OPEN}${JSON.stringify(partsOf(reference))}${CLOSE}`;
}

function partsOf(reference: Reference): string[] {
  if (reference.kind === 'output') return ['output', reference.task, reference.name];
  if (reference.kind === 'item') return reference.name === undefined ? ['item'] : ['item', reference.name];
  return reference.param === undefined ? ['run', reference.field] : ['run', reference.field, reference.param];
}

/** A string cut at its markers: literal texts and references in order. */
export function splitMarkers(text: string): (string | Reference)[] {
  const parts: (string | Reference)[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf(OPEN, from);
    const close = open < 0 ? -1 : text.indexOf(CLOSE, open);
    if (close < 0) break;
    if (open > from) parts.push(text.slice(from, open));
    parts.push(parse(text.slice(open + 1, close)));
    from = close + 1;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Whether a string holds a marker. */
export function hasMarker(text: string): boolean {
  return text.includes(OPEN) && text.indexOf(CLOSE, text.indexOf(OPEN)) > 0;
}

function parse(text: string): Reference {
  const [kind, a, b] = JSON.parse(text) as string[];
  if (kind === 'output' && a !== undefined && b !== undefined) return { kind, task: a, name: b };
  if (kind === 'run' && a !== undefined) return b === undefined ? { kind, field: a } : { kind, field: a, param: b };
  if (kind === 'item') return a === undefined ? { kind } : { kind, name: a };
  throw new Error(`unknown reference ${text}`);
}
