// Crawls of a crawler, as Glue tells of them. In: its name, when the crawl was asked for and, where that is known, over. Out: the crawls that
// began in that time, the first one first. Always: no earlier ones are asked for: a crawler may have crawled each minute of a year.

import type { CrawlerHistory } from '@aws-sdk/client-glue';
import type { Aws } from './aws';

/** Clocks of services differ a little. */
const SLACK_MS = 10_000;
const MOST_PAGES = 10;

export interface CrawlTime {
  readonly crawler: string;
  readonly region: string | undefined;
  readonly from: Date;
  readonly to?: Date;
}

export async function crawlsIn(aws: Aws, { crawler, region, from, to }: CrawlTime): Promise<CrawlerHistory[]> {
  const { ListCrawlsCommand } = await import('@aws-sdk/client-glue');
  const client = await aws.glue(region);
  const first = from.getTime() - SLACK_MS;
  const last = to === undefined ? Number.POSITIVE_INFINITY : to.getTime() + SLACK_MS;
  const Filters = [{ FieldName: 'START_TIME' as const, FilterOperator: 'GE' as const, FieldValue: String(first) }];
  const found: CrawlerHistory[] = [];
  let NextToken: string | undefined;
  let pages = 0;
  do {
    const page = await client.send(
      new ListCrawlsCommand({ CrawlerName: crawler, MaxResults: 100, Filters, ...(NextToken && { NextToken }) }),
    );
    found.push(...(page.Crawls ?? []));
    NextToken = page.NextToken;
    pages += 1;
  } while (NextToken && pages < MOST_PAGES);
  const began = ({ StartTime }: CrawlerHistory) => StartTime?.getTime() ?? Number.NaN;
  return found.filter((crawl) => began(crawl) >= first && began(crawl) <= last).sort((a, b) => began(a) - began(b));
}
