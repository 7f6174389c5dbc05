// One step of a check of data. In: what is expected, what is known so far, the answer of the statement that ran. Out: the next statement,
// or the verdict. Always: the state machine runs the statements and waits for them; here nothing is waited for, and nothing is
// written but files that go aside.

import { named } from '../s3-prefix/place';
import type { Expectation, FoundColumn, Outputs, Progress } from './expectation';
import { fileSource, tableInput } from './file-table';
import { readHeads } from './heads';
import { columnProblems, firstOf, judge, told } from './judge';
import { measure, type Measured } from './measure';
import { type Names, placeOf, setAside } from './set-aside';
import { type Answer, cellsOf, columnsOf } from './sql-answer';

export interface HeadsCall {
  readonly action: 'heads';
  readonly expect: Expectation;
}

export interface NextCall {
  readonly action: 'next';
  readonly expect: Expectation;
  /** In words: `table sales.orders`. */
  readonly what: string;
  /** Nothing: the first step. */
  readonly progress?: Progress;
  /** Of the Data Catalog. */
  readonly table?: { readonly columns?: Answer; readonly keys?: Answer };
  readonly answer?: Answer;
  readonly names: Names;
}

export interface Step {
  readonly progress: Progress;
  /** Statements to run now: one for Athena, a transaction for Redshift. Nothing: it is over. */
  readonly statements?: readonly string[];
  readonly out?: Outputs;
  /** Why the task fails. */
  readonly cause?: string;
}

export async function handler(call: HeadsCall | NextCall): Promise<object> {
  if (call.action === 'heads') return heads(call);
  if (call.action === 'next') return next(call);
  throw new Error(`the action is ${JSON.stringify((call as { action?: unknown }).action)}: expected heads or next`);
}

async function heads({ expect }: HeadsCall): Promise<object> {
  const set = expect.files!;
  const aside = expect.policy === 'quarantine' ? expect.places?.broken : undefined;
  const { heads: read, found } = await readHeads(expect, set, aside);
  return {
    progress: { stage: 'columns', found, heads: read },
    // Nothing that Athena could be shown.
    ...(found.length > 0 && isOneTable(read) && { table: tableInput(set, found) }),
  };
}

function next(call: NextCall): Step {
  const { expect, progress, answer } = call;
  if (progress?.stage === 'measure') return verdict(call, progress);
  if (progress?.stage === 'aside') return further(call, progress);
  if (progress?.found !== undefined) {
    if (progress.found.length === 0 || !isOneTable(progress.heads)) return headsOnly(call, progress, progress.found);
    return counting(call, progress, progress.found);
  }
  if (call.table !== undefined) {
    const found = columnsOf(call.table);
    if (found.length === 0) throw named('Headrace.NoColumns', `${call.what} has no columns in the Data Catalog`);
    return counting(call, { stage: 'columns', found }, found);
  }
  if (progress?.stage === 'columns') {
    const found = columnsOf(answer ?? {});
    return counting(call, { stage: 'columns', found }, found);
  }
  return { progress: { stage: 'columns' }, statements: [`SELECT * FROM ${expect.source} t LIMIT 0`] };
}

/** Files that are no one table cannot be counted as one. */
function headsOnly(call: NextCall, progress: Progress, found: readonly FoundColumn[]): Step {
  const none: Measured = { rows: 0, nulls: new Map(), strange: new Map(), broken: 0 };
  const { heads: read } = progress;
  // Without files there are no columns that could be missing, only rows.
  const verdict = judge(isOneTable(read) ? { ...call.expect, columns: [] } : call.expect, found, none, read);
  const uncounted = 'the rows were not counted, since the files are no one table';
  const problems = isOneTable(read)
    ? verdict.problems
    : [...(read?.problems ?? []), ...columnProblems(call.expect, found), uncounted];
  const out = {
    ok: problems.length === 0,
    rows: 0,
    problems: firstOf(problems),
    brokenRows: 0,
    newest: read?.newest ?? '',
    ...filesOf(read),
  };
  const { places, policy } = call.expect;
  if (policy !== 'quarantine' || places === undefined) return ended(call, progress, out, problems);
  const others = problems.filter((one) => !verdict.ofRows.includes(one));
  return ended(call, progress, { ...out, clean: placeOf(places.clean, call.names) }, others);
}

/** Files that fit to each other, now that others may have gone aside. */
function isOneTable(heads: Progress['heads']): boolean {
  return heads === undefined || heads.problems.length === 0 || heads.moved > 0;
}

function counting(call: NextCall, progress: Progress, found: readonly FoundColumn[]): Step {
  return {
    progress: { ...progress, stage: 'measure' },
    statements: [measure(call.expect, sourceOf(call, found), found).sql],
  };
}

function sourceOf({ expect }: NextCall, found: readonly FoundColumn[]): string {
  return expect.files === undefined ? expect.source! : fileSource(expect.files, found);
}

function verdict(call: NextCall, progress: Progress): Step {
  const { expect } = call;
  const found = progress.found!;
  const source = sourceOf(call, found);
  const measured = measure(expect, source, found).read(cellsOf(call.answer ?? {}));
  const { problems, ofRows } = judge(expect, found, measured, progress.heads);
  const out: Outputs = {
    ok: problems.length === 0,
    rows: measured.rows,
    problems: firstOf(problems),
    brokenRows: measured.broken,
    newest: measured.newest ?? progress.heads?.newest ?? '',
    ...filesOf(progress.heads),
  };
  if (expect.policy !== 'quarantine') return ended(call, progress, out, problems);
  const others = problems.filter((one) => !ofRows.includes(one));
  // What stays wrong without these rows is no matter of rows.
  if (others.length > 0) return ended(call, progress, out, others);
  const aside = setAside(expect, source, found, call.names);
  const told = {
    ...out,
    ...(aside.clean !== undefined && { clean: aside.clean }),
    ...(aside.broken !== undefined && measured.broken > 0 && { broken: aside.broken }),
  };
  if (aside.statements.length === 0 || (expect.engine === 'redshift' && measured.broken === 0))
    return { progress: { ...progress, stage: 'aside' }, out: told };
  return further(call, { ...progress, stage: 'aside', out: told, left: aside.statements });
}

/** Athena takes one statement at a time, Redshift all of them or none. */
function further({ expect }: NextCall, progress: Progress): Step {
  const left = progress.left ?? [];
  if (left.length === 0) return { progress, out: progress.out! };
  const count = expect.engine === 'athena' ? 1 : left.length;
  return { progress: { ...progress, left: left.slice(count) }, statements: left.slice(0, count) };
}

function filesOf(heads: Progress['heads']): Pick<Outputs, 'files' | 'filesAside'> {
  return heads === undefined ? {} : { files: heads.files, filesAside: heads.moved };
}

function ended(call: NextCall, progress: Progress, out: Outputs, problems: readonly string[]): Step {
  if (problems.length === 0 || call.expect.policy === 'warn') return { progress, out };
  return { progress, cause: told(call.what, problems) };
}
