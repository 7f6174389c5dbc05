// What a run costs, from what it did. In: its history, prices, and sizes that history does not tell. Out: lines, each with its arithmetic.
// Always: the lines add up to the sum; what the history does not tell is a lower bound that says so, or is named and not priced.

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Manifest } from '../../compile/manifest';
import { firesBetween } from '../../compile/schedule';
import { type StartedWork, startedWork } from '../aws/started-work';
import { type Charge, type CostLine, linesOf, number, timesOf } from './charge';
import { mapRunsOf, taskOfChild } from '../map-runs';
import { pricedWork } from './priced-work';
import type { Prices } from './prices';
import { requestCharges } from './requests';
import { shortened } from '../shortened';
import type { SiteEvent } from '../site';
import { NO_SIZES, type Sizes } from './sizes';
import { transitionsOf } from './transitions';

export type { CostLine } from './charge';

export interface RunCost {
  readonly lines: readonly CostLine[];
  readonly dollars: number;
  /** What is billed elsewhere, or has no price here, with the tasks. */
  readonly unpriced: readonly string[];
}

/** Some of the items of a distributed Map, for all of them. */
export interface ItemSample {
  readonly mapRunArn: string;
  /** How many executions the Map run had. */
  readonly items: number;
  /** Of how many of them the events are. */
  readonly sampled: number;
  readonly events: readonly SiteEvent[];
}

export interface CostFacts {
  readonly sizes?: Sizes;
  readonly samples?: readonly ItemSample[];
}

export function runCost(
  manifest: Manifest,
  events: readonly SiteEvent[],
  prices: Prices,
  { sizes = NO_SIZES, samples = [] }: CostFacts = {},
): RunCost {
  const mapRuns = mapRunsOf(manifest, events);
  const part = (some: readonly SiteEvent[], times: number): CostPart => {
    const work = startedWork(manifest, some, taskOfChild(mapRuns));
    return {
      work,
      transitions: transitionsOf(some),
      requests: [...requestCharges(some, prices), ...ownFunctions(some, work, prices)],
      times,
    };
  };
  const parts = [
    part(events, 1),
    ...samples.map(({ items, sampled, events: some }) => part(some, sampled === 0 ? 0 : items / sampled)),
  ];
  const shown = new Set(events.map(({ executionArn }) => executionArn.split(':')[6]));
  const unseen = [...mapRuns].flatMap(([arn, task]) => {
    const sample = samples.find(({ mapRunArn }) => mapRunArn === arn);
    if (shown.has(arn.split(':')[6]) || (sample !== undefined && sample.sampled >= Math.min(1, sample.items)))
      return [];
    return [sample === undefined ? task : `${task} (${sample.items} items)`];
  });
  return costOf(manifest, parts, { prices, sizes }, unseen);
}

/** What some executions did. */
export interface CostPart {
  readonly work: readonly StartedWork[];
  readonly transitions: number;
  readonly requests: readonly Charge[];
  /** How many executions one of them stands for. */
  readonly times: number;
}

export function costOf(
  manifest: Manifest,
  parts: readonly CostPart[],
  rates: { readonly prices: Prices; readonly sizes: Sizes },
  unseen: readonly string[] = [],
): RunCost {
  const { prices } = rates;
  const unpriced = new Map<string, Set<string>>();
  const charges: Charge[] = [
    {
      what: 'Step Functions',
      terms: [
        {
          amount: parts.reduce((sum, { transitions, times }) => sum + transitions * times, 0),
          unit: 'transitions',
          price: prices.perTransition,
        },
      ],
    },
    ...startCharge(manifest, prices),
  ];
  for (const { work, times } of parts) {
    const priced = pricedWork(work, rates);
    charges.push(...priced.charges.map((charge) => (times === 1 ? charge : timesOf(charge, times))));
    for (const [what, tasks] of priced.unpriced) unpriced.set(what, new Set([...(unpriced.get(what) ?? []), ...tasks]));
  }
  for (const { requests, times } of parts) charges.push(...requests.map((charge) => timesOf(charge, times)));
  const lines = linesOf(charges);
  return {
    lines,
    dollars: lines.reduce((sum, line) => sum + line.dollars, 0),
    unpriced: [
      ...[...unpriced].map(([what, tasks]) => `${what}: ${shortened([...tasks])}`),
      ...(unseen.length === 0 ? [] : [`what the items did, which was not read: ${shortened([...new Set(unseen)])}`]),
      ...alertsNote(manifest, prices),
      ...(manifest.tasks.some(({ kind }) => COPIES.test(kind))
        ? ['requests to S3 that functions make for each object (S3CopyTask, S3DeleteTask)']
        : []),
    ],
  };
}

/** Calls of functions outside tasks: pools. */
function ownFunctions(events: readonly SiteEvent[], work: readonly StartedWork[], prices: Prices): Charge[] {
  const all = events.filter(
    ({ event }) => (event as HistoryEvent).taskScheduledEventDetails?.resourceType === 'lambda',
  ).length;
  const own = all - work.filter(({ service }) => service === 'lambda').length;
  if (own <= 0) return [];
  return [
    {
      what: 'pools (Lambda)',
      terms: [{ amount: own, unit: 'requests', price: prices.lambdaRequest }],
      bound: 'at least',
      because: 'how long those functions ran is not told',
    },
  ];
}

const COPIES = /^S3(Copy|Delete)Task$/;

function startCharge(manifest: Manifest, prices: Prices): Charge[] {
  if (!manifest.triggers.some(({ expression }) => expression !== undefined)) return [];
  return [
    {
      what: 'its schedule',
      terms: [
        { amount: 1, unit: 'invocations', price: prices.schedulerInvocation },
        { amount: 1, unit: 'call of the function that starts it', price: prices.lambdaRequest },
      ],
      bound: 'at least',
      because: 'how long that function ran is not told',
    },
  ];
}

function alertsNote({ alerts }: Manifest, prices: Prices): string[] {
  if (alerts.length === 0) return [];
  const each = [
    `SNS $${number(prices.snsPublish)}`,
    `a function $${number(prices.lambdaRequest)} and its time`,
    `a DynamoDB write $${number(prices.dynamodbWrite)}`,
    `an event $${number(prices.eventBridgeEvent)}`,
  ];
  return [`alerts, only when something is told: each ${each.join(', ')}`];
}

/** Runs of a month by the schedules, averaged over a year from `from`. */
export function runsPerMonth(manifest: Manifest, from: Date): number {
  const until = new Date(from.getTime() + 365 * 86_400_000);
  const counts = manifest.triggers.map(({ expression, timeZone = 'UTC' }) =>
    expression === undefined ? 0 : firesBetween(expression, timeZone, from, until).length,
  );
  return counts.reduce((sum, count) => sum + count, 0) / 12;
}
