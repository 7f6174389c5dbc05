// What a run costs, from what it did. In: its history and prices. Out: lines, each with its arithmetic. Always: what is billed elsewhere
// (a warehouse, scanned data, storage) is named and not priced; nothing is estimated that history does not tell.

import type { Manifest } from '../compile/manifest';
import { firesBetween } from '../compile/schedule';
import { type Fields, type StartedWork, startedWork } from './aws/started-work';
import type { Prices } from './prices';
import type { SiteEvent } from './site';

export interface CostLine {
  readonly what: string;
  readonly arithmetic: string;
  /** US dollars. */
  readonly dollars: number;
}

export interface RunCost {
  readonly lines: readonly CostLine[];
  readonly dollars: number;
  /** What is billed elsewhere. */
  readonly unpriced: readonly string[];
}

const MINUTE = 60;

export function runCost(manifest: Manifest, events: readonly SiteEvent[], prices: Prices): RunCost {
  const transitions = events.filter(({ event }) =>
    /StateEntered$/.test((event as { type?: string }).type ?? ''),
  ).length;
  const lines: CostLine[] = [
    {
      what: 'Step Functions',
      arithmetic: `${transitions} transitions x $${prices.perTransition.toFixed(6)}`,
      dollars: transitions * prices.perTransition,
    },
  ];
  const unpriced = new Map<string, Set<string>>();
  for (const work of startedWork(manifest, events)) {
    const line = workLine(work, prices);
    if (typeof line !== 'string') lines.push(line);
    else if (line !== '') unpriced.set(line, (unpriced.get(line) ?? new Set()).add(work.task));
  }
  return {
    lines,
    dollars: lines.reduce((sum, line) => sum + line.dollars, 0),
    unpriced: [...unpriced].map(([what, tasks]) => `${what}: ${[...tasks].join(', ')}`),
  };
}

/** Runs of a month by the schedules, averaged over a year from `from`. */
export function runsPerMonth(manifest: Manifest, from: Date): number {
  const until = new Date(from.getTime() + 365 * 86_400_000);
  const counts = manifest.triggers.map(({ expression, timeZone = 'UTC' }) =>
    expression === undefined ? 0 : firesBetween(expression, timeZone, from, until).length,
  );
  return counts.reduce((sum, count) => sum + count, 0) / 12;
}

/** A line, or what it is that has no price here; nothing for calls that are free. */
function workLine(work: StartedWork, prices: Prices): CostLine | string {
  const service = work.service.replace(/^aws-sdk:/, '');
  const action = work.action.replace(/\..*$/, '');
  if (service === 'ecs' && action === 'runTask') return container(work, prices);
  if (service === 'glue' && action === 'startJobRun') return glueJob(work, prices);
  if (service === 'lambda') return call(work, prices);
  if (service === 'glue' && action === 'startCrawler') return 'Glue crawler, by its DPU hours';
  if (/^redshift/.test(service)) return /execute/i.test(action) ? 'Redshift, with the warehouse' : '';
  if (service === 'athena') return 'Athena, by scanned bytes';
  if (/^(elasticmapreduce|emr|batch)/.test(service)) return `${service}, with its machines`;
  return '';
}

function container(work: StartedWork, prices: Prices): CostLine | string {
  const started = (work.answer?.['Tasks'] as readonly Fields[] | undefined)?.[0] ?? work.result ?? {};
  const [vcpu, gb] = [Number(started['Cpu']) / 1024, Number(started['Memory']) / 1024];
  if (!(vcpu > 0 && gb > 0)) return 'ECS, size not told';
  const seconds = Math.max(MINUTE, secondsOf(work));
  const hour = vcpu * prices.fargateVcpuHour + gb * prices.fargateGbHour;
  return {
    what: `${work.task} (Fargate)`,
    arithmetic: `${seconds.toFixed(0)} s x (${vcpu} vCPU x $${prices.fargateVcpuHour} + ${gb} GB x $${prices.fargateGbHour}) / 3600`,
    dollars: (seconds * hour) / 3600,
  };
}

function glueJob(work: StartedWork, prices: Prices): CostLine | string {
  const dpus = Number(work.result?.['MaxCapacity'] ?? work.result?.['AllocatedCapacity']);
  if (!(dpus > 0)) return 'Glue job, size not told';
  const seconds = Math.max(MINUTE, Number(work.result?.['ExecutionTime'] ?? secondsOf(work)));
  return {
    what: `${work.task} (Glue)`,
    arithmetic: `${seconds.toFixed(0)} s x ${dpus} DPU x $${prices.glueDpuHour} / 3600`,
    dollars: (seconds * dpus * prices.glueDpuHour) / 3600,
  };
}

/** The function's memory is not in the history: 128 MB, the least there is, makes this a lower bound. */
function call(work: StartedWork, prices: Prices): CostLine {
  const seconds = secondsOf(work);
  return {
    what: `${work.task} (Lambda, at least)`,
    arithmetic: `$${prices.lambdaRequest.toFixed(7)} + ${seconds.toFixed(1)} s x 0.125 GB x $${prices.lambdaGbSecond}`,
    dollars: prices.lambdaRequest + seconds * 0.125 * prices.lambdaGbSecond,
  };
}

function secondsOf({ start, end }: StartedWork): number {
  return end === undefined ? 0 : (end.getTime() - start.getTime()) / 1000;
}
