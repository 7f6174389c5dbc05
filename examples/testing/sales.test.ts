// How to test a pipeline: the sales pipeline as it would be deployed, in vitest. `*` fakes every task; what has no fake really runs,
// on this computer. Jest takes the same file with its own describe, expect and it.

import { App } from 'aws-cdk-lib';
import { fail, testPipeline } from 'headrace/testing';
import { describe, expect, it } from 'vitest';
import { buildSales } from '../sales-pipeline/stack';

const LAKE = 's3://sales-lake-000000000000';
const WEEK = 'week=2001-01-08';

function sales(): App {
  const app = new App();
  buildSales(app);
  return app;
}

describe('the sales pipeline', () => {
  it('joins flights with their airports and loads them', async () => {
    const run = await testPipeline(sales(), {
      date: '2001-01-08',
      fakes: { Ingest: {} }, // no container: its files are given
      files: {
        [`${LAKE}/raw/airports/airports.csv`]:
          'iata,city,state,latitude\nABQ,Albuquerque,NM,35.04\nBNA,Nashville,TN,36.12\n',
        [`${LAKE}/raw/flights/${WEEK}/flights.csv`]:
          'flown_at,origin,destination,distance,delay\n2001-01-02 10:00:00,ABQ,BNA,1200,5\n2001-01-03 11:00:00,BNA,ABQ,1200,-3\n',
      },
    });

    expect(run.outcomes, run.toString()).toEqual({
      Ingest: 'succeeded',
      CrawlRaw: 'succeeded',
      ToParquet: 'succeeded',
      CrawlEu: 'succeeded',
      CrawlUs: 'succeeded',
      Load: 'succeeded',
    });
    expect(await run.query('SELECT origin_city, delay_minutes FROM flights ORDER BY flown_at')).toEqual([
      { origin_city: 'Albuquerque', delay_minutes: 5 },
      { origin_city: 'Nashville', delay_minutes: -3 },
    ]);
    expect(await run.table('sales_raw.airports')).toHaveLength(2);
    expect(await run.files(`${LAKE}/flights/`)).toEqual([expect.stringContaining(`flights/${WEEK}/part-00000`)]);
  });

  it('tells on-call which task failed, after the retries that it has', async () => {
    const run = await testPipeline(sales(), {
      fakes: { '*': {}, ToParquet: fail('Glue.OutOfMemory', 'the join did not fit') },
    });

    expect(run.outcomes).toMatchObject({ CrawlRaw: 'succeeded', ToParquet: 'failed', Load: 'upstream_failed' });
    expect(run.attempts).toMatchObject({ ToParquet: 3, Load: 0 });
    expect(run.alerts.join()).toMatch(/ToParquet/);
  });

  it('survives a container that dies once', async () => {
    const run = await testPipeline(sales(), {
      date: '2001-01-08',
      fakes: { '*': {}, Ingest: [fail('States.TaskFailed', 'spot capacity was taken back'), {}] },
    });

    expect(run.succeeded, run.toString()).toBe(true);
    expect(run.order).toEqual(expect.arrayContaining(['Ingest', 'CrawlRaw', 'ToParquet', 'Load']));
    expect(run.attempts['Ingest']).toBe(2); // the pause between them took no time
    const [first] = run.calls.filter((call) => call.task === 'Ingest');
    expect(JSON.stringify(first!.arguments)).toContain('2001-01-08');
  });
});
