// The bill of a deployed run whose tasks are things of services (moto's): sizes that history does not tell are asked of the account.

import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { ListCrawlsCommand } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunCost } from '../../lib/ops/cost/cost';
import { names } from './services/names';
import { type Services, startServices } from './services/services';

describe('headrace cost of services', () => {
  let at: Services;
  let bill: RunCost;
  const line = (what: string) => bill.lines.find((each) => each.what === what);

  beforeAll(async () => {
    at = await startServices();
    const ran = await at.headrace('run', 'Services-Works', '--date', '2026-11-03', '--wait', '--json');
    expect([ran.code, ran.error]).toEqual([0, '']);
    const { code, error, json } = await at.headrace('cost', 'Services-Works', '--json');
    expect([code, error]).toEqual([0, '']);
    bill = json<{ bill: RunCost }>().bill;
  });
  afterAll(() => at.stop());

  it('has the memory of functions from the account', async () => {
    const asked = new GetFunctionConfigurationCommand({ FunctionName: names('works').function });
    const { MemorySize } = await at.clients.lambda.send(asked);
    const told = line('Function (Lambda)')!;
    expect(told.bound).toBeUndefined();
    expect(told.arithmetic).toContain(`${MemorySize! / 1024} GB`);
  });

  it('has the DPU-hours of crawls as Glue tells them', async () => {
    const { Crawls } = await at.clients.glue.send(new ListCrawlsCommand({ CrawlerName: names('works').crawler }));
    const told = line('Crawl (Glue crawler)')!;
    expect(told.bound).toBeUndefined();
    expect(told.dollars).toBeCloseTo(Crawls![0]!.DPUHour! * 0.44, 9);
  });

  it('adds a cluster nothing, and names what has no price', () => {
    expect(line('Statement (Redshift warehouse-works)')!.dollars).toBe(0);
    expect(line('Query (Athena)')!.arithmetic).toMatch(/^10 MB x /);
    expect(bill.unpriced).toContainEqual(expect.stringMatching(/^EMR on EC2: .*: Step$/));
    expect(bill.dollars).toBeCloseTo(
      bill.lines.reduce((sum, { dollars }) => sum + dollars, 0),
      12,
    );
  });
});
