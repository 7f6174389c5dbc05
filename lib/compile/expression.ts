// JSONata text: quoting, merging, and strings with references turned into expressions. Nothing that an author typed may leave
// its quotes, so every literal goes through `quote`.

import type { Json } from './model';
import { hasMarker, type Reference, splitMarkers } from './reference';

/** The form in which a state holds an expression. */
export function expression(text: string): string {
  return `{% ${text} %}`;
}

export function isExpression(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}');
}

/** A JSONata string literal. JSONata knows JSON's escapes only, so a quote is written by its number. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\'\u0000-\u001f\u007f\u2028\u2029]/g, (char) => {
    if (char === '\\') return '\\\\';
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `'${escaped}'`;
}

/** Words that JSONata reads as operators where a field name could stand. */
const OPERATORS = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);

/** A field of an expression's value, whatever its name. */
export function field(base: string, name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !OPERATORS.has(name)) return `${base}.${name}`;
  return `$lookup(${base},${quote(name)})`;
}

/** Links of one chain; an engine evaluates a chain as deep as it is long, and engines bound their depth. */
const CHAIN = 16;

/** Texts joined to one: chains of chains, so that ten thousand parts are evaluated some sixty levels deep. */
export function concat(parts: readonly string[]): string {
  if (parts.length <= CHAIN) return parts.join('&');
  const links = Math.ceil(parts.length / CHAIN);
  const size = links <= CHAIN ? CHAIN : CHAIN ** Math.floor(Math.log(parts.length - 1) / Math.log(CHAIN));
  const groups: string[] = [];
  for (let i = 0; i < parts.length; i += size) groups.push(`(${concat(parts.slice(i, i + size))})`);
  return groups.join('&');
}

/** `object` added to what a variable holds; alone where the variable holds nothing yet. */
export function merged(variable: string, fresh: boolean, object: string): string {
  return fresh ? object : `$merge([$${variable},${object}])`;
}

/** Every string of a value with its references replaced; values without references are returned as they are. */
export function resolve(value: Json, text: (reference: Reference) => string): Json {
  return holdsMarker(value) ? resolveIn(value, text) : value;
}

/** Most values hold none, and are not to be copied. */
function holdsMarker(value: Json): boolean {
  if (typeof value === 'string') return hasMarker(value);
  if (value === null || typeof value !== 'object') return false;
  const fields = value as { readonly [key: string]: Json };
  for (const key in fields) if (holdsMarker(fields[key]!)) return true;
  return false;
}

function resolveIn(value: Json, text: (reference: Reference) => string): Json {
  if (typeof value === 'string') return resolveString(value, text);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => resolve(item, text));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, text)]));
}

/** References inside JSONata text that is not in `{% %}` yet. */
export function resolveText(code: string, text: (reference: Reference) => string): string {
  if (!hasMarker(code)) return code;
  return splitMarkers(code)
    .map((part) => (typeof part === 'string' ? part : text(part)))
    .join('');
}

function resolveString(value: string, text: (reference: Reference) => string): string {
  if (!hasMarker(value)) return value;
  if (isExpression(value)) return resolveText(value, text);
  const parts = splitMarkers(value);
  if (parts.length === 1) return expression(text(parts[0] as Reference));
  return expression(
    parts.map((part) => (typeof part === 'string' ? quote(part) : required(part, text(part)))).join('&'),
  );
}

/** Inside a longer text a missing value would silently be an empty one. */
function required(reference: Reference, value: string): string {
  return `($xr:=${value};$exists($xr)?$xr:$error(${quote(`${named(reference)} has no value`)}))`;
}

function named(reference: Reference): string {
  if (reference.kind === 'output') return `the output ${reference.name} of the task ${reference.task}`;
  if (reference.kind === 'item') return reference.name === undefined ? 'the item' : `the item's ${reference.name}`;
  return `the run's ${reference.param === undefined ? reference.field : `param ${reference.param}`}`;
}
