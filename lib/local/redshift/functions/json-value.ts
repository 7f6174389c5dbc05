/**
 * SUPER values: JSON read without losing how a number was written (45000000 is an integer, 2.5 a decimal, 2.5e0 a
 * float), navigated and written back. A value is null, a boolean, a string, a `JsonNumber`, an array or a Map.
 */
import { RedshiftError } from '../redshift-error';

export class JsonNumber {
  public constructor(public readonly text: string) {}
  public get kind(): 'integer' | 'decimal' | 'float' {
    if (/[eE]/.test(this.text)) return 'float';
    return this.text.includes('.') ? 'decimal' : 'integer';
  }
  public toJSON(): number {
    return Number(this.text);
  }
}

export type SuperValue = null | boolean | string | JsonNumber | SuperValue[] | Map<string, SuperValue>;

const MAX_DEPTH = 1000;

export function parseSuper(text: string): SuperValue {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** One JSON value after another, as COPY reads a file of objects. */
export function parseSuperSequence(text: string): { value: SuperValue; line: number }[] {
  const reader = new JsonReader(text);
  const values: { value: SuperValue; line: number }[] = [];
  let line = 1;
  let counted = 0;
  while (reader.more()) {
    for (; counted < reader.at; counted++) if (text.charCodeAt(counted) === 10) line++;
    values.push({ value: reader.value(0), line });
  }
  return values;
}

export class JsonReader {
  public at = 0;
  public constructor(private readonly text: string) {}

  public more(): boolean {
    this.blanks();
    return this.at < this.text.length;
  }

  public end(): void {
    this.blanks();
    if (this.at < this.text.length) throw this.error();
  }

  public value(depth: number): SuperValue {
    if (depth > MAX_DEPTH) throw new RedshiftError('JSON is nested too deeply');
    this.blanks();
    const char = this.text[this.at];
    if (char === '{') return this.object(depth);
    if (char === '[') return this.array(depth);
    if (char === '"') return this.string();
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    number.lastIndex = this.at;
    const match = number.exec(this.text);
    if (!match) throw this.error();
    this.at += match[0].length;
    return new JsonNumber(match[0]);
  }

  private object(depth: number): Map<string, SuperValue> {
    const map = new Map<string, SuperValue>();
    this.at++;
    this.blanks();
    if (this.take('}')) return map;
    do {
      this.blanks();
      if (this.text[this.at] !== '"') throw this.error();
      const key = this.string();
      this.blanks();
      if (!this.take(':')) throw this.error();
      const value = this.value(depth + 1);
      if (!map.has(key)) map.set(key, value);
      this.blanks();
    } while (this.take(','));
    if (!this.take('}')) throw this.error();
    return map;
  }

  private array(depth: number): SuperValue[] {
    const items: SuperValue[] = [];
    this.at++;
    this.blanks();
    if (this.take(']')) return items;
    do {
      items.push(this.value(depth + 1));
      this.blanks();
    } while (this.take(','));
    if (!this.take(']')) throw this.error();
    return items;
  }

  private string(): string {
    const pattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) throw this.error();
    this.at += match[0].length;
    return JSON.parse(match[0]) as string;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private blanks(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at++;
  }

  private error(): RedshiftError {
    const near = this.text.slice(this.at, this.at + 20);
    return new RedshiftError(`JSON parsing error at offset ${this.at}${near ? ` near "${near}"` : ': unexpected end'}`);
  }
}

export function writeSuper(value: SuperValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeSuper).join(',')}]`;
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${writeSuper(item)}`).join(',')}}`;
}

/** A number as people read it: a float's exponent, kept inside to mark the type, is written out. */
export function numberText(number: JsonNumber): string {
  if (number.kind !== 'float') return number.text;
  return String(Number(number.text));
}

/** As `writeSuper`, with floats written as plain numbers. */
export function serializeSuper(value: SuperValue): string {
  if (value instanceof JsonNumber) return numberText(value);
  if (Array.isArray(value)) return `[${value.map(serializeSuper).join(',')}]`;
  if (value instanceof Map)
    return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${serializeSuper(item)}`).join(',')}}`;
  return writeSuper(value);
}

export function typeOfSuper(value: SuperValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'object';
  return value instanceof JsonNumber ? 'number' : typeof value;
}

/** One step into a value; undefined when there is no such place. */
export function stepInto(value: SuperValue, step: string | number, ignoreCase: boolean): SuperValue | undefined {
  if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
  if (!(value instanceof Map)) return undefined;
  if (ignoreCase && !value.has(step)) {
    for (const [key, item] of value) if (key.toLowerCase() === step.toLowerCase()) return item;
  }
  return value.get(step);
}
