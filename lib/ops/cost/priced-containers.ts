// What containers on Fargate cost, of ECS and of Batch. In: the work and what the services told. Out: a charge, or what it is that has no price
// here: machines of a cluster are paid by the hour anyway.

import type { Fields } from '../aws/started-work';
import { type Charge, number, timesOf } from './charge';
import { firstOf, type FollowedWork, MINUTE, type Priced, positive, type Rates, secondsOf } from './followed-work';
import type { Prices } from './prices';

const GB = 1024;
const FREE_DISK_GB = 20;

export function container(work: FollowedWork, rates: Rates): Priced {
  const begun = firstOf(work.result?.['Tasks']) ?? firstOf(work.answer?.['Tasks']) ?? {};
  const told = { ...begun, ...(work.result ?? {}), ...(firstOf(work.look?.['Tasks']) ?? {}) };
  const type = String(told['LaunchType'] ?? work.parameters['LaunchType'] ?? '');
  const provider = String(told['CapacityProviderName'] ?? '');
  const what = (how: string) => `${work.task} (${how})`;
  if (/^(EC2|EXTERNAL)$/.test(type) && !provider.startsWith('FARGATE'))
    return [{ what: what('ECS'), terms: [], size: 'a part of the cluster, nothing more' }];
  const [cpu, memory] = [positive(told['Cpu']), positive(told['Memory'])];
  if (cpu === undefined || memory === undefined) return 'ECS: a container whose size is not told';
  const disk = positive((told['EphemeralStorage'] as Fields | undefined)?.['SizeInGiB']) ?? FREE_DISK_GB;
  const spot = provider === 'FARGATE_SPOT';
  const charged = fargate({
    what: what(spot ? 'Fargate Spot' : 'Fargate'),
    seconds: between(told['PullStartedAt'], told['StoppedAt']) ?? secondsOf(work),
    vcpu: cpu / GB,
    gb: memory / GB,
    disk,
    arm: isArm(told),
    prices: rates.prices,
  });
  return [
    spot ? { ...charged, bound: 'at most', because: 'priced as on demand; Spot is cheaper, by the day' } : charged,
  ];
}

interface FargateUse {
  readonly what: string;
  readonly seconds: number;
  readonly vcpu: number;
  readonly gb: number;
  readonly disk: number;
  readonly arm: boolean;
  readonly prices: Prices;
}

/** From the pull of the image to the end, each second that began, one minute at least. https://aws.amazon.com/fargate/pricing */
function fargate({ what, seconds, vcpu, gb, disk, arm, prices }: FargateUse): Charge {
  const billed = Math.max(MINUTE, Math.ceil(seconds));
  const hours = billed / 3600;
  const more = Math.max(0, disk - FREE_DISK_GB);
  return {
    what,
    seconds: billed,
    size: `${number(vcpu)} vCPU, ${number(gb)} GB${more > 0 ? `, ${number(more)} GB of disk over ${FREE_DISK_GB}` : ''}${arm ? ', ARM' : ''}`,
    terms: [
      { amount: hours * vcpu, unit: 'vCPU-h', price: arm ? prices.fargateArmVcpuHour : prices.fargateVcpuHour },
      { amount: hours * gb, unit: 'GB-h', price: arm ? prices.fargateArmGbHour : prices.fargateGbHour },
      ...(more > 0 ? [{ amount: hours * more, unit: 'GB-h of disk', price: prices.fargateDiskGbHour }] : []),
    ],
  };
}

function isArm(told: Fields): boolean {
  const attributes = told['Attributes'];
  const list = Array.isArray(attributes) ? (attributes as readonly Fields[]) : [];
  return list.some(({ Name, Value }) => Name === 'ecs.cpu-architecture' && Value === 'arm64');
}

export function batchJob(work: FollowedWork, { prices }: Rates): Priced {
  const told = work.result ?? {};
  const platform = told['PlatformCapabilities'];
  const part = (told['Container'] ?? {}) as Fields;
  const onFargate =
    (Array.isArray(platform) && platform.includes('FARGATE')) || part['FargatePlatformConfiguration'] !== undefined;
  if (!onFargate) return 'Batch: its machines (EC2), or a size that is not told';
  const needs = (Array.isArray(part['ResourceRequirements']) ? part['ResourceRequirements'] : []) as readonly Fields[];
  const need = (type: string) => positive(needs.find((each) => each['Type'] === type)?.['Value']);
  const [vcpu, gb] = [need('VCPU') ?? positive(part['Vcpus']), need('MEMORY') ?? positive(part['Memory'])];
  if (vcpu === undefined || gb === undefined) return 'Batch: a job whose size is not told';
  const copies = positive((told['ArrayProperties'] as Fields | undefined)?.['Size']) ?? 1;
  const charged = fargate({
    what: `${work.task} (Batch on Fargate)`,
    // The time of an array is not that of its copies, which may wait for one another.
    seconds: copies > 1 ? 0 : (between(told['StartedAt'], told['StoppedAt']) ?? secondsOf(work)),
    vcpu,
    gb: gb / GB,
    disk: positive((part['EphemeralStorage'] as Fields | undefined)?.['SizeInGiB']) ?? FREE_DISK_GB,
    arm: (part['RuntimePlatform'] as Fields | undefined)?.['CpuArchitecture'] === 'ARM64',
    prices,
  });
  if (copies === 1) return [charged];
  const because = 'how long each copy of the array ran is not told, a minute is the least';
  return [{ ...timesOf(charged, copies), bound: 'at least', because }];
}

/** Seconds between two times of a service: milliseconds since 1970, or ISO 8601. */
function between(from: unknown, to: unknown): number | undefined {
  const [start, end] = [timeOf(from), timeOf(to)];
  return start === undefined || end === undefined || end < start ? undefined : (end - start) / 1000;
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
