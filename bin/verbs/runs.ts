// `headrace runs`: the runs there are, newest first.

import type { Command } from 'commander';
import type { RunsOptions } from './runs-action';

export function register(program: Command): void {
  program
    .command('runs')
    .description('list the runs of this machine, newest first')
    .argument('[pipeline]', 'only those of this pipeline')
    .option('--limit <number>', 'at most so many of each pipeline', '20')
    .option('--store <folder>', 'where data and runs are kept', '.headrace')
    .option('--json', 'print them as JSON')
    .action(async (pipeline: string | undefined, options: RunsOptions) => {
      const { listRunsVerb } = await import('./runs-action.js');
      process.exitCode = listRunsVerb(pipeline, options);
    });
}
