// The account at an address, with no memory of earlier reads.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aws } from '../../../lib/ops/aws/aws';
import { AwsSite } from '../../../lib/ops/aws/aws-site';
import { HistoryCache } from '../../../lib/ops/aws/history-cache';

/** The clients read their endpoint from the process's environment only. */
export async function siteAt(url: string): Promise<AwsSite> {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
  });
  return AwsSite.open(new Aws(), new HistoryCache(mkdtempSync(join(tmpdir(), 'headrace-history-'))));
}
