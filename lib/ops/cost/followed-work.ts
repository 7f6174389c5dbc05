// Work with how it ended. In: what a run's tasks started. Out: the same without the looks at what goes on and without calls that were refused,
// each with what the last look told.
// Always: calls that a function passes on to another region are the function's call and the call itself; nothing is asked of AWS.

import { passedOn } from '../aws/regional-call';
import { callOf, type Fields, type StartedWork } from '../aws/started-work';
import type { Charge } from './charge';
import type { Prices } from './prices';
import type { Sizes } from './sizes';

export interface Rates {
  readonly prices: Prices;
  readonly sizes: Sizes;
}

/** Charges, nothing to pay, or what it is that has no price here. */
export type Priced = readonly Charge[] | string;

/** Seconds of the shortest bill of most services. */
export const MINUTE = 60;

/** Work with what the last look at it told. */
export interface FollowedWork extends StartedWork {
  readonly look?: Fields;
}

/** Which fields name what a look asks for, and what a start has begun. */
const FOLLOWED: readonly {
  readonly start: RegExp;
  readonly look: RegExp;
  readonly begun: (work: StartedWork) => unknown;
  readonly asked: (work: StartedWork) => unknown;
}[] = [
  {
    start: /glue:startCrawler$/,
    look: /glue:getCrawler$/,
    begun: ({ parameters }) => parameters['Name'],
    asked: ({ parameters }) => parameters['Name'],
  },
  {
    start: /glue:startDataQualityRulesetEvaluationRun$/,
    look: /glue:getDataQualityRulesetEvaluationRun$/,
    begun: ({ result }) => result?.['RunId'],
    asked: ({ parameters }) => parameters['RunId'],
  },
  {
    start: /redshiftdata:(batchE|e)xecuteStatement$/,
    look: /redshiftdata:describeStatement$/,
    begun: ({ result }) => result?.['Id'],
    asked: ({ parameters }) => parameters['Id'],
  },
  {
    start: /ecs:runTask$/,
    look: /ecs:describeTasks$/,
    begun: ({ result }) => firstOf(result?.['Tasks'])?.['TaskArn'],
    asked: ({ parameters }) => (parameters['Tasks'] as readonly unknown[] | undefined)?.[0],
  },
];

/** Work that is looked at ends when the last look saw it. */
export function followedWork(started: readonly StartedWork[]): FollowedWork[] {
  const open = new Map<string, { -readonly [K in keyof FollowedWork]: FollowedWork[K] }>();
  const found: FollowedWork[] = [];
  for (const work of started.filter(({ refused }) => !refused).flatMap(throughFunctions)) {
    const call = callOf(work);
    const start = FOLLOWED.findIndex((each) => each.start.test(call));
    const look = FOLLOWED.findIndex((each) => each.look.test(call));
    if (start >= 0) {
      const going = { ...work };
      open.set(`${start} ${work.task} ${String(FOLLOWED[start]!.begun(work))}`, going);
      found.push(going);
    } else if (look >= 0) {
      const going = open.get(`${look} ${work.task} ${String(FOLLOWED[look]!.asked(work))}`);
      if (going !== undefined) {
        going.end = work.end ?? work.start;
        if (work.result !== undefined) going.look = work.result;
      }
    } else found.push({ ...work });
  }
  return found;
}

export function secondsOf({ start, end }: StartedWork): number {
  return end === undefined ? 0 : Math.max(0, (end.getTime() - start.getTime()) / 1000);
}

/** A call that a function passes on to another region is both. */
function throughFunctions(work: StartedWork): StartedWork[] {
  const passed = passedOn(work);
  return passed === work ? [work] : [work, passed];
}

export function firstOf(list: unknown): Fields | undefined {
  return Array.isArray(list) && typeof list[0] === 'object' && list[0] !== null ? (list[0] as Fields) : undefined;
}

const MOST = 1e15;

/** A size or a time that can be one; else nothing is known. */
export function positive(value: unknown): number | undefined {
  const known = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return known > 0 && known <= MOST ? known : undefined;
}
