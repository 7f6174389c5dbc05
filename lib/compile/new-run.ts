// What a person typed for a new run, as the run's input. In: the manifest; date, params, chosen tasks. Out: input, and what to know before it
// starts. Always: every word is checked against the manifest before anything starts; a task that is not chosen counts as succeeded,
// without outputs.

import { findName } from './find-name';
import { downstreamOf, type Manifest, type ManifestParam, type RunInput } from './manifest';
import { OperatorError } from './operator-error';
import { intervalOf } from './schedule';

export interface RunWords {
  /** `2024-01-31`, or a time with zone. */
  readonly date?: string;
  /** `name=value` */
  readonly params?: readonly string[];
  /** Where params marked secret may stand too. */
  readonly secrets?: SecretSource;
  /** These tasks alone. */
  readonly only?: readonly string[];
  /** These and everything downstream of them. */
  readonly from?: readonly string[];
  /** These and everything upstream of them. */
  readonly to?: readonly string[];
  /** Not these. */
  readonly skip?: readonly string[];
}

/** A file of `NAME=value` lines that the user keeps. */
export interface SecretSource {
  readonly file: string;
  find(name: string): string | undefined;
}

export interface NewRun {
  readonly input: RunInput;
  /** Ids of the tasks that run. */
  readonly chosen: readonly string[];
  /** What the operator may not expect. */
  readonly notes: readonly string[];
}

/** @throws OperatorError */
export function newRun(manifest: Manifest, words: RunWords): NewRun {
  const logicalDate = words.date === undefined ? undefined : logicalDateOf(words.date, '--date');
  const params = paramsOf(manifest, words.params ?? [], words.secrets);
  const chosen = chosenTasks(manifest, words);
  const whole = chosen.size === manifest.tasks.length;
  return {
    input: {
      ...(logicalDate !== undefined && { logicalDate, ...intervalFor(manifest, logicalDate) }),
      ...(params !== undefined && { params }),
      ...(!whole && { run: manifest.tasks.map((task) => (chosen.has(task.id) ? '1' : '0')).join('') }),
    },
    chosen: [...chosen],
    notes: manifest.tasks.flatMap((task) => {
      const readers = (downstreamOf(manifest).get(task.id) ?? []).filter((next) => chosen.has(next.id));
      if (chosen.has(task.id) || task.outputs.length === 0 || readers.length === 0) return [];
      return [
        `${task.id} does not run, so it leaves no output ${task.outputs.join(', ')} for ${readers.map((next) => next.id).join(', ')}`,
      ];
    }),
  };
}

/** @throws OperatorError @returns ISO 8601 with Z */
export function logicalDateOf(text: string, option: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const time = match ? Date.parse(match[2] === undefined ? `${match[1]}T00:00:00Z` : text) : Number.NaN;
  // Date.parse takes the 31st of February for the 2nd of March.
  const exists =
    match !== null && !Number.isNaN(time) && new Date(`${match[1]}T00:00:00Z`).toISOString().startsWith(match[1]!);
  if (!exists) {
    throw new OperatorError(`${option} ${text} is no date: expected 2024-01-31, or 2024-01-31T02:30:00Z with its zone`);
  }
  return isoSeconds(new Date(time));
}

export function isoSeconds(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

/** Params as the run has them: those given, checked, and the defaults of the rest. @throws OperatorError */
export function paramsOf(
  manifest: Manifest,
  words: readonly string[],
  secrets?: SecretSource,
): { [name: string]: unknown } | undefined {
  const values = givenParams(manifest, words);
  for (const param of manifest.params) {
    if (values.has(param.name)) continue;
    const kept = param.secret ? secrets?.find(param.name) : undefined;
    const value = kept === undefined ? param.default : paramValue(param, kept);
    if (value === undefined) {
      const line = param.secret && secrets ? `, or as a line ${param.name}=value in ${secrets.file}` : '';
      throw new OperatorError(`param ${param.name} has no default: give it with --param ${param.name}=value${line}`);
    }
    values.set(param.name, value);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}

/** Those that were typed, checked. @throws OperatorError */
export function givenParams(manifest: Manifest, words: readonly string[]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new OperatorError(`--param ${word}: expected name=value`);
    const names = manifest.params.map((param) => param.name);
    const where = `the params of pipeline ${manifest.name}`;
    const name = findName({ what: 'param', word: word.slice(0, at), names, where });
    values.set(name, paramValue(manifest.params.find((each) => each.name === name)!, word.slice(at + 1)));
  }
  return values;
}

/** @throws OperatorError that shows no secret */
export function paramValue(param: ManifestParam, text: string): unknown {
  const wrong = (expected: string) =>
    new OperatorError(`--param ${param.name}=${param.secret ? '***' : text}: expected ${expected}`);
  if (param.type === 'number') {
    if (text.trim() === '' || !Number.isFinite(Number(text))) throw wrong('a number');
    return Number(text);
  }
  if (param.type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw wrong('true or false');
    return text === 'true';
  }
  if (param.type === 'date' && !isDay(text)) throw wrong('a date such as 2024-01-31');
  return text;
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** What the schedule would have covered at that time. */
function intervalFor(manifest: Manifest, logicalDate: string): Pick<RunInput, 'intervalStart' | 'intervalEnd'> {
  const schedule = manifest.triggers.find((trigger) => trigger.expression !== undefined);
  if (schedule === undefined) return {};
  const { start, end } = intervalOf(schedule.expression!, schedule.timeZone ?? 'UTC', new Date(logicalDate));
  return { intervalStart: isoSeconds(start), intervalEnd: isoSeconds(end) };
}

function chosenTasks(manifest: Manifest, { only = [], from = [], to = [], skip = [] }: RunWords): Set<string> {
  const names = manifest.tasks.map((task) => task.id);
  const where = `pipeline ${manifest.name}`;
  const known = (words: readonly string[]) => words.map((word) => findName({ what: 'task', word, names, where }));
  const downstream = new Map([...downstreamOf(manifest)].map(([id, tasks]) => [id, tasks.map((task) => task.id)]));
  const upstream = new Map(manifest.tasks.map((task) => [task.id, task.upstream]));
  let chosen = new Set(names);
  if (from.length > 0) chosen = reach(downstream, known(from));
  if (to.length > 0) {
    const before = reach(upstream, known(to));
    chosen = new Set([...chosen].filter((id) => before.has(id)));
  }
  if (only.length > 0) chosen = new Set([...(from.length + to.length > 0 ? chosen : []), ...known(only)]);
  for (const id of known(skip)) chosen.delete(id);
  if (chosen.size === 0) {
    throw new OperatorError(`nothing of pipeline ${manifest.name} would run: --from, --to and --skip leave no task`);
  }
  return new Set(names.filter((id) => chosen.has(id)));
}

function reach(next: ReadonlyMap<string, readonly string[]>, from: readonly string[]): Set<string> {
  const found = new Set(from);
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const each of next.get(id) ?? []) {
      if (found.has(each)) continue;
      found.add(each);
      open.push(each);
    }
  }
  return found;
}
