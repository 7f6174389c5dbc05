/** JSON files to records: fields found by column name, or by the paths of a JSONPaths file. */
import type { Column } from './catalog';
import type { CopyRecord, Field } from './copy-records';
import {
  JsonNumber,
  JsonReader,
  numberText,
  serializeSuper,
  type SuperValue,
  writeSuper,
} from './functions/json-value';
import { RedshiftError } from './redshift-error';

export type JsonPath = (string | number)[];

/** `$['a'][0]` and `$.a[0]`. */
export function parseJsonPath(path: string): JsonPath {
  const steps: JsonPath = [];
  let rest = path.trim().replace(/^\$/, '');
  if (!path.trim().startsWith('$')) throw new RedshiftError(`invalid JSONPath "${path}": it must start with $`);
  while (rest !== '') {
    const match = /^\.([^.[\]]+)/.exec(rest) ?? /^\[\s*'([^']*)'\s*\]/.exec(rest) ?? /^\[\s*"([^"]*)"\s*\]/.exec(rest);
    const index = match ? null : /^\[\s*(\d+)\s*\]/.exec(rest);
    if (!match && !index) throw new RedshiftError(`invalid JSONPath "${path}" at "${rest}"`);
    steps.push(match ? (match[1] as string) : Number(index?.[1]));
    rest = rest.slice((match ?? index)?.[0].length);
  }
  return steps;
}

export function readJsonPaths(text: string, columns: number): JsonPath[] {
  let parsed: { jsonpaths?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new RedshiftError('the JSONPaths file is not valid JSON');
  }
  if (!Array.isArray(parsed.jsonpaths) || parsed.jsonpaths.some((path) => typeof path !== 'string'))
    throw new RedshiftError('the JSONPaths file has no list "jsonpaths" of strings');
  if (parsed.jsonpaths.length !== columns)
    throw new RedshiftError(
      `Number of jsonpaths and the number of columns should match. JSONPath size: ${parsed.jsonpaths.length}, Number of columns in table or column list: ${columns}`,
    );
  return (parsed.jsonpaths as string[]).map(parseJsonPath);
}

export function* readJsonRecords(
  text: string,
  columns: readonly Column[],
  mode: string,
  paths: readonly JsonPath[] | undefined,
): Generator<CopyRecord> {
  const reader = new JsonReader(text);
  let line = 1;
  let counted = 0;
  while (reader.more()) {
    for (; counted < reader.at; counted++) if (text.charCodeAt(counted) === 10) line++;
    const start = reader.at;
    let value: SuperValue;
    try {
      value = reader.value(0);
    } catch (error) {
      yield {
        line,
        raw: text.slice(start, start + 200),
        problem: `Invalid JSON: ${(error as Error).message.replace(/^ERROR: /, '')}`,
      };
      return;
    }
    const raw = text.slice(start, reader.at);
    if (mode === 'noshred') {
      yield { line, raw, fields: [{ text: writeSuper(value), quoted: true }] };
      continue;
    }
    if (!(value instanceof Map) && !(Array.isArray(value) && paths)) {
      yield { line, raw, problem: 'Invalid JSON: an object was expected' };
      continue;
    }
    yield {
      line,
      raw,
      fields: columns.map((column, index) => toField(find(value, column, mode, paths?.[index]), column)),
    };
  }
}

function find(value: SuperValue, column: Column, mode: string, path: JsonPath | undefined): SuperValue | undefined {
  if (path) {
    let current: SuperValue | undefined = value;
    for (const step of path) {
      if (typeof step === 'number') current = Array.isArray(current) ? current[step] : undefined;
      else current = current instanceof Map ? current.get(step) : undefined;
      if (current === undefined) return undefined;
    }
    return current;
  }
  if (!(value instanceof Map)) return undefined;
  if (mode === 'auto ignorecase') {
    for (const [key, item] of value) if (key.toLowerCase() === column.name.toLowerCase()) return item;
    return undefined;
  }
  return value.get(column.name);
}

/** A JSON value as the field a column reads; the marker stands for NULL. */
function toField(value: SuperValue | undefined, column: Column): Field {
  if (value === undefined || value === null) return { text: '\\N' };
  if (column.type.name === 'super') return { text: writeSuper(value), quoted: true };
  if (typeof value === 'string') return { text: value, quoted: true };
  if (value instanceof JsonNumber) return { text: numberText(value), quoted: true };
  return { text: typeof value === 'boolean' ? String(value) : serializeSuper(value), quoted: true };
}
