// The run's context as one variable, `$run`, set in the first state from the run's input, and only with the fields that some
// task refers to. The logical date is the schedule's time where the input carries it, else the moment the execution started.

import type { CompileRequest, Json } from './model';
import { quote } from './expression';
import type { Graph } from './order';

const LOGICAL = '($exists($states.input.logicalDate)?$states.input.logicalDate:$states.context.Execution.StartTime)';
const DAY = 86_400;

/** Fields of a run, and the expression that yields each. */
export function runFields(intervalSeconds: number): { readonly [field: string]: string } {
  const start = `$fromMillis($toMillis(${LOGICAL})-${Math.round(intervalSeconds * 1000)})`;
  return {
    date: `$substring(${LOGICAL},0,10)`,
    logicalDate: LOGICAL,
    intervalStart: `$exists($states.input.intervalStart)?$states.input.intervalStart:${start}`,
    intervalEnd: `$exists($states.input.intervalEnd)?$states.input.intervalEnd:${LOGICAL}`,
    id: '$states.context.Execution.Name',
    rerunOf: '$states.input.rerunOf',
  };
}

/** The object that becomes `$run`; undefined when no task refers to the run. */
export function runContext(request: CompileRequest, graph: Graph): string | undefined {
  const fields = new Set<string>();
  let params = false;
  let item = request.item === true;
  for (const { references } of graph.references) {
    for (const reference of references) {
      if (reference.kind === 'item') item = true;
      if (reference.kind !== 'run') continue;
      if (reference.field === 'param') params = true;
      else fields.add(reference.field);
    }
  }
  if (fields.size === 0 && !params && !item) return undefined;
  const whole = runFields(request.intervalSeconds ?? DAY);
  const known = request.item === true ? { ...whole, id: "$states.input.at.r&'-'&$states.input.at.n" } : whole;
  const parts = Object.keys(known)
    .filter((name) => fields.has(name))
    .map((name) => `'${name}':${known[name]}`);
  if (item) parts.push(`'item':$states.input.item,'at':$states.input.at`);
  if (params) parts.push(`'params':$merge([${literal(request.paramDefaults ?? {})},$states.input.params])`);
  return `{${parts.join(',')}}`;
}

/** A JSON value as JSONata text. */
function literal(value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(literal).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${quote(key)}:${literal(item)}`).join(',')}}`;
}
