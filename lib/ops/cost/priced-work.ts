// What the work of tasks costs. In: what a run's tasks started (or would start), sizes that history does not tell, prices. Out: charges, and
// what has no price here. Always: a look at something that goes on costs nothing, it tells how the work ended; what is not told is a lower
// bound that says so, or is named; a service that nobody knows is named, never an error.

import { callOf, type Fields, type StartedWork } from '../aws/started-work';
import { type Charge, number } from './charge';
import { type FollowedWork, followedWork, type Priced, positive, type Rates, secondsOf } from './followed-work';
import { batchJob, container } from './priced-containers';
import { crawl, dataQuality, glueJob } from './priced-glue';
import { redshiftCharges } from './priced-redshift';
import { type FunctionSize, functionName } from './sizes';

export interface PricedWork {
  readonly charges: readonly Charge[];
  /** What it is -> the tasks that used it. */
  readonly unpriced: ReadonlyMap<string, ReadonlySet<string>>;
}

export function pricedWork(started: readonly StartedWork[], rates: Rates): PricedWork {
  const followed = followedWork(started);
  const charges: Charge[] = [];
  const unpriced = new Map<string, Set<string>>();
  for (const work of followed) {
    const priced = charge(work, rates);
    if (typeof priced === 'string') unpriced.set(priced, (unpriced.get(priced) ?? new Set()).add(work.task));
    else charges.push(...priced);
  }
  return { charges: [...charges, ...redshiftCharges(followed, rates)], unpriced };
}

function charge(work: FollowedWork, rates: Rates): Priced {
  const call = callOf(work);
  if (call === 'ecs:runTask') return container(work, rates);
  if (call === 'glue:startJobRun') return glueJob(work, rates);
  if (call === 'glue:startCrawler') return crawl(work, rates);
  if (call === 'glue:startDataQualityRulesetEvaluationRun') return dataQuality(work, rates);
  if (/^lambda:/.test(call)) return call === 'lambda:invoke' ? functionCall(work, rates) : [];
  if (call === 'athena:startQueryExecution') return query(work, rates);
  if (call === 'batch:submitJob') return batchJob(work, rates);
  if (call === 'emr-serverless:startJobRun') return sparkServerless(work, rates);
  if (/^redshift/.test(call)) return [];
  if (call === 'states:startExecution') return 'a run of another state machine: headrace cost of that run';
  if (/^elasticmapreduce:(createCluster|addStep)$/.test(call))
    return 'EMR on EC2: its machines by instance type, and the part of EMR';
  if (call === 'emr-containers:startJobRun')
    return 'EMR on EKS: the machines of the cluster, and the part of EMR by vCPU and GB';
  if (call.startsWith('rdsdata:')) return 'the database, which is paid by the hour';
  if (KNOWN_ELSEWHERE.test(call) || FREE.test(call)) return [];
  return `${call}: has no price here`;
}

/** Requests, which are counted for the run as a whole. */
const KNOWN_ELSEWHERE = /^(dynamodb|s3|sns|sqs|events|eventbridge|http):|^glue:\w*(Table|Partition|Database)s?$/;
/** Questions and ends. */
const FREE = /:(get|list|describe|batchGet|head|cancel|stop|terminate|sendTask|delete|setTerminationProtection)/;

const LEAST_MEMORY: FunctionSize = { memoryMb: 128, arm: true };

function functionCall(work: FollowedWork, { prices, sizes }: Rates): Priced {
  const known = sizes.functions.get(functionName(String(work.parameters['FunctionName'] ?? '')));
  const waits = work.action.endsWith('.waitForTaskToken');
  const { memoryMb, arm } = known ?? LEAST_MEMORY;
  const seconds = waits ? 0 : secondsOf(work);
  const missing = [
    ...(waits ? ['how long the function itself ran is not told'] : []),
    ...(known === undefined && !waits ? ['the memory of the function is not known, 128 MB is the least'] : []),
  ];
  return [
    {
      what: `${work.task} (Lambda)`,
      ...(!waits && { seconds, size: `${number(memoryMb / 1024)} GB${arm ? ', ARM' : ''}` }),
      terms: [
        { amount: 1, unit: 'requests', price: prices.lambdaRequest },
        {
          amount: (seconds * memoryMb) / 1024,
          unit: 'GB-s',
          price: arm ? prices.lambdaArmGbSecond : prices.lambdaGbSecond,
        },
      ],
      ...(missing.length > 0 && { bound: 'at least' as const, because: missing.join('; ') }),
    },
  ];
}

const MB = 1024 * 1024;

/** https://aws.amazon.com/athena/pricing: bytes scanned, rounded up to MB, 10 at least; DDL and failed queries are free. */
function query(work: FollowedWork, { prices }: Rates): Priced {
  const told = (work.result?.['QueryExecution'] ?? work.result ?? {}) as Fields;
  const statistics = told['Statistics'] as Fields | undefined;
  const state = (told['Status'] as Fields | undefined)?.['State'];
  if (/^(DDL|UTILITY)$/.test(String(told['StatementType'])) || state === 'FAILED') return [];
  const scanned = statistics?.['DataScannedInBytes'];
  const billed = Math.max(10, Math.ceil((positive(scanned) ?? 0) / MB));
  const reused = (statistics?.['ResultReuseInformation'] as Fields | undefined)?.['ReusedPreviousResult'] === true;
  return [
    {
      what: `${work.task} (Athena)`,
      terms: [{ amount: reused ? 0 : billed, unit: 'MB', price: prices.athenaTbScanned / MB }],
      size: `$${prices.athenaTbScanned} a TB of ${MB.toLocaleString('en-US')} MB`,
      ...(scanned === undefined && {
        bound: 'at least' as const,
        because: 'how much is scanned is not known, 10 MB is the least',
      }),
    },
  ];
}

/** What EMR Serverless says that it bills, or else what the job used. */
function sparkServerless(work: FollowedWork, { prices }: Rates): Priced {
  const run = lowerCased((work.result?.['JobRun'] ?? work.result ?? {}) as Fields);
  const billed = run['billedresourceutilization'] as Fields | undefined;
  const used = billed ?? (run['totalresourceutilization'] as Fields | undefined);
  if (used === undefined)
    return 'EMR Serverless: a job run whose use is not told (billedResourceUtilization of GetJobRun)';
  const amounts = lowerCased(used);
  const term = (field: string, unit: string, price: number) => ({
    amount: positive(amounts[field]) ?? 0,
    unit,
    price,
  });
  return [
    {
      what: `${work.task} (EMR Serverless)`,
      terms: [
        term('vcpuhour', 'vCPU-h', prices.emrServerlessVcpuHour),
        term('memorygbhour', 'GB-h', prices.emrServerlessGbHour),
        ...(billed === undefined ? [] : [term('storagegbhour', 'GB-h of disk', prices.emrServerlessDiskGbHour)]),
      ],
      ...(billed === undefined && {
        bound: 'at least' as const,
        because: 'what was used; each worker is billed a minute at least, and its disk over 20 GB',
      }),
    },
  ];
}

function lowerCased(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
}
