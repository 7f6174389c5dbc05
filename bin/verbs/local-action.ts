// `headrace local`: runs the pipeline and prints what happens as it happens. In: the parsed words. Out: the exit code: 0 succeeded,
// 1 the run failed, 2 usage, 3 the store may not be written, 130 stopped with Ctrl-C. JSON: RunSummary, `tasks`, `outcomes`, `output`, `alerts`,
// `executionArn`, `store`. Always: a second Ctrl-C ends at once, and takes the child processes along.

import { join, resolve } from 'node:path';
import { newRun } from '../../lib/compile/new-run';
import { OperatorError } from '../../lib/compile/operator-error';
import { Assembly } from '../../lib/local/assembly/assembly';
import { AssemblyError } from '../../lib/local/assembly/assembly-error';
import type { LocalResult } from '../../lib/local/local-run';
import { Secrets } from '../../lib/local/secrets';
import { isFull, StoreError, storeProblem } from '../../lib/local/store';
import { print, printJson } from './columns';
import { runHere } from './run-here';
import { runSummary, taskSummary } from './run-summary';
import { shellWord } from './shell-word';

export interface LocalVerbOptions {
  readonly date?: string;
  readonly param: readonly string[];
  readonly only: readonly string[];
  readonly from: readonly string[];
  readonly store: string;
  readonly secrets?: string;
  readonly docker?: boolean;
  readonly retryWait?: string;
  readonly json?: boolean;
}

const DEFAULT_STORE = '.headrace';

export async function runLocalVerb(
  folder: string,
  pipeline: string | undefined,
  options: LocalVerbOptions,
): Promise<number> {
  const { date, param: params, only, from, store, docker, json } = options;
  try {
    const manifest = Assembly.read(folder).pipeline(pipeline);
    const secrets = Secrets.read(options.secrets ?? join(store, 'secrets.env'));
    const words = store === DEFAULT_STORE ? '' : ` --store ${shellWord(store)}`;
    const { input } = newRun(manifest, { ...(date !== undefined && { date }), params, secrets, only, from });
    const { head, result, stopped } = await runHere({
      assembly: folder,
      pipeline: manifest.name,
      store,
      input,
      secrets: options.secrets,
      docker,
      retryWaitSeconds: retryWait(options.retryWait),
      json,
      words,
    });
    if (json) printJson({ ...runSummary({ ...head, input }, manifest), ...jsonOf(result) });
    else if (result.status === 'SUCCEEDED') print(`next    headrace local sql${words}`);
    return stopped ? 130 : result.status === 'SUCCEEDED' ? 0 : 1;
  } catch (thrown) {
    const error = inStore(thrown, store) ? storeProblem(thrown, store) : thrown;
    if (error instanceof StoreError) {
      process.stderr.write(`headrace local: ${error.message}\n`);
      return error.exitCode;
    }
    if (!(error instanceof OperatorError) && !(error instanceof AssemblyError)) throw error;
    process.stderr.write(`headrace local: ${error.message}\n`);
    return 2;
  }
}

/** A refusal of the file system that concerns the store, not the assembly. */
function inStore(error: unknown, store: string): boolean {
  const path = (error as NodeJS.ErrnoException | undefined)?.path;
  return isFull(error) || (path !== undefined && resolve(path).startsWith(resolve(store)));
}

function retryWait(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new OperatorError(`--retry-wait ${text}: expected a whole number of seconds, 1 or more`);
}

function jsonOf({ tasks, output, alerts, executionArn, store }: LocalResult): object {
  const outcomes = Object.fromEntries(tasks.map((task) => [task.id, task.status]));
  return { tasks: tasks.map(taskSummary), outcomes, output, alerts, executionArn, store };
}
