/** Compares an outcome with a case's expectation by the suite's rules: numbers by value, dates and strings by text. */
import type { Json } from '../../lib/local/redshift/result';
import type { Case, Outcome } from './redshift-suite';

const NUMERIC = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8']);

/** `right`, `refused` (an error where an answer was due), `wrong` (an answer that is not the expected one) or `missed` (no error where one was due). */
export type Verdict = 'right' | 'refused' | 'wrong' | 'missed';

export function judge(one: Case, outcome: Outcome): { verdict: Verdict; why: string } {
  const { expected } = one;
  if (expected.error) {
    if (!('error' in outcome)) return { verdict: 'missed', why: 'no error' };
    return outcome.stage === 'sql' ? { verdict: 'right', why: '' } : { verdict: 'refused', why: outcome.error };
  }
  if ('error' in outcome) return { verdict: 'refused', why: `${outcome.stage}: ${outcome.error}` };
  const why = difference(one, outcome);
  return why === '' ? { verdict: 'right', why: '' } : { verdict: 'wrong', why };
}

function difference(one: Case, outcome: Exclude<Outcome, { error: string }>): string {
  const { expected } = one;
  if (expected.ok) return '';
  if ('unloaded' in outcome) return unloadDifference(one, outcome);
  if (!('rows' in outcome)) return 'no rows';
  if (expected.row_count !== undefined)
    return outcome.rows.length === expected.row_count
      ? ''
      : `${outcome.rows.length} rows, expected ${expected.row_count}`;
  const want = expected.rows ?? [];
  if (want.length !== outcome.rows.length) return `${outcome.rows.length} rows, expected ${want.length}`;
  if (one.strict_columns && expected.columns && JSON.stringify(expected.columns) !== JSON.stringify(outcome.columns))
    return `columns ${outcome.columns.join()}`;
  const rows = outcome.rows.map((row) => row.map((value, index) => natural(value, outcome.types[index] ?? '')));
  const same = (left: Json[], right: Json[]) =>
    left.length === right.length && left.every((value, index) => equal(value, right[index] ?? null, one));
  if (expected.unordered) {
    const left = [...rows];
    for (const row of want) {
      const index = left.findIndex((other) => same(row, other));
      if (index < 0) return `missing row ${JSON.stringify(row)} in ${JSON.stringify(left.slice(0, 5))}`;
      left.splice(index, 1);
    }
    return '';
  }
  for (const [index, row] of want.entries())
    if (!same(row, rows[index] ?? [])) return `got ${JSON.stringify(rows[index])}, expected ${JSON.stringify(row)}`;
  return '';
}

/** A result's value as the suite writes it: numbers as numbers. */
export function natural(value: Json, type: string): Json {
  if (typeof value === 'string' && NUMERIC.has(type)) return Number(value);
  if (typeof value === 'string' && type === 'super' && /^-?\d/.test(value)) return Number(value);
  return value;
}

const STAMP = /^((?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(?::\d\d)?)?$/;

function stamp(text: string): string {
  const match = STAMP.exec(text);
  return match ? `${match[1]}${(match[2] ?? '').replace(/0+$/, '').replace(/\.$/, '')}${match[3] ?? ''}` : text;
}

function parsed(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function equal(want: Json, got: Json, one: Case): boolean {
  if (want === null || got === null) return want === got;
  if (one.compare === 'json' && typeof want === 'string') return canonical(parsed(want)) === canonical(parsed(got));
  if (typeof want === 'boolean' || typeof got === 'boolean') return want === got;
  if (typeof want === 'number') {
    if (typeof got !== 'number') return false;
    const { rel = 1e-9, abs = 1e-9 } = one.tolerance ?? {};
    return want === got || Math.abs(want - got) <= Math.max(rel * Math.max(Math.abs(want), Math.abs(got)), abs);
  }
  if (typeof got !== 'string' || typeof want !== 'string') return false;
  if (one.compare === 'trim') return want.trim() === got.trim();
  return stamp(want) === stamp(got) || stamp(want) === stamp(got).replace(/ +$/, '');
}

function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`)
    .join()}}`;
}

function unloadDifference(one: Case, outcome: Extract<Outcome, { unloaded: string[] }>): string {
  const { unloaded, unloaded_parquet: parquet } = one.expected;
  if (unloaded) {
    const got = unloaded.ordered ? outcome.unloaded : [...outcome.unloaded].sort();
    const want = unloaded.ordered ? unloaded.lines : [...unloaded.lines].sort();
    if (JSON.stringify(got) !== JSON.stringify(want))
      return `unloaded ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`;
    if (unloaded.manifest && !outcome.keys.includes(unloaded.manifest)) return 'no manifest';
    if (unloaded.suffix && !outcome.keys.every((key) => key.endsWith(unloaded.suffix as string)))
      return `keys ${outcome.keys.join()}`;
  }
  if (parquet) {
    const text = (rows: Json[][]) =>
      rows
        .map((row) => JSON.stringify(row))
        .sort()
        .join();
    if (text(outcome.rows ?? []) !== text(parquet.rows))
      return `parquet ${text(outcome.rows ?? [])}, expected ${text(parquet.rows)}`;
    for (const part of parquet.partitions ?? [])
      if (!outcome.keys.some((key) => key.includes(part))) return `no partition ${part}`;
  }
  return '';
}
