// `headrace rerun`: repeats a run, whole or in part, with the definition of now.

import type { Command } from 'commander';
import type { RerunOptions } from './rerun-action';
import { collect, EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('rerun'))
    .description('repeat a run with its logical date and params: what failed, from a task, one task, or all')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('<run>', 'id of the run, or latest')
    .option('--failed', 'what did not succeed, and what was skipped because of it')
    .option('--from <task>', 'this task and everything downstream of it; may be given again', collect, [])
    .option('--only <task>', 'this task alone; may be given again', collect, [])
    .option('--with-downstream', 'with --only: and everything downstream')
    .option('--all', 'every task')
    .option('--dry-run', 'show what would run and what would be kept, and start nothing')
    .option('--even-if-running', 'do not wait for the earlier run to end')
    .option('--wait', 'show progress until it is over (a run of this machine always does)')
    .option('--param <name=value>', 'a secret param, which the record does not hold; may be given again', collect, [])
    .option('--secrets <file>', 'on this machine: file of NAME=value lines (default: secrets.env in the store)')
    .addHelpText(
      'after',
      `
Examples:
  headrace rerun sales latest --failed --dry-run     what would run again
  headrace rerun sales 2026-11-01 --from ToParquet   after a fix of ToParquet
${EXIT_CODES}, 130 stopped`,
    )
    .action(async (pipeline: string, run: string, options: RerunOptions) => {
      const { rerunVerb } = await import('./rerun-action.js');
      process.exitCode = await rerunVerb(pipeline, run, options);
    });
}
