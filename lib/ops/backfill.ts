// Which runs a backfill starts. In: the manifest, the days, what runs there are. Out: one item a time of the schedule, and what is left out.
// Always: times are the schedule's own, in its time zone, changes of the clocks included; a date that has a run gets another name.

import { BACKFILL_ITEMS_BYTES, type BackfillItem, itemText } from '../compile/backfill';
import type { Manifest } from '../compile/manifest';
import { firesBetween, intervalOf, runName } from '../compile/schedule';
import type { RunStatus } from '../view/run-state';
import { isoSeconds, logicalDateOf } from '../compile/new-run';
import { OperatorError } from '../compile/operator-error';
import { nextRunId } from './selection';

export interface BackfillWords {
  /** A day in the schedule's time zone, or a time. */
  readonly from: string;
  /** The last one, included. */
  readonly to: string;
  readonly reverse?: boolean;
  readonly skipSucceeded?: boolean;
}

/** A run that is there already. */
export interface KnownRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly logicalDate?: string;
}

export interface BackfillPlan {
  readonly items: readonly BackfillItem[];
  /** Dates that are left out, with the reason. */
  readonly left: readonly { readonly logicalDate: string; readonly reason: string }[];
  readonly expression: string;
  readonly timeZone: string;
}

const DAY = 86_400_000;

/** @throws OperatorError */
export function planBackfill(manifest: Manifest, words: BackfillWords, known: readonly KnownRun[]): BackfillPlan {
  const schedule = manifest.triggers.find((trigger) => trigger.expression !== undefined);
  if (schedule === undefined) {
    throw new OperatorError(
      `pipeline ${manifest.name} has no schedule, so it has no dates to fill: start runs with headrace run --date`,
    );
  }
  const { expression = '', timeZone = 'UTC' } = schedule;
  const times = timesOf(expression, timeZone, words);
  const runs = byDate(known);
  const items: BackfillItem[] = [];
  const left: { logicalDate: string; reason: string }[] = [];
  for (const time of times) {
    const logicalDate = isoSeconds(time);
    const there = runs.get(logicalDate) ?? [];
    const going = there.find((run) => run.status === 'RUNNING');
    const done = there.find((run) => run.status === 'SUCCEEDED');
    if (going !== undefined) left.push({ logicalDate, reason: `run ${going.run} goes on` });
    else if (done !== undefined && words.skipSucceeded) left.push({ logicalDate, reason: `run ${done.run} succeeded` });
    else items.push({ logicalDate, intervalStart: startOf(expression, timeZone, time), suffix: suffixOf(time, there) });
  }
  refuseTooMany(items);
  return { items: words.reverse ? items.reverse() : items, left, expression, timeZone };
}

/** The schedule's times of those days, or between those moments. */
function timesOf(expression: string, timeZone: string, { from, to }: BackfillWords): Date[] {
  const [first, last] = [momentOf(from, 'FROM'), momentOf(to, 'TO')];
  if (first.time > last.time) throw new OperatorError(`FROM ${from} is after TO ${to}`);
  const rate = expression.startsWith('rate(');
  // A day begins and ends somewhere within these hours, wherever on earth it is; a rate counts on from the first day.
  const after = first.time - (rate ? ratePeriod(expression) : first.day ? DAY : 1);
  const all = firesBetween(expression, timeZone, new Date(after), new Date(last.time + (last.day ? 2 * DAY : 0)));
  const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone: rate ? 'UTC' : timeZone, dateStyle: 'short' });
  const found = all.filter(
    (time) =>
      (first.day ? dayOf.format(time) >= from : time.getTime() >= first.time) &&
      (last.day ? dayOf.format(time) <= to : time.getTime() <= last.time),
  );
  if (found.length === 0)
    throw new OperatorError(`the schedule ${expression} (${timeZone}) has no time from ${from} to ${to}`);
  return found;
}

function momentOf(text: string, what: string): { readonly day: boolean; readonly time: number } {
  return { day: /^\d{4}-\d{2}-\d{2}$/.test(text), time: Date.parse(logicalDateOf(text, what)) };
}

function ratePeriod(expression: string): number {
  const [one] = firesBetween(expression, 'UTC', new Date(0), new Date(366 * DAY));
  return one?.getTime() ?? DAY;
}

function startOf(expression: string, timeZone: string, time: Date): string {
  return isoSeconds(intervalOf(expression, timeZone, time).start);
}

function suffixOf(time: Date, there: readonly KnownRun[]): string {
  const name = runName(time);
  const taken = there.map((run) => run.run);
  return taken.includes(name) ? nextRunId(name, taken).slice(name.length) : '';
}

/** Runs by logical date: told, or taken from the name that schedules and backfills give. */
function byDate(known: readonly KnownRun[]): Map<string, KnownRun[]> {
  const found = new Map<string, KnownRun[]>();
  for (const run of known) {
    const named = /^(\d{4}-\d{2}-\d{2}T\d{2})-(\d{2})-(\d{2}Z)/.exec(run.run);
    const date = run.logicalDate ?? (named === null ? undefined : `${named[1]}:${named[2]}:${named[3]}`);
    if (date !== undefined) found.set(date, [...(found.get(date) ?? []), run]);
  }
  return found;
}

function refuseTooMany(items: readonly BackfillItem[]): void {
  const bytes = items.reduce((sum, item) => sum + itemText(item).length + 3, 0);
  if (bytes <= BACKFILL_ITEMS_BYTES) return;
  const most = Math.floor(items.length * (BACKFILL_ITEMS_BYTES / bytes));
  throw new OperatorError(
    `${items.length} runs are too many for one backfill, some ${most} fit: fill a shorter time, then the next`,
  );
}
