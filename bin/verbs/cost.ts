// `headrace cost`: what a run costs, and a month.

import type { Command } from 'commander';
import type { CostOptions } from './cost-action';
import { EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('cost'))
    .description('what a run cost in AWS, line by line, and what a month costs')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .option('--prices <file>', 'JSON file of prices that differ from the table')
    .addHelpText('after', `\nExample:\n  headrace cost sales --aws\n${EXIT_CODES}`)
    .action(async (pipeline: string, run: string, options: CostOptions) => {
      const { costVerb } = await import('./cost-action.js');
      process.exitCode = await costVerb(pipeline, run, options);
    });
}
