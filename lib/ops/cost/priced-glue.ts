// What Glue's jobs, crawlers and checks cost. In: the work, and DPU-hours where Glue itself told them. Out: a charge, or what it is that has no
// price here.

import type { Fields } from '../aws/started-work';
import { number } from './charge';
import { type FollowedWork, MINUTE, type Priced, positive, type Rates, secondsOf } from './followed-work';

const TEN_MINUTES = 600;

/** https://aws.amazon.com/glue/pricing: each second, one minute at least; ten before Glue 2.0. */
export function glueJob(work: FollowedWork, { prices }: Rates): Priced {
  const told = work.result ?? {};
  const capacity = positive(told['MaxCapacity']) ?? positive(told['AllocatedCapacity']);
  const dpus = capacity ?? dpusOf(told) ?? dpusOf(work.parameters);
  const flex = (told['ExecutionClass'] ?? work.parameters['ExecutionClass']) === 'FLEX';
  const price = flex ? prices.glueFlexDpuHour : prices.glueDpuHour;
  const what = `${work.task} (Glue${flex ? ' flex' : ''})`;
  const used = positive(told['DPUSeconds']);
  if (used !== undefined)
    return [{ what, terms: [{ amount: used / 3600, unit: 'DPU-h', price }], size: 'DPU-seconds as Glue tells' }];
  if (dpus === undefined) return 'Glue: a job run whose size is not told';
  const old = /^(0\.9|1\.0)$/.test(String(told['GlueVersion'])) && dpus > 1;
  const billed = Math.max(old ? TEN_MINUTES : MINUTE, positive(told['ExecutionTime']) ?? Math.ceil(secondsOf(work)));
  return [
    {
      what,
      seconds: billed,
      size: `${number(dpus)} DPU`,
      terms: [{ amount: (billed * dpus) / 3600, unit: 'DPU-h', price }],
    },
  ];
}

const WORKER_DPUS: { readonly [type: string]: number } = {
  Standard: 1,
  'G.025X': 0.25,
  'G.1X': 1,
  'G.2X': 2,
  'G.4X': 4,
  'G.8X': 8,
  'G.12X': 12,
  'G.16X': 16,
  'Z.2X': 2,
};

function dpusOf({ WorkerType, NumberOfWorkers, MaxCapacity }: Fields): number | undefined {
  const [each, workers] = [WORKER_DPUS[String(WorkerType)], positive(NumberOfWorkers)];
  return positive(MaxCapacity) ?? (each === undefined || workers === undefined ? undefined : each * workers);
}

/** https://aws.amazon.com/glue/pricing: each second, ten minutes at least a crawl. How many DPUs, only ListCrawls tells. */
export function crawl(work: FollowedWork, { prices, sizes }: Rates): Priced {
  const what = `${work.task} (Glue crawler)`;
  const crawler = String(work.parameters['Name'] ?? '');
  const least = TEN_MINUTES / 3600;
  const from = work.start.getTime() - 10_000;
  const to = (work.end ?? work.start).getTime();
  const told = sizes.crawls.find(
    (each) => each.crawler === crawler && each.start.getTime() >= from && each.start.getTime() <= to,
  );
  if (told !== undefined)
    return [
      {
        what,
        size: 'DPU-hours as Glue tells',
        terms: [{ amount: Math.max(least, told.dpuHours), unit: 'DPU-h', price: prices.glueDpuHour }],
      },
    ];
  const billed = Math.max(TEN_MINUTES, Math.ceil(secondsOf(work)));
  return [
    {
      what,
      seconds: billed,
      size: '1 DPU',
      terms: [{ amount: billed / 3600, unit: 'DPU-h', price: prices.glueDpuHour }],
      bound: 'at least',
      because: 'how many DPUs the crawler took is not told, 1 is the least',
    },
  ];
}

/** A run of rules is billed as a Glue job of G.1X workers. */
export function dataQuality(work: FollowedWork, { prices }: Rates): Priced {
  const workers = positive(work.look?.['NumberOfWorkers']) ?? positive(work.parameters['NumberOfWorkers']) ?? 5;
  const billed = Math.max(MINUTE, positive(work.look?.['ExecutionTime']) ?? Math.ceil(secondsOf(work)));
  return [
    {
      what: `${work.task} (Glue data quality)`,
      seconds: billed,
      size: `${number(workers)} DPU`,
      terms: [{ amount: (billed * workers) / 3600, unit: 'DPU-h', price: prices.glueDpuHour }],
    },
  ];
}
