// The page of `--json`, made from the published shapes. In: the schema. Out: Markdown: for each verb its fields and an example, then the shapes
// that several share.

import { SCHEMA, type Shape, VERBS, type Verb } from './json-shapes';

const HEAD = `# JSON

<!-- Made by \`npm run docs:json\` from headrace-json.schema.json; a test compares. Do not edit. -->

With \`--json\` a verb prints data on standard output, for runs of this machine and of an account alike.
[headrace-json.schema.json](headrace-json.schema.json) (JSON Schema, draft 2020-12) has the same shapes for programs: the entry of \`$defs\` whose title is
the command. It is strict, so that nothing is printed that is not told here: check with the schema of the version that you run.

- Within a major version fields and values of enumerations are added, never renamed or removed: pass over what you do not know.
- Times are ISO 8601, sums US dollars; other units are in the field's name. A field with \`?\` may be absent, the text says when; none is null unless it says so.
- Values of secret params are \`***\`, also inside inputs, outputs and causes.
- Notes for people go to standard error.

## When a verb fails

| exit code | | standard output | standard error |
|---|---|---|---|
| 0 | it did what was asked | JSON | notes, if any |
| 1 | a run failed or was stopped, something goes on that should have ended | JSON, the same shape | notes, if any |
| 2 | usage: a wrong word, an unknown pipeline, run or task, \`--yes\` is missing | nothing; \`plan\` and \`simulate\` print a [Problem](#problem) for each bad source | what is wrong, and what to do |
| 3 | not reachable or not allowed | nothing; \`doctor\` prints what it found | what is wrong, and what to do |
| 130 | Ctrl-C | JSON of what there was until then | |

A run of this machine whose store is full (1) or may not be written to (3) prints nothing on standard output. \`status\` and \`watch\` of a run that failed end
with 1, \`simulate\` with 0.
`;

const WIDTH = 120;
const RUN_FIELDS = 'runFields';

const named = (shape: Shape): string | undefined => shape.$ref?.replace('#/$defs/', '');
export const target = (shape: Shape): Shape => {
  const name = named(shape);
  if (name === undefined) return shape;
  const found = name.split('/').reduce((at, key) => (at as { [key: string]: unknown })[key], SCHEMA.$defs as unknown);
  return found as Shape;
};
/** The title of a shape with a section of its own. */
const ownSection = (shape: Shape): string | undefined => target(shape).title;
const link = (title: string): string =>
  `[${title}](#${title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')})`;

function fieldsOf(shape: Shape): { readonly fields: [string, Shape][]; readonly required: readonly string[] } {
  const base = shape.$ref === undefined ? undefined : fieldsOf(target(shape));
  return {
    fields: [...(base?.fields ?? []), ...Object.entries(shape.properties ?? {})],
    required: [...(base?.required ?? []), ...(shape.required ?? [])],
  };
}

function typeOf(shape: Shape): string {
  const section = shape.$ref === undefined ? undefined : ownSection(shape);
  if (section !== undefined) return link(section);
  const { type, enum: values, const: only, items, additionalProperties: rest, oneOf, ...whole } = target(shape);
  if (only !== undefined) return `\`${only}\``;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(' ');
  if (oneOf !== undefined) return oneOf.map(typeOf).join(' or ');
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (typeof rest === 'object' && whole.properties === undefined) return `object: name to ${typeOf(rest)}`;
  if (type === undefined) return 'any';
  return [type].flat().join(' or ');
}

function rowsOf(shape: Shape, path = ''): string[] {
  const { fields, required } = fieldsOf(shape);
  return fields.flatMap(([name, field]) => {
    const own = field.$ref !== undefined && ownSection(field) !== undefined;
    const whole = target(field);
    const text = field.description ?? whole.description ?? '';
    const [at, inner]: [string, Shape] = innerOf(`${path}${name}`, whole);
    return [
      `| \`${path}${name}${required.includes(name) ? '' : '?'}\` | ${typeOf(field)} | ${text} |`,
      ...(own || ownSection(inner) !== undefined ? [] : rowsOf(inner, `${at}.`)),
    ];
  });
}

/** What a list holds, or an object by name. */
function innerOf(path: string, shape: Shape): [string, Shape] {
  if (shape.items !== undefined) return [`${path}[]`, shape.items];
  const { additionalProperties: rest } = shape;
  return typeof rest === 'object' && shape.properties === undefined ? [`${path}.*`, rest] : [path, shape];
}

function table(shape: Shape): string[] {
  const rows = rowsOf(shape);
  return rows.length === 0 ? [] : ['', '| field | | |', '|---|---|---|', ...rows];
}

function bodyOf(verb: Shape): string[] {
  if (verb.oneOf !== undefined) return ['', `${typeOf(verb)}.`];
  if (verb.type === 'array') return verb.items!.$ref === undefined ? table(verb.items!) : ['', `${typeOf(verb)}.`];
  if (verb.$ref === undefined) return table(verb);
  if (named(verb) !== RUN_FIELDS) return ['', `As ${typeOf(verb)}.`];
  const { $ref: _run, ...own } = verb;
  return ['', `The fields of ${link('Run')}, and:`, ...table(own)];
}

function exampleOf({ 'x-lines': lines, examples = [] }: Verb): string[] {
  const shown = lines ? examples.map((one) => JSON.stringify(one)) : [compact(examples[0])];
  return ['', '```json', ...shown, '```'];
}

/** What fits into a line stands in one. */
function compact(value: unknown, indent = '', before = 0): string {
  const one = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
  if (typeof value !== 'object' || value === null || indent.length + before + one.length <= WIDTH) return one;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Object.entries(value).map(([key, each]) => {
    const name = Array.isArray(value) ? '' : `${JSON.stringify(key)}: `;
    return `${inner}${name}${compact(each, inner, name.length)}`;
  });
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function kindOf(shape: Shape): string {
  if (shape['x-lines']) return 'One JSON value a line.';
  return (shape.$ref === undefined ? shape : target(shape)).type === 'array' ? 'A list.' : 'One object.';
}

function verbSection(verb: Verb): string {
  return [
    `## headrace ${verb.title}`,
    '',
    `${kindOf(verb)} ${verb.description}`,
    ...bodyOf(verb),
    ...exampleOf(verb),
  ].join('\n');
}

export function jsonPage(): string {
  const shared = Object.values(SCHEMA.$defs).filter(
    ({ title }) => title !== undefined && !title.startsWith('headrace '),
  );
  const shapes = shared.map((shape) => [`## ${shape.title}`, '', shape.description, ...table(shape)].join('\n'));
  return `${[HEAD, ...VERBS.map(verbSection), ...shapes].join('\n\n').replace(/\n{3,}/g, '\n\n')}\n`;
}
