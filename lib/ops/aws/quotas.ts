// The quotas of an account and region. In: a service's code. Out: value by name: the applied one, the default where it was never changed.
// Always: two lists a service, each read once.

import type { ServiceQuota } from '@aws-sdk/client-service-quotas';
import type { Aws } from './aws';

export interface Quota {
  readonly name: string;
  readonly value: number;
  readonly applied: boolean;
}

export class Quotas {
  private readonly services = new Map<string, Promise<readonly Quota[]>>();

  constructor(private readonly aws: Aws) {}

  /** @throws Error if the service has no quota of such a name */
  async find(service: string, name: RegExp): Promise<Quota> {
    const all = this.services.get(service) ?? this.read(service);
    this.services.set(service, all);
    const found = (await all).find((quota) => name.test(quota.name));
    if (found === undefined) throw new Error(`Service Quotas has no such quota of ${service}`);
    return found;
  }

  private async read(service: string): Promise<readonly Quota[]> {
    const { paginateListAWSDefaultServiceQuotas, paginateListServiceQuotas } = await import(
      '@aws-sdk/client-service-quotas'
    );
    const paging = { client: await this.aws.serviceQuotas(), pageSize: 100 };
    const applied = await all(paginateListServiceQuotas(paging, { ServiceCode: service }));
    const known = new Set(applied.map((quota) => quota.QuotaCode));
    const defaults = await all(paginateListAWSDefaultServiceQuotas(paging, { ServiceCode: service }));
    const values = new Map(defaults.map((quota) => [quota.QuotaCode, quota.Value]));
    const changed = applied.flatMap((quota) => quotaOf(quota, quota.Value !== values.get(quota.QuotaCode)));
    const others = defaults.filter((quota) => !known.has(quota.QuotaCode)).flatMap((quota) => quotaOf(quota, false));
    return [...changed, ...others];
  }
}

function quotaOf({ QuotaName, Value }: ServiceQuota, applied: boolean): Quota[] {
  return QuotaName === undefined || Value === undefined ? [] : [{ name: QuotaName, value: Value, applied }];
}

async function all(pages: AsyncIterable<{ readonly Quotas?: ServiceQuota[] | undefined }>): Promise<ServiceQuota[]> {
  const found: ServiceQuota[] = [];
  for await (const { Quotas = [] } of pages) found.push(...Quotas);
  return found;
}
