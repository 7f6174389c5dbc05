// What is wrong, in words. In: what is expected, the columns that are there, what was counted. Out: one sentence a problem, of
// columns first, then of rows. Always: values from the data are cut and stand in one line, so that they say nothing of their own.

import { escapeText } from '../../lib/view/escape-text';
import { looksLike, plainType, sameType } from './column-type';
import type { Expectation, FoundColumn, Heads } from './expectation';
import type { Measured } from './measure';

export interface Verdict {
  readonly problems: readonly string[];
  /** Problems that are gone when the rows and files that break are. */
  readonly ofRows: readonly string[];
}

const LONGEST_SAMPLE = 60;

/** Columns that are missing or that nobody expects. */
export function columnProblems(expect: Expectation, found: readonly FoundColumn[]): string[] {
  const expected = new Set(expect.columns.map(({ name }) => name));
  const extra = found.filter(({ name }) => !expected.has(name));
  const missing = expect.columns.filter(({ name }) => !found.some((each) => each.name === name));
  const [only] = extra;
  const renamed =
    missing.length === 1 && extra.length === 1 ? `; column ${shown(only!.name)}, which nobody expects, is there` : '';
  return [
    ...missing.map(({ name, type }) => `column ${shown(name)} (${plainType(type)}) is missing${renamed}`),
    ...(expect.extraColumns || renamed !== ''
      ? []
      : extra.map(({ name, type }) => `column ${shown(name)}${typed(type)} is new: extra columns are not allowed`)),
  ];
}

export function judge(
  expect: Expectation,
  columns: readonly FoundColumn[],
  measured: Measured,
  heads: Heads | undefined,
): Verdict {
  const found = columns.filter(({ name }) => measured.rows === 0 || !measured.absent?.includes(name));
  // Files that went aside are no trouble any more than rows that do.
  const ofRows: string[] = [...(heads !== undefined && heads.moved > 0 ? heads.problems : [])];
  const others: string[] = [...(heads?.moved === 0 ? heads.problems : []), ...columnProblems(expect, found)];
  for (const column of expect.columns) {
    const is = found.find(({ name }) => name === column.name)?.type;
    if (is === undefined) continue;
    const strange = measured.strange.get(column.name);
    const counted = strange !== undefined && strange.rows > 0;
    const differs = is !== 'text' && !sameType(column.type, is);
    if (differs || counted) {
      const now = is === 'text' || !differs ? looksLike(strange?.sample ?? '') : plainType(is);
      const rows = counted ? `: ${counts(strange.rows, 'row')} like ${sampled(strange.sample)}` : '';
      const whole =
        differs && !counted && strange !== undefined ? `, though every value is one of ${plainType(column.type)}` : '';
      const text = `column ${shown(column.name)} was ${plainType(column.type)}, now ${now}${rows}${whole}`;
      // A table of Redshift keeps its type whatever rows leave it; what Athena writes anew has the expected one.
      (differs && (expect.engine === 'redshift' || strange === undefined) ? others : ofRows).push(text);
    }
    const empty = measured.nulls.get(column.name) ?? 0;
    if (empty > 0)
      ofRows.push(
        `column ${shown(column.name)} was never NULL, now it is in ${counts(empty, 'row')} of ${measured.rows}`,
      );
  }
  const { repeated } = measured;
  if (repeated !== undefined && repeated.keys > 0) {
    const names = expect.key!.map(shown).join(', ');
    const sample = repeated.sample === undefined ? '' : `, such as ${sampled(repeated.sample)}`;
    ofRows.push(
      `${names} was unique, now ${counts(repeated.keys, 'value')} ${repeated.keys === 1 ? 'stands' : 'stand'} in ${counts(repeated.rows, 'row')}${sample}`,
    );
  }
  return {
    problems: [...others, ...ofRows, ...countProblems(expect, measured), ...ageProblems(expect, measured, heads)],
    ofRows,
  };
}

function countProblems({ least, most }: Expectation, { rows }: Measured): string[] {
  if (least !== undefined && rows < least) return [`there ${are(rows)}, at least ${least} were expected`];
  if (most !== undefined && rows > most) return [`there ${are(rows)}, at most ${most} were expected`];
  return [];
}

function ageProblems({ fresh }: Expectation, measured: Measured, heads: Heads | undefined): string[] {
  if (fresh === undefined) return [];
  const what = fresh.column === undefined ? 'object' : `value of ${shown(fresh.column)}`;
  const newest = fresh.column === undefined ? (heads?.newest ?? '') : (measured.newest ?? '');
  if (newest === '') return [`there is no newest ${what}: it should be at most ${span(fresh.seconds)} old`];
  const then = timeOf(newest);
  const asOf = timeOf(fresh.asOf);
  if (Number.isNaN(asOf))
    return [`the age cannot be told: asOf is ${sampled(fresh.asOf)}, expected a time in ISO 8601`];
  if (Number.isNaN(then)) return [`the newest ${what} is ${sampled(newest)}, which is no date and no time`];
  const age = Math.round((asOf - then) / 1000);
  if (age <= fresh.seconds) return [];
  return [`the newest ${what} is ${safe(newest)}, ${span(age)} old: at most ${span(fresh.seconds)} were expected`];
}

/** Dates, and times with or without a zone; without one they are in UTC. */
function timeOf(text: string): number {
  const zone = /(Z|UTC|[+-]\d\d(:?\d\d)?)$/i.exec(text.slice(10))?.[0] ?? '';
  const bare = text
    .slice(0, text.length - zone.length)
    .trim()
    .replace(' ', 'T');
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(bare)) return Number.NaN;
  const offset = zone === '' || /^(z|utc)$/i.test(zone) ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;
  return Date.parse(`${bare.includes('T') ? bare : `${bare}T00:00`}${offset}`);
}

function span(seconds: number): string {
  const [size, word] = seconds >= 172_800 ? [86_400, 'days'] : seconds >= 7200 ? [3600, 'hours'] : [60, 'minutes'];
  return `${Math.round((seconds / size) * 10) / 10} ${word}`;
}

function are(rows: number): string {
  return `${rows === 1 ? 'is' : 'are'} ${counts(rows, 'row')}`;
}

function counts(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function typed(type: string): string {
  return type === 'text' ? '' : ` (${plainType(type)})`;
}

export function shown(name: string): string {
  return `\`${safe(name)}\``;
}

function sampled(value: string | undefined): string {
  return `'${safe(value ?? '')}'`;
}

function safe(text: string): string {
  const points = [...text];
  return escapeText(points.length > LONGEST_SAMPLE ? `${points.slice(0, LONGEST_SAMPLE).join('')}...` : text);
}

const LONGEST_CAUSE = 8000;
const MOST_TOLD = 30;

/** The first of them, and how many more there are: outputs have a limit, too. */
export function firstOf(problems: readonly string[]): string[] {
  const rest = problems.length - MOST_TOLD;
  return rest <= 0 ? [...problems] : [...problems.slice(0, MOST_TOLD), `and ${rest} more`];
}

/** All problems as one text that fits into a cause. */
export function told(what: string, problems: readonly string[]): string {
  const lines = problems.length > 1 ? firstOf(problems).map((one) => `\n- ${one}`) : problems;
  const text = `${what} is not as expected: ${lines.join('')}`;
  return text.length <= LONGEST_CAUSE ? text : `${text.slice(0, LONGEST_CAUSE)} ...`;
}
