// `headrace stop`: ends a run.

import type { Command } from 'commander';
import { siteOptions } from './site-options';
import type { StopOptions } from './stop-action';

export function register(program: Command): void {
  siteOptions(program.command('stop'))
    .description('end a run, and what it left going: child executions, items, crawlers, statements, steps, jobs')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run, or latest')
    .option('--all', 'every run of the pipeline that goes on')
    .option('--reason <text>', 'kept with the run', 'stopped by a person')
    .option('--yes', 'do not ask before stopping several')
    .addHelpText(
      'after',
      `
Examples:
  headrace stop sales latest --aws --reason "wrong file"
  headrace stop sales --all --yes

Exit codes: 0 ok, 1 something goes on, 2 usage, 3 not reachable or not allowed`,
    )
    .action(async (pipeline: string, run: string | undefined, options: StopOptions) => {
      const { stopVerb } = await import('./stop-action.js');
      process.exitCode = await stopVerb(pipeline, run, options);
    });
}
