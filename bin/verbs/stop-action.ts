// `headrace stop`: ends runs and what they left going elsewhere; says what it stopped and what it could not. Out: the exit code: 1 if
// something goes on. JSON: a list, one entry a run: pipeline, run, and `stopped`, a list of what, name, result, reason.

import { OperatorError } from '../../lib/compile/operator-error';
import type { RunHead, Stopped } from '../../lib/ops/site';
import { escapeText } from '../../lib/view/escape-text';
import { print, printJson } from './columns';
import { confirmed } from './confirmed';
import { openSite } from './open-site';
import type { SiteOptions } from './site-options';

export interface StopOptions extends SiteOptions {
  readonly all?: boolean;
  readonly reason: string;
  readonly yes?: boolean;
}

/** Runs further back than that are not looked at: one that still goes on among so many would be a surprise. */
const LOOKED_AT = 200;

export async function stopVerb(word: string, run: string | undefined, options: StopOptions): Promise<number> {
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  if ((options.all === true) === (run !== undefined)) {
    throw new OperatorError(`say which run of ${pipeline} to stop, or --all for every one that goes on`);
  }
  const heads = options.all
    ? (await site.runs(pipeline, LOOKED_AT)).filter((head) => head.status === 'RUNNING')
    : [(await site.read(pipeline, run!)).head];
  const over = heads.find((head) => head.status !== 'RUNNING');
  if (over) throw new OperatorError(`run ${over.run} of ${pipeline} is over: ${over.status.toLowerCase()}`);
  if (heads.length === 0) {
    if (options.json) printJson([]);
    else print(`no run of ${pipeline} is going on`);
    return 0;
  }
  const question = `stop ${heads.length} runs of ${pipeline}: ${heads.map((head) => head.run).join(', ')}`;
  if (heads.length > 1 && !(await confirmed(question, options))) return 2;
  const results: { readonly head: RunHead; readonly stopped: readonly Stopped[] }[] = [];
  for (const head of heads) {
    const stopped = await site.stop(await site.read(pipeline, head.run), options.reason);
    results.push({ head, stopped });
    if (!options.json) print(stoppedText(head, stopped));
  }
  if (options.json) printJson(results.map(({ head, stopped }) => ({ pipeline, run: head.run, stopped })));
  return results.some(({ stopped }) => stopped.some((each) => each.result === 'failed')) ? 1 : 0;
}

function stoppedText(head: RunHead, stopped: readonly Stopped[]): string {
  const words = { stopped: 'stopped  ', asked: 'ending   ', failed: 'goes on  ' };
  const lines = stopped.map(
    ({ what, name, result, reason }) => `  ${words[result]}${what} ${name}${reason === undefined ? '' : `: ${reason}`}`,
  );
  return [`${head.pipeline}  run ${head.run}`, ...lines].map((line) => escapeText(line)).join('\n');
}
