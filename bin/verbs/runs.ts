// `headrace runs`: the runs there are, newest first.

import type { Command } from 'commander';
import type { RunsOptions } from './runs-action';
import { siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('runs'))
    .description('list runs, newest first')
    .argument('[pipeline]', 'only those of this pipeline')
    .option('--limit <number>', 'at most so many of each pipeline', '20')
    .addHelpText('after', '\nExamples:\n  headrace runs\n  headrace runs sales --aws --region eu-west-1 --limit 5')
    .action(async (pipeline: string | undefined, options: RunsOptions) => {
      const { listRunsVerb } = await import('./runs-action.js');
      process.exitCode = await listRunsVerb(pipeline, options);
    });
}
