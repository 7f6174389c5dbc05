// Posts JSON to an address on the internet. In: address, body, headers. Out: nothing, once the other side has taken it. Always: https
// only, no redirects followed, bounded in time; a fault that may pass (429, 5xx, no connection) is repeated with growing pauses, one
// that will not (4xx) is not; the address, which may be a secret, is in no error.

import { setTimeout as pause } from 'node:timers/promises';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;
const TIMEOUT_MS = 10_000;

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers?: { readonly [name: string]: string };
  /** What it is called in errors. */
  readonly name: string;
  /** @default 1000 */
  readonly firstPauseMs?: number;
}

export async function post({ url, body, headers = {}, name, firstPauseMs = FIRST_PAUSE_MS }: Post): Promise<void> {
  if (!isAllowed(url)) throw new Error(`the address of the ${name} is not https://: nothing was sent`);
  let fault = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    let wait = Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'user-agent': 'headrace', ...headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
      fault = `it answered ${answer.status}`;
      if (answer.status !== 429 && answer.status < 500) break;
      const after = Number(answer.headers.get('retry-after'));
      if (after > 0) wait = Math.min(LONGEST_PAUSE_MS, after * 1000);
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
      fault = `it could not be reached (${cause})`;
    }
    if (attempt < ATTEMPTS) await pause(wait);
  }
  throw new Error(`the ${name} did not take the alert: ${fault}`);
}

/** https, or a stand-in on this machine. */
function isAllowed(url: string): boolean {
  try {
    const { protocol, hostname } = new URL(url);
    return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
  } catch {
    return false;
  }
}
