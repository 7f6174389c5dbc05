// What a person typed for a run, as the run's input. In: date, params, chosen tasks, the manifest. Out: RunInput. Always: every
// word is checked against the manifest; the error names the word, what was expected and what is near.

import type { Manifest, ManifestParam, RunInput } from '../compile/manifest';
import type { Secrets } from './secrets';

export interface RunWords {
  /** `2024-01-31`, or a time with zone. */
  readonly date?: string;
  /** `name=value` */
  readonly params?: readonly string[];
  /** Where params marked secret may stand too. */
  readonly secrets?: Pick<Secrets, 'file' | 'find'>;
  /** Run these tasks alone. */
  readonly only?: readonly string[];
  /** Run these tasks and everything downstream of them. */
  readonly from?: readonly string[];
}

/** A word that cannot be followed. */
export class UsageError extends Error {}

/** @throws UsageError */
export function runInput(manifest: Manifest, words: RunWords): RunInput {
  const logicalDate = words.date === undefined ? undefined : logicalDateOf(words.date);
  const params = paramsOf(manifest, words.params ?? [], words.secrets);
  const run = selectionOf(manifest, words);
  return {
    ...(logicalDate !== undefined && { logicalDate }),
    ...(params !== undefined && { params }),
    ...(run !== undefined && { run }),
  };
}

function logicalDateOf(text: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const time = match ? Date.parse(match[2] === undefined ? `${match[1]}T00:00:00Z` : text) : Number.NaN;
  // Date.parse takes the 31st of February for the 2nd of March.
  const exists =
    match !== null && !Number.isNaN(time) && new Date(`${match[1]}T00:00:00Z`).toISOString().startsWith(match[1]!);
  if (!exists)
    throw new UsageError(`--date ${text} is no date: expected 2024-01-31, or 2024-01-31T02:30:00Z with its zone`);
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

function paramsOf(
  manifest: Manifest,
  words: readonly string[],
  secrets: RunWords['secrets'],
): { [name: string]: unknown } | undefined {
  const values = new Map<string, unknown>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`--param ${word}: expected name=value`);
    const name = word.slice(0, at);
    const param = manifest.params.find((each) => each.name === name);
    if (!param) {
      const known = manifest.params.map((each) => each.name).join(', ') || 'it declares none';
      throw new UsageError(`--param ${name}: pipeline ${manifest.name} has no such param (${known})`);
    }
    values.set(name, paramValue(param, word.slice(at + 1)));
  }
  for (const param of manifest.params) {
    if (values.has(param.name)) continue;
    const kept = param.secret ? secrets?.find(param.name) : undefined;
    const value = kept === undefined ? param.default : paramValue(param, kept);
    if (value === undefined) {
      const line = param.secret && secrets ? `, or as a line ${param.name}=value in ${secrets.file}` : '';
      throw new UsageError(`param ${param.name} has no default: give it with --param ${param.name}=value${line}`);
    }
    values.set(param.name, value);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}

function paramValue(param: ManifestParam, text: string): unknown {
  const wrong = (expected: string) =>
    new UsageError(`--param ${param.name}=${param.secret ? '***' : text}: expected ${expected}`);
  if (param.type === 'number') {
    if (text.trim() === '' || !Number.isFinite(Number(text))) throw wrong('a number');
    return Number(text);
  }
  if (param.type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw wrong('true or false');
    return text === 'true';
  }
  if (param.type === 'date' && !/^\d{4}-\d{2}-\d{2}$/.test(text)) throw wrong('a date such as 2024-01-31');
  return text;
}

function selectionOf(manifest: Manifest, { only = [], from = [] }: RunWords): string | undefined {
  if (only.length === 0 && from.length === 0) return undefined;
  for (const id of [...only, ...from]) {
    if (!manifest.tasks.some((task) => task.id === id)) {
      throw new UsageError(
        `task ${id} is not in pipeline ${manifest.name}: it has ${manifest.tasks
          .map((task) => task.id)
          .join(', ')
          .slice(0, 400)}`,
      );
    }
  }
  const chosen = new Set([...only, ...downstream(manifest, from)]);
  return manifest.tasks.map((task) => (chosen.has(task.id) ? '1' : '0')).join('');
}

function downstream(manifest: Manifest, from: readonly string[]): Set<string> {
  const next = new Map<string, string[]>();
  for (const task of manifest.tasks) for (const id of task.upstream) next.set(id, [...(next.get(id) ?? []), task.id]);
  const found = new Set(from);
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const each of next.get(id) ?? []) {
      if (!found.has(each)) {
        found.add(each);
        open.push(each);
      }
    }
  }
  return found;
}
