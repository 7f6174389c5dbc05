// The log of one task of a deployed run: from the history which job, container or function it was, from the service where that writes,
// from CloudWatch (or S3) the last lines. In: the run, the task. Out: the lines and the place. Always: a log that cannot be found is
// told with the place where it should be.

import { OperatorError } from '../../compile/operator-error';
import type { LogPiece, LogRequest, SiteRun } from '../site';
import { said } from '../unreachable-error';
import { logLink } from '../../view/console-link';
import { mapRunsOf } from '../map-runs';
import type { Aws } from './aws';
import { type Lines, lookUp, MOST_LINES, readLines, type Readable } from './log-lines';
import { type LogPlace, nameOfPlace } from './log-place';
import { logPlaces } from './log-places';
import { passedOn } from './regional-call';
import { callOf, type StartedWork, startedWork } from './started-work';

/** Marks behind the lines that were shown, by the name of their place. */
type Marks = { readonly [place: string]: string };

/** Where was looked in vain, and why. */
interface Search {
  readonly told: string[];
  readonly empty: string[];
  first?: Readable;
}

export async function taskLog(aws: Aws, run: SiteRun, request: LogRequest): Promise<LogPiece> {
  const { task } = request;
  const works = startedWork(run.run.manifest, run.events).filter((each) => each.task === task);
  const attempt = attemptOf(works, run.head.run, request);
  const base = { run: run.head.run, task };
  const items = itemsOf(run, task);
  if (attempt === undefined) return { ...base, lines: [], note: items[0] ?? 'it started nothing that writes a log' };
  // What an attempt started last is what it failed with.
  const own = works.filter((each) => each.attempt === attempt).reverse();
  const search: Search = { told: items, empty: [] };
  if (request.after !== undefined) {
    return { ...base, attempt, ...(await goOn(aws, own, request, search)) };
  }
  for (const work of own) {
    for (const place of await placesOf(aws, work, search)) {
      const read = await tried(aws, place, search, (readable) => readLines(aws, readable, request.lines));
      const full = read.find(({ lines }) => lines.lines.length > 0);
      if (full === undefined) continue;
      const note = full.lines.cut ? { note: `only the last ${MOST_LINES} lines; the place holds more` } : {};
      return { ...base, attempt, lines: full.lines.lines, ...note, ...(await shown(aws, full.place)) };
    }
  }
  return {
    ...base,
    attempt,
    lines: [],
    note: whyNone(own, search),
    ...(search.first && (await shown(aws, search.first))),
  };
}

/** A task for each item starts little itself. */
function itemsOf({ run, events }: SiteRun, task: string): string[] {
  const own = [...mapRunsOf(run.manifest, events)].filter(([, each]) => each === task);
  return own.map(([arn]) => `each item ran as an execution of its own, with logs of its own: see Map run ${arn}`);
}

function attemptOf(works: readonly StartedWork[], run: string, { task, attempt }: LogRequest): number | undefined {
  const attempts = [...new Set(works.map((each) => each.attempt))].sort((a, b) => a - b);
  if (attempt === undefined || attempts.includes(attempt)) return attempt ?? attempts.at(-1);
  throw new OperatorError(
    `task ${task} has no attempt ${attempt} in run ${run}: there is ${attempts.join(', ') || 'none'}`,
  );
}

/** Whatever came behind the marks, in all places: a task that runs may write to several. */
async function goOn(aws: Aws, works: readonly StartedWork[], request: LogRequest, search: Search) {
  const marks = JSON.parse(request.after || '{}') as Marks;
  const next: Record<string, string> = { ...marks };
  const lines: string[] = [];
  for (const work of works) {
    for (const place of await placesOf(aws, work, search)) {
      for (const { place: at, lines: found } of await tried(aws, place, search, (readable) => {
        const mark = marks[nameOfPlace(readable)];
        return readLines(aws, readable, mark === undefined ? request.lines : MOST_LINES, mark);
      })) {
        lines.push(...found.lines);
        if (found.mark !== undefined) next[nameOfPlace(at)] = found.mark;
      }
    }
  }
  return { lines, next: JSON.stringify(next), ...(lines.length === 0 && { note: whyNone(works, search) }) };
}

async function placesOf(aws: Aws, work: StartedWork, search: Search): Promise<Exclude<LogPlace, { kind: 'none' }>[]> {
  try {
    const places = await logPlaces(aws, work);
    for (const place of places) if (place.kind === 'none') search.told.push(place.told);
    return places.filter((place) => place.kind !== 'none');
  } catch (error) {
    // The job may be forgotten, or asking for it not allowed: the other places may still have something.
    search.told.push(`${callOf(passedOn(work))}: ${said(error)}`);
    return [];
  }
}

async function tried(
  aws: Aws,
  place: Exclude<LogPlace, { kind: 'none' }>,
  search: Search,
  read: (place: Readable) => Promise<Lines>,
): Promise<{ readonly place: Readable; readonly lines: Lines }[]> {
  try {
    const readable = await lookUp(aws, place);
    search.first ??= readable[0];
    const found: { place: Readable; lines: Lines }[] = [];
    for (const one of readable) found.push({ place: one, lines: await read(one) });
    if (found.every(({ lines }) => lines.lines.length === 0)) search.empty.push(nameOfPlace(readable[0] ?? place));
    return found;
  } catch (error) {
    if (/^(ResourceNotFoundException|NoSuchKey|NoSuchBucket)$/.test((error as Error).name)) {
      search.empty.push(`${nameOfPlace(place)}${missing(error as Error)}`);
    } else {
      search.told.push(`${nameOfPlace(place)}: ${said(error)}`);
    }
    return [];
  }
}

/** A stream or an object comes with its first line; a group or bucket that is gone is another matter. */
function missing({ name, message }: Error): string {
  if (name === 'NoSuchBucket') return ' (there is no such bucket)';
  return /log group/.test(message) ? ' (there is no such log group)' : '';
}

async function shown(aws: Aws, place: Readable): Promise<{ place: string; link?: string }> {
  if (place.kind === 'object') return { place: nameOfPlace(place) };
  const link = logLink(place.region ?? (await aws.region()), place.group, place.stream);
  return { place: nameOfPlace(place), ...(link !== undefined && { link }) };
}

function whyNone(works: readonly StartedWork[], { told, empty }: Search): string {
  const parts = [...new Set(told), ...(empty.length > 0 ? [`nothing in ${[...new Set(empty)].join(', ')}`] : [])];
  if (parts.length > 0) return parts.join('; ');
  const calls = [...new Set(works.map((each) => callOf(passedOn(each))))].join(', ');
  return `${calls} writes no log of its own`;
}
