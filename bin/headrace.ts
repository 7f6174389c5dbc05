// The `headrace` command: words in, an exit code out (0 ok, 1 run failed, 2 usage, 3 not reachable or not allowed). Each verb is one file
// of bin/verbs that registers itself and loads its room only when it runs, so that --help stays fast.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { unreachable } from '../lib/ops/unreachable-error';
import { register as registerAlert } from './verbs/alert';
import { register as registerApprove } from './verbs/approve';
import { register as registerBackfill } from './verbs/backfill';
import { register as registerCompletion } from './verbs/completion';
import { register as registerCost } from './verbs/cost';
import { register as registerDoctor } from './verbs/doctor';
import { register as registerGraph } from './verbs/graph';
import { register as registerList } from './verbs/list';
import { register as registerPause } from './verbs/pause';
import { register as registerStop } from './verbs/stop';
import { register as registerLocal } from './verbs/local';
import { register as registerLogs } from './verbs/logs';
import { register as registerPlan } from './verbs/plan';
import { register as registerRerun } from './verbs/rerun';
import { register as registerRun } from './verbs/run';
import { register as registerRuns } from './verbs/runs';
import { register as registerSimulate } from './verbs/simulate';
import { register as registerStatus } from './verbs/status';
import { register as registerWatch } from './verbs/watch';
import { register as registerTest } from './verbs/test';

function version(directory: string = __dirname): string {
  const file = join(directory, 'package.json');
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  return version(dirname(directory));
}

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('headrace')
    .description('Data pipelines on AWS Step Functions: plan, simulate, run and operate them')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(headrace --help lists the verbs)')
    .showSuggestionAfterError();
  const verbs = [
    registerLocal,
    registerPlan,
    registerSimulate,
    registerTest,
    registerList,
    registerGraph,
    registerRun,
    registerRuns,
    registerStatus,
    registerWatch,
    registerLogs,
    registerRerun,
    registerApprove,
    registerBackfill,
    registerStop,
    registerPause,
    registerAlert,
    registerCost,
    registerDoctor,
    registerCompletion,
  ];
  for (const register of verbs) register(program);
  program.addHelpText(
    'after',
    `
Examples:
  headrace local cdk.out                 run the synthesized pipeline here
  headrace local s3 .headrace/data       serve a folder as S3
  headrace plan cdk.out                  what will be deployed, and how it runs
  headrace simulate cdk.out              run it on a virtual clock
  headrace run sales --only ToParquet    one task by itself
  headrace status sales --aws            how the last run in the account stands
  headrace rerun sales latest --failed   repeat what failed

Exit codes: 0 ok, 1 run failed, 2 usage, 3 not reachable or not allowed`,
  );
  try {
    await program.parseAsync(argv as string[]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const away = unreachable(error);
    const message = away?.message ?? (error instanceof Error ? error.message : String(error));
    process.stderr.write(`headrace: ${message}\n`);
    if (process.env['HEADRACE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    if (away !== undefined) return 3;
    const { exitCode } = error as { readonly exitCode?: unknown };
    return typeof exitCode === 'number' ? exitCode : 2;
  }
}

void main(process.argv).then((code) => {
  process.exitCode = code;
});
