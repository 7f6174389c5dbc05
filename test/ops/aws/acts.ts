// What is recorded, and replayed by the tests: the same acts on the services and on their recordings.

import type { AwsSite } from '../../../lib/ops/aws/aws-site';
import type { LogPiece, Stopped } from '../../../lib/ops/site';

/** Lines before those that are asked for. */
export const NOISE = 500;
export const WORKS = ['Job', 'Crawl', 'Array', 'Step', 'Spark', 'Function', 'Query', 'Statement'];

export type Logs = { readonly [task: string]: LogPiece };

async function works(site: AwsSite): Promise<Logs> {
  const run = await site.read('Services-Works', 'latest');
  const found: Record<string, LogPiece> = {};
  for (const task of WORKS) found[task] = await site.logs(run, { task, lines: 3 });
  const first = await site.logs(run, { task: 'Job', lines: 2, after: '' });
  found['Job followed'] = first;
  found['Job later'] = await site.logs(run, { task: 'Job', lines: 2, after: first.next! });
  return found;
}

async function fails(site: AwsSite): Promise<Logs> {
  const run = await site.read('Services-Fails', 'latest');
  return {
    last: await site.logs(run, { task: 'Container', lines: 40 }),
    first: await site.logs(run, { task: 'Container', lines: 2, attempt: 1 }),
    gone: await site.logs(run, { task: 'Job', lines: 40 }),
  };
}

async function holds(site: AwsSite): Promise<readonly Stopped[]> {
  return site.stop(await site.read('Services-Holds', 'latest'), 'wrong file');
}

export const ACTS = { works, fails, holds };
