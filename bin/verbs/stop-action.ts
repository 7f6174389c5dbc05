// `headrace stop`: ends runs and what they left going elsewhere; says what it stopped and what it could not. Out: the exit code: 1 if
// something goes on. JSON: a list, one entry a run: pipeline, run, and `stopped`, a list of what, name, result, reason.

import { OperatorError } from '../../lib/compile/operator-error';
import type { Site, Stopped } from '../../lib/ops/site';
import { said } from '../../lib/ops/unreachable-error';
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

interface StoppedRun {
  readonly pipeline: string;
  readonly run: string;
  readonly stopped: readonly Stopped[];
}

export async function stopVerb(word: string, run: string | undefined, options: StopOptions): Promise<number> {
  const site = await openSite(options);
  const pipeline = await site.pipeline(word);
  if ((options.all === true) === (run !== undefined)) {
    throw new OperatorError(`say which run of ${pipeline} to stop, or --all for every one that goes on`);
  }
  const done = run === undefined ? await all(site, pipeline, options) : [await one(site, pipeline, run, options)];
  if (done === undefined) return 2;
  if (options.json) printJson(done);
  return done.some(({ stopped }) => stopped.some((each) => each.result === 'failed')) ? 1 : 0;
}

async function one(site: Site, pipeline: string, word: string, options: StopOptions): Promise<StoppedRun> {
  const found = await site.read(pipeline, word);
  const { run, status } = found.head;
  if (status !== 'RUNNING') throw new OperatorError(`run ${run} of ${pipeline} is over: ${status.toLowerCase()}`);
  return told({ pipeline, run, stopped: await site.stop(found, options.reason) }, options);
}

/** The newest first: a run that waits for its turn must not get it by the end of the one before. */
async function all(site: Site, pipeline: string, options: StopOptions): Promise<StoppedRun[] | undefined> {
  const runs = (await site.known(pipeline, 'RUNNING')).map(({ run }) => run);
  if (runs.length === 0 && !options.json) print(`no run of ${escapeText(pipeline)} is going on`);
  const question = `stop ${runs.length} runs of ${pipeline}: ${runs.join(', ')}`;
  if (runs.length > 1 && !(await confirmed(question, options))) return undefined;
  const done: StoppedRun[] = [];
  for (const run of runs) {
    const stopped = await ended(site, pipeline, run, options.reason);
    done.push(told({ pipeline, run, stopped }, options));
  }
  return done;
}

/** One that cannot be read or stopped keeps no other from being stopped. */
async function ended(site: Site, pipeline: string, run: string, reason: string): Promise<readonly Stopped[]> {
  try {
    return await site.stop(await site.read(pipeline, run), reason);
  } catch (error) {
    return [{ what: 'run', name: run, result: 'failed', reason: said(error) }];
  }
}

function told(done: StoppedRun, { json }: StopOptions): StoppedRun {
  if (!json) print(textOf(done));
  return done;
}

function textOf({ pipeline, run, stopped }: StoppedRun): string {
  const words = { stopped: 'stopped  ', asked: 'ending   ', failed: 'goes on  ' };
  const lines = stopped.map(
    ({ what, name, result, reason }) => `  ${words[result]}${what} ${name}${reason === undefined ? '' : `: ${reason}`}`,
  );
  return [`${pipeline}  run ${run}`, ...lines].map((line) => escapeText(line)).join('\n');
}
