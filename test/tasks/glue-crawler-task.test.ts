import { Duration, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CrawlerTarget, GlueCrawlerTask } from '../../lib';
import { allowed, definition, fails, mistakes, pipeline, play, template } from './run-task';

const crawler = (now: number, State: string, Status = 'SUCCEEDED', ago = 0) => ({
  Crawler: {
    State,
    LastCrawl: { Status, StartTime: new Date(now - ago * 1000).toISOString(), ErrorMessage: 'no access to s3://data' },
  },
});

function crawl(props: object = {}) {
  const sales = pipeline();
  new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: 's3://data/orders/', ...props });
  return sales;
}

describe('the crawl', () => {
  it('is waited for until the crawler is ready again', async () => {
    const run = await play(crawl(), (call, nth, now) =>
      call.action === 'startCrawler'
        ? {}
        : crawler(now, nth < 3 ? 'RUNNING' : 'READY', 'SUCCEEDED', nth < 3 ? 9000 : 5),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls).toEqual(['glue:startCrawler', ...Array.from({ length: 4 }, () => 'glue:getCrawler')]);
    // 5, 8, 12, 18 seconds: close together at first, then apart.
    expect(run.seconds).toBe(43);
  });

  it('is not mistaken for the crawl before, which failed', async () => {
    const run = await play(crawl(), (call, nth, now) => {
      if (call.action === 'startCrawler') return {};
      return nth === 0 ? crawler(now, 'READY', 'FAILED', 600) : crawler(now, 'READY', 'SUCCEEDED', 3);
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls.filter((call) => call === 'glue:getCrawler')).toHaveLength(2);
  });

  it.each([
    ['FAILED', 'Glue.CrawlFailed'],
    ['CANCELLED', 'Glue.CrawlCancelled'],
  ])('that ended as %s fails the task with the reason', async (status, error) => {
    const run = await play(crawl(), (call, _, now) =>
      call.action === 'startCrawler' ? {} : crawler(now, 'READY', status, 1),
    );
    expect(run.status).toBe('FAILED');
    expect(run.failure?.Error).toBe(error);
    expect(run.failure?.Cause).toMatch(
      new RegExp(`ended as ${status}: no access to s3://data .log group /aws-glue/crawlers, stream Demo-Sales-`),
    );
  });

  it('waits for a crawler that is running already, and then starts its own', async () => {
    const run = await play(crawl(), (call, nth, now) => {
      if (call.action === 'startCrawler')
        return nth < 2 ? fails('Glue.CrawlerRunningException', 'already running') : {};
      return crawler(now, 'READY', 'SUCCEEDED', 2);
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls).toEqual(['glue:startCrawler', 'glue:startCrawler', 'glue:startCrawler', 'glue:getCrawler']);
  });

  it('is stopped at the time limit', async () => {
    const run = await play(crawl({ timeout: Duration.minutes(10) }), (call, _, now) =>
      call.action === 'getCrawler' ? crawler(now, 'RUNNING', 'SUCCEEDED', 9000) : {},
    );
    expect(run.calls.at(-1)).toBe('glue:stopCrawler');
    expect(run.failure).toEqual({
      Error: 'Headrace.Timeout',
      Cause: 'Crawl was not done within its time limit of 10 minutes and has been stopped',
    });
    expect(run.seconds).toBeLessThan(670);
  });
});

describe('what is deployed', () => {
  it('is a crawler named after pipeline and task', () => {
    template(crawl()).hasResourceProperties('AWS::Glue::Crawler', {
      Name: 'Demo-Sales-C8F38FD9-Crawl',
      DatabaseName: 'raw',
      Targets: { S3Targets: [{ Path: 's3://data/orders/' }] },
    });
  });

  it('may start, look at and stop the crawlers of its pipeline and no other', () => {
    const rights = allowed(crawl());
    for (const action of ['glue:StartCrawler', 'glue:GetCrawler', 'glue:StopCrawler']) {
      expect(rights[action]).toEqual([
        'arn:<AWS::Partition>:glue:eu-west-1:111122223333:crawler/Demo-Sales-C8F38FD9-*',
      ]);
    }
  });

  it('names an existing crawler alone', () => {
    const sales = pipeline();
    new GlueCrawlerTask(sales, 'Crawl', { crawlerName: 'nightly' });
    expect(allowed(sales)['glue:StartCrawler']).toEqual([
      'arn:<AWS::Partition>:glue:eu-west-1:111122223333:crawler/nightly',
    ]);
    template(sales).resourceCountIs('AWS::Glue::Crawler', 0);
  });
});

describe('what is crawled', () => {
  const targets = [
    CrawlerTarget.s3('s3://data/orders/', { sampleSize: 10, exclusions: ['**.tmp'] }),
    CrawlerTarget.jdbc('warehouse', 'sales/public/%', { exclusions: ['audit%'] }),
    CrawlerTarget.delta(['s3://data/delta/events/']),
    CrawlerTarget.iceberg(['s3://data/iceberg/'], { maximumTraversalDepth: 5 }),
  ];

  it('may be files, a database, Delta and Iceberg tables in one crawl', () => {
    template(crawl({ path: undefined, targets })).hasResourceProperties('AWS::Glue::Crawler', {
      Targets: {
        S3Targets: [{ Path: 's3://data/orders/', SampleSize: 10, Exclusions: ['**.tmp'] }],
        JdbcTargets: [{ ConnectionName: 'warehouse', Path: 'sales/public/%', Exclusions: ['audit%'] }],
        DeltaTargets: [
          { DeltaTables: ['s3://data/delta/events/'], CreateNativeDeltaTable: true, WriteManifest: false },
        ],
        IcebergTargets: [{ Paths: ['s3://data/iceberg/'], MaximumTraversalDepth: 5 }],
      },
    });
  });

  it('is what its role may read: every place, and the connection alone', () => {
    const policies = JSON.stringify(template(crawl({ path: undefined, targets })).findResources('AWS::IAM::Policy'));
    for (const place of ['data/orders/', 'data/delta/events/', 'data/iceberg/']) expect(policies).toContain(place);
    expect(policies).toContain(':connection/warehouse');
    expect(policies).not.toContain(':connection/*');
  });

  it.each([
    ['with a folder as a database', CrawlerTarget.jdbc('c', 's3://b/'), 'the path of a database is "s3://b/"'],
    ['with no Delta table', CrawlerTarget.delta([]), 'CrawlerTarget.delta names no place'],
    ['with no sample', CrawlerTarget.s3('s3://b/', { sampleSize: 0 }), 'sampleSize is 0: expected a whole number'],
    ['with Iceberg outside of S3', CrawlerTarget.iceberg(['/data']), 'path is "/data": expected a place in S3'],
  ])('fails %s', (_, target, message) => {
    expect(mistakes(crawl({ path: undefined, targets: [target] }))).toContain(`[Demo/Sales/Crawl] ${message}`);
  });
});

describe('in another region', () => {
  it('the crawler lies in a support stack there and is called through a function', async () => {
    const sales = crawl({ region: 'us-west-2' });
    const states = definition(sales)['States'].Crawl.Branches[0].States;
    expect(states['Crawl start'].Resource).toBe('arn:aws:states:::lambda:invoke');
    expect(states['Crawl start'].Arguments.Payload).toMatchObject({
      region: 'us-west-2',
      service: 'glue',
      action: 'startCrawler',
    });
    const support = sales.node.root.node.findChild('Demo-headrace-us-west-2');
    Template.fromStack(support as Stack).hasResourceProperties('AWS::Glue::Crawler', {
      Name: 'Demo-Sales-C8F38FD9-Crawl',
    });
    template(sales).resourceCountIs('AWS::Glue::Crawler', 0);
    expect(allowed(sales)).not.toHaveProperty('glue:StartCrawler');
  });

  it('the errors of the service are those that Step Functions would give', async () => {
    const run = await play(crawl({ region: 'us-west-2' }), (call, nth, now) => {
      const { action } = (call.arguments as { Payload: { action: string } }).Payload;
      if (action === 'startCrawler') return nth === 0 ? fails('Glue.CrawlerRunningException') : { Payload: {} };
      return { Payload: crawler(now, 'READY', 'SUCCEEDED', 1) };
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls).toHaveLength(3);
  });
});

describe('fails', () => {
  it.each([
    ['without a path', { path: undefined }, 'path is missing'],
    ['with two ways to say a path', { paths: ['s3://b/'] }, 'path and paths are both given'],
    ['with a place that is not in S3', { path: '/data' }, 'path is "/data": expected a place in S3'],
    [
      'with a crawler that exists and settings for a new one',
      { crawlerName: 'x' },
      'database is given beside crawlerName',
    ],
  ])('%s', (_, props, message) => {
    expect(mistakes(crawl(props))).toContain(`[Demo/Sales/Crawl] ${message}`);
  });

  it('with a path that only a run knows', () => {
    const sales = pipeline();
    new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: `s3://data/day=${sales.run.date}/` });
    expect(mistakes(sales)).toContain('path holds a value that is known only when the pipeline runs');
  });
});
