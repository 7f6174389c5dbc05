// The published shapes of `--json`. In: the words of a command and what it printed. Out: the shape of that verb, and what does not fit it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';

export interface Shape {
  readonly title?: string;
  readonly description?: string;
  /** Not one JSON value but one a line. */
  readonly 'x-lines'?: boolean;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly properties?: { readonly [field: string]: Shape };
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly additionalProperties?: boolean | Shape;
  readonly unevaluatedProperties?: boolean;
  readonly oneOf?: readonly Shape[];
  readonly examples?: readonly unknown[];
}

export interface Verb extends Shape {
  readonly title: string;
  /** Its entry of $defs. */
  readonly name: string;
}

const ROOT = join(__dirname, '..', '..');
export const SCHEMA = JSON.parse(readFileSync(join(ROOT, 'docs', 'headrace-json.schema.json'), 'utf8')) as {
  readonly $defs: { readonly [name: string]: Shape };
};

const COMMAND = 'headrace ';

/** What each verb prints, in the order of the file. */
export const VERBS: readonly Verb[] = Object.entries(SCHEMA.$defs).flatMap(([name, shape]) =>
  shape.title?.startsWith(COMMAND) ? [{ ...shape, title: shape.title.slice(COMMAND.length), name }] : [],
);

/** The verb, with the option that changes what it prints: `rerun --dry-run`. */
export function verbOf(words: readonly string[]): Verb | undefined {
  const fits = VERBS.filter(({ title }) => {
    const parts = title.split(' ');
    const own = parts.filter((part) => !part.startsWith('--'));
    return own.every((part, i) => words[i] === part) && parts.every((part) => words.includes(part));
  });
  return fits.sort((a, b) => b.title.split(' ').length - a.title.split(' ').length)[0];
}

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
ajv.addKeyword('x-lines');
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/);
ajv.addSchema(SCHEMA, 'shapes');
const compiled = new Map<string, ValidateFunction>();

/** Where a value does not have the shape of $defs: nothing if it has. */
export function faults(name: string, value: unknown): string[] {
  const known = compiled.get(name) ?? ajv.compile({ $ref: `shapes#/$defs/${name}` });
  compiled.set(name, known);
  if (known(value)) return [];
  return (known.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The values that a verb printed. @throws SyntaxError if that was no JSON */
export function valuesOf(verb: Verb, out: string): unknown[] {
  if (verb['x-lines'] !== true) return [JSON.parse(out)];
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** What a command printed does not fit the shape of its verb: nothing if it does. */
export function faultsOf(words: readonly string[], out: string): string[] {
  const verb = verbOf(words);
  if (verb === undefined) return [`headrace ${words.join(' ')} has no shape in docs/headrace-json.schema.json`];
  return valuesOf(verb, out).flatMap((value) => faults(verb.name, value));
}
