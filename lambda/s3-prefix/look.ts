// What lies behind a prefix. In: the place. Out: how many objects, how many bytes, when the newest came, the first few keys.

import { type LookCall, page } from './place';

const TOLD = 5;

export async function look({ source, suffix = '' }: LookCall): Promise<object> {
  let count = 0;
  let bytes = 0;
  let newest = 0;
  const keys: string[] = [];
  let after: string | undefined;
  for (let more = true; more; ) {
    const next = await page(source, after);
    for (const { key, size, modified } of next.listed) {
      after = key;
      // A key that ends in a slash with nothing in it is a console's picture of a folder.
      if (!key.endsWith(suffix) || (size === 0 && key.endsWith('/'))) continue;
      count += 1;
      bytes += size;
      newest = Math.max(newest, modified);
      if (keys.length < TOLD) keys.push(key);
    }
    more = next.more;
  }
  return { count, bytes, newest: newest === 0 ? '' : new Date(newest).toISOString(), keys };
}
