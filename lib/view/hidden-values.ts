// Values that may be neither shown nor written, such as params marked secret. In: the values, and texts, JSON or history events. Out: the
// same with `***` in their place. Always: JSON stays JSON; names, types, ids and times, by which a run is read, stay; a value is found as it
// is, line by line, as JSON inside JSON and percent-encoded. One of three characters or fewer is hidden where its param stands and not
// searched for elsewhere: it would hide half of every text, and guessing it is no work.

import type { Manifest, RunInput } from '../compile/manifest';

export const MASK = '***';

type Fields = { readonly [name: string]: unknown };

/** Fields of the run's input that the values of params cannot get into. */
const PLAIN_INPUT = new Set(['run', 'kept', 'logicalDate', 'intervalStart', 'intervalEnd', 'rerunOf']);
/** Errors that decide how a run is read. */
const OWN_ERROR = /^(?:States|Headrace)\./;

export class HiddenValues {
  /** Of the longest text that is searched for; 0 if there is none. */
  readonly longest: number;
  private readonly pattern: RegExp | undefined;
  private readonly exact: ReadonlySet<string>;
  /** Some value is an object or a list in JSON: it may stand as one in other JSON. */
  private readonly structured: boolean;

  /**
   * @param values texts to be hidden wherever they stand
   * @param params names of params whose values are hidden where they stand, however short
   */
  constructor(
    values: readonly string[],
    private readonly params: ReadonlySet<string> = new Set(),
  ) {
    this.exact = new Set(values.flatMap(parts).filter(isTelling));
    this.structured = [...this.exact].some((value) => /^[[{]/.test(value));
    const forms = [...new Set([...this.exact].flatMap(formsOf))].sort((a, b) => b.length - a.length);
    this.longest = forms[0]?.length ?? 0;
    if (forms.length > 0) this.pattern = new RegExp(forms.map(literal).join('|'), 'g');
  }

  /** The params of a run that its pipeline marks secret; all of them where its manifest could not be read and has no name. */
  static ofRun(manifest: Manifest, input: RunInput, more: readonly string[] = []): HiddenValues {
    const secret = manifest.params.filter((param) => param.secret).map((param) => param.name);
    const names = manifest.name === '' ? Object.keys(input.params ?? {}) : secret;
    const values = names.map((name) => input.params?.[name]).filter((value) => value !== undefined && value !== MASK);
    return new HiddenValues([...values.map(String), ...more], new Set(names));
  }

  /** A text as a person reads it: a line of a log, a message. */
  text(text: string): string {
    return this.pattern === undefined ? text : text.replace(this.pattern, MASK);
  }

  /** A text that may be JSON, and stays it. */
  json(text: string): string {
    if (!this.mayHold(text)) return text;
    const value = /^\s*[[{"\d\-tfn]/.test(text) ? parsed(text) : undefined;
    if (value === undefined) return this.text(text);
    const shown = this.data(value);
    return JSON.stringify(shown) === JSON.stringify(value) ? text : JSON.stringify(shown);
  }

  /** The name of an error, by which a run is read. */
  error(name: string): string {
    return OWN_ERROR.test(name) ? name : this.text(name);
  }

  /** Plain data. */
  data<T>(value: T): T {
    if (typeof value === 'string') return (this.exact.has(value) ? MASK : this.json(value)) as T;
    if (typeof value === 'number' || typeof value === 'bigint')
      return this.exact.has(String(value)) ? (MASK as T) : value;
    if (this.structured && typeof value === 'object' && this.exact.has(JSON.stringify(value))) return MASK as T;
    if (Array.isArray(value)) return value.map((each: unknown) => this.data(each)) as T;
    if (!isFields(value)) return value;
    const shown = Object.entries(value).map(([key, each]): [string, unknown] => [
      this.text(key),
      this.field(key, each),
    ]);
    return Object.fromEntries(shown) as T;
  }

  /** The input of a run, or of one of its machines. */
  input(text: string): string {
    const value = this.mayHold(text) ? parsed(text) : undefined;
    if (!isFields(value)) return this.json(text);
    const shown = Object.entries(value).map(([key, each]) => [
      key,
      PLAIN_INPUT.has(key) ? each : this.field(key, each),
    ]);
    return JSON.stringify(Object.fromEntries(shown));
  }

  /** An event in the shape of GetExecutionHistory; the very same one if nothing is to be hidden. */
  event<E extends object>(event: E): E {
    const changed: { [name: string]: unknown } = {};
    for (const [name, details] of Object.entries(event)) {
      if (!name.endsWith('EventDetails') || !isFields(details)) continue;
      const shown = this.details(name, details);
      if (shown !== details) changed[name] = shown;
    }
    return Object.keys(changed).length === 0 ? event : { ...event, ...changed };
  }

  private details(name: string, details: Fields): Fields {
    const changed: { [field: string]: unknown } = {};
    for (const [field, value] of Object.entries(details)) {
      const shown = this.detail(name, field, value);
      if (shown !== value) changed[field] = shown;
    }
    return Object.keys(changed).length === 0 ? details : { ...details, ...changed };
  }

  private detail(name: string, field: string, value: unknown): unknown {
    if (field === 'assignedVariables' && isFields(value)) return this.variables(value);
    if (typeof value !== 'string') return value;
    if (field === 'error') return this.error(value);
    if (field === 'input') return name === 'executionStartedEventDetails' ? this.input(value) : this.json(value);
    return field === 'output' || field === 'parameters' || field === 'cause' ? this.json(value) : value;
  }

  /** The very same ones if nothing is to be hidden. */
  private variables(values: Fields): Fields {
    const shown = Object.entries(values).map(([key, value]): [string, unknown] => [
      key,
      typeof value === 'string' ? this.json(value) : value,
    ]);
    return shown.every(([key, value]) => values[key] === value) ? values : Object.fromEntries(shown);
  }

  private field(key: string, value: unknown): unknown {
    if (key !== 'params' || !isFields(value)) return this.data(value);
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        this.params.has(name) ? name : this.text(name),
        this.params.has(name) ? MASK : this.data(each),
      ]),
    );
  }

  /** Whether it is worth being parsed: whoever wrote the JSON may have escaped any character, and JSON in JSON in JSON escapes again. */
  private mayHold(text: string): boolean {
    if (this.params.size > 0 && text.includes('params')) return true;
    if (this.pattern === undefined) return false;
    return text.search(this.pattern) !== -1 || /\\[u/\\]/.test(text);
  }
}

/** Whether a text is long enough to be searched for. */
export const isTelling = (value: string): boolean => value.length > 3;

/** A text as a whole, the texts in it if it is JSON, and each line: a log has only lines. */
function parts(value: string): string[] {
  const inner = parsed(value);
  const structured = typeof inner === 'object' && inner !== null;
  const whole = structured ? [value, JSON.stringify(inner), ...leaves(inner)] : [value];
  return whole.flatMap((text) => (text.includes('\n') ? [text, ...text.split(/\r?\n/)] : [text]));
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}

function formsOf(value: string): string[] {
  const once = escaped(value);
  const json = [once, asciiOnly(once), once.replaceAll('/', '\\/')];
  const percent = percentEncoded(value);
  return [value, ...json, ...json.map(escaped), percent, percent.replaceAll('%20', '+')];
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** As Python's json and others write it. */
const asciiOnly = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function percentEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text; // Half of a surrogate pair has no such form.
  }
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function isFields(value: unknown): value is Fields {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
